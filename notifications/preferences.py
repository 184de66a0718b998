"""What a person wants to hear, when and where, over all schools. It owns notice_preferences; deciding is pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from backend.core.database import Reader, Tx
from notifications.cascade import MANDATORY, Urgency
from notifications.quiet import Hours

Choice = Literal["instant", "digest", "off"]

# In the order in which a person is asked about them.
KINDS: Final = (
    "announcement", "absence", "mark", "homework", "message", "form", "event", "invoice", "payment", "reminder", "feed",
    "dossier",
)  # fmt: skip
# What waits for the evening unless the person says otherwise.
DEFAULTS: Final[dict[str, Choice]] = {"feed": "digest", "homework": "digest"}
PREFERRED: Final = ("push", "webpush", "zalo", "zalo_bot", "telegram", "email")
DIGEST_MINUTE: Final = 18 * 60 + 30
QUIET: Final = Hours(21 * 60, 6 * 60 + 30)


class Wishes(msgspec.Struct, frozen=True):
    """`quiet` None: as the operator set them. Kinds that are not named are as in DEFAULTS, otherwise told at once.

    `templates_stopped_at`: when this person said stop to Zalo; until taken back no template message goes to the telephone.
    """

    kinds: dict[str, Choice] = {}
    digest_minute: int = DIGEST_MINUTE
    quiet: Hours | None = None
    preferred: str | None = None
    language: str | None = None
    templates_stopped_at: datetime | None = None

    def choice(self, kind: str, urgency: Urgency) -> Choice:
        """What is mandatory or an emergency is told at once; what is more than ordinary does not wait for the evening."""
        if kind in MANDATORY or urgency == "emergency":
            return "instant"
        chosen = self.kinds.get(kind, default_of(kind))
        return "instant" if chosen == "digest" and urgency != "ordinary" else chosen


def default_of(kind: str) -> Choice:
    return DEFAULTS.get(kind, "instant")


NONE: Final = Wishes()

_OF = """
SELECT p.account_id, p.kinds::text AS kinds, p.digest_minute, p.quiet_from, p.quiet_until, p.preferred_channel, p.language,
       p.zalo_templates_stopped_at
  FROM notice_preferences p
 WHERE p.account_id = ANY ($1::uuid[])
 ORDER BY p.account_id
 LIMIT 1000
"""


async def wishes_of(reader: Reader, account_ids: Sequence[UUID]) -> dict[UUID, Wishes]:
    """Of those who have said anything."""
    if not account_ids:
        return {}
    rows = await reader.fetch(_OF, account_ids)
    return {
        row["account_id"]: Wishes(
            msgspec.json.decode(row["kinds"]),
            row["digest_minute"],
            None if row["quiet_from"] is None else Hours(row["quiet_from"], row["quiet_until"]),
            row["preferred_channel"],
            row["language"],
            row["zalo_templates_stopped_at"],
        )
        for row in rows
    }


_KEEP = """
INSERT INTO notice_preferences AS p
       (account_id, kinds, digest_minute, quiet_from, quiet_until, preferred_channel, language, changed_at)
VALUES ($1, $2::jsonb, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (account_id)
    DO UPDATE SET kinds = excluded.kinds, digest_minute = excluded.digest_minute, quiet_from = excluded.quiet_from,
                  quiet_until = excluded.quiet_until, preferred_channel = excluded.preferred_channel,
                  language = excluded.language, changed_at = excluded.changed_at
"""


async def keep(tx: Tx, account_id: UUID, wishes: Wishes, *, at: datetime) -> None:
    """The whole of it, as the page shows it."""
    await tx.execute(
        _KEEP,
        account_id,
        msgspec.json.encode(
            {kind: choice for kind, choice in wishes.kinds.items() if choice != default_of(kind)}
        ).decode(),
        wishes.digest_minute,
        wishes.quiet.from_minute if wishes.quiet else None,
        wishes.quiet.until_minute if wishes.quiet else None,
        wishes.preferred,
        wishes.language,
        at,
    )


_STOP_TEMPLATES = """
INSERT INTO notice_preferences AS p (account_id, digest_minute, changed_at, zalo_templates_stopped_at)
VALUES ($1, $2, $3, $3)
    ON CONFLICT (account_id)
    DO UPDATE SET zalo_templates_stopped_at = coalesce(p.zalo_templates_stopped_at, excluded.zalo_templates_stopped_at),
                  changed_at = excluded.changed_at
"""

_TAKE_TEMPLATES = """
UPDATE notice_preferences p
   SET zalo_templates_stopped_at = NULL, changed_at = $2
 WHERE p.account_id = $1
   AND p.zalo_templates_stopped_at IS NOT NULL
"""


async def stop_templates(tx: Tx, account_id: UUID, *, at: datetime) -> None:
    """Said in a Zalo chat or set in the app. It is Zalo's own, since the app's page keeps all the others in one stroke; twice is once."""
    await tx.execute(_STOP_TEMPLATES, account_id, DIGEST_MINUTE, at)


async def take_templates(tx: Tx, account_id: UUID, *, at: datetime) -> None:
    """Said in the app, or by linking a Zalo chat again."""
    await tx.execute(_TAKE_TEMPLATES, account_id, at)

"""Where people read e-mail: one address a person, used after it was confirmed by the link sent there. It owns account_emails.

The links hold a keyed hash of account, address and moment, so no token is stored, and a link of an older address opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import structlog

from backend.core.catalogue import say
from backend.core.crypto import same
from backend.core.database import Reader
from backend.core.house import House
from backend.core.ratelimit import Bucket
from notifications.channels.email import EmailSender, Letter
from notifications.dead_addresses import email_hash, revive
from notifications.outcomes import Refused, Sent
from notifications.returned import return_address
from schemas.notifications import EmailState

log = structlog.get_logger()

JOB: Final = "confirm_email"
LINK_LIFE: Final = timedelta(days=2)
# After the first failure wait half a minute, after the second two … then the person asks again.
RETRY_AFTER_SECONDS: Final = (30, 120, 600)
_LEASE: Final = timedelta(seconds=60)
_BATCH: Final = 100
_MAC_BYTES: Final = 16

Purpose = Literal["confirm", "unsubscribe"]


class Box(msgspec.Struct, frozen=True):
    """A confirmed address that still wants notices."""

    email: str
    language: str
    asked_at: datetime


_BOXES = """
SELECT e.account_id, e.email, e.language, e.asked_at
  FROM account_emails e
 WHERE e.account_id = ANY ($1::uuid[])
   AND e.confirmed_at IS NOT NULL
   AND e.unsubscribed_at IS NULL
"""

_OWN = """
SELECT e.email, e.language, e.asked_at, e.confirmed_at, e.unsubscribed_at
  FROM account_emails e
 WHERE e.account_id = $1
"""

# The same confirmed address again changes nothing but the language, and ends an earlier unsubscribing.
_KEEP = """
INSERT INTO account_emails AS e (account_id, email, language, asked_at, send_after)
VALUES ($1, $2, $3, $4, $4)
    ON CONFLICT (account_id)
    DO UPDATE SET email = excluded.email, language = excluded.language, asked_at = excluded.asked_at,
                  confirmed_at = CASE WHEN lower(e.email) = lower(excluded.email) THEN e.confirmed_at END,
                  unsubscribed_at = NULL,
                  send_after = CASE WHEN lower(e.email) = lower(excluded.email) AND e.confirmed_at IS NOT NULL THEN NULL
                                    ELSE excluded.send_after END,
                  send_attempts = 0
"""

_CONFIRM = """
UPDATE account_emails e
   SET confirmed_at = coalesce(e.confirmed_at, $2), send_after = NULL
 WHERE e.account_id = $1
   AND e.asked_at = $3
"""

_UNSUBSCRIBE = """
UPDATE account_emails e
   SET unsubscribed_at = coalesce(e.unsubscribed_at, $2)
 WHERE e.account_id = $1
"""

_FORGET = """
DELETE FROM account_emails e
 WHERE e.account_id = $1
RETURNING true
"""

_WAITING = """
SELECT e.account_id
  FROM account_emails e
 WHERE e.send_after <= $1
 ORDER BY e.send_after
 LIMIT $2
"""

_TAKE = """
UPDATE account_emails e
   SET send_attempts = e.send_attempts + 1, send_after = $3
 WHERE e.account_id = $1
   AND e.send_after <= $2
   AND e.confirmed_at IS NULL
RETURNING e.email, e.language, e.asked_at, e.send_attempts
"""

_SENT = """
UPDATE account_emails e
   SET send_after = $3
 WHERE e.account_id = $1
   AND e.asked_at = $2
"""


async def boxes_of(reader: Reader, account_ids: Sequence[UUID]) -> Mapping[UUID, Box]:
    rows = await reader.fetch(_BOXES, list(account_ids))
    return {row["account_id"]: Box(row["email"], row["language"], row["asked_at"]) for row in rows}


async def own(house: House, account_id: UUID) -> EmailState:
    row = await house.database.reader.fetchrow(_OWN, account_id)
    if row is None:
        return EmailState(None, "none")
    state: Literal["unsubscribed", "confirmed", "waiting"] = (
        "unsubscribed" if row["unsubscribed_at"] else "confirmed" if row["confirmed_at"] else "waiting"
    )
    return EmailState(row["email"], state)


async def keep(house: House, account_id: UUID, email: str, language: str) -> EmailState:
    """The new address hears nothing but the letter with its link until that is followed."""
    now = house.clock.now()
    await house.limits.take(Bucket(f"email:{account_id}", 5, 600.0), now=now.timestamp(), strict=True)
    async with house.database.directory() as tx:
        await tx.execute(_KEEP, account_id, email, language, now)
        tx.ring(JOB, str(account_id))
    return await own(house, account_id)


async def forget(house: House, account_id: UUID) -> bool:
    async with house.database.directory() as tx:
        return bool(await tx.fetchval(_FORGET, account_id))


def link_token(house: House, purpose: Purpose, account_id: UUID, box: Box) -> str:
    return base64.urlsafe_b64encode(account_id.bytes + _mac(house, purpose, account_id, box)).decode()


def link(house: House, purpose: Purpose, account_id: UUID, box: Box) -> str:
    return f"{house.settings.public_url}/email/{purpose}/{link_token(house, purpose, account_id, box)}"


async def opened(house: House, purpose: Purpose, token: str) -> tuple[UUID, Box] | None:
    """Whose link it is. None: of no address that we know, of an older one, or too late."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _MAC_BYTES:
        return None
    account_id = UUID(bytes=raw[:16])
    row = await house.database.reader.fetchrow(_OWN, account_id)
    if row is None:
        return None
    box = Box(row["email"], row["language"], row["asked_at"])
    if not same(raw[16:], _mac(house, purpose, account_id, box)):
        return None
    late = purpose == "confirm" and house.clock.now() - box.asked_at > LINK_LIFE and row["confirmed_at"] is None
    return None if late else (account_id, box)


async def confirm(house: House, account_id: UUID, box: Box) -> None:
    now = house.clock.now()
    async with house.database.directory() as tx:
        await tx.execute(_CONFIRM, account_id, now, box.asked_at)
        await revive(tx, "email", email_hash(house.cipher, box.email), at=now)


async def unsubscribe(house: House, account_id: UUID) -> None:
    async with house.database.directory() as tx:
        await tx.execute(_UNSUBSCRIBE, account_id, house.clock.now())


async def send_confirmation(house: House, sender: EmailSender | None, account_id: UUID) -> None:
    """Once, however often it is called; nothing for an address that is confirmed or replaced."""
    if sender is None:
        return
    now = house.clock.now()
    async with house.database.directory() as tx:
        row = await tx.fetchrow(_TAKE, account_id, now, now + _LEASE)
    if row is None:
        return
    outcome = await sender.post(_letter(house, account_id, row))
    failed, attempts = not isinstance(outcome, Sent), row["send_attempts"]
    again = failed and not isinstance(outcome, Refused) and attempts <= len(RETRY_AFTER_SECONDS)
    if failed:
        log.warning("confirmation_not_sent", reason=outcome.code, final=not again)  # type: ignore[union-attr]
    after = now + timedelta(seconds=RETRY_AFTER_SECONDS[attempts - 1]) if again else None
    async with house.database.directory() as tx:
        await tx.execute(_SENT, account_id, row["asked_at"], after)


async def send_waiting(house: House, sender: EmailSender | None) -> None:
    """The sweep: letters whose bell was lost or whose time has come again."""
    for row in await house.database.reader.fetch(_WAITING, house.clock.now(), _BATCH):
        await send_confirmation(house, sender, row["account_id"])


def _letter(house: House, account_id: UUID, row: Any) -> Letter:
    language, box = row["language"], Box(row["email"], row["language"], row["asked_at"])
    message_id = f"confirm-{account_id.hex}-{int(box.asked_at.timestamp())}"
    return Letter(
        to=row["email"],
        subject=say("channels.email_confirm_subject", language),
        text=say("channels.email_confirm_text", language, link=link(house, "confirm", account_id, box)),
        message_id=message_id,
        language=language,
        return_address=return_address(house, message_id, row["email"]),
    )


def _mac(house: House, purpose: Purpose, account_id: UUID, box: Box) -> bytes:
    """Unsubscribing must work from every letter that was ever sent there, confirming from the newest only."""
    moment = box.asked_at.timestamp() if purpose == "confirm" else ""
    told = f"{account_id}|{box.email}|{moment}".encode()
    return hmac.digest(house.cipher.key(f"email:{purpose}"), told, "sha256")[:_MAC_BYTES]

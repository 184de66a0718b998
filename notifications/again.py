"""Saying a notice once more to those who have not answered it. The new notice leads to the old one, where the answer is given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from notifications.bells import BELL
from notifications.outbox import Planned, Published
from notifications.promises import PUBLISH_AGAIN

# Who is asked more often than this is not reminded but pestered.
REST = timedelta(hours=1)

_LAST = """
SELECT max(n.created_at)
  FROM notices n
 WHERE n.school_id = $1
   AND n.source_kind = $2
   AND n.source_id = $3
   AND n.kind = 'reminder'
   AND n.notice_id <> $4
"""


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """`notice_id` comes from the caller: the same one is the same reminder. `of` is what is said once more."""

    notice_id: UUID
    of: UUID
    source_kind: str
    source_id: str
    title: str
    body: str
    urgency: Planned
    created_by: UUID


async def last_said(tx: SchoolTx, again: Again) -> datetime | None:
    """When this was last said once more, the same request aside."""
    found: datetime | None = await tx.fetchval(_LAST, tx.school_id, again.source_kind, again.source_id, again.notice_id)
    return found


async def publish_again(tx: SchoolTx, again: Again, *, at: datetime) -> Published:
    """One statement. Nobody is addressed who has answered, and nobody when the notice was recalled; repeating it changes nothing."""
    params: dict[str, Any] = {"of": str(again.of)}
    row = await tx.fetchrow(
        PUBLISH_AGAIN,
        tx.school_id,
        school_day(at),
        again.notice_id,
        again.of,
        again.source_kind,
        at,
        again.source_id,
        again.title,
        again.body,
        msgspec.json.encode(params).decode(),
        again.created_by,
        again.urgency,
    )
    assert row is not None, "an aggregate answers one row"
    if row["due"]:
        tx.ring(BELL, tx.school_id)
    return Published(again.notice_id, row["guardians"], row["without_account"], bool(row["notices"]))

"""Telling a family that the school's side wrote: a notice of kind 'message' through the outbox, so that every channel works.

A lock screen learns who wrote and about which child, and no word of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.core.versions import touch_families
from backend.messages.entitled import Party
from backend.messages.names import teacher_name
from backend.messages.queries import desk_name
from notifications import receipts
from notifications.outbox import GuardiansNotice, publish_to_guardians, recall

# Who reads along and wants to be told: not who wrote it, and not who has muted the thread.
_LISTENERS = """
SELECT bond.guardian_id
  FROM guardianships bond
  JOIN guardians g
    ON g.school_id = bond.school_id
   AND g.guardian_id = bond.guardian_id
 WHERE bond.school_id = $1
   AND bond.pupil_id = $2
   AND bond.can_view
   AND bond.gets_notices
   AND bond.valid_from <= $3
   AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
   AND ($4::uuid IS NULL OR bond.guardian_id = $4)
   AND g.account_id IS DISTINCT FROM $5
   AND NOT EXISTS (SELECT
                     FROM thread_mutes u
                    WHERE u.school_id = $1
                      AND u.thread_id = $6
                      AND u.guardian_id = bond.guardian_id)
 ORDER BY bond.guardian_id
"""


async def tell_family(tx: SchoolTx, who: Party, message_id: UUID, account_id: UUID, at: datetime) -> None:
    rows = await tx.fetch(
        _LISTENERS, tx.school_id, who.pupil_id, school_day(at), who.only_guardian_id, account_id, who.thread_id
    )
    await touch_families(tx, [who.pupil_id])
    if rows:
        listeners = [row["guardian_id"] for row in rows]
        sender = sender_of(who.desk, who.my_name or "")
        await publish_to_guardians(tx, [notice_of(message_id, who.pupil_id, listeners, sender)], at=at)


def notice_of(
    message_id: UUID, pupil_id: UUID, listeners: Sequence[UUID], params: dict[str, str | bool]
) -> GuardiansNotice:
    """A notice has an id of its own, made here: a family's inbox is in the order of these ids, and a message's comes from a client."""
    return GuardiansNotice(
        notice_id=new_id(),
        guardian_ids=tuple(listeners),
        pupil_ids=(pupil_id,),
        kind="message",
        source_kind="message",
        source_id=str(message_id),
        params=params,
    )


async def tell_decision(tx: SchoolTx, row: Any, message_id: UUID, account_id: UUID, at: datetime) -> None:
    """That what a family asked for was taken note of, or not; which it is, the conversation says."""
    listeners = await tx.fetch(
        _LISTENERS, tx.school_id, row["pupil_id"], school_day(at), row["only_guardian_id"], account_id, row["thread_id"]
    )
    if not listeners:
        return
    params = {**sender_of("teacher", row["full_name"]), "decided": True}
    notice = notice_of(message_id, row["pupil_id"], [one["guardian_id"] for one in listeners], params)
    await publish_to_guardians(tx, [notice], at=at)


def sender_of(desk: str, name: str) -> dict[str, str | bool]:
    """Who writes, in both languages: a teacher by name, the office and the duty as such."""
    named = desk in ("homeroom", "teacher")
    return {
        f"sender_{language}": teacher_name(name, language) if named else desk_name(desk, None, language)
        for language in ("vi", "en")
    }


_NOTICES = """
SELECT n.notice_id
  FROM notices n
 WHERE n.school_id = $1
   AND n.source_kind = 'message'
   AND n.source_id = ANY ($2::text[])
 ORDER BY n.notice_id
"""

_MY_NOTICES = """
SELECT n.notice_id
  FROM notices n
  JOIN notice_recipients r
    ON r.school_id = n.school_id
   AND r.notice_id = n.notice_id
   AND r.guardian_id = $3
   AND r.opened_at IS NULL
 WHERE n.school_id = $1
   AND n.source_kind = 'message'
   AND n.source_id = ANY ($2::text[])
 ORDER BY n.notice_id
"""


async def take_back(tx: SchoolTx, message_ids: Sequence[UUID], at: datetime) -> None:
    """Of messages that were withdrawn: what still waits to be sent is not sent."""
    for row in await tx.fetch(_NOTICES, tx.school_id, [str(one) for one in message_ids]):
        await recall(tx, row["notice_id"], at=at)


async def opened(tx: SchoolTx, message_ids: Sequence[UUID], account_id: UUID, guardian_id: UUID, at: datetime) -> None:
    """Whoever read the message has opened its notice, and no further step of the cascade is taken."""
    for row in await tx.fetch(_MY_NOTICES, tx.school_id, [str(one) for one in message_ids], guardian_id):
        await receipts.record(tx, account_id, row["notice_id"], "opened", at=at)

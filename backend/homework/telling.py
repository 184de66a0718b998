"""Telling families that there is homework: one bell a child and day, however many teachers write. It owns homework_rings.

The notice says no word of the homework: what the other teachers add later would be missing from it. Of a class's bells only the newest
stands: nobody has yesterday's to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from notifications.audience import SomePupils
from notifications.outbox import Notice, publish, recall_all

SOURCE = "homework"

_EARLIER = """
DELETE FROM homework_rings
 WHERE school_id = $1
   AND class_id = $2
   AND rung_on < $3
RETURNING rung_on
"""
_RING = """
INSERT INTO homework_rings (school_id, class_id, rung_on, pupil_id)
SELECT $1, $2, $3, named.pupil_id
  FROM unnest($4::uuid[]) AS named (pupil_id)
 ORDER BY named.pupil_id
    ON CONFLICT DO NOTHING
RETURNING pupil_id
"""
_NOTHING_LEFT = """
SELECT NOT EXISTS (SELECT
                     FROM homework h
                    WHERE h.school_id = $1
                      AND h.class_id = $2
                      AND h.given_on = $3
                      AND h.withdrawn_at IS NULL)
"""
_UNRING = """
DELETE FROM homework_rings
 WHERE school_id = $1
   AND class_id = $2
   AND rung_on = $3
"""


async def ring(
    tx: SchoolTx, class_id: UUID, pupils: Sequence[UUID], *, whole: bool, due_on: date | None, by: UUID, at: datetime
) -> int:
    """How many pupils' families are told now; the others were told today. `whole`: it is for the whole class."""
    today = school_day(at)
    rows = await tx.fetch(_RING, tx.school_id, class_id, today, list(pupils))
    if not rows:
        return 0
    if whole:
        await _silence_earlier(tx, class_id, today, at)
    notice = Notice(
        notice_id=new_id(),
        kind="homework",
        source_kind=SOURCE,
        source_id=source_of(class_id, today),
        params={"due_on": str(due_on)} if due_on else {},
        created_by=by,
        created_at=at,
    )
    await publish(tx, notice, SomePupils(tuple(row["pupil_id"] for row in rows)))
    return len(rows)


async def _silence_earlier(tx: SchoolTx, class_id: UUID, today: date, at: datetime) -> None:
    rows = await tx.fetch(_EARLIER, tx.school_id, class_id, today)
    for rung_on in sorted({row["rung_on"] for row in rows}):
        await recall_all(tx, SOURCE, source_of(class_id, rung_on), at=at)


async def unring(tx: SchoolTx, class_id: UUID, given_on: date, *, at: datetime) -> None:
    """Where all of a day's homework was withdrawn there is nothing to read; what is written after that rings again."""
    if await tx.fetchval(_NOTHING_LEFT, tx.school_id, class_id, given_on):
        await recall_all(tx, SOURCE, source_of(class_id, given_on), at=at)
        await tx.execute(_UNRING, tx.school_id, class_id, given_on)


def source_of(class_id: UUID, given_on: date) -> str:
    return f"{class_id}:{given_on}"

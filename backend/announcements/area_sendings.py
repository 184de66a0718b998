"""An area's letter in one school: published and taken back there, each in a transaction of that school. It writes area_sendings with area.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from backend.announcements import letters
from backend.announcements.area_folding import fold
from backend.announcements.letters import Writer
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from schemas.announcements import NewAnnouncement, ToSchool

_NEXT = """
SELECT s.letter_id, l.title, l.body, l.needs_acknowledgement, l.urgent, l.expires_at, l.area_name, l.created_by,
       l.file_ids
  FROM area_sendings s
  JOIN area_letters l
    ON l.letter_id = s.letter_id
 WHERE s.school_id = $1
   AND s.state = $3
   AND s.due_at <= $2
 ORDER BY s.due_at, s.letter_id
 LIMIT 1
   FOR NO KEY UPDATE OF s SKIP LOCKED
"""


async def publish_next(house: House, school_id: int) -> int | None:
    """The school's letter has the id of the area's, so that it stands in the school once however often this is tried."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await tx.fetchrow(_NEXT, school_id, now, "due")
        if row is None:
            return None
        if row["expires_at"] is not None and row["expires_at"] <= now:
            await _ended(tx, row, "stopped", None, now)
            return 0
        new = NewAnnouncement(
            row["letter_id"],
            row["title"],
            row["body"],
            ToSchool(),
            row["needs_acknowledgement"],
            row["urgent"],
            row["expires_at"],
            list(row["file_ids"]),
        )
        writer = Writer(row["created_by"], from_area=row["area_name"])
        published = await letters.put_out(tx, new, writer, new_id(), now)
        if published:
            await fold(tx, row["letter_id"], published.notice_id, now)
        await _ended(tx, row, "published", published.guardians if published else None, now)
        return 1


async def recall_next(house: House, school_id: int) -> int | None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await tx.fetchrow(_NEXT, school_id, now, "to_recall")
        if row is None:
            return None
        await letters.take_out(
            tx, row["letter_id"], may=lambda letter: letter["from_area"] is not None, at=now, actor=row["created_by"]
        )
        await _ended(tx, row, "recalled", None, now)
        return 0


async def _ended(tx: SchoolTx, row: Any, state: str, guardians: int | None, at: datetime) -> None:
    await tx.execute(
        """
        UPDATE area_sendings
           SET state        = $3,
               guardians    = coalesce($4, guardians),
               published_at = CASE WHEN $3 = 'published' THEN $5 ELSE published_at END
         WHERE letter_id = $1
           AND school_id = $2
        """,
        row["letter_id"],
        tx.school_id,
        state,
        guardians,
        at,
    )

"""What a teacher reads in quiet hours moves the version when it may be told, or the number would tell the hour. It owns late_reads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backend.core.across_schools import schools_with_late_reads
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.versions import touch_families

_SCHOOLS_MAX = 500
_AT_ONCE = 500

_KEEP = """
INSERT INTO late_reads (school_id, pupil_id, tell_at)
VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING
"""
_TAKE = """
DELETE FROM late_reads l
 USING (SELECT due.pupil_id, due.tell_at
          FROM late_reads due
         WHERE due.school_id = $1
           AND due.tell_at <= $2
         ORDER BY due.pupil_id, due.tell_at
         LIMIT $3
           FOR UPDATE SKIP LOCKED) AS due
 WHERE l.school_id = $1
   AND l.pupil_id = due.pupil_id
   AND l.tell_at = due.tell_at
RETURNING l.pupil_id
"""


async def keep(tx: SchoolTx, pupil_id: UUID, tell_at: datetime) -> None:
    await tx.execute(_KEEP, tx.school_id, pupil_id, tell_at)


async def tell_everywhere(house: House) -> int:
    """How many pupils' families may see now what was read before. A later round takes what this one leaves."""
    now = house.clock.now()
    told = 0
    for school_id in await schools_with_late_reads(house.database.reader, now, limit=_SCHOOLS_MAX):
        async with house.database.school(school_id) as tx:
            pupils = sorted({row["pupil_id"] for row in await tx.fetch(_TAKE, school_id, now, _AT_ONCE)})
            await touch_families(tx, pupils)
        told += len(pupils)
    return told

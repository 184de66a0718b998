"""Pictures a second time, small, for lists on phones: made when a picture is kept, an older one's when it is first asked for. It owns file_variants.

Whoever calls `read_small` has asked the entitlement of the thing the picture hangs on, as for `queries.read`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from uuid import UUID

from backend.core.database import SchoolTx
from backend.core.house import House
from backend.files.pictures import SMALL_EDGE, Picture, smaller
from backend.files.queries import Stored, read

_READ = """
SELECT f.name, v.media_type, v.content
  FROM file_variants v
  JOIN files f
    ON f.school_id = v.school_id
   AND f.file_id = v.file_id
 WHERE v.school_id = $1
   AND v.file_id = $2
   AND v.edge = $3
"""
# The original may have been forgotten while its small one was made.
_KEEP = """
INSERT INTO file_variants (school_id, file_id, edge, media_type, width, height, content)
SELECT $1, f.file_id, $3, $4, $5, $6, $7
  FROM files f
 WHERE f.school_id = $1
   AND f.file_id = $2
    ON CONFLICT DO NOTHING
"""
_GONE = """
DELETE FROM file_variants
 WHERE school_id = $1
   AND file_id = ANY ($2::uuid[])
"""


async def read_small(house: House, school_id: int, file_id: UUID, decoders: Executor) -> Stored:
    """The small one; of what is small already, or no picture, the file itself. Raises NOT_FOUND."""
    row = await house.database.reader.fetchrow(_READ, school_id, file_id, SMALL_EDGE)
    if row is not None:
        return Stored(row["name"], row["media_type"], row["content"])
    whole = await read(house.database.reader, school_id, file_id)
    if not whole.media_type.startswith("image/"):
        return whole
    made = await asyncio.get_running_loop().run_in_executor(decoders, smaller, whole.content)
    if made is None:
        return whole
    async with house.database.school(school_id) as tx:
        await keep_small(tx, file_id, made)
    return Stored(whole.name, made.media_type, made.data)


async def keep_small(tx: SchoolTx, file_id: UUID, made: Picture) -> None:
    """Twice is once."""
    await tx.execute(_KEEP, tx.school_id, file_id, SMALL_EDGE, made.media_type, made.width, made.height, made.data)


async def forget_small(tx: SchoolTx, file_ids: Sequence[UUID]) -> None:
    """Before their originals go."""
    await tx.execute(_GONE, tx.school_id, list(file_ids))

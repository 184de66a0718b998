"""Pictures a second time, small for lists on phones and of a middle size for their pages. It owns file_variants and area_file_variants.

The small one is made when a picture is kept, every other when it is first asked for.

Whoever calls `read_variant` has asked the entitlement of the thing the picture hangs on, as for `queries.read`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from uuid import UUID

from backend.core.database import SchoolTx, Tx
from backend.core.house import House
from backend.files.pictures import SMALL_EDGE, Picture, smaller
from backend.files.queries import Stored, read, read_area

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
_READ_AREA = """
SELECT f.name, v.media_type, v.content
  FROM area_file_variants v
  JOIN area_files f
    ON f.file_id = v.file_id
 WHERE v.file_id = $1
   AND v.edge = $2
"""
_KEEP_AREA = """
INSERT INTO area_file_variants (file_id, edge, media_type, width, height, content)
SELECT f.file_id, $2, $3, $4, $5, $6
  FROM area_files f
 WHERE f.file_id = $1
    ON CONFLICT DO NOTHING
"""
_GONE_AREA = """
DELETE FROM area_file_variants
 WHERE file_id = ANY ($1::uuid[])
"""
_GONE = """
DELETE FROM file_variants
 WHERE school_id = $1
   AND file_id = ANY ($2::uuid[])
"""


async def read_variant(house: House, school_id: int, file_id: UUID, edge: int, decoders: Executor) -> Stored:
    """At most so many pixels; of what is small already, or no picture, the file itself. Raises NOT_FOUND."""
    row = await house.database.reader.fetchrow(_READ, school_id, file_id, edge)
    if row is not None:
        return Stored(row["name"], row["media_type"], row["content"])
    whole = await read(house.database.reader, school_id, file_id)
    made = await _made(whole, edge, decoders)
    if made is None:
        return whole
    async with house.database.school(school_id) as tx:
        await _keep(tx, file_id, edge, made)
    return Stored(whole.name, made.media_type, made.data)


async def read_area_variant(house: House, file_id: UUID, edge: int, decoders: Executor) -> Stored:
    """The same of what hangs on an area's letter."""
    row = await house.database.reader.fetchrow(_READ_AREA, file_id, edge)
    if row is not None:
        return Stored(row["name"], row["media_type"], row["content"])
    whole = await read_area(house.database.reader, file_id)
    made = await _made(whole, edge, decoders)
    if made is None:
        return whole
    async with house.database.directory() as tx:
        await tx.execute(_KEEP_AREA, file_id, edge, made.media_type, made.width, made.height, made.data)
    return Stored(whole.name, made.media_type, made.data)


async def _made(whole: Stored, edge: int, decoders: Executor) -> Picture | None:
    if not whole.media_type.startswith("image/"):
        return None
    return await asyncio.get_running_loop().run_in_executor(decoders, smaller, whole.content, edge)


async def keep_small(tx: SchoolTx, file_id: UUID, made: Picture) -> None:
    """Twice is once."""
    await _keep(tx, file_id, SMALL_EDGE, made)


async def _keep(tx: SchoolTx, file_id: UUID, edge: int, made: Picture) -> None:
    await tx.execute(_KEEP, tx.school_id, file_id, edge, made.media_type, made.width, made.height, made.data)


async def forget_small(tx: SchoolTx, file_ids: Sequence[UUID]) -> None:
    """Before their originals go."""
    await tx.execute(_GONE, tx.school_id, list(file_ids))


async def forget_area_variants(tx: Tx, file_ids: Sequence[UUID]) -> None:
    """With their originals: in the same transaction."""
    await tx.execute(_GONE_AREA, list(file_ids))

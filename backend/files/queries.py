"""Files as they are read. Whoever calls `read` has asked the entitlement of the thing the file hangs on, except for the uploader's own."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import NOT_FOUND

# Files of a thing as JSON for a family's or the staff's page: {of} is a sub-select or parameter of file ids in the order they stand.
FILES_JSON = """
       coalesce((SELECT json_agg(json_build_object('file_id', kept.file_id, 'name', kept.name, 'media_type', kept.media_type,
                                                   'size', kept.size, 'width', kept.width, 'height', kept.height)
                                 ORDER BY hung.place)
                   FROM unnest({of}) WITH ORDINALITY AS hung (file_id, place)
                   JOIN files kept
                     ON kept.school_id = $1
                    AND kept.file_id = hung.file_id), '[]'::json)
"""


class Stored(msgspec.Struct, frozen=True):
    name: str
    media_type: str
    content: bytes


async def read(reader: Reader, school_id: int, file_id: UUID) -> Stored:
    row = await reader.fetchrow(
        """
        SELECT name, media_type, content
          FROM files
         WHERE school_id = $1
           AND file_id = $2
        """,
        school_id,
        file_id,
    )
    if row is None:
        raise NOT_FOUND()
    return Stored(row["name"], row["media_type"], row["content"])


async def read_area(reader: Reader, file_id: UUID) -> Stored:
    row = await reader.fetchrow(
        """
        SELECT name, media_type, content
          FROM area_files
         WHERE file_id = $1
        """,
        file_id,
    )
    if row is None:
        raise NOT_FOUND()
    return Stored(row["name"], row["media_type"], row["content"])


async def is_uploader(reader: Reader, school_id: int, file_id: UUID, account_id: UUID) -> bool:
    found = await reader.fetchval(
        """
        SELECT true
          FROM files
         WHERE school_id = $1
           AND file_id = $2
           AND uploaded_by = $3
        """,
        school_id,
        file_id,
        account_id,
    )
    return bool(found)


async def is_member(reader: Reader, school_id: int, account_id: UUID, *, on: date) -> bool:
    """Works in the school, or looks after one of its pupils."""
    found = await reader.fetchval(
        """
        SELECT EXISTS (SELECT
                         FROM staff s
                        WHERE s.school_id = $1
                          AND s.account_id = $2
                          AND s.status = 'active')
            OR EXISTS (SELECT
                         FROM guardians family
                         JOIN guardianships bond
                           ON bond.school_id = family.school_id
                          AND bond.guardian_id = family.guardian_id
                          AND bond.can_view
                          AND bond.valid_from <= $3
                          AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
                        WHERE family.school_id = $1
                          AND family.account_id = $2)
        """,
        school_id,
        account_id,
        on,
    )
    return bool(found)

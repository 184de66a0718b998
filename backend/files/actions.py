"""Keeping what people attach, hanging it on things, and forgetting what hangs nowhere. It owns files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from backend.core.across_schools import schools_with_hanging_files
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import CONFLICT, FORBIDDEN, INVALID, FieldError
from backend.core.ratelimit import Bucket
from backend.files.content import EMPTY, Content, read_content
from backend.files.queries import is_member
from backend.files.variants import forget_small, keep_small
from schemas.files import Kept

FORGET_AFTER = timedelta(days=7)
_FORGET_AT_ONCE = 500
# Decoding takes a core and up to some hundred megabytes: not more than two at a time in one process.
DECODERS = ThreadPoolExecutor(2, thread_name_prefix="pictures")
NOT_YOURS = ("Không có tệp này trong các tệp bạn đã gửi lên.", "There is no such file among those you have uploaded.")


async def upload(house: House, account_id: UUID, school_id: int, *, file_id: UUID, name: str, data: bytes) -> Kept:
    """From a member of the school, staff or guardian. The same request again is the same file; the file hangs nowhere yet."""
    now = house.clock.now()
    await require_member(house, account_id, school_id)
    if not data:
        raise INVALID(EMPTY)
    await house.limits.take(Bucket(f"upload:{account_id}", 40, 15.0), now=now.timestamp())
    content = await prepared(name, data)
    async with house.database.school(school_id) as tx:
        return await keep_prepared(tx, content, file_id=file_id, made_by=account_id, at=now)


async def require_member(house: House, account_id: UUID, school_id: int) -> None:
    today = school_day(house.clock.now())
    if not await is_member(house.database.reader, school_id, account_id, on=today):
        raise FORBIDDEN()


async def keep(tx: SchoolTx, *, file_id: UUID, name: str, data: bytes, made_by: UUID, at: datetime) -> Kept:
    """Inside the caller's transaction, for small files; large pictures are better prepared() before it begins."""
    return await keep_prepared(tx, await prepared(name, data), file_id=file_id, made_by=made_by, at=at)


async def prepared(name: str, data: bytes) -> Content:
    """Beside the event loop: a picture of a phone takes a few tenths of a second."""
    return await asyncio.get_running_loop().run_in_executor(DECODERS, read_content, name, data)


async def keep_prepared(tx: SchoolTx, content: Content, *, file_id: UUID, made_by: UUID, at: datetime) -> Kept:
    """Raises CONFLICT where other bytes, or another person's, are kept under this id."""
    made = await tx.fetchval(
        """
        INSERT INTO files (school_id, file_id, name, media_type, size, width, height, source_hash, content, uploaded_by, uploaded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (school_id, file_id) DO NOTHING
        RETURNING true
        """,
        tx.school_id, file_id, content.name, content.media_type, len(content.data), content.width, content.height,
        content.source_hash, content.data, made_by, at,
    )  # fmt: skip
    if made:
        if content.small is not None:
            await keep_small(tx, file_id, content.small)
        return Kept(file_id, content.name, content.media_type, len(content.data), content.width, content.height)
    row = await tx.fetchrow(
        """
        SELECT name, media_type, size, width, height, source_hash, uploaded_by
          FROM files
         WHERE school_id = $1
           AND file_id = $2
        """,
        tx.school_id,
        file_id,
    )
    if row is None or (row["source_hash"], row["uploaded_by"]) != (content.source_hash, made_by):
        raise CONFLICT()
    return Kept(file_id, row["name"], row["media_type"], row["size"], row["width"], row["height"])


async def hang(
    tx: SchoolTx, file_ids: Sequence[UUID], *, by: UUID, at: datetime, pointer: str = "/files", had: Sequence[UUID] = ()
) -> list[Kept]:
    """Files on the caller's thing, in the order asked for. Only what `by` uploaded may be hung: an id alone opens nobody's file.

    `had` hung on that same thing before, whoever hung it. Raises INVALID with a pointer to each file that may not be hung.
    """
    if not file_ids:
        return []
    rows = await tx.fetch(
        """
        UPDATE files
           SET hung_at = coalesce(hung_at, $4)
         WHERE school_id = $1
           AND file_id = ANY ($2::uuid[])
           AND (uploaded_by = $3 OR file_id = ANY ($5::uuid[]))
        RETURNING file_id, name, media_type, size, width, height
        """,
        tx.school_id,
        list(file_ids),
        by,
        at,
        list(had),
    )
    found = {row["file_id"]: Kept(*row) for row in rows}
    wrong = [FieldError(f"{pointer}/{n}", *NOT_YOURS) for n, one in enumerate(file_ids) if one not in found]
    if wrong:
        raise INVALID(*wrong)
    return [found[one] for one in dict.fromkeys(file_ids)]


async def forget_hanging_nowhere(house: House) -> int:
    """What was uploaded and then hung on nothing, after a week; a nightly job. Bounded batches, school by school."""
    before = house.clock.now() - FORGET_AFTER
    forgotten = 0
    for school_id in await schools_with_hanging_files(house.database.reader, before):
        while True:
            async with house.database.school(school_id) as tx:
                gone = await _forget(tx, before)
            forgotten += gone
            if gone < _FORGET_AT_ONCE:
                break
    return forgotten


async def _forget(tx: SchoolTx, before: datetime) -> int:
    rows = await tx.fetch(
        """
        SELECT old.file_id
          FROM files old
         WHERE old.school_id = $1
           AND old.hung_at IS NULL
           AND old.uploaded_at < $2
         ORDER BY old.file_id
         LIMIT $3
           FOR UPDATE SKIP LOCKED
        """,
        tx.school_id,
        before,
        _FORGET_AT_ONCE,
    )
    return await _delete(tx, [row["file_id"] for row in rows])


async def _delete(tx: SchoolTx, file_ids: Sequence[UUID]) -> int:
    """The rows are held. Small pictures go before their originals."""
    await forget_small(tx, file_ids)
    rows = await tx.fetch(
        """
        DELETE FROM files
         WHERE school_id = $1
           AND file_id = ANY ($2::uuid[])
        RETURNING file_id
        """,
        tx.school_id,
        list(file_ids),
    )
    return len(rows)


# A file on which something else still hangs is kept: letters, their drafts and versions, messages, homework, signed forms, feeds, requests.
_UNUSED = """
WITH used AS (
        SELECT h.file_id
          FROM feed_photos h
         WHERE h.school_id = $1
           AND h.file_id = ANY ($2::uuid[])
         UNION ALL
        SELECT one
          FROM announcements h
         CROSS JOIN LATERAL unnest(h.file_ids) AS one
         WHERE h.school_id = $1
           AND h.file_ids && $2::uuid[]
         UNION ALL
        SELECT one::uuid
          FROM announcement_versions h
         CROSS JOIN LATERAL jsonb_array_elements_text(h.letter -> 'file_ids') AS one
         WHERE h.school_id = $1
         UNION ALL
        SELECT one
          FROM messages h
         CROSS JOIN LATERAL unnest(h.file_ids) AS one
         WHERE h.school_id = $1
           AND h.file_ids && $2::uuid[]
         UNION ALL
        SELECT one
          FROM homework_versions h
         CROSS JOIN LATERAL unnest(h.file_ids) AS one
         WHERE h.school_id = $1
           AND h.file_ids && $2::uuid[]
         UNION ALL
        SELECT f.file_id
          FROM form_signatures h
         CROSS JOIN LATERAL jsonb_each_text(h.answers) AS said
          JOIN files f
            ON f.school_id = $1
           AND f.file_id = ANY ($2::uuid[])
           AND f.file_id::text = said.value
         WHERE h.school_id = $1
         UNION ALL
        SELECT one
          FROM dossier_steps h
         CROSS JOIN LATERAL unnest(h.file_ids) AS one
         WHERE h.school_id = $1
           AND h.file_ids && $2::uuid[])
SELECT f.file_id
  FROM files f
 WHERE f.school_id = $1
   AND f.file_id = ANY ($2::uuid[])
   AND NOT EXISTS (SELECT
                     FROM used u
                    WHERE u.file_id = f.file_id)
 ORDER BY f.file_id
   FOR UPDATE
"""


async def forget(tx: SchoolTx, file_ids: Sequence[UUID]) -> int:
    """For a room that has taken files off its thing: those that hang on nothing else are deleted, bytes and all. How many."""
    if not file_ids:
        return 0
    rows = await tx.fetch(_UNUSED, tx.school_id, list(file_ids))
    return await _delete(tx, [row["file_id"] for row in rows])

"""What hangs on the letters of a commune or province: kept once, whatever number of schools it goes to. It owns area_files.

Whoever calls `queries.read_area` has asked the entitlement of the letter, except for the uploader's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.core.database import Reader, Tx
from backend.core.house import House
from backend.core.problems import CONFLICT, INVALID, FieldError
from backend.core.ratelimit import Bucket
from backend.files.actions import NOT_YOURS, prepared
from backend.files.content import EMPTY, Content
from backend.files.variants import forget_area_variants
from schemas.files import Kept


async def upload_area(house: House, account_id: UUID, *, file_id: UUID, name: str, data: bytes) -> Kept:
    """From an area's officer, whom the caller has asked for. The same request again is the same file; it hangs nowhere yet."""
    now = house.clock.now()
    if not data:
        raise INVALID(EMPTY)
    await house.limits.take(Bucket(f"upload:{account_id}", 40, 15.0), now=now.timestamp())
    content = await prepared(name, data)
    async with house.database.directory() as tx:
        return await _keep(tx, content, file_id, account_id, now)


async def _keep(tx: Tx, content: Content, file_id: UUID, made_by: UUID, at: datetime) -> Kept:
    await tx.execute(
        """
        INSERT INTO area_files (file_id, name, media_type, size, width, height, source_hash, content, uploaded_by, uploaded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (file_id) DO NOTHING
        """,
        file_id, content.name, content.media_type, len(content.data), content.width, content.height, content.source_hash,
        content.data, made_by, at,
    )  # fmt: skip
    row = await tx.fetchrow(
        """
        SELECT name, media_type, size, width, height, source_hash, uploaded_by
          FROM area_files
         WHERE file_id = $1
        """,
        file_id,
    )
    if row is None or (row["source_hash"], row["uploaded_by"]) != (content.source_hash, made_by):
        raise CONFLICT()
    return Kept(file_id, row["name"], row["media_type"], row["size"], row["width"], row["height"])


async def hang_area(tx: Tx, file_ids: Sequence[UUID], *, by: UUID, at: datetime, pointer: str = "/file_ids") -> None:
    """Only what `by` uploaded: an id alone opens nobody's file. Raises INVALID with a pointer to each that may not be hung."""
    if not file_ids:
        return
    rows = await tx.fetch(
        """
        UPDATE area_files
           SET hung_at = coalesce(hung_at, $3)
         WHERE file_id = ANY ($1::uuid[])
           AND uploaded_by = $2
        RETURNING file_id
        """,
        list(file_ids),
        by,
        at,
    )
    found = {row["file_id"] for row in rows}
    wrong = [FieldError(f"{pointer}/{n}", *NOT_YOURS) for n, one in enumerate(file_ids) if one not in found]
    if wrong:
        raise INVALID(*wrong)


async def kept_area(reader: Reader, file_ids: Sequence[UUID]) -> list[Kept]:
    """As they stand on the letter, for a page that has asked the letter's entitlement."""
    if not file_ids:
        return []
    rows = await reader.fetch(
        """
        SELECT file_id, name, media_type, size, width, height
          FROM area_files
         WHERE file_id = ANY ($1::uuid[])
        """,
        list(file_ids),
    )
    found = {row["file_id"]: Kept(*row) for row in rows}
    return [found[one] for one in file_ids if one in found]


async def is_area_uploader(reader: Reader, file_id: UUID, account_id: UUID) -> bool:
    found = await reader.fetchval(
        """
        SELECT true
          FROM area_files
         WHERE file_id = $1
           AND uploaded_by = $2
        """,
        file_id,
        account_id,
    )
    return bool(found)


async def forget_area(house: House, before: datetime, *, at_once: int = 500) -> int:
    """What was uploaded before this instant and hangs on no letter."""
    async with house.database.directory() as tx:
        rows = await tx.fetch(
            """
            DELETE FROM area_files
             WHERE file_id IN (SELECT old.file_id
                                 FROM area_files old
                                WHERE old.hung_at IS NULL
                                  AND old.uploaded_at < $1
                                ORDER BY old.uploaded_at
                                LIMIT $2)
               AND hung_at IS NULL
            RETURNING file_id
            """,
            before,
            at_once,
        )
        await forget_area_variants(tx, [row["file_id"] for row in rows])
    return len(rows)

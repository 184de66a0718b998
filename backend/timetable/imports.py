"""A timetable file from the upload to the classes' weeks: kept sealed, looked at as often as wanted, applied once. It owns timetable_imports.

Administrators only. A class that the file does not name keeps its week, and so does a session that it does not speak of.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, problem
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.people.roster.imports import UNREADABLE, unreadable
from backend.spreadsheets.cells import Grid
from backend.spreadsheets.errors_file import errors_file
from backend.spreadsheets.refusals import FileRefused
from backend.spreadsheets.workbook import read_grids
from backend.timetable.looking import counts, look_at, review
from backend.timetable.publishing import (
    publish_all,
)
from schemas.timetable import (
    ApplyImport,
    Published,
    TimetableImport,
    TimetableReview,
)

NOTHING_READ = problem(
    "timetable-nothing-read",
    422,
    vi="Không đọc được thời khóa biểu của lớp nào trong tệp này.",
    en="No class's timetable could be read in this file.",
)
_SEALED_FOR = "timetable-file"
_KEPT_DAYS = 90
_FILE_NAME_MAX = 200
_LISTED_MAX = 30
_READING = asyncio.Semaphore(2)


async def upload(
    house: House, account_id: UUID, school_id: int, data: bytes, file_name: str, valid_from: date | None
) -> TimetableReview:
    """The dry run. Without a day it is the file's own (áp dụng từ …), else next Monday."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
    if len(data) > house.settings.upload_bytes_max:
        raise UNREADABLE["too_big"](limit=f"{house.settings.upload_bytes_max // 2**20} MB")
    file_name = clean(file_name)[-_FILE_NAME_MAX:] or "thoi-khoa-bieu"
    grids = await _grids(data, file_name)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        looked = await look_at(tx, grids, valid_from, school_day(now))
        kept = TimetableImport(
            import_id=new_id(),
            file_name=file_name,
            valid_from=looked.first,
            state="read",
            uploaded_at=now,
            **counts(looked),
        )
        await _forget_old(tx, now)
        sealed = house.cipher.seal(base64.b64encode(data).decode(), _SEALED_FOR)
        await tx.execute(
            """
            INSERT INTO timetable_imports (school_id, import_id, file_name, file_bytes, valid_from, state, summary, uploaded_by, uploaded_at)
            VALUES ($1, $2, $3, $4, $5, 'read', $6::jsonb, $7, $8)
            """,
            school_id, kept.import_id, file_name, sealed, looked.first, _summary(kept), account_id, now,
        )  # fmt: skip
        detail = {"classes": kept.classes_read, "lessons": kept.lessons_read, "reported": kept.cells_reported}
        await record(tx, "timetable.read", "timetable_import", kept.import_id, at=now, actor=account_id, detail=detail)
    return review(kept, looked)


async def look(house: House, account_id: UUID, school_id: int, import_id: UUID) -> TimetableReview:
    """What the kept file would do now."""
    kept, data = await _kept(house, account_id, school_id, import_id)
    grids = await _grids(data, kept.file_name)
    async with house.database.school(school_id) as tx:
        looked = await look_at(tx, grids, kept.valid_from, school_day(house.clock.now()))
    if kept.state == "read":
        kept = msgspec.structs.replace(kept, **counts(looked))
    return review(kept, looked)


async def apply(
    house: House, account_id: UUID, school_id: int, import_id: UUID, how: ApplyImport
) -> tuple[TimetableImport, list[Published]]:
    """Publishes the classes of the file, all or nothing, once: asking again answers what was done then."""
    now = house.clock.now()
    kept, data = await _kept(house, account_id, school_id, import_id)
    if kept.state == "applied":
        return kept, []
    grids = await _grids(data, kept.file_name)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        looked = await look_at(tx, grids, kept.valid_from, school_day(now))
        if not looked.weeks:
            raise NOTHING_READ()
        if await _applied_meanwhile(tx, import_id):
            return msgspec.structs.replace(kept, state="applied"), []
        published = await publish_all(
            tx, looked.weeks, kept.valid_from, looked.frames,
            source="file", by=account_id, at=now, keep_clashes=how.keep_clashes, tell=how.tell_families,
        )  # fmt: skip
        kept = msgspec.structs.replace(kept, **counts(looked), state="applied", applied_at=now)
        await tx.execute(
            """
            UPDATE timetable_imports
               SET state = 'applied', summary = $3::jsonb, applied_by = $4, applied_at = $5
             WHERE school_id = $1
               AND import_id = $2
            """,
            school_id,
            import_id,
            _summary(kept),
            account_id,
            now,
        )
        detail = {"classes": kept.classes_new + kept.classes_changed, "told": sum(one.told for one in published)}
        await record(tx, "timetable.applied", "timetable_import", import_id, at=now, actor=account_id, detail=detail)
    return kept, published


async def errors(house: House, account_id: UUID, school_id: int, import_id: UUID) -> tuple[bytes, str, str]:
    """(bytes, file name, media type) of the same file with a column of what to look at."""
    kept, data = await _kept(house, account_id, school_id, import_id)
    found = await look(house, account_id, school_id, import_id)
    return await asyncio.to_thread(errors_file, data, kept.file_name, found.faults, {})


async def list_imports(house: House, account_id: UUID, school_id: int) -> list[TimetableImport]:
    """The newest first."""
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(house.clock.now()))
        rows = await tx.fetch(
            """
            SELECT import_id, file_name, valid_from, state, uploaded_at, applied_at, summary
              FROM timetable_imports
             WHERE school_id = $1
             ORDER BY uploaded_at DESC, import_id
             LIMIT $2
            """,
            school_id,
            _LISTED_MAX,
        )
    return [_import_of(row) for row in rows]


async def _grids(data: bytes, file_name: str) -> list[Grid]:
    try:
        async with _READING:
            return await asyncio.to_thread(read_grids, data, file_name)
    except FileRefused as refusal:
        raise unreadable(refusal) from refusal


async def _kept(house: House, account_id: UUID, school_id: int, import_id: UUID) -> tuple[TimetableImport, bytes]:
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(house.clock.now()))
        row = await tx.fetchrow(
            """
            SELECT import_id, file_name, valid_from, state, uploaded_at, applied_at, summary, file_bytes
              FROM timetable_imports
             WHERE school_id = $1
               AND import_id = $2
            """,
            school_id,
            import_id,
        )
    if row is None:
        raise NOT_FOUND()
    return _import_of(row), base64.b64decode(house.cipher.open(row["file_bytes"], _SEALED_FOR))


async def _applied_meanwhile(tx: SchoolTx, import_id: UUID) -> bool:
    """Under the lock on the classes: of two who apply the same file, the second finds it done."""
    found = await tx.fetchval(
        """
        SELECT true
          FROM timetable_imports
         WHERE school_id = $1
           AND import_id = $2
           AND state = 'applied'
        """,
        tx.school_id,
        import_id,
    )
    return found is True


async def _forget_old(tx: SchoolTx, now: datetime) -> None:
    await tx.execute(
        """
        DELETE FROM timetable_imports
         WHERE school_id = $1
           AND uploaded_at < $2
        """,
        tx.school_id,
        now - timedelta(days=_KEPT_DAYS),
    )


_COLUMNS = ("import_id", "file_name", "valid_from", "state", "uploaded_at", "applied_at")


def _summary(kept: TimetableImport) -> str:
    fields = {name: value for name, value in msgspec.structs.asdict(kept).items() if name not in _COLUMNS}
    return msgspec.json.encode(fields).decode()


def _import_of(row: Any) -> TimetableImport:
    return TimetableImport(**{name: row[name] for name in _COLUMNS}, **msgspec.json.decode(row["summary"]))

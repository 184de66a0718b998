"""A timetable file from the upload to the classes' weeks: kept sealed, looked at as often as wanted, applied once. It owns timetable_imports.

Administrators only. A class that the file does not name keeps its week, and so does a session that it does not speak of.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple
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
from backend.timetable.clashes import clashes_of
from backend.timetable.publishing import (
    Frame,
    as_set,
    begun_by,
    frames_of,
    kept_lessons,
    lessons_in_force,
    publish_all,
    refuse_first_day,
)
from backend.timetable.queries import next_monday
from backend.timetable.sheets.marks import first_day_in
from backend.timetable.sheets.names import names_of
from backend.timetable.sheets.plan import KnownClass, SheetPlan, carried_over, make_plan
from schemas.timetable import (
    ApplyImport,
    Clash,
    ImportedClass,
    LessonIn,
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
_TITLE_ROWS = 12
_READING = asyncio.Semaphore(2)


Does = Literal["new", "changed", "same"]


class _Looked(NamedTuple):
    first: date
    plan: SheetPlan
    names: dict[UUID, str]
    weeks: dict[UUID, list[LessonIn]]
    frames: Mapping[UUID, Frame]
    clashes: list[Clash]
    does: dict[UUID, Does]


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
        looked = await _look(tx, grids, valid_from, school_day(now))
        kept = TimetableImport(
            import_id=new_id(),
            file_name=file_name,
            valid_from=looked.first,
            state="read",
            uploaded_at=now,
            **_counts(looked),
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
    return _review(kept, looked)


async def look(house: House, account_id: UUID, school_id: int, import_id: UUID) -> TimetableReview:
    """What the kept file would do now."""
    kept, data = await _kept(house, account_id, school_id, import_id)
    grids = await _grids(data, kept.file_name)
    async with house.database.school(school_id) as tx:
        looked = await _look(tx, grids, kept.valid_from, school_day(house.clock.now()))
    if kept.state == "read":
        kept = msgspec.structs.replace(kept, **_counts(looked))
    return _review(kept, looked)


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
        looked = await _look(tx, grids, kept.valid_from, school_day(now))
        if not looked.weeks:
            raise NOTHING_READ()
        if await _applied_meanwhile(tx, import_id):
            return msgspec.structs.replace(kept, state="applied"), []
        published = await publish_all(
            tx, looked.weeks, kept.valid_from, looked.frames,
            source="file", by=account_id, at=now, keep_clashes=how.keep_clashes, tell=how.tell_families,
        )  # fmt: skip
        kept = msgspec.structs.replace(kept, **_counts(looked), state="applied", applied_at=now)
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


# Of the year that the day lies in, or of the next one: in August the roll of the coming year is there and its first day is not.
_CLASSES = """
SELECT c.class_id, c.name, c.sessions
  FROM classes c
 WHERE c.school_id = $1
   AND c.school_year = (SELECT y.school_year
                          FROM school_years y
                         WHERE y.school_id = $1
                           AND y.ends_on >= $2
                         ORDER BY y.ends_on
                         LIMIT 1)
 ORDER BY c.grade, length(c.name), c.name
"""


async def _look(tx: SchoolTx, grids: Sequence[Grid], asked: date | None, today: date) -> _Looked:
    first = asked or first_day(grids) or next_monday(today)
    classes = [KnownClass(*row) for row in await tx.fetch(_CLASSES, tx.school_id, first)]
    plan = make_plan(grids, classes, await names_of(tx, tx.school_id, today))
    frames = await frames_of(tx, list(plan.weeks))
    begun = await begun_by(tx, list(plan.weeks), today)
    if asked is None and first < today and begun:
        first = next_monday(today)  # the file was for a day gone by, and what was in force is not rewritten
    weeks = carried_over(plan, await lessons_in_force(tx, list(plan.weeks), first))
    does = {class_id: await _does(tx, class_id, first, week) for class_id, week in weeks.items()}
    for class_id, deed in does.items():
        if deed != "same":
            refuse_first_day(first, frames[class_id], today, begun=class_id in begun)
    clashes = await clashes_of(tx, weeks, first, frames)
    return _Looked(first, plan, {one.class_id: one.name for one in classes}, weeks, frames, clashes, does)


def first_day(grids: Sequence[Grid]) -> date | None:
    """What a title of the file says: `Áp dụng từ ngày 30/11/2026`."""
    texts = (cell for grid in grids for _, cells in grid.rows[:_TITLE_ROWS] for cell in cells if isinstance(cell, str))
    return next((day for text in texts if (day := first_day_in(text)) is not None), None)


async def _does(tx: SchoolTx, class_id: UUID, first: date, week: Sequence[LessonIn]) -> Does:
    before = await kept_lessons(tx, class_id, first)
    if before is None:
        return "changed" if await lessons_in_force(tx, [class_id], first) else "new"
    return "same" if before == as_set(week) else "changed"


def _counts(looked: _Looked) -> dict[str, Any]:
    does = list(looked.does.values())
    return {
        "classes_read": len(looked.weeks),
        "classes_new": does.count("new"),
        "classes_changed": does.count("changed"),
        "classes_same": does.count("same"),
        "lessons_read": sum(len(week) for week in looked.plan.weeks.values()),
        "cells_reported": len(looked.plan.faults),
        "clashes": len(looked.clashes),
    }


def _review(kept: TimetableImport, looked: _Looked) -> TimetableReview:
    classes = [
        ImportedClass(
            name, len(looked.plan.weeks[class_id]), sorted(looked.plan.sessions[class_id], reverse=True), looked.does[class_id]
        )
        for class_id, name in looked.names.items()
        if class_id in looked.plan.weeks
    ]  # fmt: skip
    return TimetableReview(
        **msgspec.structs.asdict(kept),
        classes=classes,
        faults=looked.plan.faults,
        clashing=looked.clashes,
        missing=looked.plan.missing,
    )


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

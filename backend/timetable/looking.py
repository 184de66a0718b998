"""What a timetable file would do to the school as it stands: its first day, each class's week, clashes, counts. It writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.spreadsheets.cells import Grid
from backend.timetable.clashes import clashes_of
from backend.timetable.publishing import (
    Frame,
    as_set,
    begun_by,
    frames_of,
    kept_lessons,
    lessons_in_force,
    refuse_first_day,
)
from backend.timetable.queries import next_monday
from backend.timetable.sheets.marks import first_day_in
from backend.timetable.sheets.names import names_of
from backend.timetable.sheets.plan import KnownClass, SheetPlan, carried_over, make_plan
from schemas.timetable import Clash, ImportedClass, LessonIn, TimetableImport, TimetableReview

_TITLE_ROWS = 12
Does = Literal["new", "changed", "same"]


class Looked(NamedTuple):
    first: date
    plan: SheetPlan
    names: dict[UUID, str]
    weeks: dict[UUID, list[LessonIn]]
    frames: Mapping[UUID, Frame]
    clashes: list[Clash]
    does: dict[UUID, Does]


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


async def look_at(tx: SchoolTx, grids: Sequence[Grid], asked: date | None, today: date) -> Looked:
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
    return Looked(first, plan, {one.class_id: one.name for one in classes}, weeks, frames, clashes, does)


def first_day(grids: Sequence[Grid]) -> date | None:
    """What a title of the file says: `Áp dụng từ ngày 30/11/2026`."""
    texts = (cell for grid in grids for _, cells in grid.rows[:_TITLE_ROWS] for cell in cells if isinstance(cell, str))
    return next((day for text in texts if (day := first_day_in(text)) is not None), None)


async def _does(tx: SchoolTx, class_id: UUID, first: date, week: Sequence[LessonIn]) -> Does:
    before = await kept_lessons(tx, class_id, first)
    if before is None:
        return "changed" if await lessons_in_force(tx, [class_id], first) else "new"
    return "same" if before == as_set(week) else "changed"


def counts(looked: Looked) -> dict[str, Any]:
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


def review(kept: TimetableImport, looked: Looked) -> TimetableReview:
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

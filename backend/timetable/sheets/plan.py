"""Lessons in cells against the school: its classes, subjects and staff become weeks to publish, and every doubt is named by cell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from backend.core.text import fold
from backend.people.roster.class_names import class_key, read_class
from backend.spreadsheets.cells import Grid, is_blank, is_error, text_of
from backend.spreadsheets.legacy import convert_grid
from backend.timetable.sheets.faults import fault
from backend.timetable.sheets.names import Names
from backend.timetable.sheets.reading import ClassOf, read_sheet
from backend.timetable.sheets.sessions import RawLesson
from backend.timetable.sheets.words import read_lesson
from schemas.timetable import Content, LessonIn, Session, SheetFault

_PERIODS_MAX = 10


class KnownClass(NamedTuple):
    class_id: UUID
    name: str
    sessions: Sequence[str]


@dataclass
class SheetPlan:
    """weeks: what each class is given, only in the sessions that the file speaks of. `missing`: classes that it does not name."""

    weeks: dict[UUID, list[LessonIn]] = field(default_factory=dict)
    sessions: dict[UUID, set[Session]] = field(default_factory=dict)
    faults: list[SheetFault] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def make_plan(grids: Sequence[Grid], classes: Sequence[KnownClass], names: Names) -> SheetPlan:
    plan = SheetPlan()
    by_name = {known.name: known for known in classes}
    raw: list[RawLesson] = []
    unclear: set[tuple[str, int, int]] = set()
    for grid in grids:
        # Programs of the nineties still write .VnTime and VNI.
        unclear |= {(grid.name, *place) for place in convert_grid(grid)}
        sheet = read_sheet(grid, class_finder(classes))
        raw += sheet.lessons
        plan.faults += sheet.faults
    if raw:  # sheets beside the timetable are nobody's fault
        plan.faults = [one for one in plan.faults if one.code != "sheet_without_timetable"]
    taken: dict[tuple[UUID, int, Session, int], LessonIn] = {}
    for one in raw:
        _take(plan, by_name[one.class_name], one, names, taken)
        if (one.sheet, one.row, one.column) in unclear:
            plan.faults.append(fault("cell_letters", one.sheet, one.row, one.column, text_of(one.cell)))
    for (class_id, *_), lesson in taken.items():
        plan.weeks.setdefault(class_id, []).append(lesson)
    # A class whose columns are empty is left alone: an empty column is more often not filled in than meant.
    plan.sessions = {class_id: spoken for class_id, spoken in plan.sessions.items() if class_id in plan.weeks}
    plan.missing = [known.name for known in classes if known.class_id not in plan.weeks]
    return plan


def class_finder(classes: Sequence[KnownClass]) -> ClassOf:
    """`Lớp 6A1`, `6 a1`, `6A1 (Cô Lan)`, `la 1` for Lá 1: by its letters and figures, then without marks."""
    by_key = {class_key(known.name): known.name for known in classes}
    by_fold = {fold(known.name): known.name for known in classes}

    def find(text: str) -> str | None:
        first = text.split("\n")[0]
        name, _ = read_class(first)
        if name is None:
            return by_fold.get(fold(first))
        return by_key.get(class_key(name)) or by_fold.get(fold(name)) or by_fold.get(fold(first))

    return find


def _take(
    plan: SheetPlan,
    known: KnownClass,
    one: RawLesson,
    names: Names,
    taken: dict[tuple[UUID, int, Session, int], LessonIn],
) -> None:
    session = one.session or ("afternoon" if list(known.sessions) == ["afternoon"] else "morning")
    plan.sessions.setdefault(known.class_id, set()).add(session)
    lesson, codes = _lesson(one, session, known, names)
    key = (known.class_id, one.weekday, session, one.period)
    if lesson is not None and key in taken:
        codes = () if taken[key] == lesson else ("slot_twice",)
    elif lesson is not None:
        taken[key] = lesson
    plan.faults += [fault(code, one.sheet, one.row, one.column, text_of(one.cell)) for code in codes]


def _lesson(
    one: RawLesson, session: Session, known: KnownClass, names: Names
) -> tuple[LessonIn | None, tuple[str, ...]]:
    """The lesson, if the cell holds one, and the codes of what is wrong with it."""
    if is_blank(one.cell):
        return None, ()
    if is_error(one.cell):
        return None, ("cell_error",)
    if one.period > _PERIODS_MAX or not isinstance(one.cell, str):
        return None, ("cell_unreadable",)
    said = read_lesson(one.cell, names, known.class_id, teacher=one.teacher)
    if said.content is None:
        return None, (said.unread,) if said.unread else ()
    return on_slot(said.content, one.weekday, session, one.period), said.doubts


def on_slot(content: Content, weekday: int, session: Session, period: int) -> LessonIn:
    return LessonIn(
        weekday=weekday,
        session=session,
        period=period,
        subject_code=content.subject_code,
        title=content.title,
        staff_id=content.staff_id,
        teacher=content.teacher,
        room=content.room,
    )


def carried_over(plan: SheetPlan, in_force: Mapping[UUID, Sequence[LessonIn]]) -> dict[UUID, list[LessonIn]]:
    """The weeks to publish: a file of mornings leaves the afternoons as they are."""
    weeks = {}
    for class_id, lessons in plan.weeks.items():
        kept = [one for one in in_force.get(class_id, ()) if one.session not in plan.sessions[class_id]]
        weeks[class_id] = [*lessons, *kept]
    return weeks

"""The grid of one class's week: each period a line of text as in a spreadsheet, `Toán - Cô Lan - P.201`. The same reader reads both."""

from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, admin_desk, console_page, shown_in_form, today_of
from backend.console.timetable import CLASS_PATH, SESSIONS, day_in, day_or
from backend.core.http import house_of, language_of
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import whole_number
from backend.timetable import publishing, queries, registers
from backend.timetable.sheets.faults import REASONS
from backend.timetable.sheets.names import Names, names_of
from backend.timetable.sheets.plan import on_slot
from backend.timetable.sheets.words import read_lesson, write_lesson
from schemas.timetable import LessonIn, Session, TimetableIn

_EDIT = CLASS_PATH + "/edit"
_PERIODS = 5
Key = tuple[int, str, int]


@dataclass
class Grid:
    """cells: the text of each slot as it is shown; kept: the lesson that such a text came from."""

    class_name: str
    names: Names
    cells: dict[Key, str]
    kept: dict[Key, LessonIn]
    valid_from: date | None

    @property
    def periods(self) -> int:
        return max([_PERIODS, *(period for _, _, period in self.cells)])

    @property
    def weekdays(self) -> range:
        return range(1, 8 if any(weekday == 7 for weekday, _, _ in self.cells) else 7)


def name_of(key: Key) -> str:
    return f"l-{key[0]}-{key[1]}-{key[2]}"


@get(_EDIT, include_in_schema=False, **STAFF)
async def edit_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromQuery[str | None] = None
) -> Response[bytes]:
    """`on`: the week in force on that day is what the form begins with."""
    return await _show(request, school_id, class_id, on)


@post(_EDIT, include_in_schema=False, **STAFF)
async def save(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    try:
        grid = await _grid(request, school_id, class_id, day_or(form.get("shown"), today_of(request)))
        lessons, doubts = _lessons(form, grid, class_id)
        wanted = TimetableIn(
            list(lessons.values()),
            keep_clashes=form.get("keep_clashes") == "yes",
            tell_families=form.get("tell_families") == "yes",
        )
        account_id = principal_of(request).account_id
        try:
            done = await publishing.publish(
                house_of(request), account_id, school_id, class_id, day_in(form, "valid_from"), wanted
            )
        except Problem as problem:
            raise _beside_their_fields(problem, list(lessons)) from problem
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show(request, school_id, class_id, form.get("shown"), form=form, refused=refused)
    said = "timetable.saved_with_doubts" if doubts else "timetable.saved" if done.changed else "timetable.saved_same"
    path = f"/console/{school_id}/classes/{class_id}/timetable?on={done.valid_from}"
    return go(path, said, lessons=done.lessons, told=done.told, doubts=doubts)


def _lessons(form: dict[str, str], grid: Grid, class_id: UUID) -> tuple[dict[Key, LessonIn], int]:
    """What the form says, slot by slot, and how many of its cells stayed in words. Raises INVALID beside every cell that cannot stay."""
    lessons: dict[Key, LessonIn] = {}
    wrong: list[FieldError] = []
    doubts = 0
    for name, text in form.items():
        key = _key(name)
        if key is None or not text.strip():
            continue
        if text.strip() == grid.cells.get(key) and key in grid.kept:
            lessons[key] = grid.kept[key]
            continue
        said = read_lesson(text, grid.names, class_id)
        code = said.unread or ("teacher_several" if "teacher_several" in said.doubts else None)
        if code is not None:
            wrong.append(FieldError(f"/{name}", *REASONS[code][1:]))
        elif said.content is not None:
            doubts += bool(said.doubts)
            lessons[key] = on_slot(said.content, key[0], cast(Session, key[1]), key[2])
    if wrong:
        raise INVALID(*wrong)
    return lessons, doubts


def _key(name: str) -> Key | None:
    """`l-1-morning-3`: thứ Hai, the third period of the morning."""
    kind, *rest = name.split("-")
    if kind != "l" or len(rest) != 3 or rest[1] not in SESSIONS:
        return None
    weekday, period = whole_number(rest[0]), whole_number(rest[2])
    if weekday is None or period is None or not (1 <= weekday <= 7 and 1 <= period <= 10):
        return None
    return weekday, rest[1], period


def _beside_their_fields(problem: Problem, keys: list[Key]) -> Problem:
    errors = []
    for error in problem.errors:
        _, head, number, *_ = (*error.pointer.split("/"), "", "", "")
        if head == "lessons" and number.isdigit():
            error = FieldError(f"/{name_of(keys[int(number)])}", error.vi, error.en)
        errors.append(error)
    return Problem(problem.kind, errors=tuple(errors), params=problem.params)


async def _grid(request: AnyRequest, school_id: int, class_id: UUID, on: date) -> Grid:
    reader = house_of(request).database.reader
    today = today_of(request)
    account_id = principal_of(request).account_id
    _, week = await queries.class_week(
        reader, school_id, account_id, class_id, on, today=today, language=language_of(request)
    )
    kept = await registers.week_of_class(reader, school_id, class_id, on)
    names = await names_of(reader, school_id, today)
    lessons = {(one.weekday, str(one.session), one.period): one for one in kept.lessons}
    cells = {key: write_lesson(one, names) for key, one in lessons.items()}
    return Grid(week.class_name or "", names, cells, lessons, kept.valid_from)


async def _show(
    request: AnyRequest,
    school_id: int,
    class_id: UUID,
    on: str | None,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    today = today_of(request)
    shown = day_or(on, today)
    grid = await _grid(request, school_id, class_id, shown)
    first = today if grid.valid_from is None else max(queries.next_monday(today), grid.valid_from)
    texts = {name_of(key): text for key, text in grid.cells.items()}
    return console_page(
        request,
        desk,
        "console/timetable_edit.html",
        status=refused.status if refused else 200,
        back_path=f"{request.scope['path']}?on={shown}",
        class_id=class_id,
        grid=grid,
        texts=texts if form is None else form,
        form=form or {"valid_from": str(first), "tell_families": ""},
        shown=shown,
        sessions=SESSIONS,
        hints=_hints(grid, class_id),
        refused=refused,
    )


def _hints(grid: Grid, class_id: UUID) -> list[str]:
    """What the class is taught and by whom, to choose from."""
    staff = {member.staff_id: member.full_name for member in grid.names.staff}
    taught = [
        f"{grid.names.subjects[subject]} - {staff[staff_id]}"
        for (of_class, subject), ids in grid.names.duties.items()
        if of_class == class_id and subject in grid.names.subjects
        for staff_id in ids
        if staff_id in staff
    ]
    return [*sorted(taught), *grid.names.subjects.values(), "Chào cờ", "Sinh hoạt lớp"]


ROUTES: list[Any] = [edit_page, save]

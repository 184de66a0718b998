"""One day of a class at the console: a lesson falls out, is replaced, moves or is added; or the whole day. For its homeroom teacher."""

from datetime import date
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.timetable import CLASS_PATH, SESSIONS, day_in, day_or, day_wanted
from backend.core.http import house_of, language_of
from backend.core.problems import FORBIDDEN, INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into, whole_number
from backend.timetable import changes, queries, whole_days
from backend.timetable.contents import content_of
from backend.timetable.days import Day, day_of, monday_of, told_day
from backend.timetable.sheets.names import names_of
from backend.timetable.sheets.words import read_lesson
from backend.timetable.telling import differs
from schemas.timetable import ChangeIn, Content, Session, SlotOn

_CHANGE = CLASS_PATH + "/change"
_PERIODS = 5
_WHICH = ("Xin chọn tiết.", "Please choose a period.")
_WHAT = ("Xin ghi môn học hoặc tên tiết.", "Please give a subject or a title.")
KINDS = ("cancelled", "replaced", "moved", "added")


@get(_CHANGE, include_in_schema=False, **STAFF)
async def change_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _show(request, school_id, class_id, day_or(on, today_of(request)))


@post(_CHANGE, include_in_schema=False, **STAFF)
async def change_lesson(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    form = await _form(request, school_id, class_id)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        on = day_in(form, "on")
        slot = _slot(form, "slot", on)
        wanted = await _wanted(request, school_id, class_id, form, slot)
        done = await changes.change_lesson(house, account_id, school_id, class_id, slot, wanted)
    except Problem as problem:
        return await _again(request, school_id, class_id, form, problem)
    return go(_path(school_id, class_id, on), "timetable.change_saved", told=done.told)


@post(_CHANGE + "/day", include_in_schema=False, **STAFF)
async def change_day(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    form = await _form(request, school_id, class_id)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        on = day_in(form, "on")
        done = await whole_days.change_day(house, account_id, school_id, class_id, on, day_wanted(form))
    except Problem as problem:
        return await _again(request, school_id, class_id, form, problem)
    return go(_path(school_id, class_id, on), "timetable.change_saved", told=done.told)


@post(_CHANGE + "/take-back", include_in_schema=False, **STAFF)
async def take_back(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    """`slot`: that one; without it the whole day."""
    form = await _form(request, school_id, class_id)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        on = day_in(form, "on")
        slot = _slot(form, "slot", on) if form.get("slot") else None
        await changes.take_back(house, account_id, school_id, class_id, on, slot)
    except Problem as problem:
        return await _again(request, school_id, class_id, form, problem)
    return go(_path(school_id, class_id, on), "timetable.change_undone")


async def _form(request: AnyRequest, school_id: int, class_id: UUID) -> dict[str, str]:
    """Who may not change this class hears nothing of what is wrong with the form."""
    here, _ = await queries.class_week(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        monday_of(today_of(request)),
        today=today_of(request),
        language=language_of(request),
    )
    if not (here.admin or here.homeroom):
        raise FORBIDDEN()
    return await read_form(request)


def _path(school_id: int, class_id: UUID, on: date) -> str:
    return f"/console/{school_id}/classes/{class_id}/timetable/change?on={on}"


def _slot(form: dict[str, str], name: str, on: date) -> SlotOn:
    session, _, digits = form.get(name, "").partition(".")
    period = whole_number(digits)
    if session not in SESSIONS or period is None or not 1 <= period <= 10:
        raise INVALID(FieldError(f"/{name}", *_WHICH))
    return SlotOn(on, cast(Session, session), period)


async def _wanted(request: AnyRequest, school_id: int, class_id: UUID, form: dict[str, str], slot: SlotOn) -> ChangeIn:
    kind = form.get("kind", "")
    if kind not in KINDS:
        raise INVALID(FieldError("/kind", *_WHICH))
    values: dict[str, Any] = {
        "kind": "cancelled" if kind == "moved" else kind,
        "note": form.get("note", "").strip() or None,
        **{name: form.get(name) == "yes" for name in ("make_up", "keep_clashes", "tell_families")},
    }
    if kind == "moved":
        to = _slot(form, "move_slot", day_in(form, "move_on"))
        values["move_to"] = {"on": str(to.on), "session": to.session, "period": to.period}
    elif kind != "cancelled":
        content = await _content(request, school_id, class_id, form, slot)
        values |= {name: value for name, value in msgspec.structs.asdict(content).items() if value is not None}
    return into(ChangeIn, values)


async def _content(request: AnyRequest, school_id: int, class_id: UUID, form: dict[str, str], slot: SlotOn) -> Content:
    """Without a subject it is the planned one with another teacher."""
    reader = house_of(request).database.reader
    names = await names_of(reader, school_id, today_of(request))
    what, teacher = form.get("what", "").strip(), form.get("teacher", "").strip()
    if what:
        said = read_lesson(what, names, class_id, teacher=teacher)
        if said.content is None:
            raise INVALID(FieldError("/what", *_WHAT))
        return said.content
    facts = await queries.facts_of_class(reader, school_id, class_id, slot.on, slot.on)
    planned = next((one.was or one.now for one in day_of(facts, slot.on).slots if one.slot == (slot.session, slot.period)), None)  # fmt: skip
    if planned is None or not teacher:
        raise INVALID(FieldError("/what", *_WHAT))
    content = content_of(planned)
    spoken = read_lesson("Tự học", names, class_id, teacher=teacher).content
    assert spoken is not None
    return msgspec.structs.replace(content, staff_id=spoken.staff_id, teacher=spoken.teacher)


async def _again(
    request: AnyRequest, school_id: int, class_id: UUID, form: dict[str, str], problem: Problem
) -> Response[bytes]:
    refused = Refusal(shown_in_form(problem), language_of(request))
    on = day_or(form.get("on"), today_of(request))
    return await _show(request, school_id, class_id, on, form=form, refused=refused)


async def _show(
    request: AnyRequest,
    school_id: int,
    class_id: UUID,
    on: date,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    here, week = await queries.class_week(
        reader, school_id, account_id, class_id, monday_of(on), today=today, language=language_of(request)
    )
    if not (here.admin or here.homeroom):
        raise FORBIDDEN()
    facts = await queries.facts_of_class(reader, school_id, class_id, on, on)
    names = await names_of(reader, school_id, today)
    day = day_of(facts, on)
    shown = told_day(facts, day, language_of(request))
    return console_page(
        request,
        desk,
        "console/timetable_change.html",
        status=refused.status if refused else 200,
        back_path=_path(school_id, class_id, on),
        class_id=class_id,
        class_name=week.class_name,
        day_=shown,
        slots=_slots(day, {(one.session, one.period): one.title for one in shown.lessons}),
        staff=[member.full_name for member in names.staff],
        subjects=list(names.subjects.values()),
        today=today,
        form=form or {},
        kinds=KINDS,
        sessions=SESSIONS,
        differs=differs,
        refused=refused,
    )


def _slots(day: Day, titles: dict[tuple[Session, int], str]) -> list[tuple[str, Session, int, str | None]]:
    """Every slot of the day, also the free ones: value, session, period, what is there."""
    most = max([_PERIODS, *(period for _, period in titles)])
    return [
        (f"{session}.{period}", session, period, titles.get((session, period)))
        for session in ("morning", "afternoon")
        for period in range(1, most + 1)
    ]


ROUTES: list[Any] = [change_page, change_lesson, change_day, take_back]

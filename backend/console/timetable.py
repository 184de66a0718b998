"""The timetable at the console: my lessons, a class's week, the hours of the periods. The room's own actions decide who may change what."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, admin_desk, console_page, desk_of, done_or_shown, shown_in_form, today_of
from backend.core.http import house_of, language_of
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.timetable import bells, publishing, queries, registers, whole_days
from backend.timetable.days import monday_of
from backend.timetable.telling import differs
from schemas.timetable import BellsIn, DayIn

_ALL = "/console/{school_id:int}/timetable"
CLASS_PATH = "/console/{school_id:int}/classes/{class_id:uuid}/timetable"
NO_DAY = ("Ngày không đúng.", "This is not a day.")
SESSIONS = ("morning", "afternoon")
LEVELS = ("", "preschool", "primary", "lower_secondary", "upper_secondary")
_PERIODS = range(1, 8)


def day_in(form: dict[str, str], name: str) -> date:
    """Raises INVALID beside the field."""
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError as error:
        raise INVALID(FieldError(f"/{name}", *NO_DAY)) from error


def day_or(text: str | None, other: date) -> date:
    try:
        return date.fromisoformat(text) if text else other
    except ValueError:
        return other


@get(_ALL, include_in_schema=False, **STAFF)
async def timetable_page(
    request: AnyRequest, school_id: FromPath[int], on: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _show_all(request, school_id, on)


async def _show_all(
    request: AnyRequest,
    school_id: int,
    on: str | None = None,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = today_of(request)
    monday = monday_of(day_or(on, today))
    mine = await queries.teachers_week(
        reader, school_id, account_id, monday, today=today, language=language_of(request)
    )
    _, classes = await registers.versions(reader, school_id, account_id, today=today)
    return console_page(
        request,
        desk,
        "console/timetable.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/timetable",
        mine=mine,
        teaches=any(one.lessons for one in mine.days),
        classes=classes,
        today=today,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        differs=differs,
        form=form or {},
        refused=refused,
    )


@post(_ALL + "/school-day", include_in_schema=False, **STAFF)
async def change_school_day(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Every class at once: nobody comes, or they come for another weekday's lessons."""
    await admin_desk(request, school_id)
    form = await read_form(request)
    try:
        day, on = day_wanted(form), day_in(form, "on")
        done = await whole_days.change_day_everywhere(
            house_of(request), principal_of(request).account_id, school_id, on, day
        )
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show_all(request, school_id, form=form, refused=refused)
    return go(f"/console/{school_id}/timetable", "timetable.school_day_changed", classes=done.classes, told=done.told)


def day_wanted(form: dict[str, str]) -> DayIn:
    sessions = {"both": ["morning", "afternoon"]}.get(form.get("sessions", "both"), [form.get("sessions", "")])
    values: dict[str, Any] = {"sessions": sessions, "note": form.get("note", "").strip() or None}
    if form.get("like_weekday"):
        values["like_weekday"] = form["like_weekday"]
    flags = {name: form.get(name) == "yes" for name in ("make_up", "tell_families")}
    return into(DayIn, {**values, **flags})


@get(CLASS_PATH, include_in_schema=False, **STAFF)
async def class_timetable_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromQuery[str | None] = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = today_of(request)
    monday = monday_of(day_or(on, today))
    here, week = await queries.class_week(
        reader, school_id, account_id, class_id, monday, today=today, language=language_of(request)
    )
    _, classes = await registers.versions(reader, school_id, account_id, today=today)
    return console_page(
        request,
        desk,
        "console/class_timetable.html",
        class_id=class_id,
        week=week,
        kept=any(day.kept for day in week.days),
        coming=next((one.coming for one in classes if one.class_id == class_id), []),
        may_change=here.admin or here.homeroom,
        today=today,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        differs=differs,
    )


@post(CLASS_PATH + "/withdraw", include_in_schema=False, **STAFF)
async def withdraw(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    await admin_desk(request, school_id)
    first = day_in(await read_form(request), "valid_from")
    await publishing.withdraw(house_of(request), principal_of(request).account_id, school_id, class_id, first)
    return go(f"/console/{school_id}/classes/{class_id}/timetable", "timetable.withdrawn")


@get(_ALL + "/bells", include_in_schema=False, **STAFF)
async def bells_page(
    request: AnyRequest, school_id: FromPath[int], level: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _show_bells(request, school_id, level if level in LEVELS else "")


@post(_ALL + "/bells", include_in_schema=False, **STAFF)
async def set_bells(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    level = form.get("level", "")

    async def deed() -> None:
        wanted = into(BellsIn, {"valid_from": form.get("valid_from", ""), "level": level, "times": _times(form)})
        try:
            await bells.set_bells(house_of(request), principal_of(request).account_id, school_id, wanted)
        except Problem as problem:
            raise _beside_their_fields(problem, form) from problem

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show_bells(request, school_id, level, form=form, refused=refused)

    path = f"/console/{school_id}/timetable/bells?level={level if level in LEVELS else ''}"
    return await done_or_shown(request, deed(), again, path, "timetable.bells_saved")


def _filled(form: dict[str, str]) -> list[tuple[str, int]]:
    return [
        (session, period)
        for session in SESSIONS
        for period in _PERIODS
        if form.get(f"begins-{session}-{period}", "").strip() or form.get(f"ends-{session}-{period}", "").strip()
    ]


def _times(form: dict[str, str]) -> list[dict[str, Any]]:
    wrong, times = [], []
    for session, period in _filled(form):
        both = {}
        for field, name in (("starts_at", "begins"), ("ends_at", "ends")):
            text = form.get(f"{name}-{session}-{period}", "").strip()
            both[field] = text.replace("h", ":").zfill(5) if len(text) in (4, 5) else text
            if len(both[field]) != 5 or both[field][2] != ":" or not both[field].replace(":", "").isdigit():
                wrong.append(
                    FieldError(f"/{name}-{session}-{period}", "Giờ có dạng 07:00.", "A time looks like 07:00.")
                )
        times.append({"session": session, "period": period, **both})
    if wrong:
        raise INVALID(*wrong)
    return times


def _beside_their_fields(problem: Problem, form: dict[str, str]) -> Problem:
    """`/times/3/ends_at` is the field of the fourth period that was filled in."""
    filled = _filled(form)
    errors = []
    for error in problem.errors:
        _, head, number, field = (*error.pointer.split("/"), "", "", "")[:4]
        if head == "times" and number.isdigit() and int(number) < len(filled):
            session, period = filled[int(number)]
            name = "ends" if field == "ends_at" else "begins"
            error = FieldError(f"/{name}-{session}-{period}", error.vi, error.en)
        errors.append(error)
    return Problem(problem.kind, errors=tuple(errors), params=problem.params)


async def _show_bells(
    request: AnyRequest,
    school_id: int,
    level: str,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = today_of(request)
    sets = (await bells.bells(reader, school_id, account_id, today=today)).sets
    newest = next((one for one in sets if one.level == level), None)
    times = {f"{one.session}-{one.period}": one for one in newest.times} if newest else {}
    return console_page(
        request,
        desk,
        "console/bells.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/timetable/bells?level={level}",
        sets=sets,
        newest=newest,
        times=times,
        level=level,
        levels=LEVELS,
        periods=_PERIODS,
        today=today,
        form=form,
        refused=refused,
    )


ROUTES: list[Any] = [
    timetable_page,
    change_school_day,
    class_timetable_page,
    withdraw,
    bells_page,
    set_bells,
]

"""The roll-call of a class: a plain form with one mark a pupil; a script only counts along."""

from datetime import date
from typing import Any, cast
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.attendance.actions import take_roll
from backend.attendance.queries import class_day
from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.queries import Desk
from backend.core.clock import SCHOOL_ZONE
from backend.core.http import house_of, language_of
from backend.core.problems import BAD_REQUEST, Problem
from backend.identity.entitlement import standing
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.messages.deciding import Announced
from backend.messages.deciding import announced as announced_for
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into, whole_number
from schemas.attendance import ClassDay, RollIn, Session

_ROLL = "/console/{school_id:int}/classes/{class_id:uuid}/roll"
_NOON = 12
MARKS = ("present", "late", "excused", "unexcused")
_MORE_MARKS = ("left_early",)


@get(_ROLL, include_in_schema=False, **STAFF)
async def roll_page(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    day: FromQuery[str | None] = None,
    session: FromQuery[str | None] = None,
    detail: FromQuery[str | None] = None,
) -> Response[bytes]:
    """`detail` adds notes and the rarer marks; most mornings need neither."""
    on = _day(day, today_of(request))
    return await _show(request, school_id, class_id, on, session, detail=bool(detail))


@post(_ROLL, include_in_schema=False, **STAFF)
async def send_roll(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    on = _day(form.get("day"), today_of(request))
    session = form.get("session", "")
    if session not in ("morning", "afternoon"):
        raise BAD_REQUEST()
    said = {name.removeprefix("mark-"): mark for name, mark in form.items() if name.startswith("mark-")}
    values: dict[str, Any] = {
        "exceptions": [
            {"pupil_id": pupil_id, "mark": mark, "note": form.get(f"note-{pupil_id}") or None}
            for pupil_id, mark in said.items()
            if mark != "present"
        ],
        "make_up": form.get("make_up") == "yes",
    }
    if (revision := whole_number(form.get("revision", ""))) is not None:
        values["revision"] = revision
    try:
        account_id = principal_of(request).account_id
        roll = into(RollIn, values)
        taken = await take_roll(house_of(request), account_id, school_id, class_id, on, cast(Session, session), roll)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        detail = form.get("detail") == "yes"
        return await _show(request, school_id, class_id, on, session, said=said, refused=refused, detail=detail)
    there = taken.totals.present + taken.totals.late + taken.totals.left_early
    absent = taken.totals.excused + taken.totals.unexcused
    return go(
        f"{request.scope['path']}?day={on}&session={session}",
        "console.roll_saved_and_told" if taken.notified else "console.roll_saved",
        there=there,
        absent=absent,
        told=taken.notified,
    )


async def _show(
    request: AnyRequest,
    school_id: int,
    class_id: UUID,
    on: date,
    session: str | None,
    *,
    said: dict[str, str] | None = None,
    refused: Refusal | None = None,
    detail: bool = False,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    found = await class_day(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        on,
        today=today_of(request),
        language=language_of(request),
    )
    shown = session if session in found.sessions else _session_now(request, found)
    marks = said or {str(p.pupil_id): m.mark for p in found.pupils for m in p.marks if m.session == shown}
    announced = await _announced(request, desk, class_id, on)
    if not marks:
        # Before the roll is called, what families announced is suggested; whoever calls it decides.
        marks = {pupil: "excused" if one.kind == "absent" else "late" for pupil, one in announced.items()}
    return console_page(
        request,
        desk,
        "console/roll.html",
        status=refused.status if refused else 200,
        back_path=f"{request.scope['path']}?day={on}&session={shown}",
        roll=found,
        session=shown,
        marks=marks,
        notes={str(p.pupil_id): m.note for p in found.pupils for m in p.marks if m.session == shown and m.note},
        taken=next((taken for taken in found.taken if taken.session == shown), None),
        choices=[*MARKS, *(mark for mark in _MORE_MARKS if detail or mark in marks.values())],
        detail=detail,
        announced=announced,
        today=today_of(request),
        refused=refused,
    )


async def _announced(request: AnyRequest, desk: Desk, class_id: UUID, on: date) -> dict[str, Announced]:
    """Why a child stays at home is for its homeroom teacher and the administrators."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    who = await standing(reader, desk.school_id, account_id, class_id=class_id, on=today_of(request))
    found = await announced_for(reader, desk.school_id, class_id, on, reasons=who.admin or who.homeroom)
    return {str(pupil_id): one for pupil_id, one in found.items()}


def _session_now(request: AnyRequest, found: ClassDay) -> str:
    hour = house_of(request).clock.now().astimezone(SCHOOL_ZONE).hour
    now = "morning" if hour < _NOON else "afternoon"
    return now if now in found.sessions else (found.sessions[0] if found.sessions else "morning")


def _day(asked: str | None, today: date) -> date:
    try:
        return date.fromisoformat(asked) if asked else today
    except ValueError:
        return today


ROUTES: list[Any] = [roll_page, send_roll]

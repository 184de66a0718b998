"""The school's calendar: years, semesters, days without school. The roll's year decides what fits."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, console_page, desk_of, done_or_shown, today_of
from backend.core.http import house_of
from backend.core.problems import INVALID, FieldError
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.people.registers import calendar_json
from backend.people.year import close_day, open_day
from schemas.people import Calendar, CloseDay

_CALENDAR = "/console/{school_id:int}/calendar"
_DECODER = msgspec.json.Decoder(Calendar)
_NO_DAY = FieldError("/on", "Ngày không đúng.", "This is not a day.")


@get(_CALENDAR, include_in_schema=False, **STAFF)
async def calendar_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_CALENDAR + "/close", include_in_schema=False, **STAFF)
async def close(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        reason = into(CloseDay, {"reason": form.get("reason", "").strip()}).reason
        account_id = principal_of(request).account_id
        await close_day(house_of(request), account_id, school_id, _day(form.get("on", "")), reason)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, form=form, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/calendar", "console.day_closed")


@post(_CALENDAR + "/open/{day:str}", include_in_schema=False, **STAFF)
async def reopen(request: AnyRequest, school_id: FromPath[int], day: FromPath[str]) -> Response[bytes]:
    await open_day(house_of(request), principal_of(request).account_id, school_id, _day(day))
    return go(f"/console/{school_id}/calendar", "console.day_opened")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise INVALID(_NO_DAY) from error


async def _show(
    request: AnyRequest, school_id: int, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = _DECODER.decode(await calendar_json(reader, school_id, account_id, today=today_of(request)))
    return console_page(
        request,
        desk,
        "console/calendar.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/calendar",
        calendar=found,
        form=form or {},
        today=today_of(request),
        refused=refused,
    )


ROUTES: list[Any] = [calendar_page, close, reopen]

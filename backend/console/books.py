"""The class's books for looking at: the monthly register, the averages of a semester, and whom notices could not reach."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from backend.attendance.queries import class_month_json
from backend.console.desks import AnyRequest, admin_desk, console_page, desk_of, today_of
from backend.core.http import house_of, language_of
from backend.core.problems import FORBIDDEN
from backend.gradebook.registers import class_averages
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from notifications.queries import delivery_problems
from schemas.attendance import ClassMonth
from schemas.notifications import DeliveryProblems

_CLASS = "/console/{school_id:int}/classes/{class_id:uuid}"
_MONTH = msgspec.json.Decoder(ClassMonth)
_PROBLEMS = msgspec.json.Decoder(DeliveryProblems)
_DAYS_BACK = 30


@get(_CLASS + "/register", include_in_schema=False, **STAFF)
async def register_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], month: FromQuery[str | None] = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    today = today_of(request)
    first = _first_of(month, today)
    found = _MONTH.decode(
        await class_month_json(
            house_of(request).database.reader,
            school_id,
            principal_of(request).account_id,
            class_id,
            first,
            today=today,
        )
    )
    following = (first + timedelta(days=32)).replace(day=1)
    return console_page(
        request,
        desk,
        "console/register.html",
        register=found,
        first=first,
        columns=[(held.on, held.session) for held in found.held],
        earlier=(first - timedelta(days=1)).strftime("%Y-%m"),
        later=following.strftime("%Y-%m") if following <= today else None,
    )


@get(_CLASS + "/averages", include_in_schema=False, **STAFF)
async def averages_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], term: FromQuery[int | None] = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    found = await class_averages(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        2 if term == 2 else 1,
        today=today_of(request),
        language=language_of(request),
    )
    return console_page(request, desk, "console/averages.html", averages=found)


@get("/console/{school_id:int}/unreached", include_in_schema=False, **STAFF)
async def unreached_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Whom notices could not reach in the last thirty days, by name, so that the office can call."""
    desk = await admin_desk(request, school_id)
    house = house_of(request)
    since = house.clock.now() - timedelta(days=_DAYS_BACK)
    found = await delivery_problems(house.database.reader, school_id, principal_of(request).account_id, since=since)
    if found is None:
        raise FORBIDDEN()
    return console_page(request, desk, "console/unreached.html", found=_PROBLEMS.decode(found), days=_DAYS_BACK)


def _first_of(asked: str | None, today: date) -> date:
    """The first day of the month asked for; this month for anything that is none, or that lies ahead."""
    try:
        first = date.fromisoformat(f"{asked}-01") if asked else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return first if first.year >= 2000 and first <= today else today.replace(day=1)


ROUTES: list[Any] = [register_page, averages_page, unreached_page]

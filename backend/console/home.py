"""The first pages of the console: which school, and what today asks for."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backend.console import queries
from backend.console.desks import AnyRequest, console_page, desk_of, today_of
from backend.core.clock import SCHOOL_ZONE
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import go, page

_NOON = 12


@get("/console", include_in_schema=False, **STAFF)
async def choose_school(request: AnyRequest) -> Response[bytes]:
    """Straight to the desk for whoever works in one school."""
    schools = principal_of(request).staff_in
    if len(schools) == 1:
        return go(f"/console/{schools[0]}")
    desks = []
    for school_id in schools:
        try:
            desks.append(await desk_of(request, school_id))
        except Problem:
            continue  # left that school since signing in
    return page(request, "console/schools.html", desks=desks)


@get("/console/{school_id:int}", include_in_schema=False, **STAFF)
async def day_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house = house_of(request)
    now = house.clock.now()
    today = await queries.today(
        house.database.reader, school_id, principal_of(request).account_id, on=today_of(request)
    )
    # A morning's roll that nobody called is still owed in the afternoon.
    begun = ("morning",) if now.astimezone(SCHOOL_ZONE).hour < _NOON else ("morning", "afternoon")
    mine = [one for one in today.classes if one.mine]
    others = [one for one in today.classes if not one.mine] if desk.admin else []
    return console_page(
        request,
        desk,
        "console/day.html",
        on=today_of(request),
        closed=today.closed_en if language_of(request) == "en" else today.closed_vi,
        begun=begun,
        mine=mine,
        others=others,
        waiting=[one for one in (*mine, *others) if one.pupils and _due(one, begun)],
    )


def _due(one: queries.ClassToday, begun: tuple[str, ...]) -> bool:
    return any(session in begun and one.roll(session) is None for session in one.sessions)


ROUTES: list[Any] = [choose_school, day_page]

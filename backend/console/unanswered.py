"""Questions that found no answer, in groups: answer one as an editor would, or set it aside. The bot's editor gathers them."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, today_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.identity.guards import AREA, STAFF
from backend.identity.principal import principal_of
from backend.pages import go, page
from bots.answers.knowledge import title_of
from bots.editor import area_unanswered, unanswered

_HERE = "/console/{school_id:int}/unanswered"


@get(_HERE, include_in_schema=False, **STAFF)
async def unanswered_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    house = house_of(request)
    found = await unanswered.unanswered(house, principal_of(request), school_id)
    today = today_of(request)
    titles = {one.nearest: title_of(one.nearest, language_of(request), today) for one in found.groups if one.nearest}
    return console_page(
        request, desk, "console/unanswered.html",
        groups=found.groups, titles=titles, fresh=[f"own-{new_id().hex[-12:]}" for _ in found.groups],
    )  # fmt: skip


@post(_HERE + "/{group:str}", include_in_schema=False, **STAFF)
async def set_aside(request: AnyRequest, school_id: FromPath[int], group: FromPath[str]) -> Response[bytes]:
    await unanswered.set_aside(house_of(request), principal_of(request), school_id, group)
    return go(f"/console/{school_id}/unanswered", "knowledge.set_aside_said")


@get("/console/area/{area_code:str}/unanswered", include_in_schema=False, **AREA)
async def area_unanswered_page(request: AnyRequest, area_code: FromPath[str]) -> Response[bytes]:
    house = house_of(request)
    found = await area_unanswered.unanswered(house, principal_of(request), area_code)
    today = today_of(request)
    titles = {one.nearest: title_of(one.nearest, language_of(request), today) for one in found.groups if one.nearest}
    return page(
        request, "console/area_unanswered.html", base=f"/console/area/{area_code}/knowledge",
        groups=found.groups, titles=titles, fresh=[f"own-{new_id().hex[-12:]}" for _ in found.groups],
        people_least=area_unanswered.PEOPLE_LEAST,
    )  # fmt: skip


ROUTES: list[Any] = [unanswered_page, set_aside, area_unanswered_page]

"""What the school says of itself, on one page: phones, hours, prices, menu, calendar. The people's room keeps it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, done_or_shown, today_of
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from backend.people import about
from schemas.people import SchoolAbout

_HERE = "/console/{school_id:int}/about"
_LONG = frozenset({"calendar", "exam_calendar", "fee_list", "lunch_menu", "school_bus", "clubs", "rules"})


@get(_HERE, include_in_schema=False, **STAFF)
async def about_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_HERE, include_in_schema=False, **STAFF)
async def change_about(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    typed = {name: form.get(name, "") for name in SchoolAbout.__struct_fields__}

    async def deed() -> None:
        new = into(SchoolAbout, typed)
        await about.change(house_of(request), principal_of(request), school_id, new, today_of(request))

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, typed, refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/about", "knowledge.about_saved")


async def _show(
    request: AnyRequest, school_id: int, typed: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    if typed is None:
        found = await about.about(house_of(request), principal_of(request), school_id)
        typed = {name: getattr(found, name) for name in found.__struct_fields__}
    return console_page(
        request, desk, "console/about.html",
        status=refused.status if refused else 200, typed=typed, long=_LONG, refused=refused,
    )  # fmt: skip


ROUTES: list[Any] = [about_page, change_about]

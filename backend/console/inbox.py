"""The inbox of families' questions as pages: what waits, and how the school answers (time, ready answers). The bots room decides."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, console_page, desk_of, done_or_shown, today_of
from backend.core.http import house_of
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into, whole_number
from bots import answer_clock, canned
from bots.desk_reading import handoffs_of
from schemas.conversations import CannedIn, InboxSettings

_INBOX = "/console/{school_id:int}/inbox"
_SETTINGS = _INBOX + "/settings"


@get(_INBOX, include_in_schema=False, **STAFF)
async def inbox_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house = house_of(request)
    found = await handoffs_of(house.database.reader, school_id, principal_of(request).account_id, today_of(request))
    return console_page(
        request,
        desk,
        "console/inbox.html",
        open_ones=[one for one in found.handoffs if one.state in ("waiting", "taken")],
        done=[one for one in found.handoffs if one.state not in ("waiting", "taken")],
        now=house.clock.now(),
    )


@get(_SETTINGS, include_in_schema=False, **STAFF)
async def settings_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _settings(request, school_id, {})


@post(_SETTINGS, include_in_schema=False, **STAFF)
async def keep_settings(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """`do`: time, canned (with its id), remove."""
    desk = await desk_of(request, school_id)
    if not desk.keeps_inbox:
        raise FORBIDDEN()
    form = await read_form(request)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _settings(request, school_id, form, refused=refused)

    do = form.get("do") if form.get("do") in ("canned", "remove") else "time"
    deed = _deed(request, school_id, do, form)
    return await done_or_shown(request, deed, again, f"/console/{school_id}/inbox/settings", f"console.inbox_{do}_said")


async def _deed(request: AnyRequest, school_id: int, do: str | None, form: dict[str, str]) -> None:
    house, account_id = house_of(request), principal_of(request).account_id
    if do == "time":
        values: dict[str, object] = {}
        for name in ("answer_minutes", *(["kept_days"] if "kept_days" in form else [])):
            number = whole_number(form.get(name, "").strip())
            values[name] = form.get(name, "") if number is None else number
        wanted = into(InboxSettings, values)
        await answer_clock.keep_settings(house, account_id, school_id, wanted)
        return
    canned_id = _id_of(form)
    if do == "remove":
        await canned.remove(house, account_id, school_id, canned_id)
        return
    texts = {name: form.get(name, "").strip() for name in ("title", "body_vi", "body_en")}
    await canned.keep(house, account_id, school_id, canned_id, into(CannedIn, texts))


def _id_of(form: dict[str, str]) -> UUID:
    try:
        return UUID(form.get("canned_id", ""))
    except ValueError:
        return new_id()


async def _settings(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    if not desk.keeps_inbox:
        raise FORBIDDEN()
    house, account_id = house_of(request), principal_of(request).account_id
    found = await canned.read(house, account_id, school_id)
    return console_page(
        request,
        desk,
        "console/inbox_settings.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/inbox/settings",
        settings=await answer_clock.settings_of(house.database.reader, school_id),
        answers=found.answers,
        blanks=canned.BLANKS,
        fresh_id=new_id(),
        form=form,
        refused=refused,
    )


ROUTES: list[Any] = [inbox_page, settings_page, keep_settings]

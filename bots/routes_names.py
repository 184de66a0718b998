"""Names for use at home: a page for families, and the same over JSON. The rules are nicknames.py's."""

from typing import Any

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from bots import nicknames
from bots.context import of_turn
from schemas.chat import Nickname, NicknameIn, Nicknames

AnyRequest = Request[Any, Any, Any]
_PATH = "/chat/names"


@get("/v1/chat/nicknames", tags=["chat"], **GUARDIAN)
async def list_nicknames(request: AnyRequest) -> Nicknames:
    """What this guardian calls its children; nobody else sees or uses these names."""
    return Nicknames(await _own(request))


@put("/v1/chat/nicknames", tags=["chat"], **GUARDIAN)
async def give_nickname(request: AnyRequest, data: JSONBody[NicknameIn]) -> Nicknames:
    """From now on the name leads to this child in chat."""
    house = house_of(request)
    await nicknames.give(
        house,
        principal_of(request).account_id,
        data.school_id,
        data.pupil_id,
        data.nickname,
        on=nicknames.today(house),
    )
    return Nicknames(await _own(request))


@delete("/v1/chat/nicknames/{school_id:int}/{nickname:str}", tags=["chat"], **GUARDIAN)
async def drop_nickname(request: AnyRequest, school_id: FromPath[int], nickname: FromPath[str]) -> None:
    """Twice is once."""
    await nicknames.drop(house_of(request), principal_of(request).account_id, school_id, nickname)


@get(_PATH, include_in_schema=False, **GUARDIAN)
async def names_page(request: AnyRequest) -> Response[bytes]:
    return await _show(request)


@post(_PATH, status_code=200, include_in_schema=False, **GUARDIAN)
async def names_form(request: AnyRequest) -> Response[bytes]:
    """A name for a child, or one taken away. What was wrong comes back as it was typed."""
    form = await read_form(request)
    house, account_id = house_of(request), principal_of(request).account_id
    child = next((one for one in await _children(request) if str(one.pupil_id) == form.get("pupil_id")), None)
    if child is None:
        return go(_PATH)
    name = form.get("nickname", "")[:60]
    if "drop" in form:
        await nicknames.drop(house, account_id, child.school_id, form["drop"])
        return go(_PATH, "bots.nickname_dropped")
    try:
        kept = await nicknames.give(house, account_id, child.school_id, child.pupil_id, name, on=nicknames.today(house))
    except Problem as problem:
        return await _show(request, refused=Refusal(problem, language_of(request)), typed=(str(child.pupil_id), name))
    return go(_PATH, "bots.names_kept", name=kept)


async def _show(
    request: AnyRequest, *, refused: Refusal | None = None, typed: tuple[str, str] = ("", "")
) -> Response[bytes]:
    children = await _children(request)
    status = refused.status if refused else 200
    return page(request, "chat/names.html", status=status, children=children, refused=refused, typed=typed)


async def _children(request: AnyRequest) -> Any:
    house, principal = house_of(request), principal_of(request)
    on = nicknames.today(house)
    schools = tuple(principal.guardian_in)
    return (await of_turn(house.database.reader, schools, principal.account_id, on, default_school=None)).children


async def _own(request: AnyRequest) -> list[Nickname]:
    house, principal = house_of(request), principal_of(request)
    return await nicknames.own(
        house.database.reader, principal.account_id, tuple(principal.guardian_in), nicknames.today(house)
    )


ROUTES: list[Any] = [list_nicknames, give_nickname, drop_nickname, names_page, names_form]

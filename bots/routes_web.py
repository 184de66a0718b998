"""The web chat: a page that works without scripts, and the same over JSON. Anybody may ask; a signed-in family also about its child."""

import secrets
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.ratelimit import Bucket, address_block, client_address
from backend.identity.guards import PUBLIC
from backend.identity.principal import principal_or_none
from backend.pages import page, read_form
from bots.webchat import converse
from schemas.chat import MESSAGE_MAX, ChatAnswer, ChatMessageIn

AnyRequest = Request[Any, Any, Any]

_VISITOR = "nc_visitor"
_VISITOR_DAYS = 1


@get("/chat", include_in_schema=False, **PUBLIC)
async def chat_page(request: AnyRequest) -> Response[bytes]:
    return _page(request, asked="", answer=None)


@post("/chat", status_code=200, include_in_schema=False, **PUBLIC)
async def chat_form(request: AnyRequest) -> Response[bytes]:
    """Without scripts a turn is a page: the question and its answer. Earlier turns are not kept to be shown."""
    form = await read_form(request)
    button = form.get("button", "")[:64] or None
    text = "" if button else form.get("text", "")[:MESSAGE_MAX].replace("\x00", "")
    if not text.strip() and button is None:
        return _page(request, asked="", answer=None)
    answer = await _ask(request, ChatMessageIn(_message_id(form.get("message_id")), text, button))
    return _page(request, asked=form.get("label", "")[:200] if button else text, answer=answer)


@post("/v1/chat/messages", status_code=200, tags=["chat"], **PUBLIC)
async def chat_message(request: AnyRequest, data: JSONBody[ChatMessageIn]) -> Response[ChatAnswer]:
    """Ask the bot. General questions need no sign-in; questions about a child are answered to its own signed-in family only."""
    text = data.text.replace("\x00", "")
    answer = await _ask(request, msgspec.structs.replace(data, text=text))
    return Response(answer, headers={"cache-control": "private, no-store"}, cookies=[_visitor_cookie(request)])


async def _ask(request: AnyRequest, message: ChatMessageIn) -> ChatAnswer:
    house = house_of(request)
    now = house.clock.now()
    block = address_block(client_address(request.scope, house.settings.trusted_proxies))
    # A class of parents behind one school's address may all ask at once; a program that floods may not.
    key = house.cipher.blind_index(block, "webchat").hex()[:24]
    await house.limits.take(Bucket(f"webchat:{key}", 60, 1.0), now=now.timestamp())
    principal = principal_or_none(request)
    return await converse(
        house,
        principal.account_id if principal is not None else None,
        _visitor(request),
        message,
        language=language_of(request),
        at=now,
    )


def _page(request: AnyRequest, *, asked: str, answer: ChatAnswer | None) -> Response[bytes]:
    return page(
        request,
        "chat/chat.html",
        cookies=[_visitor_cookie(request)],
        asked=asked,
        answer=answer,
        message_id=str(new_id()),
    )


def _visitor(request: AnyRequest) -> str:
    """A random name for a browser, so that a talk can be carried on. It says nothing about anybody."""
    scope = cast(dict[str, Any], request.scope)
    known: str | None = scope.get("nc_visitor")
    if known is None:
        cookie = request.cookies.get(_VISITOR, "")
        known = (
            cookie
            if 20 <= len(cookie) <= 40 and cookie.isascii() and cookie.isprintable()
            else secrets.token_urlsafe(18)
        )
        scope["nc_visitor"] = known
    return known


def _visitor_cookie(request: AnyRequest) -> Cookie:
    return Cookie(
        key=_VISITOR,
        value=_visitor(request),
        path="/",
        max_age=_VISITOR_DAYS * 86_400,
        httponly=True,
        samesite="lax",
        secure=house_of(request).settings.mode == "production",
    )


def _message_id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        return new_id()


ROUTES: list[Any] = [chat_page, chat_form, chat_message]

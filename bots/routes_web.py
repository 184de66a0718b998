"""The web chat: a page that works without scripts, and the same over JSON. Anybody may ask; a signed-in family also about its child."""

import secrets
from typing import Any, cast
from uuid import UUID, uuid5

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, UploadFile
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, MultipartBody
from litestar.response import Stream

from backend.core.http import followed, house_of, language_of, one_file_only, open_form
from backend.core.ids import new_id
from backend.core.problems import BAD_REQUEST, Problem
from backend.core.ratelimit import Bucket, address_block, client_address
from backend.files.content import FILE_BYTES_MAX
from backend.identity.guards import PUBLIC, SIGNED_IN
from backend.identity.principal import principal_of, principal_or_none
from backend.pages import go, page, read_form
from bots import chats, picture_hearing, weblines
from bots.webchat import CHANNEL, chat_id_of, converse, family_types
from schemas.chat import MESSAGE_MAX, ChatAnswer, ChatMessageIn
from schemas.conversations import ChatLines

AnyRequest = Request[Any, Any, Any]

_EVENTS = {
    200: ResponseSpec(
        str, media_type="text/event-stream", description="How far it has come, as events", generate_examples=False
    )
}
_PICTURE_BYTES = FILE_BYTES_MAX + 65_536
_VISITOR = "nc_visitor"
_VISITOR_DAYS = 1


# A page, its neighbour tab and a phone: more than this follow one chat by mistake.
_STREAMS_EACH = 6


@get("/chat", include_in_schema=False, **PUBLIC)
async def chat_page(request: AnyRequest) -> Response[bytes]:
    """What was said here lately, wherever it was said: words with a person of the school also from the account's messengers."""
    talk = await weblines.lines_after(house_of(request), _chat(request), 0, language_of(request))
    return page(
        request,
        "chat/chat.html",
        cookies=[_visitor_cookie(request)],
        talk=talk,
        message_id=str(new_id()),
        picture_id=str(new_id()),
    )


@post("/chat", status_code=200, include_in_schema=False, **PUBLIC)
async def chat_form(request: AnyRequest) -> Response[bytes]:
    """Without scripts a turn is a page: 303, so that reloading asks nothing again."""
    form = await read_form(request)
    button = form.get("button", "")[:64] or None
    text = "" if button else form.get("text", "")[:MESSAGE_MAX].replace("\x00", "")
    if text.strip() or button is not None:
        label = form.get("label", "")[:200] or (await _label(request, button) if button else "")
        await _ask(request, ChatMessageIn(_message_id(form.get("message_id")), text, button, label))
    return go("/chat#ask", cookies=[_visitor_cookie(request)])


async def _label(request: AnyRequest, press: str) -> str:
    """What the pressed button said: a plain form does not send it, but the line that offered it is still there."""
    talk = await weblines.lines_after(house_of(request), _chat(request), 0, language_of(request))
    offered = [button for line in reversed(talk.lines) for button in line.buttons if button.press == press]
    return offered[0].label if offered else ""


@post("/v1/chat/messages", status_code=200, tags=["chat"], **PUBLIC)
async def chat_message(request: AnyRequest, data: JSONBody[ChatMessageIn]) -> Response[ChatAnswer]:
    """Ask the bot. General questions need no sign-in; questions about a child are answered to its own signed-in family only."""
    text = data.text.replace("\x00", "")
    answer = await _ask(request, msgspec.structs.replace(data, text=text))
    return Response(answer, headers={"cache-control": "private, no-store"}, cookies=[_visitor_cookie(request)])


@get("/v1/chat/lines", tags=["chat"], **PUBLIC)
async def chat_lines(request: AnyRequest, after: FromQuery[int] = 0) -> Response[ChatLines]:
    """What has been said since line `after`: by the family, the assistant and the school. Sixty lines at most, the newest."""
    if not 0 <= after < 2**31:
        raise BAD_REQUEST()
    await _knock(request, "chatlines", 120, 0.5)
    found = await weblines.lines_after(house_of(request), _chat(request), after, language_of(request))
    return Response(found, headers={"cache-control": "private, no-store"})


@get("/v1/chat/live", tags=["chat"], responses=_EVENTS, **PUBLIC)
async def follow_chat(request: AnyRequest) -> Stream:
    """Server-sent events: the number of the last line, and whether somebody of the school is writing. Fetch what is missing by number."""
    await _knock(request, "chatlive", 60, 1.0)
    chat_id = _chat(request)
    return followed(request, f"webchat:{chat_id}", weblines.look_of(house_of(request), chat_id), most=_STREAMS_EACH)


@post(
    "/v1/chat/pictures", status_code=204, tags=["chat"], request_max_body_size=_PICTURE_BYTES, before_request=one_file_only, **SIGNED_IN
)  # fmt: skip
async def chat_picture(request: AnyRequest, data: MultipartBody[UploadFile], message_id: FromQuery[UUID]) -> None:
    """Send a picture to the person of the school who has this chat, or to whoever will take the question. Sent twice, it is said once."""
    await _send_picture(request, message_id, await data.read(FILE_BYTES_MAX + 1))


@post("/chat/picture", include_in_schema=False, request_max_body_size=_PICTURE_BYTES, **SIGNED_IN)
async def chat_picture_form(request: AnyRequest) -> Response[bytes]:
    """Without scripts. What cannot be taken is said in the chat itself."""
    form = await open_form(request)
    sent, message_id = form.get("picture"), _message_id(str(form.get("message_id", "")))
    if isinstance(sent, UploadFile) and sent.filename:
        try:
            await _send_picture(request, message_id, await sent.read(FILE_BYTES_MAX + 1))
        except Problem as problem:
            said = weblines.Content(problem.sentence(language_of(request)))
            line = weblines.Line(uuid5(message_id, "refused"), "bot", said)
            await weblines.keep(house_of(request), _chat(request), line, at=house_of(request).clock.now())
    return go("/chat#ask")


async def _send_picture(request: AnyRequest, message_id: UUID, data: bytes) -> None:
    house, account_id = house_of(request), principal_of(request).account_id
    chat = await chats.look(house, CHANNEL, chat_id_of(account_id, ""), account_id)
    if chat.with_person is None or await picture_hearing.keep(house, chat, str(message_id), "", data) is None:
        raise picture_hearing.NO_PERSON()


@post("/v1/chat/typing", status_code=204, tags=["chat"], **PUBLIC)
async def chat_typing(request: AnyRequest) -> None:
    """For some seconds the person who has this chat sees that the family is writing."""
    await _knock(request, "chattyping", 60, 1.0)
    house, principal = house_of(request), principal_or_none(request)
    account_id = principal.account_id if principal is not None else None
    await family_types(house, account_id, _visitor(request), at=house.clock.now())


def _chat(request: AnyRequest) -> str:
    principal = principal_or_none(request)
    return chat_id_of(principal.account_id if principal is not None else None, _visitor(request))


async def _knock(request: AnyRequest, name: str, capacity: int, refill_seconds: float) -> None:
    """A class of parents behind one school's address may all ask at once; a program that floods may not."""
    house = house_of(request)
    block = address_block(client_address(request.scope, house.settings.trusted_proxies))
    key = house.cipher.blind_index(block, "webchat").hex()[:24]
    await house.limits.take(Bucket(f"{name}:{key}", capacity, refill_seconds), now=house.clock.now().timestamp())


async def _ask(request: AnyRequest, message: ChatMessageIn) -> ChatAnswer:
    house = house_of(request)
    now = house.clock.now()
    await _knock(request, "webchat", 60, 1.0)
    principal = principal_or_none(request)
    return await converse(
        house,
        principal.account_id if principal is not None else None,
        _visitor(request),
        message,
        language=language_of(request),
        at=now,
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


ROUTES: list[Any] = [
    chat_page, chat_form, chat_message, chat_lines, follow_chat, chat_picture, chat_picture_form, chat_typing,
]  # fmt: skip

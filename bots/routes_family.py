"""A family's chats: a one-time link to bind one, the list of them, and letting one go."""

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from bots import link_codes, links
from schemas.chat import ChatLinkIn, ChatLinkOut, LinkedChats

AnyRequest = Request[Any, Any, Any]


@post("/v1/chat/links", status_code=201, tags=["chat"], **GUARDIAN)
async def make_chat_link(request: AnyRequest, data: JSONBody[ChatLinkIn]) -> ChatLinkOut:
    """A link, or for Zalo a code to send, that binds a chat to this account. It works once, for fifteen minutes."""
    return await link_codes.offer_link(house_of(request), principal_of(request).account_id, data.channel)


@get("/v1/chat/links", tags=["chat"], **GUARDIAN)
async def list_chat_links(request: AnyRequest) -> LinkedChats:
    """The chats that may ask about this account's children and get its notices."""
    return await links.linked_chats(house_of(request), principal_of(request).account_id)


@delete("/v1/chat/links/{channel:str}/{chat:str}", tags=["chat"], **GUARDIAN)
async def unlink_chat(request: AnyRequest, channel: FromPath[str], chat: FromPath[str]) -> None:
    """From this moment the chat is a stranger's."""
    await links.unlink_named(house_of(request), principal_of(request).account_id, channel, chat)


ROUTES: list[Any] = [make_chat_link, list_chat_links, unlink_chat]

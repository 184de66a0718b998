"""The family's account page, and the chats it has linked. Links belong to the bot's room."""

import base64
from typing import Any

from litestar import Response, get, post

from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import GUARDIAN, SIGNED_IN
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from backend.pages.account import about_me
from backend.parentapp.family import AnyRequest
from bots.links import linked_chats, offer_link, unlink_named
from payments.qrimage import svg
from schemas.chat import ChatLinkOut

_PATH = "/app/account"


@get(_PATH, include_in_schema=False, **SIGNED_IN)
async def account_page(request: AnyRequest) -> Response[bytes]:
    return await _show(request)


@post(_PATH + "/telegram", include_in_schema=False, **GUARDIAN)
async def link_telegram(request: AnyRequest) -> Response[bytes]:
    """A link that works once, to follow on this phone or to scan with another."""
    try:
        link = await offer_link(house_of(request), principal_of(request).account_id, "telegram")
    except Problem as problem:
        if problem.kind.status >= 500:
            raise
        return await _show(request, refused=Refusal(problem, language_of(request)))
    return await _show(request, link=link)


@post(_PATH + "/telegram/unlink", include_in_schema=False, **GUARDIAN)
async def unlink_telegram(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    account_id = principal_of(request).account_id
    await unlink_named(house_of(request), account_id, "telegram", form.get("chat", ""))
    return go(_PATH, "parentapp.chat_unlinked")


async def _show(
    request: AnyRequest, *, link: ChatLinkOut | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    house = house_of(request)
    chats = await linked_chats(house, principal_of(request).account_id)
    return page(
        request,
        "app/account.html",
        status=refused.status if refused else 200,
        back_path=_PATH,
        telegram=bool(house.settings.telegram_bot_name) and bool(principal_of(request).guardian_in),
        chats=chats.chats,
        link=link,
        link_picture="data:image/svg+xml;base64," + base64.b64encode(svg(link.url)).decode() if link else None,
        refused=refused,
        **await about_me(request),
    )


ROUTES: list[Any] = [account_page, link_telegram, unlink_telegram]

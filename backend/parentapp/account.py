"""The family's account page, and the chats it has linked. Links belong to the bot's room."""

import base64
from typing import Any

from litestar import Response, get, post

from backend.core.house import House
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import GUARDIAN, SIGNED_IN
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from backend.pages.account import about_me
from backend.parentapp.family import AnyRequest
from bots.link_codes import offer_link, open_channels
from bots.links import linked_chats, unlink_named
from notifications import emails
from notifications.channels.webpush_crypto import house_key, public_point, to_text
from payments.qrimage import svg
from schemas.chat import ChatLinkOut

_PATH = "/app/account"


@get(_PATH, include_in_schema=False, **SIGNED_IN)
async def account_page(request: AnyRequest) -> Response[bytes]:
    return await show_account(request)


@post(_PATH + "/chats", include_in_schema=False, **GUARDIAN)
async def link_chat(request: AnyRequest) -> Response[bytes]:
    """A link to follow on this phone or to scan with another, or a code to send; each works once."""
    channel = (await read_form(request)).get("channel", "")
    try:
        link = await offer_link(house_of(request), principal_of(request).account_id, channel)
    except Problem as problem:
        if problem.kind.status >= 500:
            raise
        return await show_account(request, refused=Refusal(problem, language_of(request)))
    return await show_account(request, link=link, link_channel=channel)


@post(_PATH + "/chats/unlink", include_in_schema=False, **GUARDIAN)
async def unlink_chat(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    account_id = principal_of(request).account_id
    await unlink_named(house_of(request), account_id, form.get("channel", ""), form.get("chat", ""))
    return go(_PATH, "parentapp.chat_unlinked")


async def show_account(
    request: AnyRequest,
    *,
    link: ChatLinkOut | None = None,
    link_channel: str = "",
    refused: Refusal | None = None,
    email_refused: Refusal | None = None,
    email_typed: str | None = None,
) -> Response[bytes]:
    house = house_of(request)
    guardian = bool(principal_of(request).guardian_in)
    chats = await linked_chats(house, principal_of(request).account_id)
    return page(
        request,
        "app/account.html",
        status=next((one.status for one in (refused, email_refused) if one), 200),
        back_path=_PATH,
        channels=open_channels(house) if guardian else [],
        chats=chats.chats,
        link=link,
        link_channel=link_channel,
        link_picture=_picture(link.url) if link is not None and link.url else None,
        refused=refused,
        email=await emails.own(house, principal_of(request).account_id),
        email_open=bool(house.settings.smtp_host) and guardian,
        email_refused=email_refused,
        email_typed=email_typed,
        webpush_key=_webpush_key(house) if guardian else None,
        **await about_me(request),
    )


def _picture(url: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg(url)).decode()


def _webpush_key(house: House) -> str | None:
    """By which a browser knows who may push to it."""
    if not house.settings.webpush_contact:
        return None
    return to_text(public_point(house_key(house.cipher)))


ROUTES: list[Any] = [account_page, link_chat, unlink_chat]

"""The page on which a family says that a chat is its own, so that it may be told what is private for a while."""

from typing import Any

from litestar import Request, Response, get, post

from backend.core.http import house_of
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import go, page, read_form
from bots import confirming, links
from bots.confirming import PATH, Ask

AnyRequest = Request[Any, Any, Any]


@get(PATH, include_in_schema=False, **GUARDIAN)
async def confirm_page(request: AnyRequest) -> Response[bytes]:
    written = request.query_params.get("ask", "")[:1000]
    asked = _read(request, written)
    return page(request, "chat/confirm.html", status=200 if asked else 410, asked=asked, written=written, done=False)


@post(PATH, status_code=200, include_in_schema=False, **GUARDIAN)
async def confirm_form(request: AnyRequest) -> Response[bytes]:
    """Yes for ten minutes; or it was somebody else, and the chat is let go."""
    form = await read_form(request)
    asked = _read(request, form.get("ask", "")[:1000])
    if asked is not None and form.get("answer") == "no":
        await links.unlink_chat(house_of(request), confirming.chat_of(asked))
        return go("/app/account", "bots.confirm_unlinked")
    done = asked is not None and await confirming.confirm(house_of(request), asked)
    return page(
        request, "chat/confirm.html", status=200 if done else 410, asked=asked if done else None, written="", done=done
    )


def _read(request: AnyRequest, written: str) -> Ask | None:
    return confirming.read(house_of(request), written, principal_of(request).account_id)


ROUTES: list[Any] = [confirm_page, confirm_form]

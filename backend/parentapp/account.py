"""The family's account page."""

from typing import Any

from litestar import Response, get

from backend.identity.guards import SIGNED_IN
from backend.pages import page
from backend.pages.account import about_me
from backend.parentapp.family import AnyRequest


@get("/app/account", include_in_schema=False, **SIGNED_IN)
async def account_page(request: AnyRequest) -> Response[bytes]:
    return page(request, "app/account.html", **await about_me(request))


ROUTES: list[Any] = [account_page]

"""What the account pages of both doors share: who I am, my devices, and signing them out."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of
from backend.core.problems import NOT_FOUND, Problem
from backend.identity import sessions
from backend.identity.guards import SIGNED_IN
from backend.identity.principal import principal_of
from backend.identity.queries import me
from backend.identity.tokens import token_office
from backend.pages.frame import AnyRequest, go
from backend.pages.signing_in import left


async def about_me(request: AnyRequest) -> dict[str, Any]:
    """For templates that include house/account.html."""
    house, who = house_of(request), principal_of(request)
    return {
        "me": await me(house.database.reader, who),
        "sessions": await sessions.sessions_of(house, who.account_id, who.session_id),
    }


def account_path(request: AnyRequest) -> str:
    return "/app/account" if principal_of(request).guardian_in else "/console/account"


@get("/account", include_in_schema=False, **SIGNED_IN)
async def my_account(request: AnyRequest) -> Response[bytes]:
    return go(account_path(request))


@post("/account/devices/{session_id:uuid}/sign-out", include_in_schema=False, **SIGNED_IN)
async def sign_device_out(request: AnyRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    who = principal_of(request)
    try:
        await sessions.sign_out(house_of(request), token_office(request), who.account_id, session_id, why="revoked")
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        # Signed out already, or by somebody else a moment ago; the list shows what is true.
        return go(account_path(request))
    return left(request) if session_id == who.session_id else go(account_path(request), "pages.device_signed_out")


@post("/account/sign-out-everywhere", include_in_schema=False, **SIGNED_IN)
async def sign_out_everywhere(request: AnyRequest) -> Response[bytes]:
    await sessions.sign_out_everywhere(house_of(request), token_office(request), principal_of(request).account_id)
    return left(request)


ROUTES: list[Any] = [my_account, sign_device_out, sign_out_everywhere]

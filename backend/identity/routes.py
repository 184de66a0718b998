"""The doors of this room: signing in and out, who am I, devices, roles, the audit trail."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.core.ratelimit import client_address
from backend.identity import codes, cookies, sessions, sign_in
from backend.identity.guards import PUBLIC, SIGNED_IN
from backend.identity.phones import read_phone
from backend.identity.principal import principal_of
from backend.identity.sessions import Device
from backend.identity.tokens import token_office
from schemas.identity import (
    AskForCode,
    Choose,
    ChoosePerson,
    CodeAsked,
    DeviceKind,
    Renew,
    Session,
    SignedIn,
    VerifyCode,
)

AnyRequest = Request[Any, Any, State]


def address_of(request: AnyRequest) -> str:
    return client_address(request.scope, house_of(request).settings.trusted_proxies)


def device_of(request: AnyRequest, name: str, kind: DeviceKind) -> Device:
    return Device(name.strip() or kind, kind, address_of(request))


@post("/v1/sign-in/codes", status_code=202, tags=["identity"], **PUBLIC)
async def ask_for_code(request: AnyRequest, data: JSONBody[AskForCode]) -> CodeAsked:
    """Ask for a one-time code. The answer is the same whether the number is known or not."""
    phone = read_phone(data.phone)
    return await codes.ask_code(house_of(request), phone, address=address_of(request), language=language_of(request))


@post("/v1/sign-in/codes/verify", status_code=200, tags=["identity"], **PUBLIC)
async def verify_code(request: AnyRequest, data: JSONBody[VerifyCode]) -> SignedIn | Choose:
    """Give the code. Where two people share the number, the answer asks which of them this is."""
    return await sign_in.verify_code(
        house_of(request), token_office(request), read_phone(data.phone), data.code,
        device_of(request, data.device_name, data.device_kind), person=data.person, language=language_of(request),
    )  # fmt: skip


@post("/v1/sign-in/choice", status_code=200, tags=["identity"], **PUBLIC)
async def choose_person(request: AnyRequest, data: JSONBody[ChoosePerson]) -> SignedIn:
    """Say which of the people at this number you are, with the ticket of the proven code."""
    return await sign_in.choose_person(
        house_of(request), token_office(request), data.ticket, data.person,
        device_of(request, data.device_name, data.device_kind), language=language_of(request),
    )  # fmt: skip


@post("/v1/sign-in/refresh", status_code=200, tags=["identity"], **PUBLIC)
async def refresh(request: AnyRequest, data: JSONBody[Renew]) -> SignedIn:
    """The next pair of tokens. A refresh token works once; coming back later with a used one ends the session."""
    return await sessions.renew(house_of(request), token_office(request), data.refresh_token, address_of(request))


@get("/sign-in/renew", include_in_schema=False, **PUBLIC)
async def renew_cookies(request: AnyRequest, next: FromQuery[str | None] = None) -> Response[bytes]:
    """For browsers: fresh cookies and back to the page, or to the door."""
    house = house_of(request)
    path = cookies.local_path(next)
    refresh_token = request.cookies.get(cookies.REFRESH_COOKIE)
    headers = {"cache-control": "no-store"}
    if not refresh_token:
        return Response(b"", status_code=303, headers={**headers, "location": cookies.door_path(path)})
    try:
        tokens = await sessions.renew(house, token_office(request), refresh_token, address_of(request))
    except Problem as problem:
        if problem.kind is sessions.RENEWED_ELSEWHERE:  # another tab's cookies are already here
            return Response(b"", status_code=303, headers={**headers, "location": path})
        gone = Response(b"", status_code=303, headers={**headers, "location": cookies.door_path(path)})
        cookies.clear_session(gone, house.settings)
        return gone
    response = Response(b"", status_code=303, headers={**headers, "location": path})
    cookies.set_session(response, tokens, house.settings)
    return response


@post("/v1/sign-out", status_code=204, tags=["identity"], **SIGNED_IN)
async def sign_out(request: AnyRequest) -> None:
    """End this session."""
    who = principal_of(request)
    await sessions.sign_out(house_of(request), token_office(request), who.account_id, who.session_id)


@post("/v1/sign-out/everywhere", status_code=204, tags=["identity"], **SIGNED_IN)
async def sign_out_everywhere(request: AnyRequest) -> None:
    """End all sessions of the account, this one as well. Access tokens stop within seconds."""
    await sessions.sign_out_everywhere(house_of(request), token_office(request), principal_of(request).account_id)


@get("/v1/me/sessions", tags=["identity"], **SIGNED_IN)
async def my_sessions(request: AnyRequest) -> list[Session]:
    """The signed-in devices, the latest used first."""
    who = principal_of(request)
    return await sessions.sessions_of(house_of(request), who.account_id, who.session_id)


@delete("/v1/me/sessions/{session_id:uuid}", tags=["identity"], **SIGNED_IN)
async def end_session(request: AnyRequest, session_id: FromPath[UUID]) -> None:
    """Sign one device out."""
    await sessions.sign_out(
        house_of(request), token_office(request), principal_of(request).account_id, session_id, why="revoked"
    )


ROUTES: list[Any] = [
    ask_for_code,
    verify_code,
    choose_person,
    refresh,
    renew_cookies,
    sign_out,
    sign_out_everywhere,
    my_sessions,
    end_session,
]

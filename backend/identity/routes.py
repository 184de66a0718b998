"""The doors of this room: signing in and out, who am I, devices, roles, the audit trail."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.core.ratelimit import client_address
from backend.identity import (
    actions,
    administration,
    codes,
    cookies,
    passwords,
    queries,
    second_factor,
    sessions,
    sign_in,
    staff_sign_in,
)
from backend.identity.guards import AREA, PUBLIC, SIGNED_IN, STAFF, STAFF_WITH_SECOND_FACTOR
from backend.identity.phones import read_phone
from backend.identity.principal import principal_of
from backend.identity.sessions import Device
from backend.identity.tokens import token_office
from schemas.identity import (
    AccessToken,
    AccountEventPage,
    AreaSchool,
    AskForCode,
    AuditPage,
    ChangeMe,
    Choose,
    ChoosePerson,
    CodeAsked,
    DeviceKind,
    GrantRole,
    Invite,
    Me,
    PasswordSignIn,
    Renew,
    Role,
    SecondFactorCode,
    SecondFactorSecret,
    Session,
    SetPassword,
    SignedIn,
    StaffRoles,
    VerifyCode,
)

PageSize = Annotated[int, QueryParameter(ge=1, le=200)]
ShortText = Annotated[str | None, QueryParameter(max_length=100)]
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


@post("/v1/sign-in/password", status_code=200, tags=["identity"], **PUBLIC)
async def sign_in_with_password(request: AnyRequest, data: JSONBody[PasswordSignIn]) -> SignedIn:
    """For staff. With a second factor turned on, send its code along; without it the answer says that it is needed."""
    return await staff_sign_in.sign_in_with_password(
        house_of(request), token_office(request), read_phone(data.phone), data.password, data.totp,
        device_of(request, data.device_name, data.device_kind),
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


@get("/v1/me", tags=["identity"], **SIGNED_IN)
async def read_me(request: AnyRequest) -> Me:
    """The account, who it is in which schools, and its language."""
    return await queries.me(house_of(request).database.reader, principal_of(request))


@patch("/v1/me", tags=["identity"], **SIGNED_IN)
async def change_me(request: AnyRequest, data: JSONBody[ChangeMe]) -> Me:
    """Change the language of screens and notices."""
    who = principal_of(request)
    await actions.speak(house_of(request), who, data.language)
    return await queries.me(house_of(request).database.reader, who)


@get("/v1/me/events", tags=["identity"], **SIGNED_IN)
async def my_events(
    request: AnyRequest, before: FromQuery[UUID | None] = None, limit: PageSize = 50
) -> AccountEventPage:
    """Sign-ins, refused attempts and changes of one's own account, newest first."""
    return await queries.account_events(
        house_of(request).database.reader, principal_of(request), before=before, limit=limit
    )


@put("/v1/me/password", tags=["identity"], **SIGNED_IN)
async def set_password(request: AnyRequest, data: JSONBody[SetPassword]) -> AccessToken:
    """For staff: set a first password soon after a one-time code, or change it. All other sessions end."""
    return await passwords.set_password(
        house_of(request), token_office(request), principal_of(request), data.password, current=data.current
    )


@post("/v1/me/second-factor", status_code=200, tags=["identity"], **SIGNED_IN)
async def begin_second_factor(request: AnyRequest) -> SecondFactorSecret:
    """For staff with a password: a secret for an authenticator app. It counts once confirmed."""
    return await second_factor.begin(house_of(request), principal_of(request))


@post("/v1/me/second-factor/confirm", status_code=200, tags=["identity"], **SIGNED_IN)
async def confirm_second_factor(request: AnyRequest, data: JSONBody[SecondFactorCode]) -> AccessToken:
    """Turn the second factor on with a first code; this session has then passed it."""
    return await second_factor.confirm(house_of(request), token_office(request), principal_of(request), data.totp)


@post("/v1/me/second-factor/check", status_code=200, tags=["identity"], **SIGNED_IN)
async def check_second_factor(request: AnyRequest, data: JSONBody[SecondFactorCode]) -> AccessToken:
    """Pass the second factor within a session that was opened without it."""
    return await second_factor.check(house_of(request), token_office(request), principal_of(request), data.totp)


@post("/v1/me/second-factor/off", status_code=204, tags=["identity"], **SIGNED_IN)
async def turn_second_factor_off(request: AnyRequest, data: JSONBody[SecondFactorCode]) -> None:
    """Turn the second factor off with a last code, e.g. to change the phone."""
    await second_factor.turn_off(house_of(request), principal_of(request), data.totp)


@post(
    "/v1/schools/{school_id:int}/staff/{staff_id:uuid}/roles",
    status_code=200,
    tags=["identity"],
    **STAFF_WITH_SECOND_FACTOR,
)
async def grant_role(
    request: AnyRequest, school_id: FromPath[int], staff_id: FromPath[UUID], data: JSONBody[GrantRole]
) -> StaffRoles:
    """For administrators: give a role. Giving it again changes nothing."""
    return await administration.grant(house_of(request), principal_of(request), school_id, staff_id, data.role)


@delete(
    "/v1/schools/{school_id:int}/staff/{staff_id:uuid}/roles/{role:str}",
    status_code=200,
    tags=["identity"],
    **STAFF_WITH_SECOND_FACTOR,
)
async def take_role(
    request: AnyRequest, school_id: FromPath[int], staff_id: FromPath[UUID], role: FromPath[Role]
) -> StaffRoles:
    """For administrators: take a role. The school's last administrator stays one."""
    return await administration.take(house_of(request), principal_of(request), school_id, staff_id, role)


@post(
    "/v1/schools/{school_id:int}/staff/{staff_id:uuid}/invitation",
    status_code=202,
    tags=["identity"],
    **STAFF_WITH_SECOND_FACTOR,
)
async def invite_staff(
    request: AnyRequest, school_id: FromPath[int], staff_id: FromPath[UUID], data: JSONBody[Invite]
) -> None:
    """For administrators: send a code that lives a day, to set a first password or, with `reset`, a new one."""
    await administration.invite(
        house_of(request), token_office(request), principal_of(request), school_id, staff_id,
        reset=data.reset, address=address_of(request),
    )  # fmt: skip


@get("/v1/schools/{school_id:int}/audit", tags=["identity"], **STAFF)
async def read_audit(
    request: AnyRequest,
    school_id: FromPath[int],
    before: FromQuery[UUID | None] = None,
    limit: PageSize = 50,
    subject_kind: ShortText = None,
    subject_id: ShortText = None,
    actor: FromQuery[UUID | None] = None,
) -> AuditPage:
    """For administrators: who did what to whom, newest first."""
    house = house_of(request)
    return await queries.audit_page(
        house.database.reader, principal_of(request), school_id, on=school_day(house.clock.now()), before=before,
        limit=limit, subject_kind=subject_kind, subject_id=subject_id, actor=actor,
    )  # fmt: skip


@get("/v1/areas/schools", tags=["identity"], **AREA)
async def area_schools(request: AnyRequest) -> list[AreaSchool]:
    """For administrators of a province or commune: its schools, in counts."""
    return await queries.area_schools(house_of(request).database.reader, principal_of(request))


ROUTES: list[Any] = [
    ask_for_code,
    verify_code,
    choose_person,
    sign_in_with_password,
    refresh,
    renew_cookies,
    sign_out,
    sign_out_everywhere,
    read_me,
    change_me,
    my_sessions,
    end_session,
    my_events,
    set_password,
    begin_second_factor,
    confirm_second_factor,
    check_second_factor,
    turn_second_factor_off,
    grant_role,
    take_role,
    invite_staff,
    read_audit,
    area_schools,
]

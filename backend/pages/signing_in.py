"""The doors themselves: phone, code, and who of those at this phone; for staff also password and second factor. Identity decides."""

import base64
import binascii
import re
from typing import Any, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery

from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.core.ratelimit import client_address
from backend.identity import codes, cookies, sessions, sign_in
from backend.identity.guards import PUBLIC, SIGNED_IN
from backend.identity.phones import read_phone
from backend.identity.principal import Principal, principal_of, principal_or_none
from backend.identity.sessions import Device
from backend.identity.tokens import token_office
from backend.pages.forms import Refusal, into, read_form
from backend.pages.frame import AnyRequest, go, page
from schemas.identity import AskForCode, Choose, ChoosePerson, SignedIn, VerifyCode

Door = Literal["app", "console"]
_PENDING = "nc_signing_in"
_SEALED_FOR = "signing-in"
_PENDING_SECONDS = 900
# Families' cookies and copies leave with them: the saved home page must not outlive the session.
_FORGET = {"clear-site-data": '"cache", "storage"'}


class Pending(msgspec.Struct):
    """Between asking for a code and giving it: kept by the browser, sealed, since a phone number has no business in an address."""

    phone: str
    next: str


@get(["/app/sign-in", "/console/sign-in/phone"], include_in_schema=False, **PUBLIC)
async def phone_page(request: AnyRequest, next: FromQuery[str | None] = None) -> Response[bytes]:
    if principal_or_none(request) is not None:
        return go(_after(request, next))
    return _phone_form(request, next or "")


@post(["/app/sign-in", "/console/sign-in/phone"], include_in_schema=False, **PUBLIC)
async def ask_for_code(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    house = house_of(request)
    try:
        phone = read_phone(into(AskForCode, {"phone": form.get("phone", "").strip()}).phone)
        await codes.ask_code(house, phone, address=address_of(request), language=language_of(request))
    except Problem as problem:
        return _phone_form(request, form.get("next", ""), form=form, refused=_shown(request, problem))
    sealed = house.cipher.seal(msgspec.json.encode(Pending(phone, form.get("next", ""))).decode(), _SEALED_FOR)
    pending = base64.urlsafe_b64encode(sealed).decode()
    return go(f"/{_door(request)}/sign-in/code", cookies=[_pending_cookie(request, pending, _PENDING_SECONDS)])


@get(["/app/sign-in/code", "/console/sign-in/code"], include_in_schema=False, **PUBLIC)
async def code_page(request: AnyRequest) -> Response[bytes]:
    pending = _pending(request)
    return go(f"/{_door(request)}/sign-in") if pending is None else await _code_form(request, pending)


@post(["/app/sign-in/code", "/console/sign-in/code"], include_in_schema=False, **PUBLIC)
async def give_code(request: AnyRequest) -> Response[bytes]:
    pending = _pending(request)
    if pending is None:
        return go(f"/{_door(request)}/sign-in", "pages.start_again", tone="bad")
    form = await read_form(request)
    try:
        given = into(VerifyCode, {"phone": pending.phone, "code": form.get("code", "").strip()})
        answer = await sign_in.verify_code(
            house_of(request),
            token_office(request),
            pending.phone,
            given.code,
            device_of(request),
            person=None,
            language=language_of(request),
        )
    except Problem as problem:
        return await _code_form(request, pending, refused=_shown(request, problem))
    if isinstance(answer, Choose):
        return page(
            request, "house/sign_in_person.html", door=_door(request), choose=answer, back_path=_door_path(request)
        )
    return entered(request, answer, pending.next)


@post(["/app/sign-in/person", "/console/sign-in/person"], include_in_schema=False, **PUBLIC)
async def choose_person(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    pending = _pending(request)
    try:
        chosen = into(ChoosePerson, {"ticket": form.get("ticket", ""), "person": form.get("person", "")})
        signed_in = await sign_in.choose_person(
            house_of(request),
            token_office(request),
            chosen.ticket,
            chosen.person,
            device_of(request),
            language=language_of(request),
        )
    except Problem as problem:
        return _phone_form(request, pending.next if pending else "", refused=_shown(request, problem))
    return entered(request, signed_in, pending.next if pending else "")


@post("/sign-out", include_in_schema=False, **SIGNED_IN)
async def sign_out(request: AnyRequest) -> Response[bytes]:
    who = principal_of(request)
    try:
        await sessions.sign_out(house_of(request), token_office(request), who.account_id, who.session_id)
    except Problem as problem:
        if problem.kind is not NOT_FOUND:  # ended already, from another device: then only the cookies are left
            raise
    return left(request)


def left(request: AnyRequest) -> Response[bytes]:
    """Out of the house, with nothing of the family left in this browser."""
    door = "/console/sign-in" if not principal_of(request).guardian_in else "/app/sign-in"
    gone = go(door, "pages.signed_out", headers=_FORGET)
    cookies.clear_session(gone, house_of(request).settings)
    return gone


def address_of(request: AnyRequest) -> str:
    return client_address(request.scope, house_of(request).settings.trusted_proxies)


def device_of(request: AnyRequest) -> Device:
    kind: Literal["browser", "console"] = "console" if _door(request) == "console" else "browser"
    return Device(browser_name(request.headers.get("user-agent", "")), kind, address_of(request))


_BROWSERS = (("Edg/", "Edge"), ("CocCoc", "Cốc Cốc"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
             ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("CrOS", "ChromeOS"), ("Mac OS X", "Mac"), ("Linux", "Linux"))  # fmt: skip


def browser_name(user_agent: str) -> str:
    """`Chrome · Android`: what people recognise in the list of their devices. Only known words are kept, never the text sent."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if re.search(rf"\b{sign}\b", user_agent)), "")
    return " · ".join(part for part in (browser, system) if part) or "browser"


def entered(request: AnyRequest, signed_in: SignedIn, wanted: str) -> Response[bytes]:
    house = house_of(request)
    principal = token_office(request).verify(signed_in.access_token, now=house.clock.now().timestamp())
    assert principal is not None, "we have just made this token"
    fallback = home_of(principal, by_console=_door(request) == "console")
    path = cookies.local_path(wanted) if wanted else "/"
    response = go(fallback if path == "/" else path, cookies=[_pending_cookie(request, "", 0)])
    cookies.set_session(response, signed_in, house.settings)
    return response


def _after(request: AnyRequest, wanted: str | None) -> str:
    path = cookies.local_path(wanted)
    principal = principal_or_none(request)
    return path if path != "/" or principal is None else home_of(principal, by_console=_door(request) == "console")


def home_of(principal: Principal, *, by_console: bool) -> str:
    """The first page of somebody who may be several things: a teacher with a child is led to what the door was for."""
    if principal.guardian_in and not (by_console and principal.staff_in):
        return "/app"
    if principal.staff_in:
        return "/console"
    return "/console/area" if principal.areas else "/app"


def _phone_form(
    request: AnyRequest, wanted: str, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    return page(
        request,
        "house/sign_in_phone.html",
        status=refused.status if refused else 200,
        back_path=_door_path(request),
        door=_door(request),
        next=wanted,
        form=form or {},
        refused=refused,
    )


async def _code_form(request: AnyRequest, pending: Pending, *, refused: Refusal | None = None) -> Response[bytes]:
    return page(
        request,
        "house/sign_in_code.html",
        status=refused.status if refused else 200,
        back_path=f"/{_door(request)}/sign-in/code",
        door=_door(request),
        phone_number=pending.phone,
        next=pending.next,
        shown_code=await codes.shown_in_demo(house_of(request), pending.phone),
        refused=refused,
    )


def _shown(request: AnyRequest, problem: Problem) -> Refusal:
    """At the door every expected trouble is shown in the form, wrong codes and too many tries included."""
    if problem.kind.status >= 500:
        raise problem
    return Refusal(problem, language_of(request))


def _door(request: AnyRequest) -> Door:
    return "console" if request.scope["path"].startswith("/console") else "app"


def _door_path(request: AnyRequest) -> str:
    return "/app/sign-in" if _door(request) == "app" else "/console/sign-in/phone"


def _pending_cookie(request: AnyRequest, value: str, seconds: int) -> Cookie:
    secure = house_of(request).settings.mode == "production"
    return Cookie(key=_PENDING, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure)


def _pending(request: AnyRequest) -> Pending | None:
    packed = request.cookies.get(_PENDING)
    if not packed:
        return None
    try:
        opened = house_of(request).cipher.open(base64.urlsafe_b64decode(packed), _SEALED_FOR)
        return msgspec.json.decode(opened, type=Pending)
    except (binascii.Error, InvalidTag, AssertionError, msgspec.MsgspecError, ValueError):
        return None


ROUTES: list[Any] = [phone_page, ask_for_code, code_page, give_code, choose_person, sign_out]

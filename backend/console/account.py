"""The account page of staff: password and second factor besides what families have. Identity decides what is strong and what is right."""

import base64
from typing import Any

from litestar import Response, get, post

from backend.console.desks import AnyRequest, desk_of
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity import cookies, passwords, second_factor
from backend.identity.guards import SIGNED_IN
from backend.identity.principal import principal_of
from backend.identity.tokens import token_office
from backend.pages import Refusal, go, page, read_form
from backend.pages.account import about_me
from backend.pages.forms import into
from payments.qrimage import svg
from schemas.identity import AccessToken, SecondFactorCode, SecondFactorSecret, SetPassword

_PATH = "/console/account"


@get(_PATH, include_in_schema=False, **SIGNED_IN)
async def account_page(request: AnyRequest) -> Response[bytes]:
    return await _show(request)


@post(_PATH + "/password", include_in_schema=False, **SIGNED_IN)
async def set_password(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    try:
        wanted = into(SetPassword, {"password": form.get("password", ""), "current": form.get("current") or None})
        token = await passwords.set_password(
            house_of(request), token_office(request), principal_of(request), wanted.password, current=wanted.current
        )
    except Problem as problem:
        return await _show(request, password_refused=_shown(request, problem))
    return _with_token(request, token, "console.password_set")


@post(_PATH + "/second-factor", include_in_schema=False, **SIGNED_IN)
async def begin_second_factor(request: AnyRequest) -> Response[bytes]:
    try:
        secret = await second_factor.begin(house_of(request), principal_of(request))
    except Problem as problem:
        return await _show(request, factor_refused=_shown(request, problem))
    return await _show(request, secret=secret)


@post(_PATH + "/second-factor/confirm", include_in_schema=False, **SIGNED_IN)
async def confirm_second_factor(request: AnyRequest) -> Response[bytes]:
    """The first code of the app; the secret is shown again after a wrong one, sent along by the page that showed it."""
    form = await read_form(request)
    try:
        code = into(SecondFactorCode, {"totp": form.get("totp", "").strip()}).totp
        token = await second_factor.confirm(house_of(request), token_office(request), principal_of(request), code)
    except Problem as problem:
        again = SecondFactorSecret(secret=form.get("secret", "")[:64], otpauth_uri=form.get("uri", "")[:400])
        return await _show(request, factor_refused=_shown(request, problem), secret=again)
    return _with_token(request, token, "console.second_factor_on")


@post(_PATH + "/second-factor/check", include_in_schema=False, **SIGNED_IN)
async def check_second_factor(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    try:
        code = into(SecondFactorCode, {"totp": form.get("totp", "").strip()}).totp
        token = await second_factor.check(house_of(request), token_office(request), principal_of(request), code)
    except Problem as problem:
        return await _show(request, factor_refused=_shown(request, problem))
    return _with_token(request, token, "console.second_factor_passed")


@post(_PATH + "/second-factor/off", include_in_schema=False, **SIGNED_IN)
async def second_factor_off(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    try:
        code = into(SecondFactorCode, {"totp": form.get("totp", "").strip()}).totp
        await second_factor.turn_off(house_of(request), principal_of(request), code)
    except Problem as problem:
        return await _show(request, factor_refused=_shown(request, problem))
    return go(_PATH, "console.second_factor_off")


def _with_token(request: AnyRequest, token: AccessToken, said: str) -> Response[bytes]:
    response = go(_PATH, said)
    cookies.set_access(response, token.access_token, house_of(request).settings)
    return response


def _shown(request: AnyRequest, problem: Problem) -> Refusal:
    """Wrong passwords and codes (401) and sessions that are too old for this (403) belong beside the form."""
    if problem.kind.status >= 500:
        raise problem
    return Refusal(problem, language_of(request))


async def _show(
    request: AnyRequest,
    *,
    password_refused: Refusal | None = None,
    factor_refused: Refusal | None = None,
    secret: SecondFactorSecret | None = None,
) -> Response[bytes]:
    refused = password_refused or factor_refused
    return page(
        request,
        "console/account.html",
        status=refused.status if refused else 200,
        back_path=_PATH,
        desk=await _own_desk(request),
        password_refused=password_refused,
        factor_refused=factor_refused,
        secret=secret,
        secret_picture=_picture(secret.otpauth_uri) if secret else None,
        **await about_me(request),
    )


async def _own_desk(request: AnyRequest) -> Any:
    """The school whose menu stands beside the page, for whoever works in exactly one."""
    schools = principal_of(request).staff_in
    if len(schools) != 1:
        return None
    try:
        return await desk_of(request, schools[0])
    except Problem:
        return None


def _picture(uri: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg(uri)).decode()


ROUTES: list[Any] = [
    account_page,
    set_password,
    begin_second_factor,
    confirm_second_factor,
    check_second_factor,
    second_factor_off,
]

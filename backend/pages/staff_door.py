"""The staff's door: phone, password, and the code of an authenticator app for whoever has turned it on. Identity decides."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.cookies import local_path
from backend.identity.guards import PUBLIC
from backend.identity.phones import read_phone
from backend.identity.principal import principal_or_none
from backend.identity.staff_sign_in import sign_in_with_password
from backend.identity.tokens import token_office
from backend.pages.forms import Refusal, into, read_form
from backend.pages.frame import AnyRequest, go, page
from backend.pages.signing_in import device_of, entered, home_of
from schemas.identity import PasswordSignIn


@get("/console/sign-in", include_in_schema=False, **PUBLIC)
async def password_page(request: AnyRequest, next: FromQuery[str | None] = None) -> Response[bytes]:
    principal = principal_or_none(request)
    if principal is not None:
        path = local_path(next)
        return go(home_of(principal, by_console=True) if path == "/" else path)
    return _form(request, next or "")


@post("/console/sign-in", include_in_schema=False, **PUBLIC)
async def give_password(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    values = {
        "phone": form.get("phone", "").strip(),
        "password": form.get("password", ""),
        "totp": form.get("totp", "").strip() or None,
    }
    try:
        given = into(PasswordSignIn, values)
        signed_in = await sign_in_with_password(
            house_of(request),
            token_office(request),
            read_phone(given.phone),
            given.password,
            given.totp,
            device_of(request),
        )
    except Problem as problem:
        if problem.kind.status >= 500:
            raise
        return _form(request, form.get("next", ""), form=form, refused=Refusal(problem, language_of(request)))
    return entered(request, signed_in, form.get("next", ""))


def _form(
    request: AnyRequest, wanted: str, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    return page(
        request,
        "house/sign_in_password.html",
        status=refused.status if refused else 200,
        next=wanted,
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [password_page, give_password]

"""The family's e-mail address on the account page, and what its links open: confirming, and hearing no more. The links need no sign-in."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.identity.guards import GUARDIAN, PUBLIC
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from backend.pages.forms import into
from backend.parentapp.account import show_account
from backend.parentapp.family import AnyRequest
from notifications import emails
from schemas.notifications import EmailWish

_PATH = "/app/account"
Verb = Literal["confirm", "unsubscribe"]


@post(_PATH + "/email", include_in_schema=False, **GUARDIAN)
async def keep_email(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    typed, language = form.get("email", "").strip(), language_of(request)
    try:
        wish = into(EmailWish, {"email": typed, "language": language})
        await emails.keep(house_of(request), principal_of(request).account_id, wish.email, language)
    except Problem as problem:
        if problem.kind.status >= 500:
            raise
        return await show_account(request, email_refused=Refusal(problem, language), email_typed=typed)
    return go(_PATH, "parentapp.email_link_sent")


@post(_PATH + "/email/remove", include_in_schema=False, **GUARDIAN)
async def remove_email(request: AnyRequest) -> Response[bytes]:
    await emails.forget(house_of(request), principal_of(request).account_id)
    return go(_PATH, "parentapp.email_removed")


@get("/email/{verb:str}/{token:str}", include_in_schema=False, **PUBLIC)
async def email_link(request: AnyRequest, verb: FromPath[str], token: FromPath[str]) -> Response[bytes]:
    """Opening a link changes nothing: mail programs open links by themselves. The button does."""
    opened = await emails.opened(house_of(request), _verb(verb), token[:200])
    return _shown(request, verb, opened is not None)


@post("/email/{verb:str}/{token:str}", include_in_schema=False, **PUBLIC)
async def follow_email_link(request: AnyRequest, verb: FromPath[str], token: FromPath[str]) -> Response[bytes]:
    """Also the one click of mail programs (RFC 8058), which carries neither cookie nor page."""
    house = house_of(request)
    opened = await emails.opened(house, _verb(verb), token[:200])
    if opened is None:
        return _shown(request, verb, False)
    account_id, box = opened
    if verb == "confirm":
        await emails.confirm(house, account_id, box)
    else:
        await emails.unsubscribe(house, account_id)
    return _shown(request, verb, True, done=True)


def _verb(verb: str) -> Verb:
    if verb == "confirm":
        return "confirm"
    if verb == "unsubscribe":
        return "unsubscribe"
    raise NOT_FOUND()


def _shown(request: AnyRequest, verb: str, known: bool, *, done: bool = False) -> Response[bytes]:
    return page(request, "app/email.html", status=200 if known else 404, verb=verb, known=known, done=done)


ROUTES: list[Any] = [keep_email, remove_email, email_link, follow_email_link]

"""How the gateways fare that report the school's accounts: hooks to add, rotate and close, and what only their lists told."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, books_desk, console_page, shown_in_form
from backend.core.http import house_of, language_of
from backend.core.problems import FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import accounts, feeds, gaps
from payments.banks.providers import PROVIDERS
from schemas.gateways import HookKeys, NewHook, OpenedHook

_FEEDS = "/console/{school_id:int}/bank-feeds"
# In the order of the form: what the gateways call the keys that they give.
KEY_NAMES = ("token", "api_key", "client_id", "tmn_code", "partner_code", "access_key")


@get(_FEEDS, include_in_schema=False, **STAFF)
async def bank_feeds_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_FEEDS, include_in_schema=False, **STAFF)
async def add_feed(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    provider, _, auth = form.get("gateway", "").partition(" ")
    account = form.get("bank_account_id", "")
    try:
        new = into(NewHook, {"provider": provider, "auth": auth or None, **_secrets(form)})
        opened = await feeds.add_hook(
            house_of(request),
            principal_of(request).account_id,
            school_id,
            int(account) if account.isascii() and account.isdigit() and len(account) < 16 else 0,
            new,
        )
    except Problem as problem:
        return await _show(request, school_id, form=form, refused=_refusal(request, problem))
    return await _show(request, school_id, opened=opened)


@post(_FEEDS + "/{hook_key:str}/rotate", include_in_schema=False, **STAFF)
async def rotate_feed(request: AnyRequest, school_id: FromPath[int], hook_key: FromPath[str]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    try:
        new = into(HookKeys, _secrets(form))
        opened = await feeds.rotate_hook(house_of(request), principal_of(request).account_id, school_id, hook_key, new)
    except Problem as problem:
        return await _show(request, school_id, form={**form, "hook_key": hook_key}, refused=_refusal(request, problem))
    return await _show(request, school_id, opened=opened)


@post(_FEEDS + "/{hook_key:str}/close", include_in_schema=False, **STAFF)
async def close_feed(request: AnyRequest, school_id: FromPath[int], hook_key: FromPath[str]) -> Response[bytes]:
    await admin_desk(request, school_id)
    await feeds.close_hook(house_of(request), principal_of(request).account_id, school_id, hook_key)
    return go(f"/console/{school_id}/bank-feeds", "console.feed_closed")


def _secrets(form: dict[str, str]) -> dict[str, Any]:
    secret = form.get("secret", "").strip()
    keys = {name: form[name].strip() for name in KEY_NAMES if form.get(name, "").strip()}
    return {"keys": keys, **({"secret": secret} if secret else {})}


def _refusal(request: AnyRequest, problem: Problem) -> Refusal:
    """Keys stand in the form by their own names."""
    shown_in_form(problem)
    errors = tuple(FieldError(e.pointer.replace("/keys/", "/"), e.vi, e.en) for e in problem.errors)
    return Refusal(
        Problem(problem.kind, errors=errors, headers=problem.headers, params=problem.params), language_of(request)
    )


async def _show(
    request: AnyRequest,
    school_id: int,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
    opened: OpenedHook | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house = house_of(request)
    reader = house.database.reader
    known = await accounts.open_accounts(reader, school_id)
    return console_page(
        request,
        desk,
        "console/bank_feeds.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/bank-feeds",
        gaps=await gaps.gaps(reader, house.cipher, school_id, at=house.clock.now()),
        accounts={one.bank_account_id: f"{one.bank_name} · {one.account_number}" for one in known},
        gateways=[
            (f"{one.name} {proof}", f"{one.title} · {proof}") for one in PROVIDERS.values() for proof in one.proofs
        ],
        key_names=KEY_NAMES,
        public_url=house.settings.public_url,
        form=form or {},
        refused=refused,
        opened=opened,
    )


ROUTES: list[Any] = [bank_feeds_page, add_feed, rotate_feed, close_feed]

"""The administrator's doors to the hooks of an account: add, rotate, close."""

from typing import Any

from litestar import Request, delete, post
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments import feeds
from schemas.gateways import HookKeys, NewHook, OpenedHook

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"
_HOOK = _SCHOOL + "/bank-hooks/{hook_key:str}"


@post(_SCHOOL + "/bank-accounts/{bank_account_id:int}/hooks", status_code=201, tags=["payments"], **STAFF)
async def add_hook(
    request: AnyRequest, school_id: FromPath[int], bank_account_id: FromPath[int], data: JSONBody[NewHook]
) -> OpenedHook:
    """Another gateway that reports this account; a secret that is made here is shown this once. School administrators only."""
    return await feeds.add_hook(house_of(request), principal_of(request).account_id, school_id, bank_account_id, data)


@post(_HOOK + "/rotate", status_code=200, tags=["payments"], **STAFF)
async def rotate_hook(
    request: AnyRequest, school_id: FromPath[int], hook_key: FromPath[str], data: JSONBody[HookKeys]
) -> OpenedHook:
    """A new secret; the old one is refused from now on. What is called meanwhile is told again by the gateway, or pulled."""
    return await feeds.rotate_hook(house_of(request), principal_of(request).account_id, school_id, hook_key, data)


@delete(_HOOK, status_code=204, tags=["payments"], **STAFF)
async def close_hook(request: AnyRequest, school_id: FromPath[int], hook_key: FromPath[str]) -> None:
    """Calls are refused from now on; what it has told stays."""
    await feeds.close_hook(house_of(request), principal_of(request).account_id, school_id, hook_key)


ROUTES: list[Any] = [add_hook, rotate_hook, close_hook]

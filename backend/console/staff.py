"""Who works here: roles, invitations. Identity decides, and asks for a second factor."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, done_or_shown, today_of
from backend.core.http import house_of, language_of
from backend.identity import administration
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.identity.tokens import token_office
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from backend.pages.signing_in import address_of
from backend.people.registers import staff_list
from schemas.identity import GrantRole

_STAFF = "/console/{school_id:int}/staff"
_MEMBER = _STAFF + "/{staff_id:uuid}"
ROLES = ("teacher", "accountant", "inbox", "school_admin")


@get(_STAFF, include_in_schema=False, **STAFF)
async def staff_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_MEMBER + "/grant", include_in_schema=False, **STAFF)
async def grant_role(request: AnyRequest, school_id: FromPath[int], staff_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    await admin_desk(request, school_id)

    async def deed() -> None:
        role = into(GrantRole, {"role": form.get("role", "")}).role
        await administration.grant(house_of(request), principal_of(request), school_id, staff_id, role)

    return await _done(request, school_id, deed(), "console.role_granted")


@post(_MEMBER + "/take", include_in_schema=False, **STAFF)
async def take_role(request: AnyRequest, school_id: FromPath[int], staff_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    await admin_desk(request, school_id)

    async def deed() -> None:
        role = into(GrantRole, {"role": form.get("role", "")}).role
        await administration.take(house_of(request), principal_of(request), school_id, staff_id, role)

    return await _done(request, school_id, deed(), "console.role_taken")


@post(_MEMBER + "/invite", include_in_schema=False, **STAFF)
async def invite(request: AnyRequest, school_id: FromPath[int], staff_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    await admin_desk(request, school_id)
    deed = administration.invite(
        house_of(request),
        token_office(request),
        principal_of(request),
        school_id,
        staff_id,
        reset=form.get("reset") == "yes",
        address=address_of(request),
    )
    return await _done(request, school_id, deed, "console.staff_invited")


async def _done(request: AnyRequest, school_id: int, deed: Awaitable[Any], said: str) -> Response[bytes]:
    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, refused=refused)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/staff", said)


async def _show(request: AnyRequest, school_id: int, *, refused: Refusal | None = None) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    listed = await staff_list(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        today=today_of(request),
        language=language_of(request),
    )
    return console_page(
        request,
        desk,
        "console/staff.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/staff",
        staff=listed.staff,
        roles=ROLES,
        refused=refused,
    )


ROUTES: list[Any] = [staff_page, grant_role, take_role, invite]

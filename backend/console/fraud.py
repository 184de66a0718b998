"""Who poses as the school, and from which numbers the school really calls. For its administrators."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, done_or_shown
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go
from backend.pages.forms import into, read_form
from payments import fraud, official
from schemas.verify import NewOfficialContact

_FRAUD = "/console/{school_id:int}/fraud"


@get(_FRAUD, include_in_schema=False, **STAFF)
async def fraud_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_FRAUD + "/{case_id:uuid}/confirm", include_in_schema=False, **STAFF)
async def confirm_case(request: AnyRequest, school_id: FromPath[int], case_id: FromPath[UUID]) -> Response[bytes]:
    await fraud.confirm(house_of(request), principal_of(request).account_id, school_id, case_id)
    return go(f"/console/{school_id}/fraud", "verify.confirmed")


@post(_FRAUD + "/{case_id:uuid}/dismiss", include_in_schema=False, **STAFF)
async def dismiss_case(request: AnyRequest, school_id: FromPath[int], case_id: FromPath[UUID]) -> Response[bytes]:
    await fraud.dismiss(house_of(request), principal_of(request).account_id, school_id, case_id)
    return go(f"/console/{school_id}/fraud", "verify.dismissed")


@post(_FRAUD + "/contacts", include_in_schema=False, **STAFF)
async def add_contact(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        new = into(NewOfficialContact, {name: form.get(name, "") for name in ("phone", "label")})
        await official.add_contact(house_of(request), principal_of(request).account_id, school_id, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, refused=refused, form=form)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/fraud", "verify.contact_added")


@post(_FRAUD + "/contacts/{phone:str}/remove", include_in_schema=False, **STAFF)
async def remove_contact(request: AnyRequest, school_id: FromPath[int], phone: FromPath[str]) -> Response[bytes]:
    await official.remove_contact(house_of(request), principal_of(request).account_id, school_id, phone)
    return go(f"/console/{school_id}/fraud", "verify.contact_removed")


async def _show(
    request: AnyRequest, school_id: int, *, refused: Refusal | None = None, form: dict[str, str] | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    house, actor = house_of(request), principal_of(request).account_id
    return console_page(
        request,
        desk,
        "console/fraud.html",
        status=refused.status if refused else 200,
        cases=await fraud.cases(house, actor, school_id),
        contacts=await official.contacts(house, actor, school_id),
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [fraud_page, confirm_case, dismiss_case, add_contact, remove_contact]

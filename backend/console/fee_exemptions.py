"""Who pays less and by which paper, and leavers of a plan, at the accountant's desk. What may be granted is decided by payments."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form, today_of
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.pages.wording import money
from payments.fees import exemptions, explain, leavers
from schemas.fees import ExemptionList, NewExemption

_EXEMPTIONS = "/console/{school_id:int}/fee-exemptions"
GROUNDS = ("poor", "near_poor", "disabled", "orphan", "martyr", "ethnic", "merit", "other")
KINDS = ("exemption", "support")
_LIST = msgspec.json.Decoder(ExemptionList)


@get(_EXEMPTIONS, include_in_schema=False, **STAFF)
async def exemptions_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """The list; for a pupil who was named, the form as well."""
    form = {"exemption_id": str(new_id()), "pupil_id": str(pupil_id)} if pupil_id else {}
    return await _shown(request, school_id, form)


@post(_EXEMPTIONS, include_in_schema=False, **STAFF)
async def grant(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await books_desk(request, school_id)
    form = await read_form(request)
    values = {name: form[name].strip() for name in NewExemption.__struct_fields__ if form.get(name, "").strip()}
    if "amount" in values:
        values["amount"] = written_sum(values["amount"])
    try:
        new = into(NewExemption, values)
        _, lowered = await exemptions.grant(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _shown(request, school_id, form, refused=refused)
    return go(f"/console/{school_id}/fee-exemptions", "fees.exemption_granted", count=lowered)


@post(_EXEMPTIONS + "/{exemption_id:uuid}/revoke", include_in_schema=False, **STAFF)
async def revoke(request: AnyRequest, school_id: FromPath[int], exemption_id: FromPath[UUID]) -> Response[bytes]:
    await exemptions.revoke(house_of(request), principal_of(request).account_id, school_id, exemption_id)
    return go(f"/console/{school_id}/fee-exemptions", "fees.exemption_revoked")


@post("/console/{school_id:int}/fee-plans/{plan_id:uuid}/leavers", include_in_schema=False, **STAFF)
async def lower_leavers(request: AnyRequest, school_id: FromPath[int], plan_id: FromPath[UUID]) -> Response[bytes]:
    lowered = await leavers.lower(house_of(request), principal_of(request).account_id, school_id, plan_id)
    here = f"/console/{school_id}/fee-plans/{plan_id}"
    if not lowered.paid_too_much:
        return go(here, "fees.leavers_lowered", count=lowered.bills)
    amount = money(lowered.paid_too_much, language_of(request))
    return go(here, "fees.leavers_paid_too_much", tone="warn", count=lowered.bills, amount=amount)


async def _shown(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    items = await explain.items(reader, school_id, on=today_of(request), language=language_of(request)) if form else []
    return console_page(
        request,
        desk,
        "console/fee_exemptions.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/fee-exemptions",
        exemptions=_LIST.decode(await exemptions.listed(reader, school_id)).exemptions,
        items=items,
        form=form,
        grounds=GROUNDS,
        kinds=KINDS,
        refused=refused,
    )


ROUTES: list[Any] = [exemptions_page, grant, revoke, lower_leavers]

"""Whom a notice has not reached, whom to ring up, and what reaching costs, as pages. The reaching room decides."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, desk_of, done_or_shown, shown_in_form
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.reaching import actions
from notifications.remainder import remainder_of
from schemas.reaching import Budgets, CallList, CallResult, EmergencyIn, MonthCap, Remainder

_CALLS = "/console/{school_id:int}/calls"
_BUDGETS = "/console/{school_id:int}/budgets"
_REMAINDER = "/console/{school_id:int}/notices/{notice_id:uuid}/remainder"


@get(_CALLS, include_in_schema=False, **STAFF)
async def calls_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    found = await actions.calls_json(house_of(request), principal_of(request).account_id, school_id)
    return console_page(request, desk, "console/calls.html", calls=msgspec.json.decode(found, type=CallList).calls)


@post(_CALLS + "/{notice_id:uuid}/{guardian_id:uuid}", include_in_schema=False, **STAFF)
async def note_call_on_page(
    request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID], guardian_id: FromPath[UUID]
) -> Response[bytes]:
    """The page has two buttons; somebody else may have noted the call meanwhile."""
    form = await read_form(request)
    result = into(CallResult, {"result": form.get("result", "")}).result
    account_id = principal_of(request).account_id
    await actions.note_call(house_of(request), account_id, school_id, notice_id, guardian_id, result)
    return go(f"/console/{school_id}/calls", "reaching.call_noted")


@get(_BUDGETS, include_in_schema=False, **STAFF)
async def budgets_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _budgets(request, school_id)


@post(_BUDGETS, include_in_schema=False, **STAFF)
async def set_cap_on_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """One form a channel."""
    form = await read_form(request)
    channel = form.get("channel", "")
    if channel not in ("zns", "sms"):
        raise NOT_FOUND()

    async def deed() -> None:
        new = into(MonthCap, {"month_cap": written_sum(form.get("month_cap", ""))})
        await actions.set_cap(house_of(request), principal_of(request).account_id, school_id, channel, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _budgets(request, school_id, form=form, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/budgets", "reaching.cap_set")


async def _budgets(
    request: AnyRequest, school_id: int, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    found = await actions.budgets_json(house_of(request), principal_of(request).account_id, school_id)
    return console_page(
        request,
        desk,
        "console/budgets.html",
        status=refused.status if refused else 200,
        budgets=msgspec.json.decode(found, type=Budgets),
        form=form or {},
        refused=refused,
    )


@get(_REMAINDER, include_in_schema=False, **STAFF)
async def remainder_page(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> Response[bytes]:
    return await _remainder(request, school_id, notice_id)


@post(_REMAINDER, include_in_schema=False, **STAFF)
async def declare_on_page(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    account_id = principal_of(request).account_id
    try:
        said = into(EmergencyIn, {"reason": form.get("reason", "").strip()})
        told = await actions.declare_emergency(house_of(request), account_id, school_id, notice_id, said.reason)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _remainder(request, school_id, notice_id, form=form, refused=refused)
    return go(f"/console/{school_id}/notices/{notice_id}/remainder", "reaching.declared", count=told)


async def _remainder(
    request: AnyRequest,
    school_id: int,
    notice_id: UUID,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = await remainder_of(reader, school_id, notice_id, account_id)
    if found is None:
        raise NOT_FOUND()
    return console_page(
        request,
        desk,
        "console/remainder.html",
        status=refused.status if refused else 200,
        notice_id=notice_id,
        left=msgspec.json.decode(found, type=Remainder),
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [
    calls_page,
    note_call_on_page,
    budgets_page,
    set_cap_on_page,
    remainder_page,
    declare_on_page,
]

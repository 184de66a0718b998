"""What a school gives up of one bill, within the limit of whoever asks, and the limits, which the administrator sets. Payments decides."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console import queries
from backend.console.desks import AnyRequest, admin_desk, books_desk, console_page, done_or_shown, shown_in_form
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import write_offs
from schemas.books import NewWriteOff, WriteOffLimits

_LIMITS = "/console/{school_id:int}/write-off-limits"
_WRITE_OFF = "/console/{school_id:int}/fees/{fee_id:uuid}/invoices/{invoice_id:uuid}/write-off"


@get(_WRITE_OFF, include_in_schema=False, **STAFF)
async def write_off_form(
    request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    return await _form(request, school_id, fee_id, invoice_id, {})


@post(_WRITE_OFF, include_in_schema=False, **STAFF)
async def write_off_on_page(
    request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    form = await read_form(request)
    try:
        values = {"amount": written_sum(form.get("amount", "")), "reason": form.get("reason", "").strip()}
        new = into(NewWriteOff, values)
        await write_offs.write_off(house_of(request), principal_of(request).account_id, school_id, invoice_id, new)
    except Problem as problem:
        # Above the limit is a refusal of this sum, not of this page.
        shown = problem if problem.kind is write_offs.ABOVE_LIMIT else shown_in_form(problem)
        refused = Refusal(shown, language_of(request))
        return await _form(request, school_id, fee_id, invoice_id, form, refused=refused)
    return go(f"/console/{school_id}/fees/{fee_id}", "books.written_off")


async def _form(
    request: AnyRequest,
    school_id: int,
    fee_id: UUID,
    invoice_id: UUID,
    form: dict[str, str],
    *,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    bills = await queries.suggested_bills(reader, school_id, [invoice_id])
    if not bills:
        raise NOT_FOUND()
    limit = await write_offs.limit_of(reader, school_id, admin=desk.admin)
    return console_page(
        request,
        desk,
        "console/write_off.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/fees/{fee_id}",
        fee_id=fee_id,
        bill=bills[0],
        limit=limit,
        form=form,
        refused=refused,
    )


@get(_LIMITS, include_in_schema=False, **STAFF)
async def limits_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _limits(request, school_id)


@post(_LIMITS, include_in_schema=False, **STAFF)
async def set_limits_on_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        new = into(WriteOffLimits, {name: written_sum(form.get(name, "")) for name in WriteOffLimits.__struct_fields__})
        await write_offs.set_limits(house_of(request), principal_of(request).account_id, school_id, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _limits(request, school_id, form=form, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/write-off-limits", "books.limits_set")


async def _limits(
    request: AnyRequest, school_id: int, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    return console_page(
        request,
        desk,
        "console/write_off_limits.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/periods",
        limits=await write_offs.limits_of(house_of(request).database.reader, school_id),
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [write_off_form, write_off_on_page, limits_page, set_limits_on_page]

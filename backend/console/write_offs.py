"""What a school gives up of one bill, within the limit of whoever asks. Payments decides."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console import queries
from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import write_offs
from schemas.books import NewWriteOff

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


ROUTES: list[Any] = [write_off_form, write_off_on_page]

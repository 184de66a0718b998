"""The doors of the books: refunds and periods, which take two people, write-offs within a limit, balances at any day."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments import periods, refund_ties, refunds, write_offs
from payments.routes_readers import reads_the_books
from schemas.books import (
    Balances,
    NewPeriodChange,
    NewRefund,
    NewWriteOff,
    PaidBy,
    PeriodChanges,
    Proposed,
    RefundList,
    WriteOffLimits,
)

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"


@get(_SCHOOL + "/refunds", tags=["books"], **STAFF)
async def list_refunds(request: AnyRequest, school_id: FromPath[int]) -> RefundList:
    """Money on its way back, newest first."""
    await reads_the_books(request, school_id)
    return await refunds.listed(house_of(request).database.reader, school_id)


@post(_SCHOOL + "/transactions/{transaction_id:uuid}/refunds", status_code=201, tags=["books"], **STAFF)
async def propose_refund(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], data: JSONBody[NewRefund]
) -> Proposed:
    """Nothing is booked until another person approves."""
    actor = principal_of(request).account_id
    return Proposed(await refunds.propose(house_of(request), actor, school_id, transaction_id, data))


@post(_SCHOOL + "/refunds/{refund_id:uuid}/approve", status_code=204, tags=["books"], **STAFF)
async def approve_refund(request: AnyRequest, school_id: FromPath[int], refund_id: FromPath[UUID]) -> None:
    """By another person than the one who proposed it."""
    await refunds.approve(house_of(request), principal_of(request).account_id, school_id, refund_id)


@post(_SCHOOL + "/refunds/{refund_id:uuid}/reject", status_code=204, tags=["books"], **STAFF)
async def reject_refund(request: AnyRequest, school_id: FromPath[int], refund_id: FromPath[UUID]) -> None:
    """The money stays where it is."""
    await refunds.reject(house_of(request), principal_of(request).account_id, school_id, refund_id)


@post(_SCHOOL + "/refunds/{refund_id:uuid}/paid-by", status_code=204, tags=["books"], **STAFF)
async def tie_refund(
    request: AnyRequest, school_id: FromPath[int], refund_id: FromPath[UUID], data: JSONBody[PaidBy]
) -> None:
    """Names the outgoing transfer of an approved refund where its memo does not."""
    actor = principal_of(request).account_id
    await refund_ties.tie_by_hand(house_of(request), actor, school_id, refund_id, data.outgoing_transaction_id)


@post(_SCHOOL + "/refunds/batch", status_code=200, media_type="text/csv", tags=["books"], **STAFF)
async def export_refunds(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Approved refunds that have not left the bank, as a file for its bulk transfer."""
    body = await refunds.batch_file(house_of(request), principal_of(request).account_id, school_id)
    headers = {"content-disposition": 'attachment; filename="hoan-tien.csv"', "cache-control": "private, no-store"}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@post(_SCHOOL + "/invoices/{invoice_id:uuid}/write-offs", status_code=204, tags=["books"], **STAFF)
async def write_off_invoice(
    request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID], data: JSONBody[NewWriteOff]
) -> None:
    """Up to the limit of the caller's role."""
    await write_offs.write_off(house_of(request), principal_of(request).account_id, school_id, invoice_id, data)


@put(_SCHOOL + "/books/write-off-limits", status_code=204, tags=["books"], **STAFF)
async def set_write_off_limits(request: AnyRequest, school_id: FromPath[int], data: JSONBody[WriteOffLimits]) -> None:
    """School administrators only."""
    await write_offs.set_limits(house_of(request), principal_of(request).account_id, school_id, data)


@get(_SCHOOL + "/books/periods", tags=["books"], **STAFF)
async def list_periods(request: AnyRequest, school_id: FromPath[int]) -> PeriodChanges:
    """Up to which day the books are closed, and who closed or opened what."""
    await reads_the_books(request, school_id)
    return await periods.changes(house_of(request).database.reader, school_id)


@post(_SCHOOL + "/books/periods", status_code=201, tags=["books"], **STAFF)
async def propose_period(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewPeriodChange]) -> Proposed:
    """Closes a month, or opens it again, once another person has confirmed."""
    return Proposed(await periods.propose(house_of(request), principal_of(request).account_id, school_id, data))


@post(_SCHOOL + "/books/periods/{change_id:uuid}/confirm", status_code=204, tags=["books"], **STAFF)
async def confirm_period(request: AnyRequest, school_id: FromPath[int], change_id: FromPath[UUID]) -> None:
    """By another person than the one who proposed it."""
    await periods.confirm(house_of(request), principal_of(request).account_id, school_id, change_id)


@post(_SCHOOL + "/books/periods/{change_id:uuid}/drop", status_code=204, tags=["books"], **STAFF)
async def drop_period(request: AnyRequest, school_id: FromPath[int], change_id: FromPath[UUID]) -> None:
    """A proposal that nobody has confirmed is taken back by its proposer, or turned down by another person. Nothing changes."""
    await periods.drop(house_of(request), principal_of(request).account_id, school_id, change_id)


@get(_SCHOOL + "/books/balances", tags=["books"], **STAFF)
async def get_balances(request: AnyRequest, school_id: FromPath[int], on: FromQuery[date | None] = None) -> Balances:
    """What every account of the books held at the end of a day; of today unless another is named."""
    today = await reads_the_books(request, school_id)
    return await periods.balances(house_of(request).database.reader, school_id, on or today)


ROUTES = [
    list_refunds,
    propose_refund,
    approve_refund,
    reject_refund,
    tie_refund,
    export_refunds,
    write_off_invoice,
    set_write_off_limits,
    list_periods,
    propose_period,
    confirm_period,
    drop_period,
    get_balances,
]

"""Money on its way back, page by page: proposed by one person, decided by another, taken to the bank as a file. Payments decides."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console import queries
from backend.console.desks import AnyRequest, books_desk, console_page, done_or_shown
from backend.console.sums import written_sum
from backend.core.http import house_of
from backend.core.problems import NOT_FOUND
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from payments import refund_ties, refunds
from payments.banks import directory
from schemas.books import NewRefund, PaidBy

_REFUNDS = "/console/{school_id:int}/refunds"
_OF_TRANSFER = "/console/{school_id:int}/transfers/{transaction_id:uuid}/refunds"
_FIELDS = ("payee_bin", "payee_account", "payee_name", "reason")


@get(_REFUNDS, include_in_schema=False, **STAFF)
async def refunds_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _list(request, school_id)


@post(_REFUNDS + "/{refund_id:uuid}/approve", include_in_schema=False, **STAFF)
async def approve_on_page(request: AnyRequest, school_id: FromPath[int], refund_id: FromPath[UUID]) -> Response[bytes]:
    deed = refunds.approve(house_of(request), principal_of(request).account_id, school_id, refund_id)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _list(request, school_id, refused=refused)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/refunds", "books.refund_approved")


@post(_REFUNDS + "/{refund_id:uuid}/reject", include_in_schema=False, **STAFF)
async def reject_on_page(request: AnyRequest, school_id: FromPath[int], refund_id: FromPath[UUID]) -> Response[bytes]:
    deed = refunds.reject(house_of(request), principal_of(request).account_id, school_id, refund_id)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _list(request, school_id, refused=refused)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/refunds", "books.refund_rejected")


@post(_REFUNDS + "/{refund_id:uuid}/paid-by", include_in_schema=False, **STAFF)
async def tie_on_page(request: AnyRequest, school_id: FromPath[int], refund_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        named = into(PaidBy, {"outgoing_transaction_id": form.get("outgoing_transaction_id", "")})
        actor = principal_of(request).account_id
        await refund_ties.tie_by_hand(house_of(request), actor, school_id, refund_id, named.outgoing_transaction_id)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _list(request, school_id, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/refunds", "books.refund_tied")


@post(_REFUNDS + "/batch", include_in_schema=False, **STAFF)
async def batch_on_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """The same file again as long as the bank has not told of the transfers."""
    body = await refunds.batch_file(house_of(request), principal_of(request).account_id, school_id)
    headers = {"content-disposition": 'attachment; filename="hoan-tien.csv"', "cache-control": "private, no-store"}
    return Response(body, status_code=200, media_type="text/csv; charset=utf-8", headers=headers)


@get(_OF_TRANSFER, include_in_schema=False, **STAFF)
async def refund_form(request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID]) -> Response[bytes]:
    return await _form(request, school_id, transaction_id, {})


@post(_OF_TRANSFER, include_in_schema=False, **STAFF)
async def propose_on_page(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID]
) -> Response[bytes]:
    form = await read_form(request)
    values = {name: form.get(name, "").strip() for name in _FIELDS}
    values["payee_account"] = values["payee_account"].replace(" ", "")

    async def deed() -> None:
        sums = {"amount": written_sum(form.get("amount", "")), "credit_pupil_id": form.get("credit_pupil_id") or None}
        new = into(NewRefund, {**values, **sums})
        await refunds.propose(house_of(request), principal_of(request).account_id, school_id, transaction_id, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _form(request, school_id, transaction_id, form, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/refunds", "books.refund_proposed")


async def _list(request: AnyRequest, school_id: int, *, refused: Refusal | None = None) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    listed = (await refunds.listed(reader, school_id)).refunds
    return console_page(
        request,
        desk,
        "console/refunds.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/refunds",
        refunds=listed,
        to_send=sum(one.state in ("approved", "exported") for one in listed),
        outgoing=await refund_ties.outgoing(reader, school_id),
        credits=await refunds.held(reader, school_id),
        names=await queries.staff_names(reader, school_id),
        me=principal_of(request).account_id,
        bank_name=directory.bank_name,
        refused=refused,
    )


async def _form(
    request: AnyRequest,
    school_id: int,
    transaction_id: UUID,
    form: dict[str, str],
    *,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    held = await refunds.held(house_of(request).database.reader, school_id, transaction_id)
    if not held and refused is None:
        raise NOT_FOUND()
    return console_page(
        request,
        desk,
        "console/refund_form.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/transfers/{transaction_id}/refunds",
        transaction_id=transaction_id,
        held=held,
        banks=sorted((one.short_name, one.bin) for one in directory.banks().values()),
        form=form,
        refused=refused,
    )


ROUTES: list[Any] = [
    refunds_page,
    approve_on_page,
    reject_on_page,
    tie_on_page,
    batch_on_page,
    refund_form,
    propose_on_page,
]

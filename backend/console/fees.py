"""Fees and their invoices at the accountant's desk. What a fee may be is decided by payments; these pages carry its form."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import queries
from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form, today_of
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import accounts, invoices
from payments.queries import class_invoices, fee, fee_list
from schemas.payments import Fee, FeeList, InvoiceList, NewFee

_FEES = "/console/{school_id:int}/fees"
_FEE = _FEES + "/{fee_id:uuid}"
CATEGORIES = ("tuition", "service", "collected_on_behalf", "agreed", "voluntary", "sponsorship")

_FEE_LIST = msgspec.json.Decoder(FeeList)
_ONE_FEE = msgspec.json.Decoder(Fee)
_INVOICES = msgspec.json.Decoder(InvoiceList)


@get(_FEES, include_in_schema=False, **STAFF)
async def fees_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    found = _FEE_LIST.decode(await fee_list(house_of(request).database.reader, school_id))
    return console_page(request, desk, "console/fees.html", fees=found.fees)


@get(_FEES + "/new", include_in_schema=False, **STAFF)
async def new_fee_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _form(request, school_id, {})


@post(_FEES + "/new", include_in_schema=False, **STAFF)
async def create_fee(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """One fee for each class that was ticked; their ids came with the form, so sending it twice bills nobody twice."""
    await books_desk(request, school_id)
    form = await read_form(request)
    chosen = {name.removeprefix("class-"): value for name, value in form.items() if name.startswith("class-")}
    try:
        if not chosen:
            raise INVALID(FieldError("/classes", "Chọn ít nhất một lớp.", "Choose at least one class."))
        for class_id, fee_id in chosen.items():
            new = into(NewFee, _values(form, class_id, fee_id))
            await invoices.create_fee(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _form(request, school_id, form, refused=refused)
    return go(f"/console/{school_id}/fees", "console.fee_created", classes=len(chosen))


def _values(form: dict[str, str], class_id: str, fee_id: str) -> dict[str, Any]:
    return {
        "fee_id": fee_id,
        "class_id": class_id,
        "title": form.get("title", "").strip(),
        "amount": written_sum(form.get("amount", "")),
        "due_on": form.get("due_on", ""),
        "category": form.get("category", ""),
        "mandatory": form.get("mandatory") == "yes",
        "legal_basis": form.get("legal_basis", "").strip() or None,
        "cap_amount": written_sum(form.get("cap_amount", "")) or None,
        "bank_account_id": form.get("bank_account_id") or None,
    }


async def _form(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    today = await queries.today(reader, school_id, principal_of(request).account_id, on=today_of(request))
    return console_page(
        request,
        desk,
        "console/fee_form.html",
        status=refused.status if refused else 200,
        form=form,
        classes=[(one, form.get(f"class-{one.class_id}") or new_id()) for one in today.classes],
        accounts=await accounts.open_accounts(reader, school_id),
        categories=CATEGORIES,
        today=today_of(request),
        refused=refused,
    )


@get(_FEE, include_in_schema=False, **STAFF)
async def fee_page(
    request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID], show: FromQuery[str | None] = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    found, listed = await _read(request, school_id, fee_id, today_of(request))
    shown = [one for one in listed.invoices if show != "open" or one.remaining]
    return console_page(request, desk, "console/fee.html", fee=found, invoices=shown, show=show)


@post(_FEE + "/newcomers", include_in_schema=False, **STAFF)
async def bill_newcomers(request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID]) -> Response[bytes]:
    made = await invoices.bill_newcomers(house_of(request), principal_of(request).account_id, school_id, fee_id)
    return go(f"/console/{school_id}/fees/{fee_id}", "console.newcomers_billed", count=made)


@post(_FEE + "/cancel", include_in_schema=False, **STAFF)
async def cancel_fee(request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID]) -> Response[bytes]:
    try:
        await invoices.cancel_fee(house_of(request), principal_of(request).account_id, school_id, fee_id)
    except Problem as problem:
        return await _refused(request, school_id, fee_id, problem)
    return go(f"/console/{school_id}/fees/{fee_id}", "console.fee_cancelled")


@post(_FEE + "/invoices/{invoice_id:uuid}/cancel", include_in_schema=False, **STAFF)
async def cancel_invoice(
    request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        await invoices.cancel_invoice(house_of(request), principal_of(request).account_id, school_id, invoice_id)
    except Problem as problem:
        return await _refused(request, school_id, fee_id, problem)
    return go(f"/console/{school_id}/fees/{fee_id}", "console.invoice_cancelled")


async def _refused(request: AnyRequest, school_id: int, fee_id: UUID, problem: Problem) -> Response[bytes]:
    refused = Refusal(shown_in_form(problem), language_of(request))
    desk = await books_desk(request, school_id)
    found, listed = await _read(request, school_id, fee_id, today_of(request))
    return console_page(
        request,
        desk,
        "console/fee.html",
        status=refused.status,
        back_path=f"/console/{school_id}/fees/{fee_id}",
        fee=found,
        invoices=listed.invoices,
        refused=refused,
    )


async def _read(request: AnyRequest, school_id: int, fee_id: UUID, on: date) -> tuple[Fee, InvoiceList]:
    reader = house_of(request).database.reader
    body = await fee(reader, school_id, fee_id)
    if body is None:
        raise NOT_FOUND()
    found = _ONE_FEE.decode(body)
    listed = await class_invoices(reader, school_id, found.class_id, fee_id=fee_id, on=on)
    if listed is None:
        raise NOT_FOUND()
    return found, _INVOICES.decode(listed)


ROUTES: list[Any] = [
    fees_page,
    new_fee_page,
    create_fee,
    fee_page,
    bill_newcomers,
    cancel_fee,
    cancel_invoice,
]

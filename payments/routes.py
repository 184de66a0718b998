"""The doors of money: fees and invoices, what a family owes and how it pays, the bank's webhook, the accountant's desk."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, not_modified
from backend.core.problems import NOT_FOUND
from backend.identity.guards import GUARDIAN, SIGNED_IN, STAFF
from backend.identity.principal import principal_of
from payments import accounts, desk, invoices, qrimage, queries, reconcile
from payments.demo import bank_pays
from payments.requests import payment_request
from payments.routes_asking import ROUTES as ASKING
from payments.routes_books import ROUTES as BOOKS
from payments.routes_counter import ROUTES as COUNTER
from payments.routes_documents import ROUTES as DOCUMENTS
from payments.routes_feeds import ROUTES as FEEDS
from payments.routes_fees import ROUTES as FEES
from payments.routes_gateways import ROUTES as GATEWAYS
from payments.routes_hooks import ROUTES as HOOKS
from payments.routes_papers import ROUTES as PAPERS
from payments.routes_readers import reads_the_books
from payments.routes_reports import ROUTES as REPORTS
from payments.routes_requests import ROUTES as REQUESTS
from payments.routes_verify import ROUTES as VERIFY
from schemas.payments import (
    BankAccountList,
    Billed,
    FamilyInvoices,
    Fee,
    FeeList,
    InvoiceList,
    ManualMatch,
    NewBankAccount,
    NewFee,
    OpenedBankAccount,
    PaymentRequest,
    Reasoned,
    Reconciliation,
    TransactionList,
)

AnyRequest = Request[Any, Any, Any]

SCHOOL = "/v1/schools/{school_id:int}"
INVOICE = SCHOOL + "/invoices/{invoice_id:uuid}"
TRANSACTION = SCHOOL + "/transactions/{transaction_id:uuid}"
_PRIVATE = {"cache-control": "private, no-store"}

PageSize = Annotated[int, QueryParameter(ge=1, le=200)]


def _json(shape: Any, description: str = "Done") -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(data_container=shape, description=description, generate_examples=False)}


def _file(media_type: str, description: str) -> dict[int, ResponseSpec]:
    return {
        200: ResponseSpec(data_container=bytes, media_type=media_type, description=description, generate_examples=False)
    }


# Fees and invoices


@post(
    SCHOOL + "/fees",
    status_code=201,
    tags=["payments"],
    responses={
        201: ResponseSpec(data_container=Fee, description="Made now", generate_examples=False),
        **_json(Fee, "The same request was here before"),
    },
    **STAFF,
)
async def create_fee(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewFee]) -> Response[bytes]:
    """A fee for a class: every enrolled pupil gets one invoice with a payment reference. Sent twice, it is one fee."""
    house = house_of(request)
    made = await invoices.create_fee(house, principal_of(request).account_id, school_id, data)
    body = await queries.fee(house.database.reader, school_id, data.fee_id)
    assert body is not None
    return json_bytes(body, status=201 if made else 200)


@get(SCHOOL + "/fees", tags=["payments"], responses=_json(FeeList), **STAFF)
async def list_fees(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Fees of the school, newest first, with what was billed and what has come in."""
    await reads_the_books(request, school_id)
    return json_bytes(await queries.fee_list(house_of(request).database.reader, school_id))


@get(SCHOOL + "/fees/{fee_id:uuid}", tags=["payments"], responses=_json(Fee), **STAFF)
async def get_fee(request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID]) -> Response[bytes]:
    """One fee with what was billed and what has come in."""
    await reads_the_books(request, school_id)
    body = await queries.fee(house_of(request).database.reader, school_id, fee_id)
    if body is None:
        raise NOT_FOUND()
    return json_bytes(body)


@post(SCHOOL + "/fees/{fee_id:uuid}/invoices", status_code=200, tags=["payments"], **STAFF)
async def bill_newcomers(request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID]) -> Billed:
    """Invoices for pupils who joined the class after the fee was made; nobody is billed twice."""
    made = await invoices.bill_newcomers(house_of(request), principal_of(request).account_id, school_id, fee_id)
    return Billed(fee_id, made)


@post(SCHOOL + "/fees/{fee_id:uuid}/cancel", status_code=204, tags=["payments"], **STAFF)
async def cancel_fee(request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID]) -> None:
    """Cancels the fee with all its invoices, as long as none of them carries money."""
    await invoices.cancel_fee(house_of(request), principal_of(request).account_id, school_id, fee_id)


@get(SCHOOL + "/classes/{class_id:uuid}/invoices", tags=["payments"], responses=_json(InvoiceList), **STAFF)
async def list_class_invoices(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], fee_id: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """Invoices of a class with their state, in the order of the class list; of one fee if it is named."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    today = school_day(house.clock.now())
    body = await queries.class_invoices(house.database.reader, school_id, class_id, fee_id=fee_id, on=today)
    if body is None:
        raise NOT_FOUND()
    return json_bytes(body)


@post(INVOICE + "/cancel", status_code=204, tags=["payments"], **STAFF)
async def cancel_invoice(request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID]) -> None:
    """Cancels one invoice that carries no money."""
    await invoices.cancel_invoice(house_of(request), principal_of(request).account_id, school_id, invoice_id)


# What a family sees and pays


@get(
    "/v1/family/schools/{school_id:int}/pupils/{pupil_id:uuid}/invoices",
    tags=["family"],
    responses=_json(FamilyInvoices),
    **GUARDIAN,
)
async def family_invoices(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """What a child's school asks for, what was paid, and the receipts. 304 while nothing changed."""
    house = house_of(request)
    found = await queries.invoices_json_for_family(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        on=school_day(house.clock.now()),
        known_etags=request.headers.get("if-none-match", ""),
    )
    if found is None:
        raise NOT_FOUND()
    etag, body = found
    return not_modified(etag) if body is None else json_bytes(body, etag=etag)


async def _payment_request(request: AnyRequest, school_id: int, invoice_id: UUID) -> PaymentRequest:
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    return await payment_request(house.database.reader, house.cipher, school_id, account_id, invoice_id, on=today)


@get(INVOICE + "/qr", tags=["payments"], **SIGNED_IN)
async def get_payment_request(
    request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID]
) -> PaymentRequest:
    """How to pay what is left of an invoice: account, amount, memo, and the VietQR text."""
    return await _payment_request(request, school_id, invoice_id)


@get(INVOICE + "/qr.png", tags=["payments"], responses=_file("image/png", "The code as a picture"), **SIGNED_IN)
async def get_qr_png(request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID]) -> Response[bytes]:
    """The VietQR code of what is left of an invoice, to save and scan."""
    asked = await _payment_request(request, school_id, invoice_id)
    return Response(qrimage.png(asked.payload), media_type="image/png", headers=_PRIVATE)


@get(INVOICE + "/qr.svg", tags=["payments"], responses=_file("image/svg+xml", "The code as a drawing"), **SIGNED_IN)
async def get_qr_svg(request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID]) -> Response[bytes]:
    """The VietQR code of what is left of an invoice, for pages."""
    asked = await _payment_request(request, school_id, invoice_id)
    return Response(qrimage.svg(asked.payload), media_type="image/svg+xml", headers=_PRIVATE)


# The accountant's desk


@get(SCHOOL + "/transactions", tags=["payments"], responses=_json(TransactionList), **STAFF)
async def list_transactions(
    request: AnyRequest,
    school_id: FromPath[int],
    waiting: FromQuery[bool] = False,
    before: FromQuery[UUID | None] = None,
    limit: PageSize = 50,
) -> Response[bytes]:
    """Movements on the school's accounts, newest first, with suggestions; `waiting` are those a person has to decide."""
    await reads_the_books(request, school_id)
    reader = house_of(request).database.reader
    return json_bytes(await queries.transactions(reader, school_id, waiting=waiting, before=before, limit=limit))


@post(TRANSACTION + "/match", status_code=204, tags=["payments"], **STAFF)
async def match_transaction(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], data: JSONBody[ManualMatch]
) -> None:
    """Lays a transaction on bills by hand; what is left over becomes a family's credit."""
    await desk.match_by_hand(house_of(request), principal_of(request).account_id, school_id, transaction_id, data)


@post(TRANSACTION + "/undo", status_code=204, tags=["payments"], **STAFF)
async def undo_transaction(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], data: JSONBody[Reasoned]
) -> None:
    """Takes a transaction back from its bills, whoever laid it; receipts are cancelled, nothing is erased."""
    await desk.undo(house_of(request), principal_of(request).account_id, school_id, transaction_id, data.note)


@post(TRANSACTION + "/ignore", status_code=204, tags=["payments"], **STAFF)
async def ignore_transaction(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], data: JSONBody[Reasoned]
) -> None:
    """Puts a waiting transaction aside: not ours, or seen and explained."""
    await desk.put_aside(house_of(request), principal_of(request).account_id, school_id, transaction_id, data.note)


@post(TRANSACTION + "/not-duplicate", status_code=204, tags=["payments"], **STAFF)
async def not_duplicate_transaction(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], data: JSONBody[Reasoned]
) -> None:
    """A second real payment that was taken for the first one told again: it is booked and waits for its bill."""
    await desk.not_a_duplicate(
        house_of(request), principal_of(request).account_id, school_id, transaction_id, data.note
    )


@get(SCHOOL + "/books/check", tags=["payments"], **STAFF)
async def check_books(request: AnyRequest, school_id: FromPath[int]) -> Reconciliation:
    """Bank = ledger = invoices = receipts, or the rows that disagree."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    return Reconciliation(house.clock.now(), await reconcile.disagreements(house.database.reader, school_id))


# Receiving accounts


@get(SCHOOL + "/bank-accounts", tags=["payments"], **STAFF)
async def list_bank_accounts(request: AnyRequest, school_id: FromPath[int]) -> BankAccountList:
    """The accounts that receive money for the school, and where their bank feeds call."""
    await reads_the_books(request, school_id)
    return BankAccountList(await accounts.open_accounts(house_of(request).database.reader, school_id))


@post(SCHOOL + "/bank-accounts", status_code=201, tags=["payments"], **STAFF)
async def open_bank_account(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewBankAccount]
) -> OpenedBankAccount:
    """Registers a receiving account; the secret for its bank feed is shown this once. School administrators only."""
    return await accounts.open_account(house_of(request), principal_of(request).account_id, school_id, data)


# The demo's bank


class DemoTransfer(msgspec.Struct, forbid_unknown_fields=True):
    """`amount` is what is still due unless another is named."""

    amount: Annotated[int, Meta(ge=1, le=499_999_999)] | None = None


@post(
    "/v1/demo/schools/{school_id:int}/invoices/{invoice_id:uuid}/transfer",
    status_code=202,
    include_in_schema=False,
    **SIGNED_IN,
)
async def demo_transfer(
    request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID], data: JSONBody[DemoTransfer]
) -> Response[bytes]:
    """Demo only: the bank reports that this invoice was paid, through the real, signed webhook."""
    actor = principal_of(request).account_id
    status, answer = await bank_pays(house_of(request), request.app, actor, school_id, invoice_id, amount=data.amount)
    return Response(answer, status_code=202 if status == 200 else 502, media_type=MediaType.JSON)


ROUTES: list[Any] = [
    create_fee,
    list_fees,
    get_fee,
    bill_newcomers,
    cancel_fee,
    list_class_invoices,
    cancel_invoice,
    family_invoices,
    get_payment_request,
    get_qr_png,
    get_qr_svg,
    *REQUESTS,
    *ASKING,
    *VERIFY,
    *PAPERS,
    *HOOKS,
    *FEEDS,
    *FEES,
    *REPORTS,
    *BOOKS,
    *DOCUMENTS,
    *COUNTER,
    *GATEWAYS,
    list_transactions,
    match_transaction,
    undo_transaction,
    ignore_transaction,
    not_duplicate_transaction,
    check_books,
    list_bank_accounts,
    open_bank_account,
    demo_transfer,
]

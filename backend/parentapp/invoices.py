"""What the family's schools ask for, one bill with its VietQR code, and the receipts."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import go, page
from backend.parentapp.family import AnyRequest, all_children, child_of, today
from payments.demo import bank_pays
from payments.fees import explain
from payments.queries import invoices_for_family
from payments.requests import payment_request
from schemas.payments import FamilyInvoice, FamilyInvoices
from schemas.people import Child

_INVOICE = "/app/{school_id:int}/children/{pupil_id:uuid}/invoices/{invoice_id:uuid}"


@get("/app/invoices", include_in_schema=False, **GUARDIAN)
async def invoices_page(request: AnyRequest) -> Response[bytes]:
    found = [(child, await _bills_of(request, child)) for child in await all_children(request)]
    schools = {child.school_id: child.school_name for child, bills in found if bills.due}
    due = sum(bills.due for _, bills in found)
    return page(request, "app/invoices.html", children=found, due=due, schools=list(schools.items()))


@get(_INVOICE, include_in_schema=False, **GUARDIAN)
async def invoice_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    child = await child_of(request, school_id, pupil_id)
    invoice = await _invoice_of(request, child, invoice_id)
    asked = None
    if invoice.remaining:
        asked = await payment_request(
            house_of(request).database.reader,
            house_of(request).cipher,
            school_id,
            principal_of(request).account_id,
            invoice_id,
            on=today(request),
        )
    why = await explain.bill(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        invoice_id,
        on=today(request),
        language=language_of(request),
    )
    return page(request, "app/invoice.html", child=child, invoice=invoice, asked=asked, why=why)


@post(_INVOICE + "/simulate", include_in_schema=False, **GUARDIAN)
async def simulate_transfer(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    """Demo only: the bank of the demo reports the transfer through the real, signed webhook."""
    child = await child_of(request, school_id, pupil_id)
    await _invoice_of(request, child, invoice_id)
    await bank_pays(house_of(request), request.app, principal_of(request).account_id, school_id, invoice_id)
    return go(request.scope["path"].removesuffix("/simulate"), "parentapp.transfer_simulated")


async def _bills_of(request: AnyRequest, child: Child) -> FamilyInvoices:
    bills = await invoices_for_family(
        house_of(request).database.reader,
        child.school_id,
        principal_of(request).account_id,
        child.pupil_id,
        on=today(request),
    )
    if bills is None:
        raise NOT_FOUND()
    return bills


async def _invoice_of(request: AnyRequest, child: Child, invoice_id: UUID) -> FamilyInvoice:
    for invoice in (await _bills_of(request, child)).invoices:
        if invoice.invoice_id == invoice_id:
            return invoice
    raise NOT_FOUND()


ROUTES: list[Any] = [invoices_page, invoice_page, simulate_transfer]

"""What the family's schools ask for, one bill with its VietQR code, and the receipts."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.core.ratelimit import client_address
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import go, page
from backend.pages.forms import Refusal, read_form
from backend.parentapp.family import AnyRequest, all_children, child_of, today
from payments import orders, standing
from payments.demo import bank_pays
from payments.fees import explain
from payments.queries import invoices_for_family
from payments.requests import payment_request
from payments.routes_gateways import asker_of
from schemas.asking import StandingCode
from schemas.gateways import PayLink
from schemas.payments import FamilyInvoice, FamilyInvoices
from schemas.people import Child

_INVOICE = "/app/{school_id:int}/children/{pupil_id:uuid}/invoices/{invoice_id:uuid}"


@get("/app/invoices", include_in_schema=False, **GUARDIAN)
async def invoices_page(request: AnyRequest) -> Response[bytes]:
    found = [(child, await _bills_of(request, child)) for child in await all_children(request)]
    schools = {child.school_id: child.school_name for child, bills in found if bills.due}
    due = sum(bills.due for _, bills in found)
    codes = {child.pupil_id: await _codes_of(request, child) for child, _ in found}
    everywhere = {child.school_id: child.school_name for child, _ in found}
    return page(
        request,
        "app/invoices.html",
        children=found,
        due=due,
        schools=list(schools.items()),
        with_funds=list(everywhere.items()),
        codes=codes,
    )


@get(_INVOICE, include_in_schema=False, **GUARDIAN)
async def invoice_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    child = await child_of(request, school_id, pupil_id)
    return await _shown(request, child, await _invoice_of(request, child, invoice_id))


@post(_INVOICE + "/gateway", include_in_schema=False, **GUARDIAN)
async def ask_gateway(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    """The bill with the link to the gateway's page, or with the reason why there is none; the QR code stays beside it."""
    child = await child_of(request, school_id, pupil_id)
    invoice = await _invoice_of(request, child, invoice_id)
    form = await read_form(request)
    house = house_of(request)
    try:
        link = await orders.pay_link(
            house,
            asker_of(request),
            principal_of(request).account_id,
            school_id,
            invoice_id,
            form.get("provider") or None,
            address=client_address(request.scope, house.settings.trusted_proxies),
        )
    except Problem as problem:
        return await _shown(request, child, invoice, refused=Refusal(problem, language_of(request)))
    return await _shown(request, child, invoice, link=link)


async def _shown(
    request: AnyRequest,
    child: Child,
    invoice: FamilyInvoice,
    *,
    link: PayLink | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    school_id, invoice_id = child.school_id, invoice.invoice_id
    asked, gateways = None, []
    if invoice.remaining:
        asked = await payment_request(
            house_of(request).database.reader,
            house_of(request).cipher,
            school_id,
            principal_of(request).account_id,
            invoice_id,
            on=today(request),
        )
        gateways = await orders.offered(house_of(request).database.reader, school_id, invoice_id)
    why = await explain.bill(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        invoice_id,
        on=today(request),
        language=language_of(request),
    )
    return page(
        request,
        "app/invoice.html",
        status=refused.status if refused else 200,
        child=child,
        invoice=invoice,
        asked=asked,
        why=why,
        gateways=gateways,
        link=link,
        refused=refused,
    )


@post(_INVOICE + "/simulate", include_in_schema=False, **GUARDIAN)
async def simulate_transfer(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], invoice_id: FromPath[UUID]
) -> Response[bytes]:
    """Demo only: the bank of the demo reports the transfer through the real, signed webhook."""
    child = await child_of(request, school_id, pupil_id)
    await _invoice_of(request, child, invoice_id)
    await bank_pays(house_of(request), request.app, principal_of(request).account_id, school_id, invoice_id)
    return go(request.scope["path"].removesuffix("/simulate"), "parentapp.transfer_simulated")


async def _codes_of(request: AnyRequest, child: Child) -> list[StandingCode]:
    """Empty where the school does not use them."""
    account_id = principal_of(request).account_id
    return await standing.codes_for(house_of(request), account_id, child.school_id, pupil_id=child.pupil_id)


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


ROUTES: list[Any] = [invoices_page, invoice_page, ask_gateway, simulate_transfer]

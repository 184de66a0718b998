"""The doors to the gateways: a family's way to pay there, and what their lists know that no hook has told."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.core.ratelimit import client_address
from backend.identity.guards import GUARDIAN, STAFF
from backend.identity.principal import principal_of
from payments import gaps, orders
from payments.banks.asking import Asker
from payments.routes_readers import reads_the_books
from schemas.gateways import Gaps, PayLink, PayLinkAsked

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"


@post(_SCHOOL + "/invoices/{invoice_id:uuid}/pay-link", status_code=200, tags=["family"], **GUARDIAN)
async def make_pay_link(
    request: AnyRequest, school_id: FromPath[int], invoice_id: FromPath[UUID], data: JSONBody[PayLinkAsked]
) -> PayLink:
    """Where to pay what is left of an invoice at a gateway, if the school has one. Coming back from there proves nothing."""
    house = house_of(request)
    return await orders.pay_link(
        house,
        asker_of(request),
        principal_of(request).account_id,
        school_id,
        invoice_id,
        data.provider,
        address=client_address(request.scope, house.settings.trusted_proxies),
    )


@get(_SCHOOL + "/bank-hooks/gaps", tags=["payments"], **STAFF)
async def list_gaps(request: AnyRequest, school_id: FromPath[int]) -> Gaps:
    """The last month: how each hook fares, told against listed by account and day, and the movements that only the lists told."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    return await gaps.gaps(house.database.reader, house.cipher, school_id, at=house.clock.now())


def asker_of(request: AnyRequest) -> Asker:
    """One for the life of the process; its connections end with it."""
    asker: Asker = request.app.state.setdefault("gateway_asker", Asker())
    return asker


ROUTES: list[Any] = [make_pay_link, list_gaps]

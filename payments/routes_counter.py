"""The doors of the counter: taking cash and card for a pupil's bills, and handing money back."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments import counter
from payments.routes_readers import reads_the_books
from schemas.payments import CounterBills, CounterPayment, CounterTaken, Reasoned

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"


@get(_SCHOOL + "/counter/pupils/{pupil_id:uuid}/bills", tags=["counter"], **STAFF)
async def counter_bills(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> CounterBills:
    """What a pupil's open bills ask for, for whoever stands at the counter."""
    await reads_the_books(request, school_id)
    return CounterBills(await counter.open_bills(house_of(request).database.reader, school_id, pupil_id))


@post(
    _SCHOOL + "/counter",
    status_code=201,
    tags=["counter"],
    responses={
        200: ResponseSpec(data_container=CounterTaken, description="It was here before", generate_examples=False),
        201: ResponseSpec(data_container=CounterTaken, description="Taken now", generate_examples=False),
    },
    **STAFF,
)
async def take_at_counter(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[CounterPayment]
) -> Response[CounterTaken]:
    """Takes cash or card for bills; receipts are made at once (`/transactions/{transaction_id}/receipts/pdf`)."""
    taken = await counter.take(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(taken, status_code=201 if taken.fresh else 200)


@post(_SCHOOL + "/counter/{transaction_id:uuid}/return", status_code=204, tags=["counter"], **STAFF)
async def hand_back(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], data: JSONBody[Reasoned]
) -> None:
    """Hands money of the counter back: bills open again, receipts are cancelled by numbered papers, the box holds less."""
    actor = principal_of(request).account_id
    await counter.hand_back(house_of(request), actor, school_id, transaction_id, data.note)


ROUTES: list[Any] = [counter_bills, take_at_counter, hand_back]

"""The counter: find a pupil, tick the bills, take the money, print the receipts. Payments decides what may be laid where."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form, today_of
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.people.registers import search_pupils
from payments import counter
from schemas.money import group_digits
from schemas.payments import CounterPayment, Reasoned

_COUNTER = "/console/{school_id:int}/counter"
_PUPIL = _COUNTER + "/{pupil_id:uuid}"


@get(_COUNTER, include_in_schema=False, **STAFF)
async def counter_page(
    request: AnyRequest, school_id: FromPath[int], find: FromQuery[str | None] = None
) -> Response[bytes]:
    """Whom the search finds, and what was taken last."""
    return await _front(request, school_id, find=find or "")


async def _front(
    request: AnyRequest, school_id: int, *, find: str = "", refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    found = None
    if find.strip():
        found = await search_pupils(
            house.database.reader, house.cipher, school_id, account_id, find[:100], today=today_of(request)
        )
    return console_page(
        request,
        desk,
        "console/counter.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/counter",
        find=find,
        found=found,
        taken=await counter.last_taken(house.database.reader, school_id),
        refused=refused,
    )


@get(_PUPIL, include_in_schema=False, **STAFF)
async def counter_pupil_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]
) -> Response[bytes]:
    return await _bills(request, school_id, pupil_id, {})


@post(_PUPIL, include_in_schema=False, **STAFF)
async def take(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """The id of the payment came with the form, so a second click takes nothing."""
    desk = await books_desk(request, school_id)
    if not desk.accountant:
        raise FORBIDDEN()
    form = await read_form(request)
    chosen = [name.removeprefix("bill-") for name in form if name.startswith("bill-")]
    try:
        if not chosen:
            raise INVALID(FieldError("/shares", "Chọn ít nhất một khoản.", "Choose at least one bill."))
        new = into(CounterPayment, _values(form, chosen))
        taken = await counter.take(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _bills(request, school_id, pupil_id, form, refused=refused)
    return go(f"/console/{school_id}/counter", "counter.taken", amount=group_digits(taken.amount))


def _values(form: dict[str, str], chosen: list[str]) -> dict[str, Any]:
    return {
        "payment_id": form.get("payment_id", ""),
        "means": form.get("means", ""),
        "payer_name": form.get("payer_name", "").strip() or None,
        "shares": [
            {"invoice_id": invoice_id, "amount": written_sum(form.get(f"amount-{invoice_id}", ""))}
            for invoice_id in chosen
        ],
    }


@post(_COUNTER + "/taken/{transaction_id:uuid}/return", include_in_schema=False, **STAFF)
async def hand_back(request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID]) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    if not desk.accountant:
        raise FORBIDDEN()
    form = await read_form(request)
    try:
        why = into(Reasoned, {"note": form.get("note", "").strip()})
        await counter.hand_back(
            house_of(request), principal_of(request).account_id, school_id, transaction_id, why.note
        )
    except Problem as problem:
        return await _front(request, school_id, refused=Refusal(shown_in_form(problem), language_of(request)))
    return go(f"/console/{school_id}/counter", "counter.handed_back")


async def _bills(
    request: AnyRequest, school_id: int, pupil_id: UUID, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    return console_page(
        request,
        desk,
        "console/counter_pupil.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/counter/{pupil_id}",
        pupil_id=pupil_id,
        bills=await counter.open_bills(reader, school_id, pupil_id),
        payment_id=form.get("payment_id") or new_id(),
        form=form,
        refused=refused,
    )


ROUTES: list[Any] = [counter_page, counter_pupil_page, take, hand_back]

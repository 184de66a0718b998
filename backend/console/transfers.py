"""Bank transactions at the accountant's desk: what waits for a person, and that person's decisions. The desk of payments decides."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import queries
from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.core.text import fold
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import desk as payments_desk
from payments import reconcile, refunds
from payments.queries import transactions
from schemas.payments import ManualMatch, Reasoned, TransactionList

_TRANSFERS = "/console/{school_id:int}/transfers"
_TRANSFER = _TRANSFERS + "/{transaction_id:uuid}"
_PAGE_SIZE = 50
_LIST = msgspec.json.Decoder(TransactionList)


@get(_TRANSFERS, include_in_schema=False, **STAFF)
async def transfers_page(
    request: AnyRequest,
    school_id: FromPath[int],
    show: FromQuery[str | None] = None,
    before: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    waiting = show != "all"
    found = _LIST.decode(await transactions(reader, school_id, waiting=waiting, before=before, limit=_PAGE_SIZE))
    return console_page(
        request,
        desk,
        "console/transfers.html",
        transactions=found.transactions,
        next_before=found.next_before,
        waiting=waiting,
        disagreements=await reconcile.disagreements(reader, school_id),
    )


@get(_TRANSFER, include_in_schema=False, **STAFF)
async def transfer_page(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], find: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _show(request, school_id, transaction_id, find=find or "")


@post(_TRANSFER + "/match", include_in_schema=False, **STAFF)
async def match_transfer(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID]
) -> Response[bytes]:
    form = await read_form(request)
    chosen = [name.removeprefix("invoice-") for name in form if name.startswith("invoice-")]
    values = {
        "note": form.get("note", "").strip(),
        "shares": [{"invoice_id": one, "amount": written_sum(form.get(f"amount-{one}", ""))} for one in chosen],
        "credit_pupil_id": form.get("credit_pupil_id") or None,
    }

    async def decide() -> None:
        actor = principal_of(request).account_id
        await payments_desk.match_by_hand(
            house_of(request), actor, school_id, transaction_id, into(ManualMatch, values)
        )

    return await _decided(request, school_id, transaction_id, decide(), "console.transfer_matched", form)


@post(_TRANSFER + "/{verb:str}", include_in_schema=False, **STAFF)
async def decide_transfer(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], verb: FromPath[str]
) -> Response[bytes]:
    """undo, ignore, not-duplicate: each with a note."""
    form = await read_form(request)
    house, actor = house_of(request), principal_of(request).account_id
    note = {"note": form.get("note", "").strip()}

    async def undo() -> None:
        await payments_desk.undo(house, actor, school_id, transaction_id, into(Reasoned, note).note)

    async def ignore() -> None:
        await payments_desk.put_aside(house, actor, school_id, transaction_id, into(Reasoned, note).note)

    async def not_duplicate() -> None:
        await payments_desk.not_a_duplicate(house, actor, school_id, transaction_id, into(Reasoned, note).note)

    verbs = {"undo": undo, "ignore": ignore, "not-duplicate": not_duplicate}
    if verb not in verbs:
        raise NOT_FOUND()
    said = f"console.transfer_{verb.replace('-', '_')}_done"
    return await _decided(request, school_id, transaction_id, verbs[verb](), said, form)


async def _decided(
    request: AnyRequest,
    school_id: int,
    transaction_id: UUID,
    deed: Awaitable[None],
    said: str,
    form: dict[str, str],
) -> Response[bytes]:
    try:
        await deed
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show(request, school_id, transaction_id, find=form.get("find", ""), form=form, refused=refused)
    return go(f"/console/{school_id}/transfers/{transaction_id}", said)


async def _show(
    request: AnyRequest,
    school_id: int,
    transaction_id: UUID,
    *,
    find: str,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    one = _LIST.decode(
        await transactions(reader, school_id, waiting=False, before=None, limit=1, transaction_id=transaction_id)
    ).transactions
    if not one:
        raise NOT_FOUND()
    transaction = one[0]
    suggested = {suggestion.invoice_id: suggestion for suggestion in transaction.suggestions}
    bills = await queries.open_bills(reader, school_id, list(suggested), fold(find) if find.strip() else None)
    return console_page(
        request,
        desk,
        "console/transfer.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/transfers/{transaction_id}",
        transaction=transaction,
        suggested=suggested,
        bills=bills,
        pupils={bill.pupil_id: bill for bill in bills}.values(),
        refundable=await refunds.held(reader, school_id, transaction_id),
        find=find,
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [transfers_page, transfer_page, match_transfer, decide_transfer]

"""What waits at the accountant's desk, one credit after the other, a keystroke a decision; and all of a kind at once.

Every key presses a button of a plain form, so everything works without a script. The desk of payments decides.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import queries
from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form
from backend.core.catalogue import entries, say
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments import bulk
from payments import desk as payments_desk
from payments.queries import transactions
from schemas.payments import ManualMatch, Transaction, TransactionList

_QUEUE = "/console/{school_id:int}/transfers/queue"
_BULK = "/console/{school_id:int}/transfers/alike"
_LOOKED_THROUGH = 200
_LIST = msgspec.json.Decoder(TransactionList)


@get(_QUEUE, include_in_schema=False, **STAFF)
async def queue_page(
    request: AnyRequest,
    school_id: FromPath[int],
    at: FromQuery[UUID | None] = None,
    done: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    return await _show(request, school_id, at, done=done)


@post(_QUEUE + "/{transaction_id:uuid}/{verb:str}", include_in_schema=False, **STAFF)
async def decide_in_queue(
    request: AnyRequest, school_id: FromPath[int], transaction_id: FromPath[UUID], verb: FromPath[str]
) -> Response[bytes]:
    """accept, put-aside, undo. The note says by which reasons, so that nobody has to write it a hundred times."""
    form = await read_form(request)
    house, actor, language = house_of(request), principal_of(request).account_id, language_of(request)
    try:
        if verb == "accept":
            order = await _order(request, school_id, transaction_id, form)
            await payments_desk.match_by_hand(house, actor, school_id, transaction_id, order)
        elif verb == "put-aside":
            note = say("console.queue_note_put_aside", language)
            await payments_desk.put_aside(house, actor, school_id, transaction_id, note)
        elif verb == "undo":
            note = say("console.queue_note_undo", language)
            await payments_desk.undo(house, actor, school_id, transaction_id, note)
        else:
            raise NOT_FOUND()
    except Problem as problem:
        return await _show(request, school_id, transaction_id, refused=Refusal(shown_in_form(problem), language))
    here = f"/console/{school_id}/transfers/queue"
    if verb == "undo":
        return go(f"{here}?at={transaction_id}", "console.transfer_undo_done")
    following = form.get("next", "")
    return go(f"{here}?done={transaction_id}" + (f"&at={UUID(following)}" if _is_uuid(following) else ""))


@get(_BULK, include_in_schema=False, **STAFF)
async def alike_page(request: AnyRequest, school_id: FromPath[int], like: FromQuery[str]) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    group = next((one for one in bulk.alike(await _waiting(request, school_id)) if one.key == like), None)
    return console_page(request, desk, "console/alike.html", group=group, like=like, failures=[])


@post(_BULK, include_in_schema=False, **STAFF)
async def accept_alike(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """One post; what cannot be laid is named, everything else is done."""
    form = await read_form(request)
    language, like = language_of(request), form.get("like", "")
    chosen = [_choice(name, value) for name, value in form.items() if name.startswith("line-")]
    note = say("console.queue_note_alike", language, reasons=_said(like.split("."), language))
    actor = principal_of(request).account_id
    count, failures = await bulk.accept_all(
        house_of(request), actor, school_id, [one for one in chosen if one is not None], note
    )
    if not failures:
        return go(f"/console/{school_id}/transfers/queue", "console.alike_done", count=count)
    desk = await books_desk(request, school_id)
    waiting = await _waiting(request, school_id)
    by_id = {one.transaction_id: one for one in waiting}
    named = [(by_id.get(one.transaction_id), Refusal(one.problem, language)) for one in failures]
    group = next((one for one in bulk.alike(waiting) if one.key == like), None)
    return console_page(request, desk, "console/alike.html", group=group, like=like, failures=named, count=count)


async def _show(
    request: AnyRequest,
    school_id: int,
    at: UUID | None,
    *,
    done: UUID | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    waiting = await _waiting(request, school_id)
    place = next((n for n, one in enumerate(waiting) if one.transaction_id == at), 0)
    one = waiting[place] if waiting else None
    bills = await _bills(request, school_id, one)
    return console_page(
        request,
        desk,
        "console/queue.html",
        status=refused.status if refused else 200,
        one=one,
        place=place,
        count=len(waiting),
        before=waiting[place - 1] if place else None,
        following=waiting[place + 1] if place + 1 < len(waiting) else None,
        suggested=[bills[s.invoice_id] for s in one.suggestions if s.invoice_id in bills] if one else [],
        reasons={s.invoice_id: s.reasons for s in one.suggestions} if one else {},
        together=_together(one, bills),
        groups=bulk.alike(waiting),
        done=await _one(request, school_id, done) if done else None,
        refused=refused,
    )


async def _waiting(request: AnyRequest, school_id: int) -> list[Transaction]:
    reader = house_of(request).database.reader
    found = await transactions(reader, school_id, waiting=True, before=None, limit=_LOOKED_THROUGH)
    return _LIST.decode(found).transactions


async def _one(request: AnyRequest, school_id: int, transaction_id: UUID) -> Transaction | None:
    reader = house_of(request).database.reader
    found = await transactions(reader, school_id, waiting=False, before=None, limit=1, transaction_id=transaction_id)
    return next(iter(_LIST.decode(found).transactions), None)


async def _bills(request: AnyRequest, school_id: int, one: Transaction | None) -> dict[UUID, queries.OpenBill]:
    """What is suggested. A bill that is paid counts only where more came than it asked for: the rest is its family's."""
    ids = [suggestion.invoice_id for suggestion in one.suggestions] if one and one.direction == "in" else []
    bills = await queries.suggested_bills(house_of(request).database.reader, school_id, ids)
    over = one is not None and one.state == "over"
    return {bill.invoice_id: bill for bill in bills if bill.remaining > 0 or over}


def _together(one: Transaction | None, bills: dict[UUID, queries.OpenBill]) -> list[queries.OpenBill]:
    """Two children's bills that together ask for just what came."""
    pair = list(bills.values())
    named = [
        bills[s.invoice_id]
        for s in (one.suggestions if one else ())
        if "amount_equal_together" in s.reasons and s.invoice_id in bills
    ]
    return named if len(pair) > 1 and one and len(named) == 2 and sum(b.remaining for b in named) == one.held else []


async def _order(request: AnyRequest, school_id: int, transaction_id: UUID, form: dict[str, str]) -> ManualMatch:
    """As much as each bill asks for, as far as the money goes; what is left is the credit of the child's family."""
    one = await _one(request, school_id, transaction_id)
    if one is None:
        raise NOT_FOUND()
    ids = [UUID(value) for value in form.get("invoice_ids", "").split() if _is_uuid(value)]
    bills = await queries.suggested_bills(house_of(request).database.reader, school_id, ids)
    left, shares = one.held, []
    for bill in sorted(bills, key=lambda bill: ids.index(bill.invoice_id)):
        amount = min(left, bill.remaining)
        if amount > 0:
            shares.append({"invoice_id": bill.invoice_id, "amount": amount})
            left -= amount
    reasons = [reason for s in one.suggestions if s.invoice_id in ids for reason in s.reasons]
    language = language_of(request)
    note = say("console.queue_note_accept", language, reasons=_said(list(dict.fromkeys(reasons)), language))
    values = {"note": note, "shares": shares, "credit_pupil_id": bills[0].pupil_id if bills and left > 0 else None}
    return into(ManualMatch, msgspec.to_builtins(values))


def _choice(name: str, value: str) -> bulk.Choice | None:
    """`line-<transaction>` = `<invoice> <amount>`, as the page was shown."""
    line, (invoice, _, amount) = name.removeprefix("line-"), value.partition(" ")
    if not (_is_uuid(line) and _is_uuid(invoice) and amount.isascii() and amount.isdigit() and 0 < len(amount) < 16):
        return None
    return bulk.Choice(UUID(line), UUID(invoice), int(amount))


def _said(reasons: Sequence[str], language: str) -> str:
    known = (f"console.why_{reason}" for reason in reasons)
    return ", ".join(say(key, language) for key in known if key in entries())


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


ROUTES: list[Any] = [queue_page, decide_in_queue, alike_page, accept_alike]

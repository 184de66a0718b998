"""What a movement wants of which bills, as far as its codes say it, and why not where they do not. Pure.

Whether codes may move money is matching's to say (match.py); it is asked with what the bills ask for in full, never with what
is left of them, so that the answer does not depend on who came first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from payments import references
from payments.arrange import Claim, Due, Want
from payments.match import (
    DOUBTS,
    SUGGESTIONS_MAX,
    Bill,
    Credit,
    Hints,
    Match,
    NoMatch,
    Suggestion,
    child_of,
    doubt,
    looks_returned,
    match,
)
from payments.names import Told, told
from payments.references import Found, How, Memo

EXACT = (How.WORD, How.RUN_TOGETHER)


class OpenBill(msgspec.Struct, frozen=True):
    """A bill as matching sees it, whose it is, and what decides its turn."""

    bill: Bill
    pupil_id: UUID
    fee_id: UUID
    asked: int
    paid: int
    due_on: date
    mandatory: bool

    @property
    def open_amount(self) -> int:
        return 0 if self.bill.cancelled else self.asked

    @property
    def due(self) -> Due:
        return Due(self.bill.invoice_id, self.open_amount, self.mandatory, self.due_on)


class Code(msgspec.Struct, frozen=True):
    """A code over several bills: of a request, of a pupil, or a virtual account."""

    code: str
    kind: str
    bank_account_id: int
    pupil_id: UUID | None

    @property
    def group(self) -> str:
        """Requests before pupils; all codes of a pupil mean the same bills."""
        return f"1 {self.code}" if self.kind == "request" else f"2 {self.pupil_id} {self.bank_account_id}"


class Board(msgspec.Struct):
    """The bills and codes in question."""

    bills: dict[UUID, OpenBill]
    codes: dict[str, Code]
    virtual: dict[tuple[int, str], Code]
    group_bills: dict[str, list[UUID]]

    def by_reference(self) -> dict[str, OpenBill]:
        return {one.bill.reference: one for one in self.bills.values()}


class Movement(msgspec.Struct, frozen=True):
    """One credit with all that its doors told of it.

    `anywhere`: it lies with a gateway or in the cash box, which take money for the bills of every bank account.
    """

    transaction_id: UUID
    bank_account_id: int
    amount: int
    memos: tuple[str, ...]
    virtual_account: str | None
    prefix: str
    payer_account: str | None = None
    payer_name: str | None = None
    anywhere: bool = False


class Reading(msgspec.Struct, frozen=True):
    """What can be read out of a movement: the fullest memo, every code in any of them, and whether one speaks of money given back.

    `beside`, `hints` and `said` are what matching looked up besides (candidates.py): it may speak against what was read.
    """

    memo: Memo
    found: tuple[Found, ...]
    returned: bool = False
    beside: tuple[OpenBill, ...] = ()
    hints: Hints = Hints()
    said: Told | None = None

    @property
    def exact(self) -> list[Found]:
        return [reading for reading in self.found if reading.how in EXACT]


class Doubt(msgspec.Struct, frozen=True):
    """A person has to decide. `known` are the bills that were named, none where no known code was read."""

    reasons: tuple[str, ...]
    known: tuple[OpenBill, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def of_words(self) -> bool:
        """Its words speak against it, not an amount or a bill that has changed since."""
        return self.reasons[0] in DOUBTS

    @property
    def state(self) -> Literal["over", "ambiguous", "unmatched"]:
        if not self.known:
            return "unmatched"
        return "over" if len(self.known) == 1 and self.reasons[0] in ("amount_more", "bill_paid") else "ambiguous"


def read(movement: Movement) -> Reading:
    """Each memo is read by itself, so that nothing is read across the seam of two. The order of the doors does not matter."""
    memos = [references.views(text) for text in sorted(set(movement.memos), key=lambda text: (-len(text), text))]
    found = [references.find(memo, movement.prefix) for memo in memos]
    sure = [readings for readings in found if any(reading.how in EXACT for reading in readings)]
    best: dict[str, Found] = {}
    rank = list(How)
    for readings in sure or found:
        for reading in readings:
            known = best.get(reading.code)
            if known is None or rank.index(reading.how) < rank.index(known.how):
                best[reading.code] = reading
    ordered = sorted(best.values(), key=lambda reading: (rank.index(reading.how), reading.code))
    fullest = memos[0] if memos else references.views("")
    return Reading(fullest, tuple(ordered), any(looks_returned(memo) for memo in memos))


def judge(movement: Movement, reading: Reading, board: Board, by_reference: Mapping[str, OpenBill]) -> Claim | Doubt:
    """The claim of a movement, or why there is none."""
    exact = reading.exact
    named = [by_reference[one.code] for one in exact if one.code in by_reference]
    codes = [board.codes[one.code] for one in exact if one.code in board.codes]
    virtual = board.virtual.get((movement.bank_account_id, movement.virtual_account or ""))
    if virtual is not None and all(one.pupil_id == virtual.pupil_id for one in named) and not codes:
        if not named and reading.returned:
            return Doubt(("looks_returned",), tuple(_covered([virtual], board)))
        if not named:
            return Claim(movement.transaction_id, movement.amount, group=virtual.group)
    elif virtual is not None:
        return Doubt(("several_references",), tuple(named))
    if codes:
        return _judge_codes(movement, reading, codes, named, board)
    return _judge_bills(movement, reading, named)


def _judge_bills(movement: Movement, reading: Reading, named: Sequence[OpenBill]) -> Claim | Doubt:
    credit = Credit(movement.bank_account_id, movement.amount, reading.memo, movement.anywhere, reading.returned)
    exact = {one.bill.invoice_id for one in named}
    beside = [one.bill for one in reading.beside if one.bill.invoice_id not in exact]
    decision = match(credit, reading.found, [*map(_in_full, named), *beside], reading.hints, reading.said)
    if isinstance(decision, NoMatch):
        return Doubt(decision.reasons, suggestions=decision.suggestions)
    if isinstance(decision, Match):
        wants = tuple(Want(share.invoice_id, share.amount) for share in decision.shares)
        return Claim(movement.transaction_id, movement.amount, wants)
    how = {one.code: one.how for one in reading.exact}
    if decision.state == "over" and len(named) == 1 and how[named[0].bill.reference] is How.WORD:
        return Claim(movement.transaction_id, movement.amount, (Want(named[0].bill.invoice_id, movement.amount),))
    return Doubt(decision.reasons, tuple(named), decision.suggestions)


def _judge_codes(
    movement: Movement, reading: Reading, codes: Sequence[Code], named: Sequence[OpenBill], board: Board
) -> Claim | Doubt:
    """One code alone is flexible money; several are split only where all their bills together ask for just this."""
    bills = _covered(codes, board)
    why = _doubt(reading, codes, named, bills)
    if why is not None:
        return Doubt((why,), (*named, *bills))
    if not movement.anywhere and any(code.bank_account_id != movement.bank_account_id for code in codes):
        return Doubt(("another_account",), tuple(bills))
    everything = list({one.bill.invoice_id: one for one in (*named, *bills)}.values())
    asked = sum(one.open_amount for one in everything)
    if len(codes) > 1 or named:
        elsewhere = any(one.bill.bank_account_id != movement.bank_account_id for one in everything)
        if asked != movement.amount or (elsewhere and not movement.anywhere):
            return Doubt(("several_references", "amount_not_the_sum"), tuple(everything))
        wants = tuple(Want(one.bill.invoice_id, one.open_amount) for one in everything if one.open_amount)
        return Claim(movement.transaction_id, movement.amount, wants)
    if next(one.how for one in reading.exact if one.code == codes[0].code) is How.WORD or asked == movement.amount:
        return Claim(movement.transaction_id, movement.amount, group=codes[0].group)
    return Doubt(("reference_run_together", "amount_less"), tuple(everything))


def _covered(codes: Sequence[Code], board: Board) -> list[OpenBill]:
    covered = dict.fromkeys(id_ for code in codes for id_ in board.group_bills.get(code.group, ()))
    return [board.bills[id_] for id_ in covered if id_ in board.bills]


def _doubt(reading: Reading, codes: Sequence[Code], named: Sequence[OpenBill], bills: Sequence[OpenBill]) -> str | None:
    """The rule of a bill's own reference (match.py), for codes over several bills."""
    meant = [one.bill for one in (*named, *bills)]
    known = {code.code for code in codes} | {one.bill.reference for one in named}
    owners = [child_of(bill) for bill in meant]
    beside = [one.bill for one in reading.beside]
    said = reading.said or told(reading.memo.raw)
    return doubt(reading.found, known, owners, beside, reading.hints.children, said, returned=reading.returned)


def _in_full(one: OpenBill) -> Bill:
    return msgspec.structs.replace(one.bill, remaining=one.asked)


def suggestions(doubt: Doubt) -> list[Suggestion]:
    """What matching thinks likely, or the bills that the codes mean."""
    if doubt.suggestions:
        return list(doubt.suggestions)
    named = sorted(doubt.known, key=lambda one: one.bill.remaining <= 0)[:SUGGESTIONS_MAX]
    return [Suggestion(one.bill.invoice_id, one.bill.reference, 100, doubt.reasons) for one in named]

"""Which bill a credit pays: a credit and the bills in question → Match | Ambiguous | NoMatch, each with its reasons.

Only an exact reference moves money. Everything else is a suggestion to a person: fees are the same for hundreds of
pupils, so an amount proves nothing, and a name may be the payer's. Pure: it reads no table and books nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from rapidfuzz import fuzz

from payments.references import Found, How, Memo

SUGGESTIONS_MAX = 3
# Below this a name in the memo is chance: half of all families share three surnames.
_NAME_LIKENESS_MIN = 85

_EXACT = (How.WORD, How.RUN_TOGETHER)
_GUESS_SCORES = {How.LOOKALIKE: 100, How.NO_PREFIX: 90, How.CUT_SHORT: 60}


class Bill(msgspec.Struct, frozen=True):
    """`remaining` is what allocations have left of the amount. Names are folded (see core.text.fold)."""

    invoice_id: UUID
    reference: str
    bank_account_id: int
    remaining: int
    cancelled: bool
    pupil_name: str
    class_name: str


class Credit(msgspec.Struct, frozen=True):
    bank_account_id: int
    amount: int
    memo: Memo


class Share(msgspec.Struct, frozen=True):
    """So much of a credit for one bill."""

    invoice_id: UUID
    amount: int


class Suggestion(msgspec.Struct, frozen=True):
    invoice_id: UUID
    reference: str
    score: int
    reasons: tuple[str, ...]


class Match(msgspec.Struct, frozen=True):
    state: Literal["settled", "part"]
    shares: tuple[Share, ...]
    reasons: tuple[str, ...]


class Ambiguous(msgspec.Struct, frozen=True):
    """A reference was read, but a person has to decide. `over`: the bill wants less than came."""

    state: Literal["over", "ambiguous"]
    reasons: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]


class NoMatch(msgspec.Struct, frozen=True):
    reasons: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]


Decision = Match | Ambiguous | NoMatch


def match(credit: Credit, found: Sequence[Found], bills: Sequence[Bill]) -> Decision:
    """`bills` holds every bill whose reference was found, open or not, and besides any that may be worth suggesting."""
    exact = {reading.code: reading.how for reading in found if reading.how in _EXACT}
    known = [bill for bill in bills if bill.reference in exact]
    strangers = {code for code, how in exact.items() if how is How.WORD} - {bill.reference for bill in known}
    if not known:
        reason = "unknown_reference" if strangers else "no_reference"
        return NoMatch((reason,), _suggest(credit, found, bills))
    if strangers:
        return _for_a_person(credit, known, "unknown_reference_beside")
    if len(known) > 1:
        return _split(credit, known)
    return _single(credit, known[0], exact[known[0].reference])


def _single(credit: Credit, bill: Bill, how: How) -> Decision:
    hindrance = _hindrance(credit, bill)
    if hindrance:
        return _for_a_person(credit, [bill], hindrance)
    if credit.amount > bill.remaining:
        return _for_a_person(credit, [bill], "amount_more")
    reference_read = "reference_word" if how is How.WORD else "reference_run_together"
    if credit.amount == bill.remaining:
        return Match("settled", (Share(bill.invoice_id, credit.amount),), (reference_read, "amount_equal"))
    if how is How.WORD:
        return Match("part", (Share(bill.invoice_id, credit.amount),), (reference_read, "amount_less"))
    # Digits that grew onto a reference could have made another one; then the amount does not fit either.
    return _for_a_person(credit, [bill], reference_read, "amount_less")


def _split(credit: Credit, known: Sequence[Bill]) -> Decision:
    """Several references in one memo: only if together they ask for exactly what came."""
    hindrances = [hindrance for bill in known if (hindrance := _hindrance(credit, bill))]
    if hindrances:
        return _for_a_person(credit, known, "several_references", *dict.fromkeys(hindrances))
    if sum(bill.remaining for bill in known) != credit.amount:
        return _for_a_person(credit, known, "several_references", "amount_not_the_sum")
    shares = tuple(Share(bill.invoice_id, bill.remaining) for bill in known)
    return Match("settled", shares, ("several_references", "amount_equal"))


def _hindrance(credit: Credit, bill: Bill) -> str | None:
    if bill.bank_account_id != credit.bank_account_id:
        return "another_account"
    if bill.cancelled:
        return "bill_cancelled"
    return "bill_paid" if bill.remaining <= 0 else None


def _for_a_person(credit: Credit, bills: Sequence[Bill], *reasons: str) -> Ambiguous:
    over = len(bills) == 1 and reasons[0] in ("amount_more", "bill_paid")
    suggestions = tuple(Suggestion(bill.invoice_id, bill.reference, 100, reasons) for bill in bills[:SUGGESTIONS_MAX])
    return Ambiguous("over" if over else "ambiguous", reasons, suggestions)


def _suggest(credit: Credit, found: Sequence[Found], bills: Iterable[Bill]) -> tuple[Suggestion, ...]:
    """The likeliest open bills, best first, each with what speaks for it; none when only the amount does."""
    scored = [_score(credit, found, bill) for bill in bills if _hindrance(credit, bill) is None]
    likely = [suggestion for suggestion in scored if set(suggestion.reasons) - {"amount_equal"}]
    return tuple(sorted(likely, key=lambda s: (-s.score, s.reference))[:SUGGESTIONS_MAX])


def _score(credit: Credit, found: Sequence[Found], bill: Bill) -> Suggestion:
    weights: dict[str, int] = {}
    for reading in found:
        if reading.how is How.CUT_SHORT and bill.reference.startswith(reading.code):
            weights["reference_cut_short"] = _GUESS_SCORES[How.CUT_SHORT]
        elif reading.code == bill.reference and reading.how in _GUESS_SCORES:
            weights[f"reference_{reading.how.value}"] = _GUESS_SCORES[reading.how]
    name = bill.pupil_name.upper().replace(" ", "")
    likeness = int(fuzz.partial_ratio(name, credit.memo.compact)) if len(name) <= len(credit.memo.compact) else 0
    if likeness >= _NAME_LIKENESS_MIN:
        weights["name_alike"] = likeness // 2
        if bill.class_name.upper().replace(" ", "") in credit.memo.compact:
            weights["class_named"] = 15
    if bill.remaining == credit.amount:
        weights["amount_equal"] = 20
    return Suggestion(bill.invoice_id, bill.reference, sum(weights.values()), tuple(weights))

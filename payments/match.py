"""Which bill a credit pays: a credit and the bills in question → Match | Ambiguous | NoMatch, each with its reasons.

Only an exact reference moves money. Everything else is a suggestion to a person: fees are the same for hundreds of
pupils, so an amount proves nothing, and a name may be the payer's. Pure: it reads no table and books nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from typing import Literal
from uuid import UUID

import msgspec

from payments import match_likeness
from payments.match_likeness import Child, another_child
from payments.names import Told, class_form, told
from payments.shape import Found, How, Memo

SUGGESTIONS_MAX = 3
EXACT = (How.WORD, How.RUN_TOGETHER)
_GUESS_SCORES = {How.AMONG_DIGITS: 110, How.LOOKALIKE: 110, How.NO_PREFIX: 90, How.MISTYPED: 80, How.CUT_SHORT: 60}
# Reasons that say something of the child or the payer; the others only order what these have found.
_TELLING = frozenset(
    ("name_whole", "name_alike", "payer_seen_before", "guardian_named", "pupil_code", "few_of_this_amount")
)
# A bank gives money back that had left, or takes back what it had booked: it bears a reference, and nobody has paid.
_RETURNED = re.compile(
    r"\b(?:HOAN (?:TRA|TIEN|LAI)|TRA LAI (?:TIEN|LENH)|(?:HUY|DAO) LENH|REVERSAL|REVERSED|REFUND(?:ED)?)\b"
)
# What speaks against the words of a memo. Amounts and the state of a bill do not: they change while the money lies.
DOUBTS = frozenset(
    (
        "looks_returned",
        "unknown_reference_beside",
        "damaged_reference_beside",
        "reference_may_be_another",
        "another_child_named",
    )
)
# So few bills ask for an amount that the amount alone is worth a look.
RARE_AMOUNT_MAX = 3


class Bill(msgspec.Struct, frozen=True):
    """`remaining` is what allocations have left of what it asks for. Names are folded (see core.text.fold)."""

    invoice_id: UUID
    reference: str
    bank_account_id: int
    remaining: int
    cancelled: bool
    pupil_name: str
    class_name: str
    # Whose it is, where names do not tell it; several bills of one pupil are no two children.
    pupil: UUID | None = None


class Credit(msgspec.Struct, frozen=True):
    """`anywhere`: it lies with a gateway or in the cash box, which take money for the bills of every bank account."""

    bank_account_id: int
    amount: int
    memo: Memo
    anywhere: bool = False
    # Another door's text of the same credit speaks of money given back, where this memo does not.
    returned: bool = False


class Hints(msgspec.Struct, frozen=True):
    """What is known besides the memo: pupils for whom this payer paid before, whose guardian or code is named, and who else is named."""

    payer_paid_for: frozenset[object] = frozenset()
    guardian_of: frozenset[object] = frozenset()
    by_code: frozenset[object] = frozenset()
    children: tuple[Child, ...] = ()
    # Bills that alone, or nearly, ask for this amount on this account.
    rare_amount: frozenset[UUID] = frozenset()


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
_NOTHING = Hints()


def match(
    credit: Credit, found: Sequence[Found], bills: Sequence[Bill], hints: Hints = _NOTHING, said: Told | None = None
) -> Decision:
    """`bills` holds every bill whose reference was found, open or not, and besides any that may be worth suggesting."""
    exact = {reading.code: reading.how for reading in found if reading.how in EXACT}
    known = [bill for bill in bills if bill.reference in exact]
    said = said or told(credit.memo.raw)
    if not known:
        strangers = any(how is How.WORD for how in exact.values())
        reason = "unknown_reference" if strangers else "no_reference"
        return NoMatch((reason,), _suggest(credit, found, bills, hints, said))
    owners = [child_of(bill) for bill in known]
    returned = credit.returned or looks_returned(credit.memo)
    doubtful = doubt(found, {bill.reference for bill in known}, owners, bills, hints.children, said, returned=returned)
    if doubtful:
        named = [bill for bill in bills if bill not in known and _is_named(said, bill)] if len(known) == 1 else []
        return _for_a_person(credit, [*known, *named], doubtful)
    if len(known) > 1:
        return _split(credit, known)
    return _single(credit, known[0], exact[known[0].reference])


def looks_returned(memo: Memo) -> bool:
    return _RETURNED.search(" ".join(memo.words)) is not None


def doubt(
    found: Sequence[Found],
    known: Set[str],
    owners: Sequence[Child],
    bills: Sequence[Bill],
    children: Sequence[Child],
    said: Told,
    *,
    returned: bool,
) -> str | None:
    """Why the words may not be trusted, whatever the amount and whether or not their bills are open: one of DOUBTS.

    `known` are the codes that mean something, of bills, requests or pupils alike; `owners` the children whose bills they mean.
    """
    if returned:
        return "looks_returned"
    if any(_beside(reading.code, reading.how, known) for reading in found if reading.how in EXACT):
        return "unknown_reference_beside"
    if any(reading.how is How.DAMAGED for reading in found):
        return "damaged_reference_beside"
    rivals = {reading.code for reading in found if reading.how in (How.RIVAL, How.AMONG_DIGITS)}
    if any(bill.reference in rivals for bill in bills):
        return "reference_may_be_another"
    if any(bill.reference.startswith(code) for bill in bills for code in known if bill.reference != code):
        return "reference_may_be_another"
    if owners and all(another_child(said, own, _without(children, owners)) for own in owners):
        return "another_child_named"
    return None


def child_of(bill: Bill) -> Child:
    return Child(bill.pupil_name, bill.class_name)


def _beside(code: str, how: How, known: Iterable[str]) -> bool:
    """Not a bill's, and not a piece of one either; with its neighbours grown on, not a known one with digits behind it."""
    longer = how is not How.WORD and any(code.startswith(one) for one in known)
    return not longer and not any(one.startswith(code) for one in known)


def _without(children: Sequence[Child], owners: Sequence[Child]) -> list[Child]:
    return [child for child in children if child not in owners]


def _is_named(said: Told, bill: Bill) -> bool:
    return bill.remaining > 0 and match_likeness.named_clearly(said, child_of(bill))


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
    if credit.amount <= 0:
        return "no_amount"
    if bill.bank_account_id != credit.bank_account_id and not credit.anywhere:
        return "another_account"
    if bill.cancelled:
        return "bill_cancelled"
    return "bill_paid" if bill.remaining <= 0 else None


def _for_a_person(credit: Credit, bills: Sequence[Bill], *reasons: str) -> Ambiguous:
    over = len(bills) == 1 and reasons[0] in ("amount_more", "bill_paid")
    suggestions = tuple(Suggestion(bill.invoice_id, bill.reference, 100, reasons) for bill in bills[:SUGGESTIONS_MAX])
    return Ambiguous("over" if over else "ambiguous", reasons, suggestions)


def _suggest(
    credit: Credit, found: Sequence[Found], bills: Iterable[Bill], hints: Hints, said: Told
) -> tuple[Suggestion, ...]:
    """The likeliest open bills, best first, each with what speaks for it; none when only the amount does."""
    guesses: dict[str, How] = {}
    for reading in found:
        if reading.how in _GUESS_SCORES:
            guesses.setdefault(reading.code, reading.how)
    openly = [bill for bill in bills if _hindrance(credit, bill) is None]
    scored = [(bill, one) for bill in openly if (one := _score(credit, guesses, bill, hints, said)) is not None]
    ordered = sorted(scored, key=lambda pair: (-pair[1].score, pair[1].reference))
    chosen = [one for _, one in ordered]
    if len(ordered) > 1 and ordered[0][0].remaining != credit.amount:
        chosen = _two_children(credit, ordered) or chosen
    return tuple(chosen[:SUGGESTIONS_MAX])


def _two_children(credit: Credit, ordered: Sequence[tuple[Bill, Suggestion]]) -> list[Suggestion] | None:
    """One transfer for two bills of different children: the best pair that together asks for what came goes first."""
    best = ordered[:20]
    pairs = [
        (one[1].score + two[1].score, -place, [one[1], two[1]])
        for place, one in enumerate(best)
        for two in best[place + 1 :]
        if one[0].remaining + two[0].remaining == credit.amount and who(one[0]) != who(two[0])
        if min(one[1].score, two[1].score) >= 75
    ]
    if not pairs:
        return None
    pair = max(pairs, key=lambda entry: entry[:2])[2]
    together = [msgspec.structs.replace(one, reasons=(*one.reasons, "amount_equal_together")) for one in pair]
    return together + [one for _, one in ordered if one not in pair]


def who(bill: Bill) -> object:
    """The child that a bill is for."""
    return bill.pupil if bill.pupil is not None else (bill.pupil_name, bill.class_name)


def _score(credit: Credit, guesses: dict[str, How], bill: Bill, hints: Hints, said: Told) -> Suggestion | None:
    weights: dict[str, int] = {}
    how = guesses.get(bill.reference)
    if how is not None:
        weights[f"reference_{how.value}"] = _GUESS_SCORES[how]
    child = who(bill)
    for reason, pupils, weight in (
        ("payer_seen_before", hints.payer_paid_for, 60),
        ("guardian_named", hints.guardian_of, 55),
        ("pupil_code", hints.by_code, 95),
    ):
        if child in pupils:
            weights[reason] = weight
    alike = match_likeness.likeness(said, bill.pupil_name)
    in_class = class_form(bill.class_name) in said.classes
    if alike >= match_likeness.NAME_MIN or (alike >= match_likeness.GIVEN_MIN and in_class):
        weights["name_whole" if alike >= match_likeness.WHOLE else "name_alike"] = alike
        if in_class:
            weights["class_named"] = 30
    if bill.invoice_id in hints.rare_amount:
        weights["few_of_this_amount"] = 35
    if not weights or (how is None and not _TELLING & weights.keys()):
        return None
    if bill.remaining == credit.amount:
        weights["amount_equal"] = 20
    return Suggestion(bill.invoice_id, bill.reference, sum(weights.values()), tuple(weights))

"""For credits of a batch, what matching needs to know: the bills they name, and those of pupils whom they may mean. It writes nothing.

Everything is found by index and every list is bounded, so a line costs the same among two thousand open bills and two hundred
thousand. A batch takes as many statements as a single line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from payments import allocations, payers, pupils_meant
from payments.allocations import OpenBill
from payments.banks.line import BankLine
from payments.match import EXACT, RARE_AMOUNT_MAX, Credit, Decision, Hints, match
from payments.match_likeness import GIVEN_MIN, likeness
from payments.names import Told, told
from payments.pupils_meant import CLASS_MAX, CROWD_MAX, Pupil
from payments.references import find, guess, views
from payments.shape import Found

_PUPILS_MAX = 100


class Look(msgspec.Struct):
    """One credit with everything in reach that it may be for."""

    credit: Credit
    said: Told
    found: tuple[Found, ...]
    bills: list[OpenBill] = []
    hints: Hints = Hints()

    def decide(self) -> Decision:
        return match(self.credit, self.found, [one.bill for one in self.bills], self.hints, self.said)


async def look(tx: SchoolTx, prefix: str, credits: Sequence[tuple[int, BankLine]]) -> list[Look]:
    """`credits` are lines with the account that each came to."""
    looks = [_first(prefix, bank_account_id, line) for bank_account_id, line in credits]
    await _add_named_bills(tx, looks, (reading.code for one in looks for reading in one.found))
    unnamed = [(one, line) for one, (_, line) in zip(looks, credits, strict=True) if not _names_a_bill(one)]
    for one, _ in unnamed:
        exact = {reading.code for reading in one.found if reading.how in EXACT}
        if exact:
            more = (reading for reading in guess(one.credit.memo, prefix) if reading.code not in exact)
            one.found = (*one.found, *more)
    await _add_named_bills(tx, [one for one, _ in unnamed], {r.code for one, _ in unnamed for r in one.found})
    await _add_likely_bills(tx, unnamed)
    # Also beside a code that is no bill's: it may be a request's or a pupil's (board.py knows).
    await _add_children(tx, [one for one in looks if any(reading.how in EXACT for reading in one.found)])
    return looks


def _first(prefix: str, bank_account_id: int, line: BankLine) -> Look:
    memo = views(line.memo)
    return Look(Credit(bank_account_id, line.amount, memo), told(line.memo), find(memo, prefix))


def _names_a_bill(one: Look) -> bool:
    exact = {reading.code for reading in one.found if reading.how in EXACT}
    return any(bill.bill.reference in exact for bill in one.bills)


async def _add_named_bills(tx: SchoolTx, looks: Sequence[Look], codes: Iterable[str]) -> None:
    wanted = sorted(set(codes))
    if not wanted:
        return
    by_code = {one.bill.reference: one for one in await allocations.bills_by_reference(tx, wanted)}
    for one in looks:
        known = {bill.bill.invoice_id for bill in one.bills}
        for reading in one.found:
            bill = by_code.get(reading.code)
            if bill is not None and bill.bill.invoice_id not in known:
                one.bills.append(bill)


async def _add_children(tx: SchoolTx, looks: Sequence[Look]) -> None:
    """Who is named in full beside a reference: it may be another child than the bill's."""
    found = await pupils_meant.children(tx, [one.said for one in looks]) if looks else {}
    for one in looks:
        starts = tuple(one.said.beginnings)
        begun = [run for run in found if run.startswith(starts)] if starts else []
        children = tuple(child for run in {*one.said.runs, *begun} for child in found.get(run, ()))
        one.hints = msgspec.structs.replace(one.hints, children=children)


async def _add_likely_bills(tx: SchoolTx, unnamed: Sequence[tuple[Look, BankLine]]) -> None:
    if not unnamed:
        return
    told_of = [one.said for one, _ in unnamed]
    found = await pupils_meant.named(tx, told_of)
    found.update(await pupils_meant.otherwise(tx, told_of, [_numbers(one) for one, _ in unnamed]))
    nameless = [said for said in told_of if not any(("run", run) in found for run in said.runs)]
    found.update(await pupils_meant.shortened(tx, nameless))
    accounts = {key for one, line in unnamed for key in payers.account_keys(line, one.said)}
    names = {key for one, line in unnamed for key in payers.name_keys(line, one.said)}
    paid = await pupils_meant.paid_for(tx, sorted(accounts), sorted(names))
    rare = await allocations.bills_of_rare_amount(
        tx, {(one.credit.bank_account_id, one.credit.amount) for one, _ in unnamed}, most=RARE_AMOUNT_MAX
    )
    meant = [_meant(one, line, found, paid) for one, line in unnamed]
    by_pupil = await allocations.open_bills_of_pupils(
        tx, sorted({pupil_id for pupils, _ in meant for pupil_id in pupils})
    )
    for (one, _), (pupils, hints) in zip(unnamed, meant, strict=True):
        few = rare.get((one.credit.bank_account_id, one.credit.amount), [])
        known = {bill.bill.invoice_id for bill in one.bills}
        more = [*(bill for pupil_id in pupils for bill in by_pupil.get(pupil_id, ())), *few]
        one.bills += {bill.bill.invoice_id: bill for bill in more if bill.bill.invoice_id not in known}.values()
        one.hints = msgspec.structs.replace(hints, rare_amount=frozenset(bill.bill.invoice_id for bill in few))


def _meant(
    one: Look, line: BankLine, found: pupils_meant.Found, paid: dict[str, frozenset[UUID]]
) -> tuple[list[UUID], Hints]:
    """The pupils whom a line may mean, the likeliest first, and what is known of them besides their names."""
    payer_paid_for: frozenset[UUID] = frozenset()
    for key in (*payers.account_keys(line, one.said), *payers.name_keys(line, one.said)):
        payer_paid_for = payer_paid_for or paid.get(key, frozenset())
    by_code = [pupil.pupil_id for number in _numbers(one) for pupil in found.get(("code", number), ())]
    guardian_of = [
        pupil.pupil_id for key in pupils_meant.adults(one.said) for pupil in found.get(("guardian", key), ())
    ]
    pupils: dict[UUID, None] = dict.fromkeys((*payer_paid_for, *by_code, *guardian_of))
    for form in _name_keys(one.said):
        crowd = found.get(form, [])
        if len(crowd) <= (CLASS_MAX if form[0] == "class" else CROWD_MAX):
            pupils.update(
                dict.fromkeys(pupil.pupil_id for pupil in crowd if form[0] != "class" or _in_memo(pupil, one.said))
            )
        if len(pupils) > _PUPILS_MAX:
            break
    hints = Hints(payer_paid_for=payer_paid_for, guardian_of=frozenset(guardian_of), by_code=frozenset(by_code))
    return list(pupils)[:_PUPILS_MAX], hints


def _name_keys(said: Told) -> list[tuple[str, str]]:
    """The most telling first."""
    return [
        *(("class", one) for one in said.classes),
        *(("run", run) for run in said.runs),
        *(("begun", begun) for begun in said.beginnings),
        *(("short", short) for short in said.shorts),
        *(("ends", pair) for pair in said.pairs),
        *(("tail", pair) for pair in said.pairs),
        *(("bones", bones) for bones in pupils_meant.bones(said)),
    ]


def _in_memo(pupil: Pupil, said: Told) -> bool:
    """Of a class only those are meant whose given name, or something like the whole name, stands in the memo."""
    return likeness(said, pupil.name_fold) >= GIVEN_MIN


def _numbers(one: Look) -> list[str]:
    """A school's own numbers of its pupils."""
    return [word for word in one.credit.memo.words if len(word) > 4 and any(character.isdigit() for character in word)]

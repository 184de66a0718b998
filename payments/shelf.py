"""Bills in memory, found by code and by every form of a name without a scan: for measuring, where no database is asked.

It finds what the database finds for the bank (candidates.py): the same forms, the same bounds, the same matching behind them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

from payments.match import EXACT, RARE_AMOUNT_MAX, Bill, Credit, Decision, Hints, Match, match, who
from payments.match_likeness import Child
from payments.names import Forms, Told, class_form, forms, told
from payments.references import find, guess, views
from payments.shape import Found, How, Memo, is_body

# A form that more pupils share than this says too little by itself; the class or the amount must help.
CROWD_MAX = 64
CANDIDATES_MAX = 160
_CUT_MAX = 24
_PAYERS_MAX = 4


class Shelf:
    """Every list it looks up is bounded, so a line costs the same among two thousand bills and two hundred thousand."""

    def __init__(self, bills: Iterable[Bill]) -> None:
        self._by_code: dict[str, list[Bill]] = defaultdict(list)
        self._longer: dict[str, str] = {}
        # One bill stands there as itself: most forms are one pupil's, and lists of one would double the memory.
        self._by_form: dict[str, Bill | list[Bill]] = {}
        self._by_pupil: dict[object, list[Bill]] = defaultdict(list)
        self._by_amount: dict[tuple[int, int], list[Bill]] = defaultdict(list)
        self._paid_for: dict[str, dict[object, None]] = defaultdict(dict)
        self.prefixes: tuple[str, ...] = ()
        for bill in bills:
            self._put(bill)
        self._runs = sorted({key[2:] for key in self._by_form if key.startswith("r:")})
        self.prefixes = tuple(sorted({code.rstrip("0123456789") for code in self._by_code if _is_whole(code)}))

    def _put(self, bill: Bill) -> None:
        self._by_code[bill.reference].append(bill)
        digits = bill.reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        for cut in (1, 2):
            if len(digits) - cut >= 7:
                self._longer.setdefault(bill.reference[:-cut], bill.reference)
        form = forms(bill.pupil_name)
        for key in _keys(form, class_form(bill.class_name), bill.remaining):
            crowd = self._by_form.setdefault(key, bill)
            if isinstance(crowd, list):
                # One more than the bound tells that there are too many.
                if len(crowd) <= CROWD_MAX:
                    crowd.append(bill)
            elif crowd is not bill:
                self._by_form[key] = [crowd, bill]
        if len(self._by_pupil[who(bill)]) < CROWD_MAX:
            self._by_pupil[who(bill)].append(bill)
        if bill.remaining > 0 and not bill.cancelled:
            same = self._by_amount[bill.bank_account_id, bill.remaining]
            if len(same) <= RARE_AMOUNT_MAX:
                same.append(bill)

    def decide(self, bank_account_id: int, amount: int, memo: str) -> tuple[Decision, list[Bill]]:
        """What is settled teaches who pays for whom; the bills themselves stay as they are."""
        credit = Credit(bank_account_id, amount, views(memo))
        said = told(memo)
        found = find(credit.memo, self.prefixes) or self._unproven(credit.memo)
        bills = self._read(found)
        exact = {reading.code for reading in found if reading.how in EXACT}
        known = not exact.isdisjoint(bill.reference for bill in bills.values())
        if exact and not known:
            found = (*found, *(reading for reading in guess(credit.memo, self.prefixes) if reading.code not in exact))
            bills = self._read(found)
        named = list(self._named(said)) if known else list(self._likely(said, amount))
        rare = [] if known else self._rare(bank_account_id, amount)
        for bill in (*named, *rare):
            bills.setdefault(bill.invoice_id, bill)
        hints = Hints(
            payer_paid_for=self._payer_paid_for(said),
            children=tuple({Child(bill.pupil_name, bill.class_name): None for bill in named}) if known else (),
            rare_amount=frozenset(bill.invoice_id for bill in rare),
        )
        for child in hints.payer_paid_for:
            for bill in self._by_pupil[child]:
                bills.setdefault(bill.invoice_id, bill)
        among = list(bills.values())
        decision = match(credit, found, among, hints, said)
        if isinstance(decision, Match):
            self._learn(said, [bills[share.invoice_id] for share in decision.shares])
        return decision, among

    def _learn(self, said: Told, bills: Iterable[Bill]) -> None:
        for payer in _payers(said):
            for bill in bills:
                self._paid_for[payer][who(bill)] = None

    def _payer_paid_for(self, said: Told) -> frozenset[object]:
        for payer in _payers(said):
            pupils = self._paid_for.get(payer, {})
            # Who pays for many is a shop or an office, and its payments say nothing of a child.
            if 0 < len(pupils) <= _PAYERS_MAX:
                return frozenset(pupils)
        return frozenset()

    def _read(self, found: Sequence[Found]) -> dict[UUID, Bill]:
        codes = [reading.code for reading in found]
        longer = [self._longer[code] for code in codes if code in self._longer]
        return {bill.invoice_id: bill for code in (*codes, *longer) for bill in self._by_code.get(code, ())}

    def _unproven(self, memo: Memo) -> tuple[Found, ...]:
        """A code that stands there but has no right check digit is a guess like any other."""
        return tuple(Found(word, How.MISTYPED) for word in memo.words if word in self._by_code)

    def _named(self, said: Told) -> Iterator[Bill]:
        """Only who is named in full: beside a reference nothing less counts."""
        for run in said.runs:
            yield from self._at(f"r:{run}")
        for beginning in said.beginnings:
            yield from self._cut(beginning)

    def _likely(self, said: Told, amount: int) -> Iterator[Bill]:
        seen: dict[UUID, Bill] = {}
        for key in self._sought(said, amount):
            crowd = self._at(key)
            if len(crowd) > CROWD_MAX:
                continue
            for bill in crowd:
                seen[bill.invoice_id] = bill
            if len(seen) >= CANDIDATES_MAX:
                break
        for beginning in said.beginnings:
            for bill in self._cut(beginning):
                seen[bill.invoice_id] = bill
        return islice(iter(seen.values()), CANDIDATES_MAX)

    def _sought(self, said: Told, amount: int) -> Iterator[str]:
        """The most telling first."""
        for one in said.classes:
            yield from (f"c:{one}|{word}" for word in said.words)
        for run in said.runs:
            yield f"r:{run}"
        yield from (f"s:{short}" for short in said.shorts)
        yield from (f"a:{short}|{amount}" for short in said.shorts)
        yield from (f"e:{pair}" for pair in said.pairs)
        yield from (f"t:{pair}" for pair in said.pairs)
        yield from (f"b:{bones}" for bones in {run.translate(_VOWELS) for run in said.runs if len(run) > 7})
        yield from (f"l:{one}" for one in said.classes)

    def _cut(self, beginning: str) -> Iterator[Bill]:
        at = bisect_left(self._runs, beginning)
        for run in self._runs[at : at + _CUT_MAX]:
            if not run.startswith(beginning):
                break
            yield from self._at(f"r:{run}")

    def _at(self, key: str) -> Sequence[Bill]:
        crowd = self._by_form.get(key, ())
        return (crowd,) if isinstance(crowd, Bill) else crowd

    def _rare(self, bank_account_id: int, amount: int) -> list[Bill]:
        same = self._by_amount.get((bank_account_id, amount), [])
        return same if len(same) <= RARE_AMOUNT_MAX else []


_VOWELS = str.maketrans("", "", "aeiouy")


def _is_whole(code: str) -> bool:
    digits = code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return digits != code and is_body(digits)


def _keys(form: Forms, in_class: str, amount: int) -> Iterator[str]:
    if not form.run:
        return
    yield f"r:{form.run}"
    yield f"s:{form.short}"
    yield f"e:{form.ends}"
    yield f"t:{form.tail}"
    yield f"b:{form.bones}"
    yield f"a:{form.short}|{amount}"
    if in_class:
        yield f"c:{in_class}|{form.given}"
        yield f"l:{in_class}"


def _payers(said: Told) -> list[str]:
    return [payer for payer in (said.payer_account, said.payer_name) if payer]

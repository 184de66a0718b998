"""Which lines tell the same movement: a feed, a statement and a pull each tell it once. It reads bank_transactions and writes nothing.

One movement is one transaction; the other lines that tell it are kept beside it (state `duplicate`), each with its own
memo. Two real payments never become one: a movement answers for one line of each source only, so that there are in the
end as many movements as the door that told most of them told. Fees are the same for hundreds of pupils, so everything
here is looked up, nothing is searched among all payments of one sum.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import SchoolTx
from payments import references
from payments.banks.line import BankLine

# A statement may book a night transfer on the next working day, and a long holiday lies between.
_SAME_REFERENCE_WITHIN = timedelta(days=10)
# Without the bank's reference, the day, the amount and the text must speak; shorter texts are chance.
_TEXT_MIN = 8
# Banks number a transfer inside the memo as well, and no two of them alike: such a text may also be booked on another day.
_TRACE = r"FT[0-9]{14}|MBVCB\.?[0-9]{10}|CTLNHIDI[0-9]{15}|[0-9]{6}\.[0-9]{6}\.[0-9]{6}"
_TRACE_IN = re.compile(_TRACE)
# The doors that count their own lines: two that agree in everything are two payments (see statements/keys.py).
_COUNTED = "statement"


class Telling(msgspec.Struct, frozen=True):
    """A line that is already kept. `movement` is the transaction it tells."""

    movement: UUID
    source: str
    bank_account_id: int
    bank_reference: str | None
    direction: str
    amount: int
    memo: str
    booked_at: datetime


# Lines that may tell one of these movements, and whatever else tells the same ones. Sums and days are asked once each.
# What lies on an account that is not the school's was never in its books, and answers for no line that is.
_NEAR = """
WITH near AS (
SELECT coalesce(t.duplicate_of, t.transaction_id) AS movement
  FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
    AS w (bank_account_id, bank_reference, amount, from_at, to_at)
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.bank_account_id = w.bank_account_id
   AND t.bank_reference = w.bank_reference
   AND t.amount = w.amount
   AND t.booked_at BETWEEN w.from_at AND w.to_at
 UNION
SELECT coalesce(t.duplicate_of, t.transaction_id)
  FROM unnest($7::bigint[], $8::bigint[], $9::timestamptz[], $10::timestamptz[])
    AS w (bank_account_id, amount, from_at, to_at)
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.bank_account_id = w.bank_account_id
   AND t.amount = w.amount
   AND t.booked_at BETWEEN w.from_at AND w.to_at
 UNION
SELECT coalesce(t.duplicate_of, t.transaction_id)
  FROM unnest($11::bigint[], $12::bigint[], $13::timestamptz[], $14::timestamptz[])
    AS w (bank_account_id, amount, from_at, to_at)
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.bank_account_id = w.bank_account_id
   AND t.amount = w.amount
   AND t.booked_at BETWEEN w.from_at AND w.to_at
   AND replace(substring(upper(t.memo) FROM $15), '.', '') = ANY ($16::text[])
)
SELECT n.movement, t.source, t.bank_account_id, t.bank_reference, t.direction, t.amount, t.memo, t.booked_at
  FROM near n
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = n.movement
   AND NOT (t.state = 'ignored' AND t.reasons = '{another_account}')
 UNION ALL
SELECT n.movement, t.source, t.bank_account_id, t.bank_reference, t.direction, t.amount, t.memo, t.booked_at
  FROM near n
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.duplicate_of = n.movement
 ORDER BY 8, 1
"""

Key = tuple[int, str, int]


class Book:
    """The movements in question with all that tells them; it grows while a batch is read."""

    def __init__(self, awaited: Iterable[tuple[int, BankLine]] = ()) -> None:
        self._sources: dict[UUID, set[str]] = defaultdict(set)
        self._by_reference: dict[tuple[Key, str], list[Telling]] = defaultdict(list)
        self._by_trace: dict[tuple[Key, str], list[Telling]] = defaultdict(list)
        self._by_day: dict[tuple[Key, date], dict[str, list[Telling]]] = defaultdict(dict)
        self._doors: dict[tuple[Key, date], set[str]] = defaultdict(set)
        # References that lines of the same batch have: who has one is not taken for another by its text.
        self._awaited = {(_key(here, line), line.bank_reference) for here, line in awaited if line.bank_reference}

    def add(self, telling: Telling) -> None:
        key = (telling.bank_account_id, telling.direction, telling.amount)
        self._sources[telling.movement].add(telling.source)
        if telling.bank_reference is not None:
            self._by_reference[key, telling.bank_reference].append(telling)
        if (trace := trace_of(telling.memo)) is not None:
            self._by_trace[key, trace].append(telling)
        text, day = _text(telling.memo), school_day(telling.booked_at)
        if len(text) >= _TEXT_MIN:
            self._by_day[key, day].setdefault(text, []).append(telling)
            self._doors[key, day].add(telling.source)

    def told_before(self, bank_account_id: int, line: BankLine) -> UUID | None:
        """The movement that this line tells a second time.

        From the same source under another id it must be the same reference, instant and text. From another source the
        bank's reference is enough, or the trace that banks put into the memo, or the day and the text.
        """
        key = _key(bank_account_id, line)
        same_reference = self._by_reference.get((key, line.bank_reference), []) if line.bank_reference else []
        for told in same_reference:
            if _repeated(line, told):
                return told.movement
        trace = trace_of(line.memo)
        return (
            self._free(line, same_reference, _within_days)
            or self._free(line, self._by_trace.get((key, trace), []) if trace else [], self._unclaimed(key, line))
            or self._by_words(key, line)
        )

    def _by_words(self, key: Key, line: BankLine) -> UUID | None:
        """The same text first; then one that holds the other, for banks cut texts and put frames around them."""
        place = key, school_day(line.booked_at)
        if not self._doors.get(place, set()) - {line.source}:
            return None
        text, texts = _text(line.memo), self._by_day[place]
        if len(text) < _TEXT_MIN:
            return None
        if (same := self._free(line, texts.get(text, []), self._unclaimed(key, line))) is not None:
            return same
        for other, told in texts.items():
            if other != text and (other in text or text in other):
                found = self._free(line, told, self._unclaimed(key, line))
                if found is not None:
                    return found
        return None

    def _free(self, line: BankLine, told: Sequence[Telling], fits: Callable[[BankLine, Telling], bool]) -> UUID | None:
        """The first movement among these that this line's source has not told yet."""
        return next(
            (one.movement for one in told if line.source not in self._sources[one.movement] and fits(line, one)), None
        )

    def _unclaimed(self, key: Key, line: BankLine) -> Callable[[BankLine, Telling], bool]:
        """A movement whose own reference comes in another line of this batch waits for that line."""

        def fits(_: BankLine, told: Telling) -> bool:
            reference = told.bank_reference
            return _within_days(line, told) and (
                reference is None or reference == line.bank_reference or (key, reference) not in self._awaited
            )

        return fits


async def near(tx: SchoolTx, lines: Sequence[tuple[int, BankLine]]) -> Book:
    """`lines` with the account each belongs to."""
    book = Book(lines)
    if not lines:
        return book
    named = [(here, line) for here, line in lines if line.bank_reference is not None]
    days = sorted({(here, line.amount, school_day(line.booked_at)) for here, line in lines})
    traced = [(here, line) for here, line in lines if trace_of(line.memo) is not None]
    spans = _spans(traced)
    rows = await tx.fetch(
        _NEAR,
        tx.school_id,
        [here for here, _ in named],
        [line.bank_reference for _, line in named],
        [line.amount for _, line in named],
        [line.booked_at - _SAME_REFERENCE_WITHIN for _, line in named],
        [line.booked_at + _SAME_REFERENCE_WITHIN for _, line in named],
        [here for here, _, _ in days],
        [amount for _, amount, _ in days],
        [_day(day)[0] for _, _, day in days],
        [_day(day)[1] for _, _, day in days],
        [here for here, _ in spans],
        [amount for _, amount in spans],
        [first - _SAME_REFERENCE_WITHIN for first, _ in spans.values()],
        [last + _SAME_REFERENCE_WITHIN for _, last in spans.values()],
        f"({_TRACE})",
        sorted({trace for _, line in traced if (trace := trace_of(line.memo)) is not None}),
    )
    for row in rows:
        book.add(Telling(**row))
    return book


def telling_of(movement: UUID, bank_account_id: int, line: BankLine) -> Telling:
    return Telling(
        movement,
        line.source,
        bank_account_id,
        line.bank_reference,
        line.direction,
        line.amount,
        line.memo,
        line.booked_at,
    )


def trace_of(memo: str) -> str | None:
    """The first number in a memo that a bank has given the transfer."""
    found = _TRACE_IN.search(memo.upper())
    return None if found is None else found[0].replace(".", "")


def _key(bank_account_id: int, line: BankLine) -> Key:
    return bank_account_id, line.direction, line.amount


def _repeated(line: BankLine, told: Telling) -> bool:
    return line.source == told.source != _COUNTED and (line.booked_at, line.memo) == (told.booked_at, told.memo)


def _within_days(line: BankLine, told: Telling) -> bool:
    return abs(line.booked_at - told.booked_at) <= _SAME_REFERENCE_WITHIN


def _text(memo: str) -> str:
    return references.views(memo).compact


def _spans(lines: Iterable[tuple[int, BankLine]]) -> dict[tuple[int, int], tuple[datetime, datetime]]:
    """By account and sum, the first and the last moment."""
    spans: dict[tuple[int, int], tuple[datetime, datetime]] = {}
    for here, line in lines:
        first, last = spans.get((here, line.amount), (line.booked_at, line.booked_at))
        spans[here, line.amount] = min(first, line.booked_at), max(last, line.booked_at)
    return spans


def _day(day: date) -> tuple[datetime, datetime]:
    """The first and the last moment of the school's day."""
    start = datetime.combine(day, time.min, SCHOOL_ZONE)
    return start, start + timedelta(days=1) - timedelta(microseconds=1)

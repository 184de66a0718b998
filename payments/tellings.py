"""Which lines tell the same movement: a feed, a statement and a pull each tell it once. It reads bank_transactions and writes nothing.

One movement is one transaction; the other lines that tell it are kept beside it (state `duplicate`), each with its own
memo. Two real payments never become one: an earlier line answers for one line of each source only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
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


# Lines that may tell one of these movements, and whatever else tells the same ones.
_NEAR = """
WITH wanted AS (
SELECT w.*
  FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
    AS w (bank_account_id, bank_reference, amount, from_at, to_at, day_from, day_to)
),
near AS (
SELECT coalesce(t.duplicate_of, t.transaction_id) AS movement
  FROM wanted w
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.bank_account_id = w.bank_account_id
   AND t.bank_reference = w.bank_reference
   AND t.amount = w.amount
   AND t.booked_at BETWEEN w.from_at AND w.to_at
 UNION
SELECT coalesce(t.duplicate_of, t.transaction_id)
  FROM wanted w
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.bank_account_id = w.bank_account_id
   AND t.amount = w.amount
   AND t.booked_at BETWEEN w.day_from AND w.day_to
   AND t.bank_reference IS NULL
 UNION
SELECT coalesce(t.duplicate_of, t.transaction_id)
  FROM wanted w
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.bank_account_id = w.bank_account_id
   AND t.amount = w.amount
   AND t.booked_at BETWEEN w.day_from AND w.day_to
 WHERE w.bank_reference IS NULL
)
SELECT n.movement, t.source, t.bank_account_id, t.bank_reference, t.direction, t.amount, t.memo, t.booked_at
  FROM near n
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.transaction_id = n.movement
 UNION ALL
SELECT n.movement, t.source, t.bank_account_id, t.bank_reference, t.direction, t.amount, t.memo, t.booked_at
  FROM near n
  JOIN bank_transactions t
    ON t.school_id = $1
   AND t.duplicate_of = n.movement
 ORDER BY 8, 1
"""


class Book(msgspec.Struct):
    """The movements in question with all that tells them; it grows while a batch is read."""

    by_movement: dict[UUID, list[Telling]]
    by_key: dict[tuple[int, str, int], list[UUID]]

    def add(self, telling: Telling) -> None:
        told = self.by_movement.setdefault(telling.movement, [])
        told.append(telling)
        movements = self.by_key.setdefault((telling.bank_account_id, telling.direction, telling.amount), [])
        if telling.movement not in movements:
            movements.append(telling.movement)

    def told_before(self, bank_account_id: int, line: BankLine) -> UUID | None:
        """The movement that this line tells a second time.

        From the same source under another id it must be the same reference, instant and text; from another source the
        bank's reference is enough, or where one of them has none, the day and the text. Lines of statements come here
        with keys that count them already: two that agree in everything are two payments (see statements/keys.py).
        """
        movements = self.by_key.get((bank_account_id, line.direction, line.amount), [])
        for movement in movements:
            if any(_repeated(line, told) for told in self.by_movement[movement]):
                return movement
        for alike in (_same_reference, _same_text):
            for movement in movements:
                told = self.by_movement[movement]
                if all(one.source != line.source for one in told) and any(alike(line, one) for one in told):
                    return movement
        return None


async def near(tx: SchoolTx, lines: Sequence[tuple[int, BankLine]]) -> Book:
    """`lines` with the account each belongs to."""
    book = Book({}, {})
    if not lines:
        return book
    days = [_day(line.booked_at) for _, line in lines]
    rows = await tx.fetch(
        _NEAR,
        tx.school_id,
        [bank_account_id for bank_account_id, _ in lines],
        [line.bank_reference for _, line in lines],
        [line.amount for _, line in lines],
        [line.booked_at - _SAME_REFERENCE_WITHIN for _, line in lines],
        [line.booked_at + _SAME_REFERENCE_WITHIN for _, line in lines],
        [day_from for day_from, _ in days],
        [day_to for _, day_to in days],
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


def _repeated(line: BankLine, told: Telling) -> bool:
    return (
        line.bank_reference is not None
        and line.source == told.source != "statement"
        and (line.bank_reference, line.booked_at, line.memo) == (told.bank_reference, told.booked_at, told.memo)
    )


def _same_reference(line: BankLine, told: Telling) -> bool:
    return (
        line.bank_reference is not None
        and line.bank_reference == told.bank_reference
        and abs(line.booked_at - told.booked_at) <= _SAME_REFERENCE_WITHIN
    )


def _same_text(line: BankLine, told: Telling) -> bool:
    if line.bank_reference is not None and told.bank_reference is not None:
        return False
    if school_day(line.booked_at) != school_day(told.booked_at):
        return False
    shorter, longer = sorted((references.views(line.memo).compact, references.views(told.memo).compact), key=len)
    return len(shorter) >= _TEXT_MIN and shorter in longer


def _day(at: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment of the school's day around an instant."""
    start = datetime.combine(school_day(at), time.min, SCHOOL_ZONE)
    return start, start + timedelta(days=1) - timedelta(microseconds=1)

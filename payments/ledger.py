"""The books: append-only double entry in whole đồng. It owns ledger_transfers and tills; a correction is another entry.

One transfer debits one account and credits one, so the sum over all accounts is always nothing. Accounts are named by a
kind and what it is kept for: receivable and family_credit by pupil, bank, unallocated, outgoing and refund by bank
account, income and write_off by fee. Money that arrives is unallocated until it is laid on a bill.

Every entry seals the one before it (chain.py); the till keeps the last seal and the last day that is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from payments import chain


class Book(StrEnum):
    BANK = "bank"
    UNALLOCATED = "unallocated"
    RECEIVABLE = "receivable"
    FAMILY_CREDIT = "family_credit"
    INCOME = "income"
    OUTGOING = "outgoing"
    REFUND = "refund"
    WRITE_OFF = "write_off"


class Account(msgspec.Struct, frozen=True):
    book: Book
    kept_for: str


class Transfer(msgspec.Struct, frozen=True):
    kind: str
    debit: Account
    credit: Account
    amount: int
    transaction_id: UUID | None = None
    invoice_id: UUID | None = None
    # The day it counts for, where that is not today; on a closed day, the first open one.
    on: date | None = None


class _Till(msgspec.Struct, frozen=True):
    """Where the chain ends and up to which day the books are closed."""

    last_seq: int
    last_hash: bytes
    closed_through: date | None


def bank(bank_account_id: int) -> Account:
    return Account(Book.BANK, str(bank_account_id))


def unallocated(bank_account_id: int) -> Account:
    return Account(Book.UNALLOCATED, str(bank_account_id))


def outgoing(bank_account_id: int) -> Account:
    return Account(Book.OUTGOING, str(bank_account_id))


def receivable(pupil_id: UUID) -> Account:
    return Account(Book.RECEIVABLE, str(pupil_id))


def family_credit(pupil_id: UUID) -> Account:
    return Account(Book.FAMILY_CREDIT, str(pupil_id))


def refund(bank_account_id: int) -> Account:
    """Promised to go back; what leaves the bank for it pays it off."""
    return Account(Book.REFUND, str(bank_account_id))


def write_off(fee_id: UUID) -> Account:
    return Account(Book.WRITE_OFF, str(fee_id))


def income(fee_id: UUID) -> Account:
    return Account(Book.INCOME, str(fee_id))


# What hold_till saw. An entry looks again where the till has moved since, as after a savepoint that was rolled back.
_seen: WeakKeyDictionary[SchoolTx, _Till] = WeakKeyDictionary()


async def hold_till(tx: SchoolTx, *, at: datetime) -> None:
    """Nobody else moves money of this school until the transaction ends.

    Two copies of a webhook can arrive within milliseconds of each other and of a statement that tells the same credit;
    one lock, taken first by everybody, keeps them apart and cannot deadlock.
    """
    row = await tx.fetchrow(
        """
        INSERT INTO tills AS t (school_id, held_at)
        VALUES ($1, $2)
            ON CONFLICT (school_id)
            DO UPDATE SET held_at = excluded.held_at
        RETURNING last_seq, last_hash, closed_through
        """,
        tx.school_id,
        at,
    )
    assert row is not None, "an upsert returns its row"
    _seen[tx] = _Till(**row)


def closed_through(tx: SchoolTx) -> date | None:
    """The last day on which nothing can be booked any more. The caller holds the till."""
    return _seen[tx].closed_through


async def close_through(tx: SchoolTx, last: date) -> None:
    """From now on the first open day is the one after `last`. The caller holds the till and has asked two people."""
    await tx.execute(
        """
        UPDATE tills
           SET closed_through = $2
         WHERE school_id = $1
        """,
        tx.school_id,
        last,
    )
    _seen[tx] = msgspec.structs.replace(_seen[tx], closed_through=last)


async def book(tx: SchoolTx, transfers: Sequence[Transfer], *, at: datetime, made_by: UUID | None) -> None:
    """One statement, however many transfers."""
    assert all(t.amount > 0 for t in transfers), "a transfer moves something; the other way round is another transfer"
    if not transfers:
        return
    till = _seen.get(tx)
    if till is None or not await _append(tx, till, transfers, at=at, made_by=made_by):
        await hold_till(tx, at=at)
        appended = await _append(tx, _seen[tx], transfers, at=at, made_by=made_by)
        assert appended, "the till is held, so its chain does not move"


async def _append(
    tx: SchoolTx, till: _Till, transfers: Sequence[Transfer], *, at: datetime, made_by: UUID | None
) -> bool:
    """False, and nothing is written, when the chain does not end where the till said."""
    ids = [new_id() for _ in transfers]
    days = [_open_day(till, t.on, at) for t in transfers]
    seals = [till.last_hash]
    for seq, (id_, t, on) in enumerate(zip(ids, transfers, days, strict=True), till.last_seq + 1):
        debit, credit = (t.debit.book.value, t.debit.kept_for), (t.credit.book.value, t.credit.kept_for)
        seals.append(
            chain.seal(
                seals[-1], tx.school_id, seq, id_, debit, credit, t.amount, t.kind,
                t.transaction_id, t.invoice_id, on, at, made_by,
            )
        )  # fmt: skip
    last_seq = till.last_seq + len(transfers)
    status = await tx.execute(
        """
        WITH held AS (
        UPDATE tills
           SET last_seq = $14,
               last_hash = $15
         WHERE school_id = $1
           AND last_seq = $16
           AND last_hash = ($17::bytea[])[1]
        RETURNING last_seq
        )
        INSERT INTO ledger_transfers
               (school_id, transfer_id, debit_account, debit_ref, credit_account, credit_ref, amount, kind,
                transaction_id, invoice_id, booked_on, booked_at, made_by, seq, prev_hash, hash)
        SELECT $1, t.transfer_id, t.debit_account, t.debit_ref, t.credit_account, t.credit_ref, t.amount, t.kind,
               t.transaction_id, t.invoice_id, t.booked_on, $2, $3, $16 + t.position, t.prev_hash, t.hash
          FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[],
                      $11::uuid[], $12::uuid[], $13::date[], $17::bytea[], $18::bytea[])
          WITH ORDINALITY
            AS t (transfer_id, debit_account, debit_ref, credit_account, credit_ref, amount, kind,
                  transaction_id, invoice_id, booked_on, prev_hash, hash, position)
         WHERE EXISTS (SELECT FROM held)
        """,
        tx.school_id,
        at,
        made_by,
        ids,
        [t.debit.book.value for t in transfers],
        [t.debit.kept_for for t in transfers],
        [t.credit.book.value for t in transfers],
        [t.credit.kept_for for t in transfers],
        [t.amount for t in transfers],
        [t.kind for t in transfers],
        [t.transaction_id for t in transfers],
        [t.invoice_id for t in transfers],
        days,
        last_seq,
        seals[-1],
        till.last_seq,
        seals[:-1],
        seals[1:],
    )
    if status != f"INSERT 0 {len(transfers)}":
        return False
    _seen[tx] = _Till(last_seq, seals[-1], till.closed_through)
    return True


def _open_day(till: _Till, on: date | None, at: datetime) -> date:
    """Nothing is booked into a closed period: what belongs there is booked on the first open day."""
    day = min(on, school_day(at)) if on is not None else school_day(at)
    return day if till.closed_through is None else max(day, till.closed_through + timedelta(days=1))


async def held_of(tx: SchoolTx, transaction_id: UUID) -> list[tuple[Account, int]]:
    """Where the money of a bank transaction lies that is on no bill: unallocated, or as credit of a family."""
    rows = await tx.fetch(
        """
        SELECT side.account, side.ref, sum(side.amount)::bigint AS balance
          FROM ledger_transfers t
         CROSS JOIN LATERAL (VALUES (t.credit_account, t.credit_ref, t.amount),
                                    (t.debit_account, t.debit_ref, -t.amount)) AS side (account, ref, amount)
         WHERE t.school_id = $1
           AND t.transaction_id = $2
           AND side.account IN ('unallocated', 'family_credit')
         GROUP BY side.account, side.ref
        HAVING sum(side.amount) <> 0
         ORDER BY side.account DESC, side.ref
        """,
        tx.school_id,
        transaction_id,
    )
    return [(Account(Book(row["account"]), row["ref"]), row["balance"]) for row in rows]

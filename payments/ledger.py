"""The books: append-only double entry in whole đồng. It owns ledger_transfers and tills; a correction is another entry.

One transfer debits one account and credits one, so the sum over all accounts is always nothing. Accounts are named by a
kind and what it is kept for: receivable and family_credit by pupil, bank, unallocated and outgoing by bank account,
income by fee. Money that arrives is unallocated until it is laid on a bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.ids import new_id


class Book(StrEnum):
    BANK = "bank"
    UNALLOCATED = "unallocated"
    RECEIVABLE = "receivable"
    FAMILY_CREDIT = "family_credit"
    INCOME = "income"
    OUTGOING = "outgoing"


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


def income(fee_id: UUID) -> Account:
    return Account(Book.INCOME, str(fee_id))


async def hold_till(tx: SchoolTx, *, at: datetime) -> None:
    """Nobody else moves money of this school until the transaction ends.

    Two copies of a webhook can arrive within milliseconds of each other and of a statement that tells the same credit;
    one lock, taken first by everybody, keeps them apart and cannot deadlock.
    """
    await tx.execute(
        """
        INSERT INTO tills AS t (school_id, held_at)
        VALUES ($1, $2)
            ON CONFLICT (school_id)
            DO UPDATE SET held_at = excluded.held_at
        """,
        tx.school_id,
        at,
    )


async def book(tx: SchoolTx, transfers: Sequence[Transfer], *, at: datetime, made_by: UUID | None) -> None:
    """One statement, however many transfers."""
    assert all(t.amount > 0 for t in transfers), "a transfer moves something; the other way round is another transfer"
    if not transfers:
        return
    await tx.execute(
        """
        INSERT INTO ledger_transfers
               (school_id, transfer_id, debit_account, debit_ref, credit_account, credit_ref, amount, kind,
                transaction_id, invoice_id, booked_at, made_by)
        SELECT $1, t.transfer_id, t.debit_account, t.debit_ref, t.credit_account, t.credit_ref, t.amount, t.kind,
               t.transaction_id, t.invoice_id, $2, $3
          FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[],
                      $11::uuid[], $12::uuid[])
            AS t (transfer_id, debit_account, debit_ref, credit_account, credit_ref, amount, kind,
                  transaction_id, invoice_id)
            ON CONFLICT (school_id, transfer_id) DO NOTHING
        """,
        tx.school_id,
        at,
        made_by,
        [new_id() for _ in transfers],
        [t.debit.book.value for t in transfers],
        [t.debit.kept_for for t in transfers],
        [t.credit.book.value for t in transfers],
        [t.credit.kept_for for t in transfers],
        [t.amount for t in transfers],
        [t.kind for t in transfers],
        [t.transaction_id for t in transfers],
        [t.invoice_id for t in transfers],
    )


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

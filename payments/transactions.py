"""Movements on the school's bank accounts, each in one named state. It owns bank_transactions and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from backend.core.database import SchoolTx
from payments.banks.line import BankLine
from payments.match import Suggestion

State = Literal["settled", "part", "over", "ambiguous", "unmatched", "duplicate", "unreadable", "ignored", "refunded"]
# A person has to decide on these.
WAITING: tuple[State, ...] = ("ambiguous", "unmatched", "over", "unreadable")

# A statement may book a night transfer on the next working day, and a long holiday lies between.
_SAME_REFERENCE_WITHIN = timedelta(days=10)


class Transaction(msgspec.Struct, frozen=True):
    transaction_id: UUID
    bank_account_id: int
    direction: str
    amount: int
    state: str
    reasons: tuple[str, ...]
    decided_by: UUID | None


async def insert(
    tx: SchoolTx,
    transaction_id: UUID,
    bank_account_id: int,
    line: BankLine,
    state: State,
    reasons: Sequence[str],
    *,
    suggestions: Sequence[Suggestion] = (),
    duplicate_of: UUID | None = None,
    received_at: datetime,
    at: datetime,
) -> bool:
    """False when this line of this source is already there."""
    row = await tx.fetchrow(
        """
        INSERT INTO bank_transactions
               (school_id, transaction_id, bank_account_id, source, event_key, bank_reference, direction, amount, memo,
                virtual_account, payer_account, payer_name, booked_at, received_at, state, reasons, suggestions,
                duplicate_of, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $19)
            ON CONFLICT (school_id, bank_account_id, source, event_key) DO NOTHING
        RETURNING transaction_id
        """,
        tx.school_id,
        transaction_id,
        bank_account_id,
        line.source,
        line.event_key,
        line.bank_reference,
        line.direction,
        line.amount,
        line.memo,
        line.virtual_account,
        line.payer_account,
        line.payer_name,
        line.booked_at,
        received_at,
        state,
        list(reasons),
        msgspec.json.encode(suggestions).decode(),
        duplicate_of,
        at,
    )
    return row is not None


async def already_there(tx: SchoolTx, bank_account_id: int, line: BankLine) -> asyncpg.Record | None:
    """The same line of the same source, whatever became of it."""
    return await tx.fetchrow(
        """
        SELECT transaction_id, state
          FROM bank_transactions
         WHERE school_id = $1
           AND bank_account_id = $2
           AND source = $3
           AND event_key = $4
        """,
        tx.school_id,
        bank_account_id,
        line.source,
        line.event_key,
    )


async def told_before(tx: SchoolTx, bank_account_id: int, line: BankLine) -> UUID | None:
    """The transaction that this line tells a second time: the bank's reference, amount and direction agree.

    From another source that is enough. From the same source with another id it must also be the same instant and memo,
    because references are not unique, and a second real payment must never be swallowed. An earlier line answers for
    one line of each source only, so that two real payments told twice stay two. Lines of statements come here with keys
    that count them already: two that agree in everything are two payments (see statements/keys.py).
    """
    if line.bank_reference is None:
        return None
    transaction_id: UUID | None = await tx.fetchval(
        """
        SELECT t.transaction_id
          FROM bank_transactions t
         WHERE t.school_id = $1
           AND t.bank_account_id = $2
           AND t.bank_reference = $3
           AND t.amount = $4
           AND t.direction = $5
           AND t.state <> 'duplicate'
           AND t.booked_at BETWEEN $6 AND $7
           AND (t.source <> $8 OR ($8 <> 'statement' AND t.booked_at = $9 AND t.memo = $10))
           AND NOT EXISTS (SELECT
                             FROM bank_transactions d
                            WHERE d.school_id = t.school_id
                              AND d.duplicate_of = t.transaction_id
                              AND d.source = $8
                              AND t.source <> $8)
         ORDER BY t.booked_at, t.transaction_id
         LIMIT 1
        """,
        tx.school_id,
        bank_account_id,
        line.bank_reference,
        line.amount,
        line.direction,
        line.booked_at - _SAME_REFERENCE_WITHIN,
        line.booked_at + _SAME_REFERENCE_WITHIN,
        line.source,
        line.booked_at,
        line.memo,
    )
    return transaction_id


async def lock(tx: SchoolTx, transaction_id: UUID) -> Transaction | None:
    row = await tx.fetchrow(
        """
        SELECT transaction_id, bank_account_id, direction, amount, state, reasons, decided_by
          FROM bank_transactions
         WHERE school_id = $1
           AND transaction_id = $2
           FOR UPDATE
        """,
        tx.school_id,
        transaction_id,
    )
    return None if row is None else Transaction(**{**row, "reasons": tuple(row["reasons"])})


async def decide(
    tx: SchoolTx,
    transaction_id: UUID,
    state: State,
    reasons: Sequence[str],
    *,
    note: str,
    by: UUID | None,
    at: datetime,
    refund_of: UUID | None = None,
) -> None:
    """A duplicate that turns out to be none forgets what it was taken for."""
    await tx.execute(
        """
        UPDATE bank_transactions
           SET state = $3,
               reasons = $4,
               decided_by = $5,
               decided_at = $6,
               refund_of = coalesce($7, refund_of),
               note = $8,
               duplicate_of = NULL
         WHERE school_id = $1
           AND transaction_id = $2
        """,
        tx.school_id,
        transaction_id,
        state,
        list(reasons),
        by,
        at,
        refund_of,
        note,
    )

"""Movements on the school's bank accounts, each in one named state. It owns bank_transactions and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
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


class Transaction(msgspec.Struct, frozen=True):
    transaction_id: UUID
    bank_account_id: int
    direction: str
    amount: int
    state: str
    reasons: tuple[str, ...]
    decided_by: UUID | None


class Row(msgspec.Struct):
    """A line on its way into the table."""

    transaction_id: UUID
    bank_account_id: int
    line: BankLine
    state: State
    reasons: tuple[str, ...]
    suggestions: list[Suggestion] = []
    duplicate_of: UUID | None = None


async def insert(tx: SchoolTx, rows: Sequence[Row], *, received_at: Mapping[UUID, datetime], at: datetime) -> None:
    """One statement, however many; each was received at its own time. The till is held and known lines are left out, so none of them is there."""
    if not rows:
        return
    await tx.execute(
        """
        INSERT INTO bank_transactions
               (school_id, transaction_id, bank_account_id, source, event_key, bank_reference, direction, amount, memo,
                virtual_account, payer_account, payer_name, booked_at, received_at, state, reasons, suggestions,
                duplicate_of, decided_at)
        SELECT $1, n.transaction_id, n.bank_account_id, n.source, n.event_key, n.bank_reference, n.direction, n.amount,
               n.memo, n.virtual_account, n.payer_account, n.payer_name, n.booked_at, n.received_at, n.state,
               string_to_array(n.reasons, ' '), n.suggestions, n.duplicate_of, $2
          FROM unnest($3::timestamptz[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[],
                      $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[], $16::text[], $17::text[],
                      $18::jsonb[], $19::uuid[])
            AS n (received_at, transaction_id, bank_account_id, source, event_key, bank_reference, direction, amount, memo,
                  virtual_account, payer_account, payer_name, booked_at, state, reasons, suggestions, duplicate_of)
        """,
        tx.school_id,
        at,
        [received_at[row.transaction_id] for row in rows],
        [row.transaction_id for row in rows],
        [row.bank_account_id for row in rows],
        [row.line.source for row in rows],
        [row.line.event_key for row in rows],
        [row.line.bank_reference for row in rows],
        [row.line.direction for row in rows],
        [row.line.amount for row in rows],
        [row.line.memo for row in rows],
        [row.line.virtual_account for row in rows],
        [row.line.payer_account for row in rows],
        [row.line.payer_name for row in rows],
        [row.line.booked_at for row in rows],
        [row.state for row in rows],
        [" ".join(row.reasons) for row in rows],
        [msgspec.json.encode(row.suggestions).decode() for row in rows],
        [row.duplicate_of for row in rows],
    )


async def insert_codes(tx: SchoolTx, codes: Sequence[tuple[str, str, UUID]]) -> None:
    """(code, how it was read, transaction). A code that another door told before is there already."""
    if not codes:
        return
    await tx.execute(
        """
        INSERT INTO transaction_codes
               (school_id, code, how, transaction_id)
        SELECT $1, c.code, c.how, c.transaction_id
          FROM unnest($2::text[], $3::text[], $4::uuid[]) AS c (code, how, transaction_id)
            ON CONFLICT (school_id, code, how, transaction_id) DO NOTHING
        """,
        tx.school_id,
        *(list(column) for column in zip(*codes, strict=True)),
    )


async def rejudge(tx: SchoolTx, rows: Sequence[Row], *, at: datetime) -> None:
    """New states, found by the machine, for transactions that are there; only `line` is not looked at."""
    if not rows:
        return
    await tx.execute(
        """
        UPDATE bank_transactions AS t
           SET state = n.state,
               reasons = string_to_array(n.reasons, ' '),
               suggestions = n.suggestions,
               decided_at = $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::jsonb[]) AS n (transaction_id, state, reasons, suggestions)
         WHERE t.school_id = $1
           AND t.transaction_id = n.transaction_id
           AND NOT t.pinned
        """,
        tx.school_id,
        at,
        [row.transaction_id for row in rows],
        [row.state for row in rows],
        [" ".join(row.reasons) for row in rows],
        [msgspec.json.encode(row.suggestions).decode() for row in rows],
    )


async def already_there(
    tx: SchoolTx, lines: Sequence[tuple[int, BankLine]]
) -> dict[tuple[int, str, str], asyncpg.Record]:
    """The same lines of the same sources, whatever became of them."""
    if not lines:
        return {}
    rows = await tx.fetch(
        """
        SELECT t.transaction_id, t.state, t.bank_account_id, t.source, t.event_key
          FROM unnest($2::bigint[], $3::text[], $4::text[]) AS k (bank_account_id, source, event_key)
          JOIN bank_transactions t
            ON t.school_id = $1
           AND t.bank_account_id = k.bank_account_id
           AND t.source = k.source
           AND t.event_key = k.event_key
        """,
        tx.school_id,
        [bank_account_id for bank_account_id, _ in lines],
        [line.source for _, line in lines],
        [line.event_key for _, line in lines],
    )
    return {(row["bank_account_id"], row["source"], row["event_key"]): row for row in rows}


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
    """By a person, so no machine moves its money any more. A duplicate that turns out to be none forgets what it was taken for."""
    await tx.execute(
        """
        UPDATE bank_transactions
           SET state = $3,
               reasons = $4,
               decided_by = $5,
               decided_at = $6,
               refund_of = coalesce($7, refund_of),
               note = $8,
               duplicate_of = NULL,
               pinned = true
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

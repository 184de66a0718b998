"""Lines of banks become transactions, each in one named state, with everything that follows from them, or nothing at all.

The same line may come again, in any order, from several doors at once, while a person decides on another: whoever moves
money of a school holds its till first. Entries, allocations, receipts and notices are one transaction of the database, and
how the money lies in the end is a function of the set of lines (arrange.py), whatever order they came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from payments import accounts, arranging, ledger, payers, refund_ties, tellings, transactions
from payments.accounts import Receiving
from payments.banks.line import BankLine, Unreadable
from payments.claims import Movement
from payments.ledger import Transfer
from payments.transactions import Row, State

_RAW_SHOWN_MAX = 300


class Settled(msgspec.Struct, frozen=True):
    transaction_id: UUID
    state: State
    fresh: bool


async def settle(tx: SchoolTx, account: Receiving, line: BankLine, *, received_at: datetime, at: datetime) -> Settled:
    return (await settle_many(tx, account, [line], received_at=received_at, at=at))[0]


async def settle_many(
    tx: SchoolTx,
    account: Receiving,
    lines: Sequence[BankLine],
    *,
    received_at: datetime | Sequence[datetime],
    at: datetime,
) -> list[Settled]:
    """One answer a line, in their order. The number of statements does not grow with the lines that carry a code.

    `received_at`: of all lines, or of each.
    """
    await ledger.hold_till(tx, at=at)
    each = [received_at] * len(lines) if isinstance(received_at, datetime) else received_at
    batch = await _sorted_out(tx, account, lines)
    received = {answer[0]: moment for answer, moment in zip(batch.answers, each, strict=True) if answer[2]}
    await transactions.insert(tx, batch.aside, received_at=received, at=at)
    done = await arranging.arranged(tx, batch.fresh, batch.told_again, (), at=at)
    rows = [*batch.no_bills, *done.rows]
    await transactions.insert(tx, rows, received_at=received, at=at)
    await transactions.insert_codes(tx, done.codes)
    await ledger.book(tx, [_arrival(row) for row in rows], at=at, made_by=None)
    await refund_ties.tie(tx, batch.no_bills, at=at)
    await arranging.put(tx, done, at=at)
    states: dict[UUID, State] = {row.transaction_id: row.state for row in (*batch.aside, *rows)}
    return [
        Settled(transaction_id, states.get(transaction_id, state), fresh)
        for transaction_id, state, fresh in batch.answers
    ]


async def look_again(tx: SchoolTx, invoice_ids: Sequence[UUID], *, at: datetime) -> None:
    """These bills are new or ask for something else: money that waited for them, or that lies there, is laid anew.

    The caller holds the till.
    """
    if invoice_ids:
        done = await arranging.arranged(tx, {}, {}, invoice_ids, at=at)
        await arranging.put(tx, done, at=at)


async def keep_unreadable(
    tx: SchoolTx,
    account: Receiving,
    source: str,
    event_key: str,
    raw: bytes,
    why: Unreadable,
    *,
    received_at: datetime,
    at: datetime,
) -> Settled:
    """Nothing is booked: a person looks at what came and finds the movement in the statement."""
    shown = raw[:_RAW_SHOWN_MAX].decode("utf-8", "replace").replace("\0", "")
    line = BankLine(source, event_key, account.account_number, "in", 0, shown, received_at)
    await ledger.hold_till(tx, at=at)
    here = account.bank_account_id
    known = await transactions.already_there(tx, [(here, line)])
    if known:
        row = known[(here, source, event_key)]
        return Settled(row["transaction_id"], row["state"], fresh=False)
    kept = Row(new_id(), here, line, "unreadable", (why.reason,))
    await transactions.insert(tx, [kept], received_at={kept.transaction_id: received_at}, at=at)
    return Settled(kept.transaction_id, kept.state, fresh=True)


class _Batch(msgspec.Struct):
    """Lines sorted by what they are. `answers`: transaction, state as far as it is known, and whether the line is new."""

    aside: list[Row]
    no_bills: list[Row]
    fresh: dict[UUID, tuple[Movement, BankLine]]
    told_again: dict[UUID, list[BankLine]]
    answers: list[tuple[UUID, State, bool]]


async def _sorted_out(tx: SchoolTx, account: Receiving, lines: Sequence[BankLine]) -> _Batch:
    placed = await _accounts_of(tx, account, lines)
    pairs = [(own.bank_account_id, line) for own, line in zip(placed, lines, strict=True)]
    known = await transactions.already_there(tx, pairs)
    seen = {key: (row["transaction_id"], row["state"]) for key, row in known.items()}
    book = await tellings.near(
        tx, [(here, line) for here, line in pairs if (here, line.source, line.event_key) not in seen]
    )
    batch = _Batch([], [], {}, {}, [])
    for own, line in zip(placed, lines, strict=True):
        key = (own.bank_account_id, line.source, line.event_key)
        if key in seen:
            batch.answers.append((*seen[key], False))
            continue
        row = Row(new_id(), own.bank_account_id, payers.with_payer(line), "unmatched", ())
        _sort(batch, row, own, line, book)
        seen[key] = (row.transaction_id, row.state)
        batch.answers.append((row.transaction_id, row.state, True))
    return batch


def _sort(batch: _Batch, row: Row, own: Receiving, line: BankLine, book: tellings.Book) -> None:
    here = own.bank_account_id
    if line.account_number != own.account_number:
        row.state, row.reasons = "ignored", ("another_account",)
        batch.aside.append(row)
        return
    if line.amount <= 0:
        # No door may book it; the amount in the books is never below nothing.
        row.state, row.reasons = "unreadable", ("bad_amount",)
        row.line = msgspec.structs.replace(row.line, amount=0)
        batch.aside.append(row)
        return
    movement = book.told_before(here, line)
    book.add(tellings.telling_of(movement or row.transaction_id, here, line))
    if movement is not None:
        row.state, row.reasons, row.duplicate_of = "duplicate", ("told_before",), movement
        batch.aside.append(row)
        _tell_again(batch, movement, line)
    elif line.direction == "out" or line.own is not None:
        # Money that left, interest and the like pay no bill, but the books follow the bank in everything.
        row.state, row.reasons = "ignored", (line.own or "outgoing",)
        batch.no_bills.append(row)
    else:
        told = Movement(
            row.transaction_id,
            here,
            line.amount,
            (line.memo,),
            line.virtual_account,
            own.reference_prefix,
            row.line.payer_account,
            row.line.payer_name,
            own.kind != "bank",
        )
        batch.fresh[row.transaction_id] = (told, row.line)


def _tell_again(batch: _Batch, movement: UUID, line: BankLine) -> None:
    if movement not in batch.fresh:
        batch.told_again.setdefault(movement, []).append(line)
        return
    told, first = batch.fresh[movement]
    more = msgspec.structs.replace(
        told, memos=(*told.memos, line.memo), virtual_account=told.virtual_account or line.virtual_account
    )
    batch.fresh[movement] = (more, first)


async def _accounts_of(tx: SchoolTx, account: Receiving, lines: Sequence[BankLine]) -> list[Receiving]:
    """One hook may report all accounts that the school has at the gateway."""
    known = {account.account_number: account}
    for number in {line.account_number for line in lines} - set(known):
        own = await accounts.receiving_of_school(tx, account.school_id, number)
        known[number] = own or account
    return [known[line.account_number] for line in lines]


def _arrival(row: Row) -> Transfer:
    """Counts for the day on which the bank booked it."""
    bank, on = ledger.bank(row.bank_account_id), school_day(row.line.booked_at)
    if row.line.direction == "out":
        other = ledger.outgoing(row.bank_account_id)
        return Transfer("left", other, bank, row.line.amount, row.transaction_id, on=on)
    other = ledger.unallocated(row.bank_account_id)
    return Transfer("arrived", bank, other, row.line.amount, row.transaction_id, on=on)

"""Laying money on bills and taking it back. It owns allocations; both directions are rows of their own.

One lay is one piece: the allocation, the entry in the books, the numbered receipt and the notice to the family stand or
fall together in the caller's transaction, which holds the till.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.core.versions import touch_families
from notifications.outbox import PupilNotice, publish_each
from payments import ledger, receipts
from payments.balance import BALANCE
from payments.claims import OpenBill as OpenBill
from payments.ledger import Account, Transfer
from payments.match import Bill

Basis = Literal["named", "flexible", "person"]


class Lay(msgspec.Struct, frozen=True):
    """So much of a transaction from where it lies (unallocated money, or a family's credit) onto one bill.

    `basis` says on whose word (see arrange.py); `quiet` where the family has been told of this money before.
    """

    transaction_id: UUID
    invoice_id: UUID
    pupil_id: UUID
    amount: int
    source: Account
    basis: Basis
    reason: str
    quiet: bool = False


class LaidBefore(msgspec.Struct, frozen=True):
    allocation_id: UUID
    transaction_id: UUID
    invoice_id: UUID
    pupil_id: UUID
    bank_account_id: int
    amount: int


# A part of the three statements below: everything between their SELECT and their WHERE.
_BILLS = f"""
       i.invoice_id, i.reference, i.bank_account_id, i.pupil_id, i.fee_id,
       i.cancelled_at IS NOT NULL AS cancelled,
       p.name_fold AS pupil_name, c.name_fold AS class_name,
       i.due_on, f.mandatory, balance.asked, balance.paid, balance.asked - balance.paid AS remaining
  FROM invoices i
  {BALANCE}
  JOIN pupils p
    ON p.school_id = i.school_id
   AND p.pupil_id = i.pupil_id
  JOIN fees f
    ON f.school_id = i.school_id
   AND f.fee_id = i.fee_id
  JOIN classes c
    ON c.school_id = f.school_id
   AND c.class_id = f.class_id"""

_BILLS_IN_QUESTION = f"""
SELECT {_BILLS}
 WHERE i.school_id = $1
   AND (i.reference = ANY ($2::text[]) OR i.invoice_id = ANY ($3::uuid[]))
 ORDER BY i.invoice_id
   FOR UPDATE OF i
"""

_BILLS_BY_ID = f"""
SELECT {_BILLS}
 WHERE i.school_id = $1
   AND i.invoice_id = ANY ($2::uuid[])
 ORDER BY i.invoice_id
   FOR UPDATE OF i
"""

# A pupil may have many open bills; what is due first is likelier meant.
_OPEN_BILLS_OF_PUPILS = f"""
SELECT {_BILLS}
 WHERE i.school_id = $1
   AND i.pupil_id = ANY ($2::uuid[])
   AND i.cancelled_at IS NULL
   AND balance.remaining > 0
 ORDER BY i.due_on, i.invoice_id
 LIMIT 20000
"""

# For each amount that arrived, the newest bills over it; where there are many, the amount says nothing and none is read further.
_BILLS_OF_AMOUNT = f"""
SELECT {_BILLS}
 WHERE i.school_id = $1
   AND i.invoice_id IN (SELECT few.invoice_id
                          FROM unnest($2::bigint[], $3::bigint[]) AS k (bank_account_id, amount)
                         CROSS JOIN LATERAL (SELECT same.invoice_id, count(*) OVER () AS many
                                               FROM (SELECT n.invoice_id
                                                       FROM invoices n
                                                      WHERE n.school_id = $1
                                                        AND n.bank_account_id = k.bank_account_id
                                                        AND n.amount = k.amount
                                                        AND n.cancelled_at IS NULL
                                                      ORDER BY n.due_on DESC
                                                      LIMIT 40) same) few
                         WHERE few.many < 40)
   AND balance.remaining > 0
"""


async def bills_in_question(tx: SchoolTx, invoice_ids: Sequence[UUID], references: Sequence[str]) -> list[OpenBill]:
    """Open or not. The rows are locked, but it is the till that makes `remaining` true: it was taken a statement before."""
    if not invoice_ids and not references:
        return []
    rows = await tx.fetch(_BILLS_IN_QUESTION, tx.school_id, references, invoice_ids)
    return [_open_bill(row) for row in rows]


async def bills_by_reference(tx: SchoolTx, references: Sequence[str]) -> list[OpenBill]:
    return await bills_in_question(tx, [], references)


async def bills_by_id(tx: SchoolTx, invoice_ids: Sequence[UUID]) -> list[OpenBill]:
    return [_open_bill(row) for row in await tx.fetch(_BILLS_BY_ID, tx.school_id, invoice_ids)]


async def open_bills_of_pupils(tx: SchoolTx, pupil_ids: Sequence[UUID]) -> dict[UUID, list[OpenBill]]:
    """Not locked: they are only suggested."""
    bills: dict[UUID, list[OpenBill]] = {}
    for row in await tx.fetch(_OPEN_BILLS_OF_PUPILS, tx.school_id, pupil_ids) if pupil_ids else []:
        bills.setdefault(row["pupil_id"], []).append(_open_bill(row))
    return bills


async def bills_of_rare_amount(
    tx: SchoolTx, wanted: Collection[tuple[int, int]], *, most: int
) -> dict[tuple[int, int], list[OpenBill]]:
    """(account, amount) → the open bills that ask for exactly that, where they are no more than `most`."""
    by_amount: dict[tuple[int, int], list[OpenBill]] = {}
    if not wanted:
        return by_amount
    pairs = sorted(wanted)
    rows = await tx.fetch(_BILLS_OF_AMOUNT, tx.school_id, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    for one in map(_open_bill, rows):
        by_amount.setdefault((one.bill.bank_account_id, one.bill.remaining), []).append(one)
    return {key: bills for key, bills in by_amount.items() if len(bills) <= most}


def _open_bill(row: asyncpg.Record) -> OpenBill:
    bill = Bill(
        invoice_id=row["invoice_id"],
        reference=row["reference"],
        bank_account_id=row["bank_account_id"],
        remaining=row["remaining"],
        cancelled=row["cancelled"],
        pupil_name=row["pupil_name"],
        class_name=row["class_name"],
        pupil=row["pupil_id"],
    )
    return OpenBill(bill, row["pupil_id"], row["fee_id"], row["asked"], row["paid"], row["due_on"], row["mandatory"])


async def lay(tx: SchoolTx, lays: Sequence[Lay], *, made_by: UUID | None, at: datetime) -> None:
    """A handful of statements, however many. The bills are locked and checked by the caller."""
    assert all(one.amount > 0 for one in lays)
    if not lays:
        return
    ids = [new_id() for _ in lays]
    await _insert(
        tx,
        [
            (id_, one.transaction_id, one.invoice_id, one.amount, None, one.reason, one.basis)
            for id_, one in zip(ids, lays, strict=True)
        ],
        made_by=made_by,
        at=at,
    )
    transfers = [
        Transfer(
            "allocated", one.source, ledger.receivable(one.pupil_id), one.amount, one.transaction_id, one.invoice_id
        )
        for one in lays
    ]
    await ledger.book(tx, transfers, at=at, made_by=made_by)
    laid = [
        receipts.Laid(id_, one.transaction_id, one.invoice_id, one.amount) for id_, one in zip(ids, lays, strict=True)
    ]
    await receipts.issue(tx, laid, at=at)
    notices = [
        PupilNotice(
            notice_id=new_id(),
            pupil_id=one.pupil_id,
            kind="payment",
            source_kind="invoice",
            source_id=str(one.invoice_id),
            params={"amount": one.amount},
        )
        for one in lays
        if not one.quiet
    ]
    # Notices touch the families of their pupils. Where somebody is not told, all of them are touched first and in their one
    # order, the notices' own after that: then no other room's writer can stand crosswise.
    if len(notices) < len(lays):
        await touch_families(tx, [one.pupil_id for one in lays])
    await publish_each(tx, notices, created_by=made_by, at=at)


async def standing(tx: SchoolTx, transaction_id: UUID) -> list[LaidBefore]:
    """What lies on bills from this transaction and was not taken back."""
    rows = await tx.fetch(
        """
        SELECT a.allocation_id, a.transaction_id, a.invoice_id, i.pupil_id, t.bank_account_id, a.amount
          FROM allocations a
          JOIN invoices i
            ON i.school_id = a.school_id
           AND i.invoice_id = a.invoice_id
          JOIN bank_transactions t
            ON t.school_id = a.school_id
           AND t.transaction_id = a.transaction_id
         WHERE a.school_id = $1
           AND a.transaction_id = $2
           AND a.reverses IS NULL
           AND NOT EXISTS (SELECT
                             FROM allocations back
                            WHERE back.school_id = a.school_id
                              AND back.reverses = a.allocation_id)
         ORDER BY a.allocation_id
        """,
        tx.school_id,
        transaction_id,
    )
    return [LaidBefore(**row) for row in rows]


async def take_back(
    tx: SchoolTx, laid: Sequence[LaidBefore], *, reason: str, made_by: UUID | None, at: datetime
) -> None:
    """Bills open again, receipts are cancelled, the money lies unallocated. The caller touches the families."""
    if not laid:
        return
    basis = "named" if made_by is None else "person"
    await _insert(
        tx,
        [(new_id(), one.transaction_id, one.invoice_id, -one.amount, one.allocation_id, reason, basis) for one in laid],
        made_by=made_by,
        at=at,
    )
    transfers = [
        Transfer(
            "taken_back",
            ledger.receivable(one.pupil_id),
            ledger.unallocated(one.bank_account_id),
            one.amount,
            one.transaction_id,
            one.invoice_id,
        )
        for one in laid
    ]
    await ledger.book(tx, transfers, at=at, made_by=made_by)
    await receipts.cancel(tx, [one.allocation_id for one in laid], at=at, reason=reason, by=made_by)


# Allocation, transaction, bill, amount, the allocation it reverses, reason, basis.
_Row = tuple[UUID, UUID, UUID, int, UUID | None, str, str]


async def _insert(tx: SchoolTx, rows: Sequence[_Row], *, made_by: UUID | None, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO allocations
               (school_id, allocation_id, transaction_id, invoice_id, amount, reverses, reason, basis, made_by, made_at)
        SELECT $1, a.allocation_id, a.transaction_id, a.invoice_id, a.amount, a.reverses, a.reason, a.basis, $2, $3
          FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[], $8::uuid[], $9::text[], $10::text[])
            AS a (allocation_id, transaction_id, invoice_id, amount, reverses, reason, basis)
        """,
        tx.school_id,
        made_by,
        at,
        *(list(column) for column in zip(*rows, strict=True)),
    )

"""Receipts: numbered without gaps per school and year, one for every sum laid on a bill. It owns receipt_counters and payment_receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND
from payments.queries import MAY_READ_INVOICE
from payments.receipt_pdf import ReceiptPaper


class Laid(msgspec.Struct, frozen=True):
    """A sum that was laid on a bill."""

    allocation_id: UUID
    transaction_id: UUID
    invoice_id: UUID
    amount: int


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


def written_number(year: int, number: int) -> str:
    return f"{year}/{number:06d}"


async def issue(tx: SchoolTx, laid: Sequence[Laid], *, at: datetime) -> None:
    """Numbers are drawn in the transaction that uses them, under the till: nothing that fails leaves a gap."""
    year = school_day(at).year
    last = await tx.fetchval(
        """
        INSERT INTO receipt_counters AS c (school_id, receipt_year, last_number)
        VALUES ($1, $2, $3)
            ON CONFLICT (school_id, receipt_year)
            DO UPDATE SET last_number = c.last_number + excluded.last_number
        RETURNING last_number
        """,
        tx.school_id,
        year,
        len(laid),
    )
    await tx.execute(
        """
        INSERT INTO payment_receipts
               (school_id, receipt_id, receipt_year, number, transaction_id, invoice_id, allocation_id, amount, issued_at)
        SELECT $1, r.receipt_id, $2, r.number, r.transaction_id, r.invoice_id, r.allocation_id, r.amount, $3
          FROM unnest($4::uuid[], $5::int[], $6::uuid[], $7::uuid[], $8::uuid[], $9::bigint[])
            AS r (receipt_id, number, transaction_id, invoice_id, allocation_id, amount)
            ON CONFLICT (school_id, allocation_id) DO NOTHING
        """,
        tx.school_id,
        year,
        at,
        [new_id() for _ in laid],
        list(range(last - len(laid) + 1, last + 1)),
        [sum_.transaction_id for sum_ in laid],
        [sum_.invoice_id for sum_ in laid],
        [sum_.allocation_id for sum_ in laid],
        [sum_.amount for sum_ in laid],
    )


async def cancel(tx: SchoolTx, allocation_ids: Sequence[UUID], *, at: datetime) -> None:
    """A number stays used; the paper says that it was cancelled."""
    await tx.execute(
        """
        UPDATE payment_receipts
           SET cancelled_at = $3
         WHERE school_id = $1
           AND allocation_id = ANY ($2::uuid[])
           AND cancelled_at IS NULL
        """,
        tx.school_id,
        allocation_ids,
        at,
    )


_PAPER = f"""
    SELECT r.receipt_year, r.number, r.amount, r.issued_at, r.cancelled_at,
           i.reference, f.title, c.name AS class_name, p.full_name AS pupil_name,
           s.name AS school_name, s.address AS school_address,
           t.booked_at, t.bank_reference
      FROM payment_receipts r
      JOIN invoices i
        ON i.school_id = r.school_id
       AND i.invoice_id = r.invoice_id
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      JOIN classes c
        ON c.school_id = f.school_id
       AND c.class_id = f.class_id
      JOIN pupils p
        ON p.school_id = i.school_id
       AND p.pupil_id = i.pupil_id
      JOIN bank_transactions t
        ON t.school_id = r.school_id
       AND t.transaction_id = r.transaction_id
      JOIN schools s
        ON s.school_id = r.school_id
     WHERE r.school_id = $1
       AND r.receipt_id = $4
       {MAY_READ_INVOICE}
"""


async def paper(door: Door, school_id: int, account_id: UUID, receipt_id: UUID, *, on: date) -> ReceiptPaper:
    """For a guardian of the pupil or the school's accountant; anybody else does not learn that it exists."""
    row = await door.fetchrow(_PAPER, school_id, account_id, on, receipt_id)
    if row is None:
        raise NOT_FOUND()
    return ReceiptPaper(
        number=written_number(row["receipt_year"], row["number"]),
        school_name=row["school_name"],
        school_address=row["school_address"],
        pupil_name=row["pupil_name"],
        class_name=row["class_name"],
        title=row["title"],
        amount=row["amount"],
        reference=row["reference"],
        paid_at=row["booked_at"],
        issued_at=row["issued_at"],
        bank_reference=row["bank_reference"],
        cancelled_at=row["cancelled_at"],
    )

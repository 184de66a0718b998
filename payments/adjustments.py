"""What is added to or taken off bills after they were made: write-offs, credits, exemptions, supports. It owns invoice_adjustments.

Each is a row of its own with its reason and its entry in the books; a wrong one is met by another, never edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, problem
from backend.core.versions import touch_families
from payments import allocations, ledger, settle
from payments.allocations import OpenBill
from payments.ledger import Transfer

Kind = Literal["write_off", "lunch_credit", "exemption", "support", "pro_rata", "correction"]

MORE_THAN_ASKED = problem(
    "adjustment-more-than-asked",
    409,
    vi="Số tiền giảm nhiều hơn số phiếu thu còn phải nộp.",
    en="The adjustment takes off more than the invoice still asks for.",
)


class Adjustment(msgspec.Struct, frozen=True):
    """`amount` in đồng: below nothing, the bill asks for less. `document` names the paper it rests on."""

    invoice_id: UUID
    amount: int
    kind: Kind
    reason: str
    document: str | None = None


async def add(tx: SchoolTx, new: Sequence[Adjustment], *, made_by: UUID | None, at: datetime) -> list[UUID]:
    """All or nothing, in order, under the till. Raises where a bill is unknown or would ask for less than lies on it."""
    assert all(one.amount for one in new), "an adjustment changes something"
    bills = {one.bill.invoice_id: one for one in await allocations.bills_by_id(tx, [a.invoice_id for a in new])}
    remaining = {id_: 0 if one.bill.cancelled else one.asked - one.paid for id_, one in bills.items()}
    for one in new:
        if one.invoice_id not in bills:
            raise NOT_FOUND()
        remaining[one.invoice_id] += one.amount
        if remaining[one.invoice_id] < 0 or bills[one.invoice_id].bill.cancelled:
            raise MORE_THAN_ASKED()
    ids = [new_id() for _ in new]
    await _insert(tx, ids, new, made_by=made_by, at=at)
    await ledger.book(tx, [_transfer(one, bills[one.invoice_id]) for one in new], at=at, made_by=made_by)
    await touch_families(tx, [one.pupil_id for one in bills.values()])
    # Money that waited for room on a bill may come in now.
    await settle.look_again(tx, list(bills), at=at)
    return ids


def _transfer(one: Adjustment, bill: OpenBill) -> Transfer:
    """What is written off was income once and is a loss now; everything else was never the school's."""
    other = ledger.write_off(bill.fee_id) if one.kind == "write_off" else ledger.income(bill.fee_id)
    owed = ledger.receivable(bill.pupil_id)
    debit, credit = (owed, other) if one.amount > 0 else (other, owed)
    return Transfer(one.kind, debit, credit, abs(one.amount), invoice_id=one.invoice_id)


async def _insert(
    tx: SchoolTx, ids: Sequence[UUID], new: Sequence[Adjustment], *, made_by: UUID | None, at: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO invoice_adjustments
               (school_id, adjustment_id, invoice_id, amount, kind, reason, document, made_by, made_at)
        SELECT $1, n.adjustment_id, n.invoice_id, n.amount, n.kind, n.reason, n.document, $2, $3
          FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[])
            AS n (adjustment_id, invoice_id, amount, kind, reason, document)
        """,
        tx.school_id,
        made_by,
        at,
        ids,
        [one.invoice_id for one in new],
        [one.amount for one in new],
        [one.kind for one in new],
        [one.reason for one in new],
        [one.document for one in new],
    )

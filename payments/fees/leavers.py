"""Children who left in the middle of a billed period: their bills ask for the part they were there. It owns nothing.

Worked out by the same sums as the bill, with the day they left; the difference is an adjustment. What was paid beyond it goes
back by a refund, and is named, not done, here.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import adjustments, ledger
from payments.adjustments import Adjustment
from payments.balance import BALANCE
from payments.fees import plans
from payments.fees.amounts import parts, total

_BILLS = f"""
    SELECT i.pupil_id, i.invoice_id, i.part, balance.asked, balance.remaining,
           (SELECT coalesce(sum((line ->> 'amount')::bigint), 0)
              FROM jsonb_array_elements(i.made_of) line
             WHERE line ->> 'kind' = 'absence_credit')::bigint AS credited
      FROM invoices i
      {BALANCE}
     WHERE i.school_id = $1
       AND i.plan_id = $2
       AND i.pupil_id = ANY ($3::uuid[])
       AND i.cancelled_at IS NULL
"""


class Lowered(msgspec.Struct, frozen=True):
    """`bills` ask for less now; `paid_too_much` is what families of leavers paid beyond their part, for a refund."""

    bills: int
    paid_too_much: int


async def lower(house: House, actor: UUID, school_id: int, plan_id: UUID) -> Lowered:
    now = house.clock.now()
    today = school_day(now)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=today)
        await ledger.hold_till(tx, at=now)
        draft = await plans.draft(tx, school_id, plan_id, on=today)
        gone = {b.child.pupil_id: b for b in draft.bills if b.child.left_on is not None and b.child.left_on < today}
        rows = await tx.fetch(_BILLS, school_id, plan_id, list(gone))
        changes: list[Adjustment] = []
        too_much = 0
        for row in rows:
            whole = total(line for line in gone[row["pupil_id"]].lines if line.kind != "absence_credit")
            due = parts(whole, len(draft.terms.due_on))[row["part"] - 1]
            if row["part"] == 1:
                due = max(due + row["credited"], 0)
            over = row["asked"] - due
            if over <= 0:
                continue
            off = min(over, row["remaining"])
            too_much += over - off
            if off:
                changes.append(Adjustment(row["invoice_id"], -off, "pro_rata", "left", None))
        await adjustments.add(tx, changes, made_by=actor, at=now)
        if changes:
            await audit.record(tx, "fee_plan.leavers_lowered", "fee_plan", plan_id, at=now, actor=actor,
                               detail={"bills": len(changes)})  # fmt: skip
    return Lowered(len(changes), too_much)

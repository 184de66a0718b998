"""Who pays less, on which paper: exemptions and supports of a pupil. It owns fee_exemptions.

A paper counts for every bill made while it is valid; bills that are still open when it is entered are lowered by an adjustment.
What was paid already is not touched here: it goes back by a refund.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import adjustments, ledger
from payments.adjustments import Adjustment
from payments.balance import BALANCE
from schemas.fees import NewExemption


class Door(Protocol):
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


async def grant(house: House, actor: UUID, school_id: int, new: NewExemption) -> tuple[bool, int]:
    """Whether it was made now, and how many open bills ask for less since."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        await _refuse_what_makes_no_sense(tx, new, on=school_day(now))
        made = await tx.fetchval(
            """
            INSERT INTO fee_exemptions
                   (school_id, exemption_id, pupil_id, item_id, kind, ground, percent, amount, document, document_on,
                    valid_from, valid_to, granted_by, granted_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                ON CONFLICT (school_id, exemption_id) DO NOTHING
            RETURNING true
            """,
            school_id,
            new.exemption_id,
            new.pupil_id,
            new.item_id,
            new.kind,
            new.ground,
            new.percent,
            new.amount,
            clean(new.document),
            new.document_on,
            new.valid_from,
            new.valid_to,
            actor,
            now,
        )
        if not made:
            return False, 0
        lowered = await _lowered(tx, new, on=school_day(now))
        await adjustments.add(tx, lowered, made_by=actor, at=now)
        await audit.record(tx, "fee_exemption.granted", "pupil", new.pupil_id, at=now, actor=actor,
                           detail={"exemption_id": str(new.exemption_id), "bills": len(lowered)})  # fmt: skip
    return True, len(lowered)


async def revoke(house: House, actor: UUID, school_id: int, exemption_id: UUID) -> None:
    """It counts for no bill made from now on; bills it lowered stay lowered. Twice is once."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        pupil_id = await tx.fetchval(
            """
            UPDATE fee_exemptions
               SET revoked_at = coalesce(revoked_at, $3),
                   revoked_by = coalesce(revoked_by, $4)
             WHERE school_id = $1
               AND exemption_id = $2
            RETURNING pupil_id
            """,
            school_id,
            exemption_id,
            now,
            actor,
        )
        if pupil_id is None:
            raise NOT_FOUND()
        await audit.record(tx, "fee_exemption.revoked", "pupil", pupil_id, at=now, actor=actor)


# Bills of the pupil that the paper speaks of and that still ask for something. A plan's bills carry an item; older ones carry none.
_OPEN_BILLS = f"""
    SELECT i.invoice_id, i.amount, balance.remaining
      FROM invoices i
      JOIN fees f
        ON f.school_id = i.school_id
       AND f.fee_id = i.fee_id
      {BALANCE}
     WHERE i.school_id = $1
       AND i.pupil_id = $2
       AND balance.remaining > 0
       AND ($3::uuid IS NULL OR f.item_id = $3)
       AND i.due_on BETWEEN $4 AND $5
     ORDER BY i.due_on, i.invoice_id
"""


async def _lowered(tx: SchoolTx, new: NewExemption, *, on: date) -> list[Adjustment]:
    rows = await tx.fetch(_OPEN_BILLS, tx.school_id, new.pupil_id, new.item_id, max(new.valid_from, on), new.valid_to)
    found: list[Adjustment] = []
    for row in rows:
        off = new.amount if new.amount is not None else row["amount"] * (new.percent or 0) // 100
        off = min(off, row["remaining"])
        if off:
            found.append(Adjustment(row["invoice_id"], -off, new.kind, new.ground, clean(new.document)))
    return found


async def _refuse_what_makes_no_sense(tx: SchoolTx, new: NewExemption, *, on: date) -> None:
    wrong: list[FieldError] = []
    if (new.percent is None) == (new.amount is None):
        wrong.append(
            FieldError("/percent", "Ghi phần trăm hoặc số tiền, một trong hai.", "Either a percentage or a sum.")
        )
    if new.valid_to < new.valid_from:
        wrong.append(FieldError("/valid_to", "Ngày hết hạn trước ngày bắt đầu.", "It ends before it begins."))
    if new.document_on > on:
        wrong.append(FieldError("/document_on", "Ngày của giấy tờ ở tương lai.", "The paper is dated in the future."))
    if not clean(new.document):
        wrong.append(FieldError("/document", "Cần số, tên giấy tờ.", "Name the paper."))
    known = await tx.fetchrow(
        """
        SELECT EXISTS (SELECT FROM pupils WHERE school_id = $1 AND pupil_id = $2) AS pupil,
               $3::uuid IS NULL OR EXISTS (SELECT FROM fee_items WHERE school_id = $1 AND item_id = $3) AS item
        """,
        tx.school_id,
        new.pupil_id,
        new.item_id,
    )
    assert known is not None
    if not known["pupil"]:
        wrong.append(FieldError("/pupil_id", "Trường không có học sinh này.", "The school has no such pupil."))
    if not known["item"]:
        wrong.append(FieldError("/item_id", "Trường không có khoản mục này.", "The school has no such item."))
    if wrong:
        raise INVALID(*wrong)


_LIST = """
SELECT json_build_object('exemptions', coalesce(json_agg(l.entry), '[]'::json))::text
  FROM (SELECT json_build_object(
                 'exemption_id', x.exemption_id, 'pupil_id', x.pupil_id, 'pupil_name', p.full_name,
                 'item_title', t.title, 'kind', x.kind, 'ground', x.ground, 'percent', x.percent, 'amount', x.amount,
                 'document', x.document, 'document_on', x.document_on, 'valid_from', x.valid_from,
                 'valid_to', x.valid_to, 'revoked_at', x.revoked_at) AS entry
          FROM fee_exemptions x
          JOIN pupils p
            ON p.school_id = x.school_id
           AND p.pupil_id = x.pupil_id
          LEFT JOIN fee_items t
            ON t.school_id = x.school_id
           AND t.item_id = x.item_id
         WHERE x.school_id = $1
         ORDER BY x.revoked_at IS NOT NULL, p.sort_key, x.granted_at, x.exemption_id
         LIMIT 2000) l
"""


async def listed(door: Door, school_id: int) -> str:
    """JSON; those in force first, in the order of names."""
    body: str = await door.fetchval(_LIST, school_id)
    return body

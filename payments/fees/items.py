"""Fee items: what a school may ask for, on which ground, and for what. It owns fee_items.

An item may be written down while it still breaks rules; what breaks them is said at once, and nothing of it can be billed.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import accounts
from payments.fees.guard import Basis, Item, School, Violation, check
from schemas.fees import NewFeeItem

ITEM_EXISTS = problem(
    "fee-item-exists",
    409,
    vi="Mã này đã dùng cho một khoản mục khác.",
    en="This id already belongs to a different fee item.",
)


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


class KeptItem(msgspec.Struct, frozen=True):
    """An item as it is kept, with the standing of the school that decides which rules hold."""

    item_id: UUID
    title: str
    category: Any
    obligatory: bool
    basis_document: str | None
    basis_article: str | None
    basis_issuer: str | None
    basis_on: date | None
    cap_amount: int | None
    cap_document: str | None
    unit: str
    unit_amount: int
    previous_amount: int | None
    receiver: Any
    receiver_name: str | None
    bank_account_id: int | None
    document_type: str
    equal_share: bool
    for_foreigners: bool
    absence_hour: int | None
    planned_use: str
    valid_from: date
    valid_to: date
    closed: bool
    ownership: Any
    province_code: str | None

    @property
    def basis(self) -> str | None:
        parts = [self.basis_article, self.basis_document, self.basis_issuer]
        return ", ".join(part for part in parts if part) or None

    def broken(self, on: date) -> tuple[Violation, ...]:
        basis = Basis(self.basis_document, self.basis_issuer, self.basis_on) if self.basis_document else None
        shared = {name: getattr(self, name) for name in Item.__struct_fields__ if name not in ("basis", "collected_by")}
        return check(Item(**shared, basis=basis), School(self.ownership, self.province_code), on=on)


# What an item is; `t` stands for it and `s` for its school.
COLUMNS = """
       t.item_id, t.title, t.category, t.obligatory, t.basis_document, t.basis_article, t.basis_issuer, t.basis_on,
       t.cap_amount, t.cap_document, t.unit, t.unit_amount, t.previous_amount, t.receiver, t.receiver_name,
       t.bank_account_id, t.document_type, t.equal_share, t.for_foreigners, t.absence_hour, t.planned_use,
       t.valid_from, t.valid_to, t.closed_at IS NOT NULL AS closed, s.ownership, s.province_code
"""

_ITEM = f"""
SELECT {COLUMNS.strip()}
  FROM fee_items t
  JOIN schools s
    ON s.school_id = t.school_id
 WHERE t.school_id = $1
   AND t.item_id = $2
"""


async def item(door: Door, school_id: int, item_id: UUID) -> KeptItem:
    row = await door.fetchrow(_ITEM, school_id, item_id)
    if row is None:
        raise NOT_FOUND()
    return KeptItem(**row)


async def would_break(door: Door, school_id: int, new: NewFeeItem, *, on: date) -> tuple[Violation, ...]:
    """What the law says of an item before it is written down; same question, same answer as afterwards."""
    row = await door.fetchrow("SELECT ownership, province_code FROM schools WHERE school_id = $1", school_id)
    kept = {name: getattr(new, name) for name in KeptItem.__struct_fields__ if name in NewFeeItem.__struct_fields__}
    kept["title"] = clean(new.title)
    kept["basis_document"], kept["cap_document"] = _text(new.basis_document), _text(new.cap_document)
    return KeptItem(**kept, closed=False, ownership=row["ownership"], province_code=row["province_code"]).broken(on)


async def create(house: House, actor: UUID, school_id: int, new: NewFeeItem) -> bool:
    """True when it was made now, False when the same request was here before."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await _refuse_what_makes_no_sense(tx, new)
        made = await tx.fetchval(
            """
            INSERT INTO fee_items
                   (school_id, item_id, title, category, obligatory, basis_document, basis_article, basis_issuer, basis_on,
                    cap_amount, cap_document, unit, unit_amount, previous_amount, receiver, receiver_name, bank_account_id,
                    document_type, equal_share, for_foreigners, absence_hour, planned_use, valid_from, valid_to,
                    created_by, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                    $23, $24, $25, $26)
                ON CONFLICT (school_id, item_id) DO NOTHING
            RETURNING true
            """,
            school_id,
            new.item_id,
            clean(new.title),
            new.category,
            new.obligatory,
            _text(new.basis_document),
            _text(new.basis_article),
            _text(new.basis_issuer),
            new.basis_on,
            new.cap_amount,
            _text(new.cap_document),
            new.unit,
            new.unit_amount,
            new.previous_amount,
            new.receiver,
            _text(new.receiver_name),
            new.bank_account_id,
            new.document_type,
            new.equal_share,
            new.for_foreigners,
            new.absence_hour,
            clean(new.planned_use),
            new.valid_from,
            new.valid_to,
            actor,
            now,
        )
        if not made:
            known = await item(tx, school_id, new.item_id)
            if (known.title, known.unit_amount, known.category) != (clean(new.title), new.unit_amount, new.category):
                raise ITEM_EXISTS()
            return False
        await audit.record(tx, "fee_item.created", "fee_item", new.item_id, at=now, actor=actor)
    return True


async def _refuse_what_makes_no_sense(tx: SchoolTx, new: NewFeeItem) -> None:
    wrong: list[FieldError] = []
    if not clean(new.title):
        wrong.append(FieldError("/title", "Cần tên khoản thu.", "The item needs a title."))
    if new.valid_to < new.valid_from:
        wrong.append(FieldError("/valid_to", "Ngày kết thúc trước ngày bắt đầu.", "It ends before it begins."))
    if new.bank_account_id is not None:
        known = [one.bank_account_id for one in await accounts.open_accounts(tx, tx.school_id)]
        if new.bank_account_id not in known:
            wrong.append(
                FieldError(
                    "/bank_account_id", "Hãy chọn một tài khoản của trường.", "Choose one of the school's accounts."
                )
            )
    if wrong:
        raise INVALID(*wrong)


def _text(value: str | None) -> str | None:
    return (clean(value) or None) if value else None

"""What an item's money was spent on, and by which money that left an account. It owns item_spendings.

A line is never edited: a mistake is met by a line the other way round, once. A line without money that left is told to families,
and takes nothing off any account until it is said again with it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments import ledger
from payments.fees.items import item
from schemas.fees import NewSpending


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


class Leaving(msgspec.Struct, frozen=True):
    """Money that left an account, and how much of it nobody has said the use of."""

    transaction_id: UUID
    account_name: str
    left_on: date
    memo: str
    room: int


_ROOM = """
    SELECT t.transaction_id, b.account_name, (t.booked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS left_on, t.memo,
           (t.amount - coalesce(sum(s.amount), 0))::bigint AS room
      FROM bank_transactions t
      JOIN bank_accounts b
        ON b.school_id = t.school_id
       AND b.bank_account_id = t.bank_account_id
      LEFT JOIN item_spendings s
        ON s.school_id = t.school_id
       AND s.transaction_id = t.transaction_id
     WHERE t.school_id = $1
       AND t.direction = 'out'
       AND t.state = 'ignored'
       AND t.refund_of IS NULL
       AND ($2::uuid IS NULL OR t.transaction_id = $2)
     GROUP BY t.school_id, t.transaction_id, b.account_name
    HAVING t.amount > coalesce(sum(s.amount), 0)
     ORDER BY t.booked_at DESC, t.transaction_id
     LIMIT 100
"""


async def leavings(door: Door, school_id: int, transaction_id: UUID | None = None) -> list[Leaving]:
    """The newest money that left, or this one, as far as its use is still to be said."""
    return [Leaving(**row) for row in await door.fetch(_ROOM, school_id, transaction_id)]


class _Kept(msgspec.Struct, frozen=True):
    amount: int
    transaction_id: UUID | None
    corrected: bool


async def spend(house: House, actor: UUID, school_id: int, item_id: UUID, new: NewSpending) -> bool:
    """True when the line was made now, False when the same request was here before."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        await ledger.hold_till(tx, at=now)
        await item(tx, school_id, item_id)
        if await _line(tx, item_id, new.spending_id):
            return False
        corrected = await _line(tx, item_id, new.corrects) if new.corrects else None
        wrong = _wrong_alone(new, on=school_day(now))
        wrong += await _wrong_by_the_money(tx, new) if new.corrects is None else _wrong_correction(new, corrected)
        if wrong:
            raise INVALID(*wrong)
        made: bool | None = await tx.fetchval(
            """
            INSERT INTO item_spendings
                   (school_id, spending_id, item_id, spent_on, amount, purpose, document, corrects, transaction_id,
                    made_by, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT (school_id, spending_id) DO NOTHING
            RETURNING true
            """,
            school_id,
            new.spending_id,
            item_id,
            new.spent_on,
            new.amount,
            clean(new.purpose),
            clean(new.document),
            new.corrects,
            corrected.transaction_id if corrected else new.transaction_id,
            actor,
            now,
        )
        if made:
            await audit.record(tx, "fee_item.spent", "fee_item", item_id, at=now, actor=actor)
    return bool(made)


def _wrong_alone(new: NewSpending, *, on: date) -> list[FieldError]:
    wrong = []
    if not new.amount or (new.amount < 0 and new.corrects is None):
        wrong.append(
            FieldError(
                "/amount", "Số tiền âm chỉ dùng để sửa một dòng ghi nhầm.", "Below nothing only to correct a line."
            )
        )
    if new.spent_on > on:
        wrong.append(FieldError("/spent_on", "Ngày chi ở tương lai.", "The day is still to come."))
    if not clean(new.purpose):
        wrong.append(FieldError("/purpose", "Chi vào việc gì?", "What was it spent on?"))
    if not clean(new.document):
        wrong.append(FieldError("/document", "Cần số chứng từ chi.", "The spending needs its document."))
    return wrong


async def _wrong_by_the_money(tx: SchoolTx, new: NewSpending) -> list[FieldError]:
    if new.transaction_id is None:
        return []
    left = await leavings(tx, tx.school_id, new.transaction_id)
    if not left:
        return [
            FieldError(
                "/transaction_id",
                "Không có khoản tiền ra như vậy, hoặc đã ghi hết việc chi của khoản này.",
                "No such money left an account, or all of its use has been said.",
            )
        ]
    if new.amount > left[0].room:
        return [
            FieldError(
                "/amount", "Lớn hơn số tiền đã rời tài khoản.", "This is more than the money that left the account."
            )
        ]
    return []


def _wrong_correction(new: NewSpending, corrected: _Kept | None) -> list[FieldError]:
    """It meets one line whole, once, and stands with the same money that left."""
    if corrected is None or corrected.corrected or corrected.amount != -new.amount:
        return [FieldError("/corrects", "Không có dòng chi như vậy để sửa.", "There is no such line to correct.")]
    if new.transaction_id not in (None, corrected.transaction_id):
        return [
            FieldError(
                "/transaction_id",
                "Dòng được sửa gắn với khoản tiền khác.",
                "The line it corrects stands with other money.",
            )
        ]
    return []


async def _line(tx: SchoolTx, item_id: UUID, spending_id: UUID) -> _Kept | None:
    row = await tx.fetchrow(
        """
        SELECT s.amount, s.transaction_id,
               EXISTS (SELECT
                         FROM item_spendings c
                        WHERE c.school_id = $1
                          AND c.corrects = s.spending_id) AS corrected
          FROM item_spendings s
         WHERE s.school_id = $1
           AND s.item_id = $2
           AND s.spending_id = $3
        """,
        tx.school_id,
        item_id,
        spending_id,
    )
    return None if row is None else _Kept(**row)

"""Plans: an item, its audience and its terms. Drafted, looked at, published; what they bill is worked out in amounts.py. It owns fee_plans.

Looking and publishing read the same facts and do the same sums, so what was shown is what is billed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean
from backend.identity import audit
from backend.identity.entitlement import require_role
from payments.fees import facts, ground, items
from payments.fees.amounts import Line, Terms, asked, parts, total
from payments.fees.facts import Seated
from payments.fees.ground import Ground
from payments.fees.guard import Violation
from payments.fees.items import KeptItem
from schemas.fees import NewPlan

PLAN_EXISTS = problem(
    "fee-plan-exists", 409, vi="Mã này đã dùng cho một đợt thu khác.", en="This id already belongs to a different plan."
)
# A single transfer over NAPAS 247 stays below 500 million đồng.
AMOUNT_MAX = 499_999_999


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...
    async def fetchval(self, sql: str, *arguments: Any) -> Any: ...


class Bill(msgspec.Struct, frozen=True):
    """What one child would be asked for: a sum a part. No parts where there is nothing to ask."""

    child: Seated
    lines: list[Line]
    parts: list[int]


class Draft(msgspec.Struct, frozen=True):
    plan_id: UUID
    title: str
    school_year: str
    terms: Terms
    item: KeptItem
    published_at: datetime | None
    violations: tuple[Violation, ...]
    bills: list[Bill]


async def create(house: House, actor: UUID, school_id: int, new: NewPlan) -> bool:
    """True when it was made now, False when the same request was here before. Nothing is billed yet."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", on=school_day(now))
        item = await items.item(tx, school_id, new.item_id)
        terms = _terms(new)
        wrong = _nonsense(new, item, on=school_day(now))
        school_year = await tx.fetchval(
            "SELECT school_year FROM school_years WHERE school_id = $1 AND is_current", school_id
        )
        if school_year is None:
            wrong.append(FieldError("/plan_id", "Trường chưa có năm học.", "The school has no school year yet."))
        if wrong:
            raise INVALID(*wrong)
        kept = await tx.fetchval(
            """
            INSERT INTO fee_plans (school_id, plan_id, item_id, title, school_year, terms, created_by, created_at)
            VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)
                ON CONFLICT (school_id, plan_id) DO NOTHING
            RETURNING true
            """,
            school_id,
            new.plan_id,
            new.item_id,
            clean(new.title),
            school_year,
            msgspec.json.encode(terms).decode(),
            actor,
            now,
        )
        if not kept:
            if await _of(tx, new.plan_id) != (new.item_id, clean(new.title), terms):
                raise PLAN_EXISTS()
            return False
        await audit.record(tx, "fee_plan.created", "fee_plan", new.plan_id, at=now, actor=actor)
    return True


async def draft(door: Door, school_id: int, plan_id: UUID, *, on: date) -> Draft:
    """Everything a person wants to see before publishing; publishing itself starts from it."""
    return await draft_on(door, await ground.of_plan(door, school_id, plan_id, on=on), on=on)


async def draft_on(door: Door, known: Ground, *, on: date) -> Draft:
    """From a plan that has been read already."""
    terms, item = known.terms, known.item
    found = await facts.facts(
        door,
        known.school_id,
        known.plan_id,
        item.item_id,
        known.school_year,
        terms,
        absence_hour=item.absence_hour,
        on=on,
    )
    closed = frozenset(found.closed)
    bills = [_bill(terms, item, child, closed, on) for child in found.children]
    return Draft(known.plan_id, known.title, known.school_year, terms, item, known.published_at, item.broken(on), bills)


def _bill(terms: Terms, item: KeptItem, child: Seated, closed: frozenset[date], on: date) -> Bill:
    lines = asked(terms, item.unit_amount, child.child, closed, on=on)
    whole = total(lines)
    return Bill(child, lines, parts(whole, len(terms.due_on)) if whole >= len(terms.due_on) else [])


def _terms(new: NewPlan) -> Terms:
    return Terms(
        scope=new.scope,
        class_ids=tuple(map(str, new.class_ids)),
        grades=tuple(new.grades),
        pupil_ids=tuple(map(str, new.pupil_ids)),
        counting=new.counting,
        quantity=new.quantity,
        period_from=new.period_from,
        period_to=new.period_to,
        saturdays=new.saturdays,
        credit_from=new.credit_from,
        credit_to=new.credit_to,
        pro_rata=new.pro_rata,
        sibling_percent=new.sibling_percent,
        due_on=tuple(new.due_on),
    )


def _nonsense(new: NewPlan, item: KeptItem, *, on: date) -> list[FieldError]:
    """Every wrong field at once."""
    wrong: list[FieldError] = []

    def say(field: str, vi: str, en: str) -> None:
        wrong.append(FieldError(f"/{field}", vi, en))

    if not clean(new.title):
        say("title", "Cần tên đợt thu.", "The plan needs a title.")
    if new.due_on[0] < on:
        say("due_on", "Hạn nộp đã qua.", "The due date has passed.")
    if sorted(set(new.due_on)) != list(new.due_on):
        say("due_on", "Các hạn nộp phải khác nhau và theo thứ tự.", "Due dates must differ and be in order.")
    chosen = {"class": new.class_ids, "grade": new.grades, "pupils": new.pupil_ids}
    if new.scope != "school" and not chosen[new.scope]:
        field = {"class": "class_ids", "grade": "grades", "pupils": "pupil_ids"}[new.scope]
        say(field, "Hãy chọn ít nhất một.", "Choose at least one.")
    if (new.period_from is None) != (new.period_to is None):
        say("period_to", "Kỳ tính cần cả ngày đầu và ngày cuối.", "A period needs its first and its last day.")
    if new.period_from and new.period_to and not 0 <= (new.period_to - new.period_from).days <= 366:
        say("period_to", "Kỳ tính phải dài từ một ngày đến một năm.", "A period lasts from a day to a year.")
    if new.counting != "fixed" and new.period_from is None:
        say("period_from", "Tính theo ngày thì cần kỳ tính.", "Counting days needs a period.")
    if new.counting != "fixed" and item.unit != "day":
        say("counting", "Chỉ khoản tính theo ngày mới đếm ngày.", "Only an item by the day counts days.")
    if new.counting == "attended_days" and new.period_to and new.period_to > on:
        say("period_to", "Chưa hết kỳ nên chưa đếm được ngày đi học.", "The period has not ended yet.")
    if (new.credit_from is None) != (new.credit_to is None) or (
        new.credit_from and new.credit_to and new.credit_to < new.credit_from
    ):
        say("credit_to", "Kỳ trừ tiền nghỉ cần ngày đầu và ngày cuối.", "The credited days need a first and a last.")
    if new.credit_from and new.counting != "school_days":
        say("credit_from", "Chỉ đợt thu trước theo ngày học mới trừ ngày nghỉ.", "Only days paid ahead are given back.")
    if item.unit_amount * new.quantity > AMOUNT_MAX:
        say("quantity", "Số tiền vượt 499.999.999 đ.", "The amount is above 499.999.999 đ.")
    return wrong


async def _of(tx: SchoolTx, plan_id: UUID) -> tuple[UUID, str, Terms]:
    row = await tx.fetchrow(
        "SELECT item_id, title, terms FROM fee_plans WHERE school_id = $1 AND plan_id = $2", tx.school_id, plan_id
    )
    assert row is not None
    return row["item_id"], row["title"], msgspec.json.decode(row["terms"], type=Terms)

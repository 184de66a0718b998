"""Who may touch fee items, plans and papers, and ask why: the accountant writes, the head reads, a family asks about its own bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.ids import new_id
from tests.factories import YEAR
from tests.identity.matrix import ACCOUNTANTS, ADMINS, BY_SCHOOL, FAMILY, Ask, Line, Scene

KEEPERS = ACCOUNTANTS | ADMINS
FIRST, LAST = date(2020, 1, 1), date(2040, 1, 1)


@dataclass
class Planned:
    item_id: UUID
    plan_id: UUID
    exemption_id: UUID


async def plan(scene: Scene) -> Planned:
    """Written behind the doors, because the other school has no accountant who could do it."""
    now, school_id = scene.house.clock.now(), scene.target.school_id
    made = Planned(new_id(), new_id(), new_id())
    await scene.owner.execute(
        "INSERT INTO fee_items (school_id, item_id, title, category, obligatory, basis_document, unit, unit_amount, receiver,"
        " document_type, valid_from, valid_to, bank_account_id, created_by, created_at)"
        " VALUES ($1, $2, 'Nước uống', 'agreed', false, 'NQ 1', 'month', 15000, 'school', 'receipt', $3, $4, $5, $2, $6)",
        school_id, made.item_id, FIRST, LAST, scene.world.bank_account_id, now,
    )  # fmt: skip
    due_on = (school_day(now) + timedelta(days=9)).isoformat()
    await scene.owner.execute(
        "INSERT INTO fee_plans (school_id, plan_id, item_id, title, school_year, terms, created_by, created_at)"
        " VALUES ($1, $2, $3, 'Nước uống', $4, $5::jsonb, $2, $6)",
        school_id, made.plan_id, made.item_id, YEAR, f'{{"scope": "school", "due_on": ["{due_on}"]}}', now,
    )  # fmt: skip
    await scene.owner.execute(
        "INSERT INTO fee_exemptions (school_id, exemption_id, pupil_id, kind, ground, percent, document, document_on, valid_from,"
        " valid_to, granted_by, granted_at) VALUES ($1, $2, $3, 'exemption', 'poor', 50, 'GCN', $4, $4, $5, $2, $6)",
        school_id, made.exemption_id, scene.target.pupil_id, FIRST, LAST, now,
    )  # fmt: skip
    return made


async def bill(scene: Scene) -> Any:
    from tests.payments.matrix_lines import bill as billed  # that module reads this one

    return await billed(scene)


def school(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}{rest}"


def item_body() -> dict[str, Any]:
    return {
        "item_id": str(new_id()), "title": "Nước uống", "category": "agreed", "unit_amount": 15_000,
        "valid_from": "2026-09-01", "valid_to": "2027-05-31", "basis_document": "NQ 18/2025/NQ-HĐND",
    }  # fmt: skip


def plan_body(scene: Scene) -> dict[str, Any]:
    due_on = (school_day(scene.house.clock.now()) + timedelta(days=9)).isoformat()
    return {"plan_id": str(new_id()), "item_id": str(scene.made.item_id), "title": "Nước uống", "due_on": [due_on]}


def exemption_body(scene: Scene) -> dict[str, Any]:
    return {
        "exemption_id": str(new_id()), "pupil_id": str(scene.target.pupil_id), "ground": "poor", "percent": 50,
        "document": "GCN hộ nghèo 12", "document_on": "2026-01-05", "valid_from": "2026-01-01", "valid_to": "2030-12-31",
    }  # fmt: skip


def spending_body() -> dict[str, Any]:
    return {"spending_id": str(new_id()), "spent_on": "2026-09-10", "amount": 1_000, "purpose": "Bình nước", "document": "HĐ 1"}  # fmt: skip


_WRITTEN = {"allowed": ACCOUNTANTS, "targets": BY_SCHOOL, "prepare": plan}
_READ = {"allowed": KEEPERS, "targets": BY_SCHOOL, "prepare": plan}
_S = "/v1/schools/{school_id}"

LINES = {
    ("POST", _S + "/fee-items"): Line(
        ask=lambda s: Ask(school(s, "/fee-items"), json=item_body()),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
        passes={201},
    ),
    ("GET", _S + "/fee-items"): Line(ask=lambda s: Ask(school(s, "/fee-items")), **_READ),
    ("POST", _S + "/fee-items/{item_id}/spendings"): Line(
        ask=lambda s: Ask(school(s, f"/fee-items/{s.made.item_id}/spendings"), json=spending_body()), **_WRITTEN
    ),
    ("POST", _S + "/fee-plans"): Line(
        ask=lambda s: Ask(school(s, "/fee-plans"), json=plan_body(s)), passes={201}, **_WRITTEN
    ),
    ("GET", _S + "/fee-plans/{plan_id}"): Line(ask=lambda s: Ask(school(s, f"/fee-plans/{s.made.plan_id}")), **_READ),
    ("POST", _S + "/fee-plans/{plan_id}/publish"): Line(
        ask=lambda s: Ask(school(s, f"/fee-plans/{s.made.plan_id}/publish")), **_WRITTEN
    ),
    ("POST", _S + "/fee-plans/{plan_id}/leavers"): Line(
        ask=lambda s: Ask(school(s, f"/fee-plans/{s.made.plan_id}/leavers")), **_WRITTEN
    ),
    ("POST", _S + "/fee-exemptions"): Line(
        ask=lambda s: Ask(school(s, "/fee-exemptions"), json=exemption_body(s)), passes={201}, **_WRITTEN
    ),
    ("GET", _S + "/fee-exemptions"): Line(ask=lambda s: Ask(school(s, "/fee-exemptions")), **_READ),
    ("POST", _S + "/fee-exemptions/{exemption_id}/revoke"): Line(
        ask=lambda s: Ask(school(s, f"/fee-exemptions/{s.made.exemption_id}/revoke")), **_WRITTEN
    ),
    ("GET", _S + "/invoices/{invoice_id}/why"): Line(
        ask=lambda s: Ask(school(s, f"/invoices/{s.made.invoice_id}/why")), allowed=FAMILY | KEEPERS, prepare=bill
    ),
}

"""Items become plans, plans become bills: through the doors, against the real roll. Nobody twice, nothing forbidden, every đồng explained."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.core.clock import school_day
from backend.core.database import Database, Reader
from backend.core.ids import new_id
from payments.fees import billing
from payments.references import is_reference
from tests.factories import YEAR, add_pupils


@pytest.fixture
def today(money) -> date:
    return school_day(money.house.clock.now())


async def item(money, **changes: Any) -> str:
    item_id = str(new_id())
    body = {
        "item_id": item_id, "title": "Nước uống", "category": "agreed", "unit_amount": 15_000, "unit": "month",
        "valid_from": "2026-08-01", "valid_to": "2039-05-31", "basis_document": "18/2025/NQ-HĐND",
        "basis_issuer": "HĐND thành phố", **changes,
    }  # fmt: skip
    answer = await money.post("/fee-items", body)
    assert answer.status_code == 201, answer.text
    return item_id


async def plan(money, item_id: str, today: date, **changes: Any) -> dict[str, Any]:
    body = {
        "plan_id": str(new_id()), "item_id": item_id, "title": "Nước uống học kỳ 1",
        "due_on": [(today + timedelta(days=10)).isoformat()], **changes,
    }  # fmt: skip
    answer = await money.post("/fee-plans", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def publish(money, plan_id: str) -> int:
    answer = await money.post(f"/fee-plans/{plan_id}/publish", None)
    assert answer.status_code == 200, answer.text
    return answer.json()["bills_made"]


async def bills(money, plan_id: str) -> list[Any]:
    return await money.owner.fetch(
        "SELECT * FROM invoices WHERE school_id = $1 AND plan_id = $2 ORDER BY pupil_id, part",
        money.world.school_id, plan_id,
    )  # fmt: skip


async def test_what_was_shown_is_billed_once_and_a_second_click_adds_nothing(money, today) -> None:
    shown = await plan(money, await item(money), today)
    assert (shown["new_bills"], shown["amount"], shown["broken_rules"]) == (3, 45_000, [])
    assert await publish(money, shown["plan_id"]) == 3
    assert await publish(money, shown["plan_id"]) == 0
    made = await bills(money, shown["plan_id"])
    assert len({bill["reference"] for bill in made}) == 3 and all(is_reference(b["reference"], "HP") for b in made)
    again = (await money.get(f"/fee-plans/{shown['plan_id']}")).json()
    assert (again["new_bills"], again["already_billed"]) == (0, 3)
    await money.prove()


async def test_clicks_at_once_bill_everybody_once(money, today) -> None:
    shown = await plan(money, await item(money), today)
    made = await asyncio.gather(*(publish(money, shown["plan_id"]) for _ in range(4)))
    assert sorted(made) == [0, 0, 0, 3]
    await money.prove()


async def test_who_joins_later_is_billed_by_the_next_click(money, today) -> None:
    shown = await plan(money, await item(money), today, scope="class", class_ids=[str(money.world.class_id)])
    assert await publish(money, shown["plan_id"]) == 2
    await add_pupils(money.owner, money.world, 3)
    assert await publish(money, shown["plan_id"]) == 3
    await money.prove()


async def test_a_forbidden_item_can_be_written_down_but_not_billed(money, today) -> None:
    item_id = await item(money, title="Quỹ lớp 6A1")
    listed = (await money.get("/fee-items")).json()["items"]
    [rule] = next(one for one in listed if one["item_id"] == item_id)["broken_rules"]
    assert (rule["rule"], rule["field"]) == ("class_fund", "title") and "55/2011" in rule["source"]
    shown = await plan(money, item_id, today)
    assert [one["rule"] for one in shown["broken_rules"]] == ["class_fund"]
    answer = await money.post(f"/fee-plans/{shown['plan_id']}/publish", None)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/title"]
    assert await money.count("invoices") == 0


async def test_the_boards_own_money_gets_no_bills_of_the_school(money, today) -> None:
    item_id = await item(
        money, title="Ủng hộ ban đại diện cha mẹ học sinh", category="parents_board", receiver="parents_board",
        equal_share=False, planned_use="Thăm hỏi học sinh ốm",
    )  # fmt: skip
    shown = await plan(money, item_id, today)
    assert shown["broken_rules"] == []
    answer = await money.post(f"/fee-plans/{shown['plan_id']}/publish", None)
    assert answer.json()["type"] == "/problems/not-the-schools-money"


async def test_instalments_add_up_and_only_the_first_is_told(money, today) -> None:
    due = [(today + timedelta(days=n)).isoformat() for n in (10, 40, 70)]
    shown = await plan(money, await item(money, unit_amount=100_000), today, due_on=due)
    assert await publish(money, shown["plan_id"]) == 9
    mine = [b for b in await bills(money, shown["plan_id"]) if b["pupil_id"] == money.world.child.pupil_id]
    assert [(b["part"], b["amount"]) for b in mine] == [(1, 33_334), (2, 33_333), (3, 33_333)]
    told = await money.owner.fetchval(
        "SELECT count(*) FROM notices WHERE school_id = $1 AND kind = 'invoice'", money.world.school_id
    )
    assert told == 3
    await money.prove()


async def test_a_paper_makes_a_child_pay_less_and_lowers_open_bills(money, today) -> None:
    item_id = await item(money, unit_amount=100_000)
    first = await plan(money, item_id, today)
    await publish(money, first["plan_id"])
    grant = {
        "exemption_id": str(new_id()), "pupil_id": str(money.world.child.pupil_id), "ground": "poor", "percent": 70,
        "document": "GCN hộ nghèo 12/2026", "document_on": "2026-01-05", "valid_from": "2026-01-01", "valid_to": "2039-12-31",
    }  # fmt: skip
    answer = await money.post("/fee-exemptions", grant)
    assert (answer.status_code, answer.json()["bills_adjusted"]) == (201, 1)
    assert (await money.post("/fee-exemptions", grant)).json()["bills_adjusted"] == 0
    assert (await money.invoice())["remaining"] == 30_000
    second = await plan(money, item_id, today)
    mine = next(b for b in second["bills"] if b["pupil_id"] == str(money.world.child.pupil_id))
    assert (mine["amount"], [line["kind"] for line in mine["lines"]]) == (30_000, ["base", "exemption"])
    revoked = await money.post(f"/fee-exemptions/{grant['exemption_id']}/revoke", None)
    assert revoked.status_code == 204
    third = await plan(money, item_id, today)
    assert {b["amount"] for b in third["bills"]} == {100_000}
    await money.prove()


async def test_a_wholly_exempt_child_gets_no_bill(money, today) -> None:
    await money.post("/fee-exemptions", {
        "exemption_id": str(new_id()), "pupil_id": str(money.world.child.pupil_id), "ground": "orphan", "percent": 100,
        "document": "QĐ 5", "document_on": "2026-01-05", "valid_from": "2026-01-01", "valid_to": "2039-12-31",
    })  # fmt: skip
    shown = await plan(money, await item(money), today)
    assert (shown["new_bills"], shown["nothing_to_pay"]) == (2, 1)
    assert await publish(money, shown["plan_id"]) == 2


async def lunch(money, **changes: Any) -> str:
    return await item(money, title="Tiền ăn bán trú", unit="day", unit_amount=35_000, absence_hour=8, **changes)


async def excused(money, day: date, at: datetime, pupil: Any = None) -> None:
    await money.owner.execute(
        "INSERT INTO roll_marks (school_id, pupil_id, held_on, session, class_id, mark, marked_by, marked_at)"
        " VALUES ($1, $2, $3, 'morning', $4, 'excused', $2, $5)",
        money.world.school_id, (pupil or money.world.child).pupil_id, day, money.world.class_id, at,
    )  # fmt: skip


async def test_a_lunch_told_off_in_time_is_given_back_once_with_the_next_bill(money, today) -> None:
    item_id = await lunch(money)
    days = {"counting": "school_days", "period_from": "2026-10-01", "period_to": "2026-10-31"}
    credit = {"credit_from": "2026-09-07", "credit_to": "2026-09-30"}
    # Told at 7:30 in Vietnam, and too late at 9:00.
    await excused(money, date(2026, 9, 15), datetime(2026, 9, 15, 0, 30, tzinfo=UTC))
    await excused(money, date(2026, 9, 16), datetime(2026, 9, 16, 2, 0, tzinfo=UTC))
    shown = await plan(money, item_id, today, **days, **credit)
    mine = next(b for b in shown["bills"] if b["pupil_id"] == str(money.world.child.pupil_id))
    others = next(b for b in shown["bills"] if b["pupil_id"] != str(money.world.child.pupil_id))
    assert others["amount"] - mine["amount"] == 35_000
    assert mine["lines"][-1] == {
        "kind": "absence_credit", "amount": -35_000, "quantity": 1, "each": 35_000, "of": None, "percent": None, "ground": None,
    }  # fmt: skip
    await publish(money, shown["plan_id"])
    later = await plan(
        money, item_id, today, counting="school_days", period_from="2026-11-01", period_to="2026-11-30", **credit
    )
    assert len({b["amount"] for b in later["bills"]}) == 1
    await money.prove()


async def test_days_of_the_calendar_are_counted_not_guessed(money, today) -> None:
    await money.owner.execute(
        "INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at) VALUES ($1, '2026-10-15', 'Bão', $2, $3)",
        money.world.school_id, money.world.admin.account_id, money.house.clock.now(),
    )  # fmt: skip
    shown = await plan(
        money, await lunch(money), today, counting="school_days", period_from="2026-10-01", period_to="2026-10-31"
    )
    assert {b["lines"][0]["quantity"] for b in shown["bills"]} == {21}


async def test_who_comes_in_the_middle_pays_for_the_part(money, today) -> None:
    await money.owner.execute(
        "UPDATE enrolments SET from_on = '2026-10-19' WHERE school_id = $1 AND pupil_id = $2",
        money.world.school_id, money.world.child.pupil_id,
    )  # fmt: skip
    shown = await plan(
        money,
        await item(money, unit_amount=220_000),
        today,
        period_from="2026-10-01",
        period_to="2026-10-31",
        pro_rata=True,
    )
    mine = next(b for b in shown["bills"] if b["pupil_id"] == str(money.world.child.pupil_id))
    assert (mine["amount"], mine["lines"][0]["quantity"], mine["lines"][0]["of"]) == (100_000, 10, 22)


async def test_who_leaves_in_the_middle_is_asked_for_the_part_only(money, today) -> None:
    first, last = today - timedelta(days=20), today + timedelta(days=20)
    shown = await plan(
        money,
        await lunch(money),
        today,
        counting="school_days",
        period_from=first.isoformat(),
        period_to=last.isoformat(),
    )
    await publish(money, shown["plan_id"])
    before = (await money.invoice())["remaining"]
    await money.owner.execute(
        "UPDATE enrolments SET to_on = $3 WHERE school_id = $1 AND pupil_id = $2",
        money.world.school_id, money.world.child.pupil_id, today - timedelta(days=5),
    )  # fmt: skip
    assert (await money.post(f"/fee-plans/{shown['plan_id']}/leavers", None)).json()["bills_made"] == 1
    assert (await money.post(f"/fee-plans/{shown['plan_id']}/leavers", None)).json()["bills_made"] == 0
    after = (await money.invoice())["remaining"]
    assert 0 < after < before and after % 35_000 == 0
    await money.prove()


async def test_the_second_child_of_a_family_pays_less(money, today) -> None:
    [brother] = await add_pupils(money.owner, money.world, 1)
    await money.owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)"
        " VALUES ($1, $2, $3, 'mother', '2020-01-01', 'hand')",
        money.world.school_id, brother.pupil_id, money.world.parent.person_id,
    )  # fmt: skip
    shown = await plan(money, await item(money, unit_amount=100_000), today, sibling_percent=20)
    amounts = {b["pupil_id"]: b["amount"] for b in shown["bills"]}
    pair = sorted([amounts[str(brother.pupil_id)], amounts[str(money.world.child.pupil_id)]])
    assert pair == [80_000, 100_000] and amounts[str(money.world.classmate.pupil_id)] == 100_000


async def test_two_thousand_pupils_are_one_transaction_of_five_statements(money, today, monkeypatch) -> None:
    await _two_thousand(money)
    shown = await plan(money, await item(money), today)
    assert shown["new_bills"] == 2_003
    opened, seen = Database.school, []

    def remembered(self: Database, school_id: int) -> Any:
        inner = opened(self, school_id)

        class Watched:
            async def __aenter__(self) -> Any:
                seen.append(await inner.__aenter__())
                return seen[-1]

            async def __aexit__(self, *error: Any) -> Any:
                return await inner.__aexit__(*error)

        return Watched()

    monkeypatch.setattr(Database, "school", remembered)
    read, run, mine = [], Reader._run, asyncio.current_task()

    async def counted(*arguments: Any) -> Any:
        if asyncio.current_task() is mine:  # others of the house read as well
            read.append(arguments)
        return await run(*arguments)

    monkeypatch.setattr(Reader, "_run", counted)
    world = money.world
    assert (
        await billing.publish(money.house, world.accountant.account_id, world.school_id, UUID(shown["plan_id"]))
        == 2_003
    )
    [tx] = seen
    assert tx.statements <= 5
    assert len(read) == 2
    monkeypatch.undo()
    assert await publish(money, shown["plan_id"]) == 0
    await money.prove()


async def _two_thousand(money) -> None:
    now, school_id = money.house.clock.now(), money.world.school_id
    ids = [new_id() for _ in range(2_000)]
    await money.owner.execute(
        "INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at)"
        " SELECT $1, p, 'Học Sinh ' || n, 'hoc sinh ' || n, n::text, 'file', $3, $3 FROM unnest($2::uuid[]) WITH ORDINALITY u (p, n)",
        school_id, ids, now,
    )  # fmt: skip
    await money.owner.execute(
        "INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on) SELECT $1, p, $3, $4, '2026-09-05'"
        " FROM unnest($2::uuid[]) p",
        school_id, ids, YEAR, money.world.class_id,
    )  # fmt: skip


async def test_a_family_learns_why_who_and_what_for(money, today) -> None:
    item_id = await item(
        money,
        unit_amount=20_000,
        cap_amount=25_000,
        cap_document="18/2025/NQ-HĐND",
        planned_use="Nước tinh khiết 20 lít cho 3 lớp",
    )
    shown = await plan(money, item_id, today)
    await publish(money, shown["plan_id"])
    last = None
    for amount, corrects in ((30_000, False), (-30_000, True), (12_000, False)):
        spending = {
            "spending_id": str(new_id()), "spent_on": "2026-09-10", "amount": amount, "purpose": "Bình nước", "document": "HĐ 77",
            **({"corrects": last} if corrects else {}),
        }  # fmt: skip
        last = spending["spending_id"]
        answer = await money.post(f"/fee-items/{item_id}/spendings", spending)
        assert answer.status_code == 204, answer.text
    invoice_id = (await money.invoice())["invoice_id"]
    why = (await money.get(f"/invoices/{invoice_id}/why", money.world.parent)).json()
    assert why["why"] == "Khoản thỏa thuận giữa nhà trường và phụ huynh."
    assert why["basis"] == "18/2025/NQ-HĐND, HĐND thành phố" and why["cap_amount"] == 25_000
    assert why["decided_by"] == money.world.accountant.full_name and why["decided_on"] == today.isoformat()
    assert why["lines"][0]["amount"] == 20_000 and why["planned_use"].startswith("Nước tinh khiết")
    assert (why["planned"], why["received"], why["spent"], len(why["spendings"])) == (60_000, 0, 12_000, 3)


async def test_silence_is_an_answer_to_a_voluntary_item(money, today) -> None:
    item_id = await item(
        money,
        title="Ủng hộ thư viện",
        category="voluntary",
        equal_share=False,
        planned_use="Mua sách",
        unit_amount=50_000,
    )
    shown = await plan(money, item_id, today)
    assert await publish(money, shown["plan_id"]) == 3
    seen = await money.family()
    [invitation] = seen["invoices"]
    assert (seen["due"], invitation["overdue"], invitation["remaining"]) == (0, False, 50_000)
    home = (await money.http.get("/v1/family/home", headers=money.world.parent.headers)).json()
    assert [child["balance_due"] for child in home["children"]] == [0]
    told = await money.owner.fetchval("SELECT count(*) FROM notices WHERE school_id = $1", money.world.school_id)
    assert told == 0


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"title": " \u200b"}, ["/title"]),
        ({"due_on": ["2020-01-01"]}, ["/due_on"]),
        ({"scope": "class"}, ["/class_ids"]),
        ({"scope": "grade", "period_from": "2026-10-01"}, ["/grades", "/period_to"]),
        ({"counting": "school_days"}, ["/period_from", "/counting"]),
        ({"period_from": "2026-10-01", "period_to": "2026-09-01"}, ["/period_to"]),
        ({"credit_from": "2026-10-01", "credit_to": "2026-10-31"}, ["/credit_from"]),
        ({"quantity": 366, "item": {"unit_amount": 400_000_000}}, ["/quantity"]),
    ],
)
async def test_every_wrong_field_of_a_plan_is_pointed_at(money, today, changes, pointers) -> None:
    changes = dict(changes)
    item_id = await item(money, **changes.pop("item", {}))
    body = {
        "plan_id": str(new_id()), "item_id": item_id, "title": "Nước uống",
        "due_on": [(today + timedelta(days=10)).isoformat()], **changes,
    }  # fmt: skip
    answer = await money.post("/fee-plans", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers

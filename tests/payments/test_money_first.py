"""Money that came before its bill: the bill that comes later is paid by it, and no person has to look."""

from __future__ import annotations

import pytest

from backend.core.clock import school_day
from tests.payments.conftest import AMOUNT
from tests.payments.test_fee_plans import item, plan, publish

RULES = {"pupil_codes": True, "reminders": True, "reminder_days": [0]}


@pytest.fixture
async def code(money):
    assert (await money.post("/asking-rules", RULES)).status_code == 200
    assert (await money.post("/pupil-codes", {"bank_account_id": money.world.bank_account_id})).status_code == 200
    answer = await money.get(f"/pupils/{money.world.child.pupil_id}/standing-codes", money.world.parent)
    return answer.json()["codes"][0]["code"]


async def states_of(money, event):
    row = await money.transaction(event)
    return row["state"], row["decided_by"]


async def test_a_fee_finds_the_money_that_a_standing_code_brought_before(money, code):
    event = money.bank.credit(AMOUNT, f"MBVCB.3278907687.{code} NOP TIEN")
    [before] = await money.receive(event)
    assert before in ("unmatched", "over", "ambiguous")
    await money.bill()
    assert await states_of(money, event) == ("settled", None)
    mine, other = await money.invoice(), await money.invoice(money.world.classmate)
    assert (mine["state"], mine["remaining"]) == ("paid", 0)
    assert (other["state"], other["remaining"]) == ("open", AMOUNT)
    assert len((await money.family())["invoices"][0]["receipts"]) == 1
    await money.prove()


async def test_a_plan_finds_it_and_what_is_over_waits_for_the_next_plan(money, code):
    today = school_day(money.house.clock.now())
    event = money.bank.credit(30_000, f"{code} NOP TIEN")
    await money.receive(event)
    first = await plan(money, await item(money), today)
    assert await publish(money, first["plan_id"]) == 3
    assert (await money.invoice())["remaining"] == 0
    assert await states_of(money, event) == ("over", None)
    second = await plan(money, await item(money, title="Nước uống 2"), today, title="Nước uống học kỳ 2")
    assert await publish(money, second["plan_id"]) == 3
    assert await states_of(money, event) == ("settled", None)
    assert [one["remaining"] for one in (await money.family())["invoices"]] == [0, 0]
    await money.prove()


async def test_what_a_person_has_decided_on_is_not_laid_by_a_later_bill(money, code):
    event = money.bank.credit(AMOUNT, f"{code} NOP TIEN")
    await money.receive(event)
    row = await money.transaction(event)
    aside = await money.post(f"/transactions/{row['transaction_id']}/ignore", {"note": "Chưa rõ của ai"})
    assert aside.status_code < 300, aside.text
    await money.bill()
    assert (await money.invoice())["remaining"] == AMOUNT
    assert (await money.transaction(event))["state"] == "ignored"
    await money.prove()

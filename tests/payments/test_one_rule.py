"""What speaks against the words of a memo holds the money back, whichever kind of code they name and whichever door tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments.banks.line import BankLine
from tests.payments.conftest import AMOUNT
from tests.payments.fair import CODES, START, VIRTUAL, make_fair
from tests.payments.statements.test_importing import Statements, pay
from tests.payments.test_money_first import RULES

C = CODES
AGAINST = {
    "looks_returned": "HOAN TRA {code} FT26250",
    "unknown_reference_beside": f"{{code}} {C['stranger']}",
    "damaged_reference_beside": "{code} HP12345O7",
    "another_child_named": "{code} cho con LE THI ANH",
}
# Amounts that settle at once where nothing speaks against it.
FITTING = {"meals": 350_000, "request": 700_000, "pupil": 410_000}


@pytest.fixture
async def fair(owner, house):
    return await make_fair(owner, house)


def told(fair, memo, amount, number=1, **more):
    facts = {"account_number": fair.numbers[0], "source": "sepay", "bank_reference": f"FT{number}", **more}
    at = START + timedelta(minutes=number)
    return BankLine(
        event_key=f"{number}", direction="in", amount=amount, memo=memo, booked_at=at, **facts
    )  # fmt: skip


async def states(fair):
    rows = await fair.owner.fetch(
        "SELECT state, reasons FROM bank_transactions WHERE school_id = $1 AND duplicate_of IS NULL", fair.school_id
    )
    return [(row["state"], row["reasons"]) for row in rows]


@pytest.mark.parametrize("code", FITTING)
async def test_the_same_words_stop_every_kind_of_code(fair, code):
    [calm] = await fair.deliver(told(fair, f"{C[code]} nop tien", FITTING[code]))
    assert calm.state in ("settled", "part")
    for number, (reason, memo) in enumerate(AGAINST.items(), 2):
        await fair.deliver(told(fair, memo.format(code=C[code]), FITTING[code], number))
        assert ("ambiguous", [reason]) in await states(fair), reason
    assert sum((await fair.state())["bills"].values()) == FITTING[code]
    await fair.prove()


async def test_money_given_back_to_a_virtual_account_waits_for_a_person(fair):
    await fair.deliver(told(fair, "HOAN TRA GD 0912", 60_000, virtual_account=VIRTUAL))
    assert await states(fair) == [("ambiguous", ["looks_returned"])]
    await fair.deliver(told(fair, "chuyen tien", 60_000, 2, virtual_account=VIRTUAL))
    assert sum((await fair.state())["bills"].values()) == 60_000
    await fair.prove()


@pytest.mark.parametrize("code", FITTING)
async def test_what_a_second_door_tells_against_it_takes_the_money_back(fair, code):
    await fair.deliver(told(fair, C[code], FITTING[code]))
    await fair.deliver(told(fair, f"{C[code]} HOAN TRA", FITTING[code], source="casso"))
    assert await states(fair) == [("ambiguous", ["looks_returned"])]
    assert sum((await fair.state())["bills"].values()) == 0
    await fair.prove()


async def test_a_fuller_memo_alone_does_not_judge_a_changed_bill_anew(fair, owner):
    """Grown together, a code settles only the whole amount; the bill that shrank since is nothing against the payment."""
    await fair.deliver(told(fair, f"MBVCB.{C['meals']}HOCPHI", 350_000))
    await owner.execute(
        "UPDATE invoices SET amount = 300000 WHERE school_id = $1 AND reference = $2", fair.school_id, C["meals"]
    )
    await fair.deliver(told(fair, f"MBVCB.{C['meals']}HOCPHI.CT tu 0011000999999", 350_000, source="casso"))
    assert (await fair.state())["bills"][C["meals"]] == 300_000


@pytest.fixture
async def family_code(money):
    await money.bill()
    assert (await money.post("/asking-rules", RULES)).status_code == 200
    assert (await money.post("/pupil-codes", {"bank_account_id": money.world.bank_account_id})).status_code == 200
    answer = await money.get(f"/pupils/{money.world.child.pupil_id}/standing-codes", money.world.parent)
    return answer.json()["codes"][0]["code"]


async def test_the_webhook_holds_a_pupils_code_back(money, family_code):
    event = money.bank.credit(AMOUNT, f"HOAN TRA {family_code}")
    assert await money.receive(event) == ["ambiguous"]
    assert (await money.transaction(event))["reasons"] == ["looks_returned"]
    assert (await money.invoice())["remaining"] == AMOUNT
    assert await money.receive(money.bank.credit(AMOUNT, f"{family_code} nop tien")) == ["settled"]
    await money.prove()


async def test_the_statement_holds_a_pupils_code_back(money, family_code):
    desk = Statements(money)
    await desk.take(desk.printed("agribank", [pay(f"{family_code} cho con LE THI ANH"), pay("TRA LAI LENH", "FT2")]))
    rows = await money.owner.fetch(
        "SELECT state, reasons FROM bank_transactions WHERE school_id = $1 ORDER BY state", money.world.school_id
    )
    assert [(row["state"], row["reasons"][0]) for row in rows] == [
        ("ambiguous", "another_child_named"),
        ("unmatched", "no_reference"),
    ]
    assert (await money.invoice())["remaining"] == AMOUNT
    await money.prove()


async def test_a_bill_that_comes_later_does_not_take_money_that_was_given_back(money, family_code):
    await money.receive(money.bank.credit(AMOUNT, f"{family_code} nop tien"))
    event = money.bank.credit(AMOUNT, f"REFUND {family_code}")
    await money.receive(event)
    await money.bill(title="Tiền nước uống tháng 9")
    assert (await money.transaction(event))["reasons"] == ["looks_returned"]
    assert (await money.invoice())["remaining"] == AMOUNT
    await money.prove()


async def test_a_line_of_another_account_does_not_swallow_a_payment(fair):
    """Told by one door for an account that is not the school's: the same sum and text that another door tells for ours is money."""
    memo = f"{C['meals']} nop tien hoc"
    await fair.deliver(told(fair, memo, 350_000, account_number="000000"))
    await fair.deliver(told(fair, memo, 350_000, 2, source="casso"))
    assert (await fair.state())["bills"][C["meals"]] == 350_000
    await fair.prove()

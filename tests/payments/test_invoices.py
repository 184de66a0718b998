"""Fees and invoices: one fee of a class, one invoice a pupil, however often it is asked."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core.clock import school_day
from payments.references import is_reference
from tests.factories import add_pupils
from tests.payments.conftest import AMOUNT


async def test_a_fee_bills_every_enrolled_pupil_of_the_class_once(money):
    fee = await money.bill()
    assert (fee["invoices"], fee["billed"], fee["received"], fee["currency"]) == (2, 2 * AMOUNT, 0, "VND")
    listed = (await money.get(f"/classes/{money.world.class_id}/invoices")).json()
    assert [(i["pupil_name"], i["state"], i["remaining"]) for i in listed["invoices"]] == [
        ("Nguyễn Minh An", "open", AMOUNT),
        ("Trần Bảo Ân", "open", AMOUNT),
    ]
    assert all(is_reference(i["reference"], "HP") for i in listed["invoices"])
    await money.prove()


async def test_the_same_request_again_is_the_same_fee(money):
    body = money.fee_body()
    answers = [await money.post("/fees", body) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 200, 200]
    assert answers[0].json() == answers[2].json()
    assert await money.count("invoices") == 2
    await money.prove()


async def test_the_same_request_twice_at_once_is_one_fee(money):
    body = money.fee_body()
    answers = await asyncio.gather(*(money.post("/fees", body) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
    assert await money.count("invoices") == 2
    await money.prove()


async def test_another_fee_under_the_same_id_is_refused(money):
    body = money.fee_body()
    await money.post("/fees", body)
    answer = await money.post("/fees", {**body, "amount": AMOUNT + 1})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/fee-exists")


async def test_every_wrong_field_is_pointed_at(money):
    yesterday = school_day(money.house.clock.now()) - timedelta(days=1)
    body = money.fee_body(
        class_id=str(money.world.foreign_class_id),
        title=" \u200b ",
        due_on=yesterday.isoformat(),
        category="voluntary",
        mandatory=True,
        bank_account_id=999_999_999,
    )
    answer = await money.post("/fees", body)
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {
        "/class_id",
        "/title",
        "/due_on",
        "/mandatory",
        "/bank_account_id",
    }
    assert await money.count("fees") == 0


@pytest.mark.parametrize("amount", [0, -5, 999, 500_000_000, 1.5, "nhiều"])
async def test_an_amount_that_no_transfer_can_carry_is_refused(money, amount):
    answer = await money.post("/fees", money.fee_body(amount=amount))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/amount"


async def test_a_school_without_an_account_hears_what_is_missing(money):
    await money.owner.execute(
        "UPDATE bank_accounts SET closed_at = $2 WHERE school_id = $1", money.world.school_id, money.house.clock.now()
    )
    answer = await money.post("/fees", money.fee_body())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-bank-account")


async def test_only_an_accountant_makes_fees(money):
    world = money.world
    for who in (world.admin, world.teacher):
        assert (await money.post("/fees", money.fee_body(), who)).status_code == 403
    for who in (world.parent, world.stranger, world.other_admin, world.area_admin):
        assert (await money.post("/fees", money.fee_body(), who)).status_code == 403
    assert (await money.http.post(f"{money.path}/fees", json=money.fee_body())).status_code == 401
    assert await money.count("fees") == 0


async def test_pupils_who_join_later_are_billed_on_request_and_nobody_twice(money):
    fee = await money.bill()
    await add_pupils(money.owner, money.world, 2)
    assert (await money.post(f"/fees/{fee['fee_id']}/invoices", None)).json()["invoices_made"] == 2
    assert (await money.post(f"/fees/{fee['fee_id']}/invoices", None)).json()["invoices_made"] == 0
    assert (await money.get(f"/fees/{fee['fee_id']}")).json()["invoices"] == 4
    await money.prove()


async def test_pupils_who_left_are_not_billed(money):
    await money.owner.execute(
        "UPDATE pupils SET status = 'left' WHERE school_id = $1 AND pupil_id = $2",
        money.world.school_id,
        money.world.classmate.pupil_id,
    )
    assert (await money.bill())["invoices"] == 1


async def test_billing_costs_the_same_number_of_statements_for_any_class(money, monkeypatch):
    from backend.core.database import SchoolTx

    counts = []
    made = SchoolTx.__init__

    def counting(self, *arguments):
        made(self, *arguments)
        counts.append(self)

    monkeypatch.setattr(SchoolTx, "__init__", counting)
    await money.bill()
    await add_pupils(money.owner, money.world, 40)
    await money.bill()
    assert counts[0].statements == counts[1].statements


async def test_families_are_told_in_the_same_transaction(money):
    await money.bill()
    notices = await money.owner.fetch(
        "SELECT kind, source_kind, params FROM notices WHERE school_id = $1", money.world.school_id
    )
    assert len(notices) == 2
    assert {(n["kind"], n["source_kind"]) for n in notices} == {("invoice", "invoice")}
    recipients = await money.owner.fetch(
        "SELECT guardian_id FROM notice_recipients WHERE school_id = $1", money.world.school_id
    )
    assert {r["guardian_id"] for r in recipients} == {
        money.world.parent.person_id,
        money.world.parent2.person_id,
        money.world.classmate_parent.person_id,
    }


async def test_a_cancelled_fee_asks_nobody_and_leaves_the_books_even(money):
    fee = await money.bill()
    for _ in range(2):
        assert (await money.post(f"/fees/{fee['fee_id']}/cancel", None)).status_code == 204
    assert (await money.family())["due"] == 0
    assert (await money.invoice())["state"] == "cancelled"
    assert await money.balance("receivable") == 0
    await money.prove()


async def test_one_invoice_is_cancelled_alone(money):
    await money.bill()
    invoice = await money.invoice()
    assert (await money.post(f"/invoices/{invoice['invoice_id']}/cancel", None)).status_code == 204
    assert (await money.invoice())["state"] == "cancelled"
    assert (await money.invoice(money.world.classmate))["state"] == "open"
    assert (await money.post(f"/invoices/{uuid4()}/cancel", None)).status_code == 404
    await money.prove()


async def test_what_carries_money_is_not_cancelled(money):
    fee = await money.bill()
    invoice = await money.invoice()
    assert await money.receive(money.bank.credit(AMOUNT, invoice["reference"])) == ["settled"]
    for path in (f"/invoices/{invoice['invoice_id']}/cancel", f"/fees/{fee['fee_id']}/cancel"):
        answer = await money.post(path, None)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/invoice-has-money")
    assert (await money.invoice(money.world.classmate))["state"] == "open"
    await money.prove()


async def test_a_neighbour_school_sees_and_touches_nothing(money):
    fee = await money.bill()
    other = f"/v1/schools/{money.world.other_school_id}/fees/{fee['fee_id']}"
    assert (await money.http.get(other, headers=money.world.other_admin.headers)).status_code == 404
    assert (await money.http.get(money.path + "/fees", headers=money.world.other_admin.headers)).status_code == 403
    answer = await money.http.post(other + "/cancel", headers=money.world.accountant.headers)
    assert answer.status_code == 403

"""Refunds, write-offs and periods: never by one person alone, never more than there is, and the books follow."""

import csv
import io
from datetime import timedelta

import asyncpg
import pytest

from backend.core.clock import school_day
from tests.books.matrix_lines import PAYEE
from tests.payments.conftest import AMOUNT


async def overpaid(money):
    await money.bill()
    event = money.bank.credit(AMOUNT + 40_000, (await money.invoice())["reference"])
    assert await money.receive(event) == ["over"]
    return event


async def propose(money, event, amount, who=None, **more):
    transaction_id = (await money.transaction(event))["transaction_id"]
    return await money.post(f"/transactions/{transaction_id}/refunds", {**PAYEE, "amount": amount, **more}, who)


async def listed(money):
    return (await money.get("/refunds")).json()["refunds"]


async def test_a_refund_takes_two_people_a_file_and_the_banks_line(money):
    event = await overpaid(money)
    refund_id = (await propose(money, event, 40_000)).json()["id"]
    alone = await money.post(f"/refunds/{refund_id}/approve", None)
    assert (alone.status_code, alone.json()["type"].rpartition("/")[2]) == (409, "two-people-needed")
    assert (await money.post(f"/refunds/{refund_id}/approve", None, money.world.admin)).status_code == 204
    assert await money.balance("refund") == -40_000 and await money.balance("unallocated") == 0
    assert (await money.state(event)) == "settled"
    batch = await money.post("/refunds/batch", None)
    assert batch.headers["content-type"].startswith("text/csv")
    [head, row] = list(csv.reader(io.StringIO(batch.content.decode("utf-8-sig"))))
    assert (row[1], row[2], row[3], row[5]) == ("0011000999999", "NGUYEN THI HOA", "970436", "40000")
    assert head[6] == "Nội dung"
    await money.prove()
    wrong, right = money.bank.debit(39_999, row[6]), money.bank.debit(40_000, f"MBVCB.1.{row[6]}.CT tu")
    await money.receive(wrong)
    assert [one["state"] for one in await listed(money)] == ["exported"]
    await money.receive(right, right)
    assert [one["state"] for one in await listed(money)] == ["paid"]
    assert await money.balance("refund") == 0
    assert await money.balance("outgoing") == 39_999
    await money.prove()


async def test_what_goes_back_whole_in_two_refunds_is_refunded(money):
    await money.bill()
    event = money.bank.credit(70_000, "chuyen nham")
    await money.receive(event)
    for amount, state in ((30_000, "over"), (40_000, "refunded")):
        refund_id = (await propose(money, event, amount)).json()["id"]
        assert (await money.post(f"/refunds/{refund_id}/approve", None, money.world.admin)).status_code == 204
        assert (await money.state(event)) == state
    rows = [money.bank.debit(one["amount"], one["code"]) for one in await listed(money)]
    await money.receive(*rows)
    assert [one["state"] for one in await listed(money)] == ["paid", "paid"]
    assert await money.balance("refund") == 0
    await money.prove()


async def test_a_refund_is_never_more_than_lies_on_no_bill(money):
    event = await overpaid(money)
    assert (await propose(money, event, 40_001)).status_code == 409
    first = (await propose(money, event, 30_000)).json()["id"]
    assert (await propose(money, event, 20_000)).status_code == 409
    assert (await money.post(f"/refunds/{first}/reject", None)).status_code == 204
    assert (await money.post(f"/refunds/{first}/approve", None, money.world.admin)).status_code == 409
    assert (await propose(money, event, 20_000)).status_code == 201
    assert await money.balance("unallocated") == -40_000
    await money.prove()


async def test_a_familys_credit_goes_back_and_the_family_sees_it_gone(money):
    event = await overpaid(money)
    pupil = str(money.world.child.pupil_id)
    transaction_id = (await money.transaction(event))["transaction_id"]
    credited = {"note": "ghi có", "shares": [], "credit_pupil_id": pupil}
    assert (await money.post(f"/transactions/{transaction_id}/match", credited)).status_code == 204
    assert (await money.family())["credit"] == 40_000
    made = await propose(money, event, 15_000, money.world.admin, credit_pupil_id=pupil)
    assert (await money.post(f"/refunds/{made.json()['id']}/approve", None)).status_code == 204
    assert (await money.family())["credit"] == 25_000
    await money.prove()


async def test_a_transfer_without_the_code_is_named_by_a_person_and_pays_one_refund(money):
    event = await overpaid(money)
    left, other = money.bank.debit(20_000, "tra lai phu huynh"), money.bank.debit(19_999, "tra lai")
    await money.receive(left, other)

    async def tie(refund_id, line):
        body = {"outgoing_transaction_id": str((await money.transaction(line))["transaction_id"])}
        return (await money.post(f"/refunds/{refund_id}/paid-by", body)).status_code

    first, second = [(await propose(money, event, 20_000)).json()["id"] for _ in range(2)]
    assert await tie(first, left) == 409, "nobody has approved it"
    for one in (first, second):
        assert (await money.post(f"/refunds/{one}/approve", None, money.world.admin)).status_code == 204
    assert await tie(first, other) == 409
    assert await tie(first, left) == 204
    assert await tie(first, left) == 409
    assert await tie(second, left) == 409
    assert sorted(one["state"] for one in await listed(money)) == ["approved", "paid"]
    assert await money.balance("refund") == -20_000
    await money.prove()


async def test_every_wrong_field_of_a_refund_is_pointed_at(money):
    event = await overpaid(money)
    answer = await propose(money, event, 1, payee_bin="000000", payee_name=" ", reason=" ")
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/payee_bin", "/payee_name", "/reason"}


async def test_write_offs_end_where_the_role_ends(money):
    await money.bill()
    path = f"/invoices/{(await money.invoice())['invoice_id']}/write-offs"
    assert (await money.post(path, {"amount": 10_000, "reason": "phí"})).status_code == 204
    assert (await money.post(path, {"amount": 10_001, "reason": "phí"})).status_code == 403
    assert (await money.post(path, {"amount": 10_001, "reason": "phí"}, money.world.admin)).status_code == 204
    limits = {"accountant_amount": 0, "school_admin_amount": 5}
    put = await money.http.put(f"{money.path}/books/write-off-limits", json=limits, headers=money.world.admin.headers)
    assert put.status_code == 204
    assert (await money.post(path, {"amount": 1, "reason": "phí"})).status_code == 403
    assert (await money.post(path, {"amount": 6, "reason": "phí"}, money.world.admin)).status_code == 403
    assert (await money.invoice())["remaining"] == AMOUNT - 20_001
    assert await money.balance("write_off") == 20_001
    await money.prove()


async def test_a_period_closes_and_opens_by_two_people_and_nothing_is_booked_into_it(money):
    await money.bill()
    today = school_day(money.house.clock.now())
    last_month = today.replace(day=1) - timedelta(days=1)
    body = {"action": "close", "month": f"{last_month:%Y-%m}", "reason": "hết kỳ"}
    assert (await money.post("/books/periods", {**body, "month": f"{today:%Y-%m}"})).status_code == 409
    change = (await money.post("/books/periods", body)).json()["id"]
    assert (await money.post(f"/books/periods/{change}/confirm", None)).status_code == 409
    assert (await money.post(f"/books/periods/{change}/confirm", None, money.world.admin)).status_code == 204
    assert (await money.get("/books/periods")).json()["closed_through"] == last_month.isoformat()
    # A statement that comes late: what the bank booked in the closed month counts for the first open day.
    late = money.bank.credit(AMOUNT, (await money.invoice())["reference"], transactionDate=f"{last_month} 10:00:00")
    await money.receive(late)
    days = await money.owner.fetch(
        "SELECT booked_on FROM ledger_transfers WHERE school_id = $1 AND kind = 'arrived'", money.world.school_id
    )
    assert [row["booked_on"] for row in days] == [last_month + timedelta(days=1)]
    before = (await money.get(f"/books/balances?on={last_month}")).json()["balances"]
    assert before == []
    now = (await money.get("/books/balances")).json()["balances"]
    assert sum(one["balance"] for one in now) == 0
    assert next(one["balance"] for one in now if one["account"] == "bank") == AMOUNT
    again = {**body, "action": "reopen"}
    change = (await money.post("/books/periods", again, money.world.admin)).json()["id"]
    assert (await money.post(f"/books/periods/{change}/confirm", None, money.world.admin)).status_code == 409
    assert (await money.post(f"/books/periods/{change}/confirm", None)).status_code == 204
    assert (await money.get("/books/periods")).json()["closed_through"] < last_month.isoformat()
    await money.prove()


async def test_a_proposal_is_taken_back_by_its_maker_or_turned_down_by_another(money):
    last_month = school_day(money.house.clock.now()).replace(day=1) - timedelta(days=1)
    body = {"action": "close", "month": f"{last_month:%Y-%m}", "reason": "hết kỳ"}
    for who in (money.world.accountant, money.world.admin):
        change = (await money.post("/books/periods", body)).json()["id"]
        assert (await money.post(f"/books/periods/{change}/drop", None, who)).status_code == 204
        assert (await money.post(f"/books/periods/{change}/drop", None, who)).status_code == 409
        assert (await money.post(f"/books/periods/{change}/confirm", None, money.world.admin)).status_code == 409
    found = (await money.get("/books/periods")).json()
    assert found["closed_through"] is None
    assert [one["dropped_by"] for one in found["changes"]] == [
        str(money.world.admin.account_id),
        str(money.world.accountant.account_id),
    ]
    change = (await money.post("/books/periods", body)).json()["id"]
    assert (await money.post(f"/books/periods/{change}/confirm", None, money.world.admin)).status_code == 204
    assert (await money.post(f"/books/periods/{change}/drop", None)).status_code == 409


async def test_the_database_itself_refuses_one_person_in_both_places(money):
    event = await overpaid(money)
    refund_id = (await propose(money, event, 1)).json()["id"]
    with pytest.raises(asyncpg.CheckViolationError):
        await money.owner.execute(
            "UPDATE refunds SET decision = 'approved', decided_by = proposed_by WHERE school_id = $1 AND refund_id = $2",
            money.world.school_id,
            refund_id,
        )

"""The counter: cash and card through the same ledger, a receipt at once, handed back by numbered papers, the box counted at the day's close."""

import asyncio
import io

import pypdf

from backend.core.clock import school_day
from backend.core.ids import new_id
from tests.payments.conftest import AMOUNT


def payment(invoice, amount=AMOUNT, means="cash", **changes):
    share = {"invoice_id": invoice["invoice_id"], "amount": amount}
    return {"payment_id": str(new_id()), "means": means, "shares": [share], **changes}


async def take(money, body):
    answer = await money.post("/counter", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def box(money, kind="cash"):
    return await money.owner.fetchval(
        "SELECT bank_account_id FROM bank_accounts WHERE school_id = $1 AND kind = $2", money.world.school_id, kind
    )


def year(money):
    return school_day(money.house.clock.now()).year


async def test_cash_pays_a_bill_and_its_receipt_is_there_at_once(money):
    await money.bill()
    invoice = await money.invoice()
    taken = await take(money, payment(invoice))
    assert (await money.invoice())["state"] == "paid"
    pdf = await money.get(f"/transactions/{taken['transaction_id']}/receipts/pdf")
    text = " ".join(pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text().split())
    assert f"TM{year(money)}/000001" in text and "Tiền mặt tại quầy" in text
    assert money.world.accountant.full_name in text, "the cashier stands on it"
    (receipt,) = (await money.family())["invoices"][0]["receipts"]
    assert (receipt["number"], receipt["kind"]) == (f"TM{year(money)}/000001", "cash")
    assert await money.balance("bank", str(await box(money))) == AMOUNT
    await money.prove()


async def test_one_payment_over_several_bills_in_parts(money):
    await money.bill(title="Ăn")
    await money.bill(title="Xe")
    first, second = (await money.family())["invoices"]
    shares = [
        {"invoice_id": first["invoice_id"], "amount": AMOUNT},
        {"invoice_id": second["invoice_id"], "amount": 100_000},
    ]
    taken = await take(money, {"payment_id": str(new_id()), "means": "card", "shares": shares})
    assert taken["amount"] == AMOUNT + 100_000
    found = {one["title"]: one["remaining"] for one in (await money.family())["invoices"]}
    assert sorted(found.values()) == [0, AMOUNT - 100_000]
    pdf = await money.get(f"/transactions/{taken['transaction_id']}/receipts/pdf")
    assert len(pypdf.PdfReader(io.BytesIO(pdf.content)).pages) == 2
    assert await money.balance("bank", str(await box(money, "gateway"))) == AMOUNT + 100_000
    await money.prove()


async def test_the_same_request_sent_twice_takes_the_money_once(money):
    await money.bill()
    body = payment(await money.invoice())
    answers = await asyncio.gather(*(money.post("/counter", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["transaction_id"] for answer in answers}) == 1
    assert await money.balance("bank") == AMOUNT
    await money.prove()


async def test_two_equal_payments_are_two(money):
    await money.bill()
    for pupil in (money.world.child, money.world.classmate):
        await take(money, payment(await money.invoice(pupil), 100_000))
    await take(money, payment(await money.invoice(), 100_000))
    assert await money.balance("bank") == 300_000
    numbers = await money.owner.fetch(
        "SELECT number FROM payment_receipts WHERE school_id = $1 AND kind = 'cash' ORDER BY number",
        money.world.school_id,
    )
    assert [row["number"] for row in numbers] == [1, 2, 3]
    await money.prove()


async def test_cash_and_transfers_are_numbered_apart_and_in_one_ledger(money):
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    await take(money, payment(await money.invoice(money.world.classmate)))
    rows = await money.owner.fetch(
        "SELECT kind, number FROM payment_receipts WHERE school_id = $1 ORDER BY kind", money.world.school_id
    )
    assert [tuple(row) for row in rows] == [("cash", 1), ("transfer", 1)]
    await money.prove()


async def test_more_than_a_bill_asks_for_or_anothers_bill_is_refused_whole(money):
    await money.bill()
    invoice = await money.invoice()
    refused = await money.post("/counter", payment(invoice, AMOUNT + 1))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/shares/0/amount"
    unknown = await money.post("/counter", payment({"invoice_id": str(new_id())}))
    assert unknown.json()["errors"][0]["pointer"] == "/shares/0/invoice_id"
    assert await money.count("bank_transactions") == 0 and await money.count("payment_receipts") == 0
    assert (await money.post("/counter", payment(invoice, 0))).status_code == 422
    assert (await money.post("/counter", payment(invoice, -5))).status_code == 422


async def test_money_is_handed_back_once_with_a_reason(money):
    await money.bill()
    taken = await take(money, payment(await money.invoice()))
    path = f"/counter/{taken['transaction_id']}/return"
    assert (await money.post(path, {"note": ""})).status_code == 422
    assert (await money.post(path, {"note": "Thu nhầm em"})).status_code == 204
    assert (await money.invoice())["state"] == "open"
    (receipt,) = (await money.family())["invoices"][0]["receipts"]
    assert receipt["cancelled_at"] is not None
    assert await money.balance("bank") == 0
    again = await money.post(path, {"note": "Thu nhầm em"})
    assert again.json()["type"] == "/problems/not-from-counter"
    await money.prove()
    # And the right bill is paid after it, with the next number.
    await take(money, payment(await money.invoice(money.world.classmate)))
    assert await money.balance("bank") == AMOUNT
    await money.prove()


async def test_money_of_a_bank_is_not_handed_back_at_the_counter(money):
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    (row,) = (await money.get("/transactions")).json()["transactions"]
    answer = await money.post(f"/counter/{row['transaction_id']}/return", {"note": "x"})
    assert answer.json()["type"] == "/problems/not-from-counter"


async def test_the_days_close_counts_the_box(money):
    await money.bill()
    await take(money, payment(await money.invoice(), 200_000))
    on = school_day(money.house.clock.now()).isoformat()
    body = {"bank_account_id": await box(money), "on": on, "stated": 199_000}
    assert (await money.post("/reports/day-close", body)).json()["errors"][0]["pointer"] == "/note"
    answer = await money.post("/reports/day-close", {**body, "note": "Thối nhầm 1.000 đ"})
    assert answer.status_code == 200
    accounts = (await money.get("/reports/day-close")).json()["accounts"]
    (cash,) = [account for account in accounts if account["kind"] == "cash"]
    assert (cash["closing"], cash["difference"], cash["close"]["stated_by"]) == (200_000, -1_000, "count")
    assert cash["movements"][0]["receipts"] == [f"TM{year(money)}/000001"]


async def test_whoever_is_no_accountant_takes_nothing(money):
    await money.bill()
    body = payment(await money.invoice())
    for who in (money.world.admin, money.world.teacher, money.world.parent):
        assert (await money.post("/counter", body, who)).status_code == 403
    assert await money.count("bank_transactions") == 0

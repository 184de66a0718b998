"""The public account of voluntary funds: every đồng of the account has its line, spending is named, nobody who gave is."""

from datetime import timedelta

import pytest

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.payments.conftest import AMOUNT

FUND = "Ủng hộ thư viện"


async def some_funds(money):
    """A gift and an obligatory bill paid to one account, money nobody knows, and two debits. The debit that paid for books."""
    await money.bill(title=FUND, category="voluntary")
    gift = await money.invoice()
    await money.bill(title="Tiền ăn")
    meals = next(one for one in (await money.family())["invoices"] if one["title"] == "Tiền ăn")
    await money.receive(
        money.bank.credit(AMOUNT, gift["reference"]),
        money.bank.credit(100_000, meals["reference"]),
        money.bank.credit(7_000, "cam on"),
        money.bank.debit(200_000, "mua sach"),
        money.bank.debit(3_000, "phi"),
    )
    return await money.owner.fetchval(
        "SELECT transaction_id FROM bank_transactions WHERE school_id = $1 AND amount = 200000", money.world.school_id
    )


async def an_item(money, **changes):
    item = {
        "item_id": str(new_id()), "title": FUND, "category": "voluntary", "unit_amount": 50_000, "unit": "once",
        "equal_share": False, "planned_use": "Mua sách", "valid_from": "2026-08-01", "valid_to": "2039-05-31", **changes,
    }  # fmt: skip
    answer = await money.post("/fee-items", item)
    assert answer.status_code == 201, answer.text
    return item["item_id"]


def spending(left, **changes):
    return {
        "spending_id": str(new_id()), "transaction_id": left and str(left), "spent_on": "2026-09-10",
        "amount": 150_000, "purpose": "120 cuốn truyện", "document": "PC12", **changes,
    }  # fmt: skip


async def say(money, item_id, line):
    return await money.post(f"/fee-items/{item_id}/spendings", line)


async def funds(money):
    return (await money.get("/reports/funds")).json()


def sums(account):
    of_funds = sum(one["balance"] for one in account["funds"])
    return of_funds + account["opening"] + account["other_items"] + account["not_laid"] - account["other_spending"]


async def test_the_lines_of_an_account_sum_to_the_bank(money):
    bought, item_id = await some_funds(money), await an_item(money)
    line = spending(bought)
    for _ in range(2):
        assert (await say(money, item_id, line)).status_code == 204, "sent twice, it is one line"
    found = await funds(money)
    (account,) = found["accounts"]
    (fund,) = account["funds"]
    assert fund["item_id"] == item_id, "a fee without an item counts to the item of its name"
    assert (fund["received"], fund["spent"], fund["balance"]) == (AMOUNT, 150_000, AMOUNT - 150_000)
    assert (account["other_items"], account["not_laid"], account["other_spending"]) == (100_000, 7_000, 53_000)
    assert account["bank"] == await money.balance("bank") == AMOUNT + 107_000 - 203_000
    assert account["agrees"] and sums(account) == account["bank"]
    (spent,) = found["spendings"]
    assert (spent["purpose"], spent["document"], spent["amount"]) == ("120 cuốn truyện", "PC12", 150_000)
    assert spent["bank_account_id"] == account["bank_account_id"] and found["without_account"] == 0


async def test_a_fee_without_an_item_is_a_fund_of_its_own(money):
    await some_funds(money)
    await an_item(money, title="Ủng hộ sân bóng")
    found = await funds(money)
    (account,) = found["accounts"]
    (fund,) = account["funds"]
    assert (fund["item_id"], fund["fund"], fund["received"], fund["spent"]) == (None, FUND, AMOUNT, 0)
    assert account["agrees"] and sums(account) == account["bank"]


async def test_a_planned_item_is_one_fund_whatever_its_bills_are_called(money):
    bought, item_id = await some_funds(money), await an_item(money, title="Ủng hộ sân bóng")
    due_on = (school_day(money.house.clock.now()) + timedelta(days=9)).isoformat()
    plan = {"plan_id": str(new_id()), "item_id": item_id, "title": "Sân bóng, đợt 1", "due_on": [due_on]}
    assert (await money.post("/fee-plans", plan)).status_code == 201
    assert (await money.post(f"/fee-plans/{plan['plan_id']}/publish", None)).status_code == 200
    bill = next(one for one in (await money.family())["invoices"] if one["title"].startswith("Sân bóng"))
    await money.receive(money.bank.credit(50_000, bill["reference"]))
    assert (await say(money, item_id, spending(bought, amount=30_000))).status_code == 204
    (account,) = (await funds(money))["accounts"]
    told = {one["fund"]: (one["item_id"], one["received"], one["spent"]) for one in account["funds"]}
    assert told == {"Ủng hộ sân bóng": (item_id, 50_000, 30_000), FUND: (None, AMOUNT, 0)}
    assert account["agrees"] and sums(account) == account["bank"] == await money.balance("bank")


async def test_spending_without_the_money_that_left_is_told_and_takes_nothing_off(money):
    bought, item_id = await some_funds(money), await an_item(money)
    line = spending(None, amount=40_000)
    assert (await say(money, item_id, line)).status_code == 204
    found = await funds(money)
    assert found["without_account"] == 40_000 and found["spendings"][0]["bank_account_id"] is None
    assert found["accounts"][0]["funds"][0]["spent"] == 0 and found["accounts"][0]["agrees"]
    back = spending(None, amount=-40_000, corrects=line["spending_id"])
    assert (await say(money, item_id, back)).status_code == 204
    assert (await say(money, item_id, spending(bought, amount=40_000))).status_code == 204
    found = await funds(money)
    assert found["without_account"] == 0 and found["accounts"][0]["funds"][0]["spent"] == 40_000


async def test_what_an_obligatory_item_spent_is_no_fund(money):
    bought = await some_funds(money)
    meals = await an_item(
        money, title="Nước uống", category="agreed", equal_share=True, basis_document="18/2025/NQ-HĐND"
    )
    assert (await say(money, meals, spending(bought))).status_code == 204
    found = await funds(money)
    (account,) = found["accounts"]
    assert found["spendings"] == [] and account["other_spending"] == 203_000
    assert account["agrees"] and sums(account) == account["bank"]
    gift = await an_item(money)
    answer = await say(money, gift, spending(bought, amount=50_001))
    assert answer.status_code == 422, "another item has said the use of 150.000 of the 200.000"


async def test_a_broken_ledger_is_told(money):
    await some_funds(money)
    await money.owner.execute(
        "UPDATE ledger_transfers SET amount = amount - 1 WHERE school_id = $1 AND kind = 'arrived' AND amount = 7000",
        money.world.school_id,
    )
    await money.owner.execute(
        "UPDATE allocations SET amount = amount + 5 WHERE school_id = $1 AND amount = $2", money.world.school_id, AMOUNT
    )
    (account,) = (await money.get("/reports/funds")).json()["accounts"]
    assert account["agrees"] is False


async def test_every_family_reads_it_and_nobody_is_named(money):
    bought, item_id = await some_funds(money), await an_item(money)
    assert (await say(money, item_id, spending(bought))).status_code == 204
    for who in (money.world.parent, money.world.classmate_parent, money.world.neighbour):
        answer = await money.http.get(f"/v1/family/schools/{money.world.school_id}/funds", headers=who.headers)
        assert answer.status_code == 200 and FUND in answer.text
        assert money.world.child.full_name not in answer.text and "reference" not in answer.text
    stranger = await money.http.get(
        f"/v1/family/schools/{money.world.school_id}/funds", headers=money.world.stranger.headers
    )
    assert stranger.status_code == 404


async def family_reads(money, who=None):
    """The JSON and the page, as two texts of one person."""
    person, school_id = who or money.world.parent, money.world.school_id
    told = await money.http.get(f"/v1/family/schools/{school_id}/funds", headers=person.headers)
    cookies = {"cookie": f"{ACCESS_COOKIE}={person.token}", "accept": "text/html"}
    shown = await money.http.get(f"/app/{school_id}/funds", headers=cookies)
    assert told.status_code == shown.status_code, (told.text, shown.text)
    return told, shown.text.replace("\u00a0", " ")


async def test_a_family_reads_what_came_in_day_by_day_and_it_sums_to_the_ledger(money):
    bought, item_id = await some_funds(money), await an_item(money)
    assert (await say(money, item_id, spending(bought))).status_code == 204
    told, shown = await family_reads(money, money.world.neighbour)
    found = told.json()
    (account,) = found["accounts"]
    today = school_day(money.house.clock.now()).isoformat()
    assert [(one["received_on"], one["fund"], one["amount"]) for one in found["incomes"]] == [(today, FUND, AMOUNT)]
    assert sum(one["amount"] for one in found["incomes"]) == sum(one["received"] for one in account["funds"])
    assert account["agrees"] and sums(account) == account["bank"] == await money.balance("bank")
    for words in (
        FUND,
        "350.000",
        "150.000",
        "200.000",
        "120 cuốn truyện",
        "PC12",
        "10/09/2026",
        "254.000",
        "Khớp số dư",
    ):
        assert words in shown, words
    assert 'href="/app/invoices"' in shown


async def test_money_that_was_taken_back_from_a_fund_is_no_income(money):
    await some_funds(money)
    row = await money.owner.fetchrow(
        "SELECT transaction_id FROM bank_transactions WHERE school_id = $1 AND amount = $2",
        money.world.school_id,
        AMOUNT,
    )
    undone = await money.post(f"/transactions/{row['transaction_id']}/undo", {"note": "Nhầm khoản"})
    assert undone.status_code == 204, undone.text
    told, _ = await family_reads(money)
    assert told.json()["incomes"] == []
    assert all(one["received"] == 0 for account in told.json()["accounts"] for one in account["funds"])


async def test_no_name_of_a_payer_or_child_and_no_number_that_leads_to_one_can_be_read(money):
    """Whatever the bank wrote, whatever the roll knows: none of it stands in the family's JSON or page."""
    await money.bill(title=FUND, category="voluntary")
    gift = await money.invoice()
    await money.receive(money.bank.credit(AMOUNT, f"BICH HANG chuyen {gift['reference']} con Tran Gia Han"))
    await money.owner.execute(
        "UPDATE bank_transactions SET payer_name = 'NGUYEN THI BICH HANG' WHERE school_id = $1", money.world.school_id
    )
    receipt = await money.owner.fetchrow(
        "SELECT receipt_id, receipt_year || '/' || lpad(number::text, 6, '0') AS number FROM payment_receipts"
        " WHERE school_id = $1",
        money.world.school_id,
    )
    named = await money.owner.fetch(
        "SELECT full_name FROM pupils WHERE school_id = $1 UNION SELECT full_name FROM guardians WHERE school_id = $1",
        money.world.school_id,
    )
    told, shown = await family_reads(money, money.world.classmate_parent)
    secret = {
        "BICH HANG", "Gia Han", gift["reference"], gift["invoice_id"], receipt["number"], str(receipt["receipt_id"]),
        str(money.world.child.pupil_id), *(row["full_name"] for row in named),
    }  # fmt: skip
    for text in (told.text, shown):
        assert FUND in text
        assert [one for one in secret if one.casefold() in text.casefold()] == []


async def test_only_who_has_a_child_at_the_school_today_reads_it(money):
    await some_funds(money)
    world = money.world
    assert (await family_reads(money))[0].status_code == 200
    for who in (world.stranger, world.accountant):
        answer = await money.http.get(f"/v1/family/schools/{world.school_id}/funds", headers=who.headers)
        assert answer.status_code in (403, 404), who
    await money.owner.execute(
        "UPDATE pupils SET status = 'left' WHERE school_id = $1 AND pupil_id = $2",
        world.school_id,
        world.child.pupil_id,
    )
    assert (await family_reads(money))[0].status_code == 404, "the child has left"
    assert (await family_reads(money, world.classmate_parent))[0].status_code == 200
    await money.owner.execute(
        "UPDATE guardianships SET valid_to = $2::date - 1 WHERE school_id = $1",
        world.school_id,
        school_day(money.house.clock.now()),
    )
    assert (await family_reads(money, world.classmate_parent))[0].status_code == 404, "the bond is over"


async def test_the_bill_and_the_list_of_bills_lead_to_the_funds(money):
    await money.bill(title=FUND, category="voluntary")
    child, cookies = money.world.child, {"cookie": f"{ACCESS_COOKIE}={money.world.parent.token}", "accept": "text/html"}
    bill = f"/app/{child.school_id}/children/{child.pupil_id}/invoices/{(await money.invoice())['invoice_id']}"
    for path in ("/app/invoices", bill):
        assert f'href="/app/{child.school_id}/funds"' in (await money.http.get(path, headers=cookies)).text
    _, shown = await family_reads(money)
    assert "chưa nhận hay chi khoản tự nguyện nào" in shown


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": 200_001}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"amount": 0}, "/amount"),
        ({"document": "  "}, "/document"),
        ({"transaction_id": str(new_id())}, "/transaction_id"),
        ({"amount": -1, "corrects": str(new_id())}, "/corrects"),
    ],
)
async def test_spending_must_fit_the_money_that_left(money, changes, pointer):
    bought, item_id = await some_funds(money), await an_item(money)
    answer = await say(money, item_id, spending(bought, **changes))
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer


async def test_a_mistake_is_met_once_by_a_line_that_stands_with_the_same_money(money):
    bought, item_id = await some_funds(money), await an_item(money)
    line = spending(bought, amount=200_000)
    assert (await say(money, item_id, line)).status_code == 204
    back = spending(None, amount=-200_000, corrects=line["spending_id"])
    assert (await say(money, item_id, back)).status_code == 204
    again = await say(money, item_id, {**back, "spending_id": str(new_id())})
    assert again.status_code == 422 and again.json()["errors"][0]["pointer"] == "/corrects"
    assert (await say(money, item_id, spending(bought, amount=120_000))).status_code == 204, "its money has room again"
    found = await funds(money)
    assert found["accounts"][0]["funds"][0]["spent"] == 120_000 and len(found["spendings"]) == 3
    answer = await money.get("/report-files/funds/pdf")
    assert answer.status_code == 200


async def test_money_that_came_in_is_no_spending(money):
    await some_funds(money)
    item_id = await an_item(money)
    came = await money.owner.fetchval(
        "SELECT transaction_id FROM bank_transactions WHERE school_id = $1 AND amount = 7000", money.world.school_id
    )
    answer = await say(money, item_id, spending(came, amount=5_000))
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/transaction_id"

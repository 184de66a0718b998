"""The public account of voluntary funds: every đồng of the account has its line, spending is named, nobody who gave is."""

import pytest

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


def spending(transaction_id, **changes):
    return {
        "transaction_id": str(transaction_id), "fund": FUND, "amount": 150_000, "purpose": "120 cuốn truyện",
        "document": "PC12", **changes,
    }  # fmt: skip


async def test_the_lines_of_an_account_sum_to_the_bank(money):
    bought = await some_funds(money)
    assert (await money.post("/reports/funds/spendings", spending(bought))).status_code == 204
    found = (await money.get("/reports/funds")).json()
    (account,) = found["accounts"]
    (fund,) = account["funds"]
    assert (fund["received"], fund["spent"], fund["balance"]) == (AMOUNT, 150_000, AMOUNT - 150_000)
    assert (account["other_items"], account["not_laid"], account["other_spending"]) == (100_000, 7_000, 53_000)
    assert account["bank"] == await money.balance("bank") == AMOUNT + 107_000 - 203_000
    lines = fund["balance"] + account["opening"] + account["other_items"] + account["not_laid"]
    assert account["agrees"] and lines - account["other_spending"] == account["bank"]
    (spent,) = found["spendings"]
    assert (spent["purpose"], spent["document"], spent["amount"]) == ("120 cuốn truyện", "PC12", 150_000)


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
    bought = await some_funds(money)
    await money.post("/reports/funds/spendings", spending(bought))
    for who in (money.world.parent, money.world.classmate_parent, money.world.neighbour):
        answer = await money.http.get(f"/v1/family/schools/{money.world.school_id}/funds", headers=who.headers)
        assert answer.status_code == 200 and FUND in answer.text
        assert money.world.child.full_name not in answer.text and "reference" not in answer.text
    stranger = await money.http.get(
        f"/v1/family/schools/{money.world.school_id}/funds", headers=money.world.stranger.headers
    )
    assert stranger.status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": 200_001}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"amount": 0}, "/amount"),
        ({"fund": "Tiền ăn"}, "/fund"),
    ],
)
async def test_spending_must_fit_the_money_that_left_and_a_voluntary_fund(money, changes, pointer):
    bought = await some_funds(money)
    answer = await money.post("/reports/funds/spendings", spending(bought, **changes))
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer


async def test_what_was_said_too_much_is_taken_back_by_a_row_of_its_own(money):
    bought = await some_funds(money)
    await money.post("/reports/funds/spendings", spending(bought))
    assert (await money.post("/reports/funds/spendings", spending(bought, amount=-50_000))).status_code == 204
    found = (await money.get("/reports/funds")).json()
    assert found["accounts"][0]["funds"][0]["spent"] == 100_000 and len(found["spendings"]) == 2
    answer = await money.get("/report-files/funds/pdf")
    assert answer.status_code == 200


async def test_money_that_came_in_is_no_spending(money):
    await some_funds(money)
    came = await money.owner.fetchval(
        "SELECT transaction_id FROM bank_transactions WHERE school_id = $1 AND amount = 7000", money.world.school_id
    )
    assert (await money.post("/reports/funds/spendings", spending(came))).status_code == 404

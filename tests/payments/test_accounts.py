"""Receiving accounts: registered by the school's administrator, with a secret that is shown once."""

from tests.factories import fresh_phone
from tests.payments.conftest import AMOUNT
from tests.twins.bank import SepayTwin


def new_account(**changes):
    return {
        "bank_bin": "970422",
        "account_number": fresh_phone()[1:],
        "account_name": "TRUONG THCS THU NGHIEM",
        "hook_auth": "hmac",
        **changes,
    }


async def test_an_opened_account_receives_webhooks_with_the_secret_that_was_shown(money):
    body = new_account()
    answer = await money.post("/bank-accounts", body, money.world.admin)
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    assert opened["account"]["bank_name"] == "MB Bank"
    bank = SepayTwin(money.http, opened["account"]["hook_path"], body["account_number"], opened["hook_secret"])
    assert await bank.call(bank.credit(AMOUNT, "chuyen tien"))
    bank.secret += "x"
    assert not await bank.call(bank.credit(AMOUNT, "chuyen tien"))
    listed = (await money.get("/bank-accounts", money.world.admin)).json()["accounts"]
    assert [a["account_number"] for a in listed] == [money.account_number, body["account_number"]]
    assert opened["hook_secret"] not in str(listed)


async def test_a_school_with_two_accounts_says_which_one_a_fee_is_paid_to(money):
    opened = (await money.post("/bank-accounts", new_account(), money.world.admin)).json()["account"]
    answer = await money.post("/fees", money.fee_body())
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/bank_account_id"]
    await money.bill(bank_account_id=opened["bank_account_id"])
    invoice = await money.invoice()
    asked = (await money.get(f"/invoices/{invoice['invoice_id']}/qr", money.world.parent)).json()
    assert (asked["bank_bin"], asked["account_number"]) == ("970422", opened["account_number"])
    event = money.bank.credit(AMOUNT, invoice["reference"])
    assert await money.receive(event) == ["ambiguous"]
    assert (await money.transaction(event))["reasons"] == ["another_account"]


async def test_the_same_account_is_not_registered_twice_nor_by_others(money):
    body = new_account()
    assert (await money.post("/bank-accounts", body, money.world.accountant)).status_code == 403
    assert (await money.post("/bank-accounts", body, money.world.admin)).status_code == 201
    answer = await money.post("/bank-accounts", body, money.world.admin)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/bank-account-taken")


async def test_a_prefix_that_memos_contain_anyway_is_refused(money):
    answer = await money.post("/bank-accounts", new_account(reference_prefix="FT"), money.world.admin)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/reference_prefix"]


async def test_one_hook_may_report_all_accounts_of_the_school(money):
    opened = (await money.post("/bank-accounts", new_account(), money.world.admin)).json()["account"]
    await money.bill(bank_account_id=opened["bank_account_id"])
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT, invoice["reference"], accountNumber=opened["account_number"])
    assert await money.receive(event) == ["settled"]
    assert await money.balance("bank", str(opened["bank_account_id"])) == AMOUNT
    await money.prove()


async def test_another_schools_account_is_never_booked_here(money):
    foreign = new_account()
    answer = await money.http.post(
        f"/v1/schools/{money.world.other_school_id}/bank-accounts",
        json=foreign,
        headers=money.world.other_admin.headers,
    )
    assert answer.status_code == 201
    await money.bill()
    reference = (await money.invoice())["reference"]
    event = money.bank.credit(AMOUNT, reference, accountNumber=foreign["account_number"])
    assert await money.receive(event) == ["ignored"]
    assert (await money.transaction(event))["reasons"] == ["another_account"]
    assert await money.balance("bank") == 0
    await money.prove()

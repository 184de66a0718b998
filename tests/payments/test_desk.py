"""The accountant's desk: what waits for a person, what a person may decide, and how it is undone."""

from uuid import uuid4

import pytest

from tests.payments.conftest import AMOUNT

NOTE = {"note": "Phụ huynh xác nhận qua điện thoại."}


async def waiting(money):
    answer = await money.get("/transactions?waiting=true")
    assert answer.status_code == 200
    return answer.json()["transactions"]


async def decide(money, event, verb, body, who=None):
    transaction = await money.transaction(event)
    return await money.post(f"/transactions/{transaction['transaction_id']}/{verb}", body, who)


def share(invoice, amount):
    return {"invoice_id": invoice["invoice_id"], "amount": amount}


async def test_what_waits_is_listed_with_reasons_and_suggestions(money):
    await money.bill()
    invoice = await money.invoice()
    damaged = invoice["reference"][2:] + " tien an"
    await money.receive(money.bank.credit(AMOUNT, damaged), money.bank.credit(AMOUNT, invoice["reference"]))
    (entry,) = await waiting(money)
    assert (entry["state"], entry["reasons"], entry["held"]) == ("unmatched", ["no_reference"], AMOUNT)
    # One other bill asks for the same amount; it comes behind.
    suggested, behind = entry["suggestions"]
    assert (suggested["reference"], suggested["pupil_name"], suggested["class_name"]) == (
        invoice["reference"],
        "Nguyễn Minh An",
        "6A1",
    )
    assert suggested["reasons"] == ["reference_no_prefix", "few_of_this_amount", "amount_equal"]
    assert (behind["pupil_name"], behind["reasons"]) == ("Trần Bảo Ân", ["few_of_this_amount", "amount_equal"])


async def test_the_list_is_paged_without_loss(money):
    for n in range(5):
        await money.receive(money.bank.credit(1_000 + n, f"chuyen tien {n}"))
    seen, before = [], ""
    while True:
        page = (await money.get(f"/transactions?limit=2{before}")).json()
        seen += [t["amount"] for t in page["transactions"]]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert seen == [1_004, 1_003, 1_002, 1_001, 1_000]


async def test_a_person_lays_unmatched_money_on_a_bill(money):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT, "NGUYEN THI HOA chuyen tien")
    await money.receive(event)
    answer = await decide(money, event, "match", {**NOTE, "shares": [share(invoice, AMOUNT)]})
    assert answer.status_code == 204, answer.text
    assert (await money.invoice())["state"] == "paid"
    row = await money.transaction(event)
    assert (row["state"], row["decided_by"], row["note"]) == (
        "settled",
        money.world.accountant.account_id,
        NOTE["note"],
    )
    assert await waiting(money) == []
    assert len((await money.family())["invoices"][0]["receipts"]) == 1
    await money.prove()


async def test_more_than_the_bill_pays_it_and_credits_the_family(money):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT + 40_000, invoice["reference"])
    assert await money.receive(event) == ["over"]
    assert (await money.family())["due"] == 0
    body = {**NOTE, "shares": [], "credit_pupil_id": str(money.world.child.pupil_id)}
    assert (await decide(money, event, "match", body)).status_code == 204
    family = await money.family()
    assert (family["due"], family["credit"]) == (0, 40_000)
    assert await money.state(event) == "over"
    assert await waiting(money) == []
    await money.prove()


async def test_credit_is_used_on_the_next_bill(money):
    await money.bill()
    event = money.bank.credit(AMOUNT + 40_000, (await money.invoice())["reference"])
    await money.receive(event)
    body = {**NOTE, "shares": [], "credit_pupil_id": str(money.world.child.pupil_id)}
    await decide(money, event, "match", body)
    await money.bill(title="Nước uống", amount=60_000)
    answer = await decide(money, event, "match", {**NOTE, "shares": [share(await money.invoice(), 40_000)]})
    assert answer.status_code == 204, answer.text
    family = await money.family()
    assert (family["due"], family["credit"]) == (20_000, 0)
    assert await money.state(event) == "part"
    await money.prove()


async def test_one_transfer_is_laid_on_the_bills_of_two_children(money):
    await money.bill()
    event = money.bank.credit(500_000, "tien an hai chau")
    await money.receive(event)
    shares = [share(await money.invoice(), AMOUNT), share(await money.invoice(money.world.classmate), 150_000)]
    assert (await decide(money, event, "match", {**NOTE, "shares": shares})).status_code == 204
    assert await money.state(event) == "part"
    assert (await money.invoice(money.world.classmate))["remaining"] == 200_000
    await money.prove()


async def test_every_wrong_share_is_pointed_at_and_nothing_moves(money):
    await money.bill()
    invoice, other = await money.invoice(), await money.invoice(money.world.classmate)
    await money.post(f"/invoices/{other['invoice_id']}/cancel", None)
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    wrong = [share(invoice, AMOUNT + 1), share(other, 1), {"invoice_id": str(uuid4()), "amount": 1}, share(invoice, 1)]
    answer = await decide(money, event, "match", {**NOTE, "shares": wrong})
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == [
        "/shares/0/amount",
        "/shares/1/invoice_id",
        "/shares/2/invoice_id",
        "/shares/3/invoice_id",
        "/shares",
    ]
    assert await money.count("allocations") == 0


@pytest.mark.parametrize(
    ("shares", "pointer"), [([], "/credit_pupil_id"), ([100_000], "/credit_pupil_id"), ([AMOUNT], None)]
)
async def test_no_money_is_left_lying_after_a_decision(money, shares, pointer):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    answer = await decide(money, event, "match", {**NOTE, "shares": [share(invoice, amount) for amount in shares]})
    assert answer.status_code == (422 if pointer else 204)
    if pointer:
        assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]


async def test_credit_goes_only_to_a_pupil_of_the_school(money):
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    body = {**NOTE, "credit_pupil_id": str(money.world.other_child.pupil_id)}
    answer = await decide(money, event, "match", body)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/credit_pupil_id"]
    await money.prove()


async def test_settled_money_cannot_be_laid_again(money):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT, invoice["reference"])
    await money.receive(event)
    answer = await decide(money, event, "match", {**NOTE, "shares": [share(invoice, 1)]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/nothing-to-lay")


async def test_what_was_laid_is_taken_back_by_entries_that_stay(money):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT, invoice["reference"])
    await money.receive(event)
    assert (await decide(money, event, "undo", NOTE)).status_code == 204
    assert (await money.invoice())["state"] == "open"
    family = await money.family()
    assert family["due"] == AMOUNT
    assert family["invoices"][0]["receipts"][0]["cancelled_at"] is not None
    assert await money.count("allocations") == 2
    assert await money.balance("unallocated") == -AMOUNT
    await money.prove()
    assert (await decide(money, event, "undo", NOTE)).status_code == 409
    other = await money.invoice(money.world.classmate)
    assert (await decide(money, event, "match", {**NOTE, "shares": [share(other, AMOUNT)]})).status_code == 204
    numbers = await money.owner.fetch(
        "SELECT number FROM payment_receipts WHERE school_id = $1 ORDER BY number", money.world.school_id
    )
    assert [r["number"] for r in numbers] == [1, 2]
    await money.prove()


async def test_a_repeated_webhook_does_not_lay_again_what_a_person_took_back(money):
    await money.bill()
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    await money.receive(event)
    await decide(money, event, "undo", NOTE)
    assert await money.receive(event) == ["ambiguous"]
    assert (await money.invoice())["state"] == "open"
    await money.prove()


async def test_credit_is_taken_back_as_well(money):
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    await decide(money, event, "match", {**NOTE, "credit_pupil_id": str(money.world.child.pupil_id)})
    assert (await money.family())["credit"] == AMOUNT
    assert (await decide(money, event, "undo", NOTE)).status_code == 204
    assert (await money.family())["credit"] == 0
    await money.prove()


async def test_money_that_is_not_ours_is_put_aside_and_nobody_alone_says_it_went_back(money):
    credit, debit = money.bank.credit(AMOUNT, "nham truong"), money.bank.debit(AMOUNT, "hoan tien")
    await money.receive(credit)
    assert (await decide(money, credit, "ignore", NOTE)).status_code == 204
    assert (await decide(money, credit, "ignore", NOTE)).status_code == 409
    assert await waiting(money) == []
    assert await money.balance("unallocated") == -AMOUNT
    await money.receive(debit)
    transaction_id = (await money.transaction(credit))["transaction_id"]
    alone = {**NOTE, "outgoing_transaction_id": str((await money.transaction(debit))["transaction_id"])}
    assert (await money.post(f"/transactions/{transaction_id}/refund", alone)).status_code == 404
    assert await money.balance("unallocated") == -AMOUNT
    await money.prove()


async def test_a_real_second_payment_taken_for_a_duplicate_is_booked(money):
    await money.bill()
    invoice = await money.invoice()
    same = {"referenceCode": "FT9", "transactionDate": "2026-09-05 14:02:37"}
    first, again = money.bank.credit(AMOUNT, "tien an", **same), money.bank.credit(AMOUNT, "tien an", **same)
    assert await money.receive(first, again) == ["unmatched", "duplicate"]
    assert (await decide(money, again, "not-duplicate", NOTE)).status_code == 204
    assert await money.state(again) == "ambiguous"
    assert await money.balance("bank") == 2 * AMOUNT
    assert (await decide(money, again, "match", {**NOTE, "shares": [share(invoice, AMOUNT)]})).status_code == 204
    await money.prove()


@pytest.mark.parametrize("verb", ["match", "undo", "ignore", "not-duplicate"])
async def test_only_the_schools_accountant_decides(money, verb):
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    body = NOTE
    world = money.world
    for who in (world.teacher, world.admin, world.parent, world.stranger, world.other_admin, world.area_admin):
        assert (await decide(money, event, verb, body, who)).status_code == 403
    path = f"/transactions/{uuid4()}/{verb}"
    assert (await money.post(path, body)).status_code == 404
    assert await money.state(event) == "unmatched"


async def test_every_decision_is_in_the_audit_trail(money):
    event = money.bank.credit(AMOUNT, "chuyen tien")
    await money.receive(event)
    await decide(money, event, "match", {**NOTE, "credit_pupil_id": str(money.world.child.pupil_id)})
    await decide(money, event, "undo", NOTE)
    rows = await money.owner.fetch(
        "SELECT action, actor_account_id FROM audit_events WHERE school_id = $1 ORDER BY audit_id",
        money.world.school_id,
    )
    assert [(r["action"], r["actor_account_id"]) for r in rows] == [
        ("payment.matched", money.world.accountant.account_id),
        ("payment.undone", money.world.accountant.account_id),
    ]


async def test_reading_the_books_is_for_the_accountant_and_the_head(money):
    world = money.world
    paths = ("/fees", "/transactions", "/books/check", "/bank-accounts", f"/classes/{world.class_id}/invoices")
    for path in paths:
        for who in (world.accountant, world.admin):
            assert (await money.get(path, who)).status_code == 200
        for who in (world.teacher, world.other_teacher, world.parent, world.other_admin, world.area_admin):
            assert (await money.get(path, who)).status_code == 403
        assert (await money.http.get(money.path + path)).status_code == 401


async def test_what_was_put_aside_by_mistake_waits_again(money):
    event = money.bank.credit(AMOUNT, "khong ro")
    await money.receive(event)
    assert (await decide(money, event, "ignore", NOTE)).status_code == 204
    assert await waiting(money) == []
    assert (await decide(money, event, "undo", NOTE)).status_code == 204
    (entry,) = await waiting(money)
    assert (entry["state"], entry["reasons"], entry["held"]) == ("ambiguous", ["undone"], AMOUNT)
    await money.prove()

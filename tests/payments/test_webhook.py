"""The bank's webhook: proved, kept, answered; and settled once, however often and in whatever order it is repeated."""

import asyncio
import json

import msgspec
import pytest

from payments import accounts, reconcile, settle, understanding
from payments.banks import sepay
from tests.payments.conftest import AMOUNT

SUCCESS = b'{"success": true}'


async def events_kept(money):
    return await money.owner.fetch("SELECT * FROM bank_events WHERE school_id = $1", money.world.school_id)


async def test_a_signed_webhook_is_kept_as_it_came_and_answered_exactly(money):
    event = money.bank.credit(AMOUNT, "HP0000000 xin chào")
    headers = {**money.bank.headers(event.body), "authorization": "Apikey not-to-be-kept"}
    answer = await money.http.post(money.bank.hook_path, content=event.body, headers=headers)
    assert (answer.status_code, answer.content) == (200, SUCCESS)
    (kept,) = await events_kept(money)
    assert kept["body"] == event.body
    assert (kept["event_key"], kept["repeats"], kept["understood_at"]) == (str(event.event_id), 0, None)
    assert "not-to-be-kept" not in kept["headers"]
    assert "x-sepay-signature" in kept["headers"]


async def test_keeping_a_webhook_is_one_statement(money, monkeypatch):
    event = money.bank.credit(AMOUNT, "HP0000000")
    assert await money.bank.call(event)
    statements = []
    database = type(money.house.database)
    keep, reader = database.keep, type(money.house.database.reader)

    async def counted(self, sql, *arguments):
        statements.append(sql)
        return await keep(self, sql, *arguments)

    async def refused(self, *_):
        raise AssertionError("a webhook of a known hook reads nothing")

    monkeypatch.setattr(database, "keep", counted)
    monkeypatch.setattr(reader, "_run", refused)
    assert await money.bank.call(money.bank.credit(AMOUNT, "HP0000000"))
    assert len(statements) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bank, body: {},
        lambda bank, body: bank.headers(body, secret="another"),
        lambda bank, body: bank.headers(body + b" "),
        lambda bank, body: bank.headers(body, at=1_700_000_000),
        lambda bank, body: {"authorization": f"Apikey {bank.secret}"},
    ],
)
async def test_what_is_not_proved_is_refused_and_not_kept(money, spoil):
    event = money.bank.credit(AMOUNT, "HP0000000")
    answer = await money.http.post(money.bank.hook_path, content=event.body, headers=spoil(money.bank, event.body))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/hook-not-proved")
    assert await events_kept(money) == []


async def test_an_unknown_hook_answers_like_a_bad_signature(money):
    event = money.bank.credit(AMOUNT, "HP0000000")
    headers = money.bank.headers(event.body)
    answer = await money.http.post("/hooks/sepay/nobody", content=event.body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/hook-not-proved")


async def test_an_unset_secret_closes_the_door(money):
    await money.owner.execute("UPDATE bank_hooks SET secret_sealed = NULL WHERE school_id = $1", money.world.school_id)
    money.bank.secret = ""
    assert not await money.bank.call(money.bank.credit(AMOUNT, "HP0000000"))
    assert money.bank.attempts[-1].status == 401


async def test_a_changed_secret_works_at_once(money):
    assert await money.bank.call(money.bank.credit(AMOUNT, "HP0000000"))
    money.bank.secret = "changed-secret"
    sealed = money.house.cipher.seal("changed-secret", "bank-hook")
    await money.owner.execute(
        "UPDATE bank_hooks SET secret_sealed = $2 WHERE school_id = $1", money.world.school_id, sealed
    )
    assert await money.bank.call(money.bank.credit(AMOUNT, "HP0000000"))


async def test_the_api_key_is_a_proof_where_it_was_agreed(money):
    await money.owner.execute("UPDATE bank_hooks SET auth = 'apikey' WHERE school_id = $1", money.world.school_id)
    money.bank.auth = "apikey"
    assert await money.bank.call(money.bank.credit(AMOUNT, "HP0000000"))
    money.bank.secret = "another"
    assert not await money.bank.call(money.bank.credit(AMOUNT, "HP0000000"))


async def test_sepay_is_content_at_the_first_try_and_repeats_are_counted(money):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    event = money.bank.credit(AMOUNT, "HP0000000")
    assert await money.bank.report(event, sleep)
    assert waited == []
    await money.bank.replay([event, event, event])
    (kept,) = await events_kept(money)
    assert kept["repeats"] == 3


async def test_an_outage_is_bridged_by_the_banks_own_retries(money, monkeypatch):
    """The database cannot be written: they get a 5xx, call again, and nothing is lost or doubled."""
    await money.bill()
    invoice = await money.invoice()
    broken = [True, True, True]
    keep = type(money.house.database).keep
    waited = []

    async def failing(self, sql, *arguments):
        if broken:
            broken.pop()
            raise ConnectionError
        return await keep(self, sql, *arguments)

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(type(money.house.database), "keep", failing)
    event = money.bank.credit(AMOUNT, invoice["reference"])
    assert await money.bank.report(event, sleep)
    assert waited == [60, 60, 120]
    await money.settle()
    assert await money.state(event) == "settled"
    await money.prove()


async def test_one_transfer_pays_one_invoice_and_gives_one_receipt(money):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.credit(AMOUNT, f"MBVCB.3278907687.{invoice['reference']} TIEN AN BAN TRU.CT tu 0011 toi 0123")
    for _ in range(3):
        assert await money.receive(event) == ["settled"]
    assert (await money.invoice())["state"] == "paid"
    assert (await money.invoice(money.world.classmate))["state"] == "open"
    family = await money.family()
    assert (family["due"], family["invoices"][0]["paid"]) == (0, AMOUNT)
    assert [r["amount"] for r in family["invoices"][0]["receipts"]] == [AMOUNT]
    assert await money.balance("bank") == AMOUNT
    assert await money.balance("unallocated") == 0
    assert await money.balance("receivable", str(money.world.child.pupil_id)) == 0
    notices = await money.owner.fetch(
        "SELECT kind FROM notices WHERE school_id = $1 AND kind = 'payment'", money.world.school_id
    )
    assert len(notices) == 1
    await money.prove()


async def test_the_answer_comes_before_the_understanding_and_the_bell_names_the_event(money):
    rung = []
    queue = money.http._transport.app.state.house.queue
    ring = queue.ring

    async def listening(job, *arguments):
        rung.append((job, *arguments))

    queue.ring = listening
    try:
        event = money.bank.credit(AMOUNT, "HP0000000")
        assert await money.bank.call(event)
    finally:
        queue.ring = ring
    assert rung == [("settle_bank_event", money.world.school_id, "sepay", money.world.hook_key, str(event.event_id))]
    assert await money.count("bank_transactions") == 0
    settled = await understanding.settle_event(money.house, *rung[0][1:])
    assert settled.state == "unmatched"
    assert await understanding.settle_event(money.house, *rung[0][1:]) is None


STATES = [
    ("part", AMOUNT - 1, "{ref}"),
    ("over", AMOUNT + 1, "{ref}"),
    ("ambiguous", AMOUNT, "{ref} {other}"),
    ("unmatched", AMOUNT, "NGUYEN VAN A chuyen tien"),
    ("unmatched", AMOUNT, ""),
]


@pytest.mark.parametrize(("state", "amount", "memo"), STATES)
async def test_every_credit_ends_in_a_named_state_and_in_the_books(money, state, amount, memo):
    await money.bill()
    mine, other = await money.invoice(), await money.invoice(money.world.classmate)
    event = money.bank.credit(amount, memo.format(ref=mine["reference"], other=other["reference"]))
    assert await money.receive(event, event) == [state, state]
    assert await money.balance("bank") == amount
    assert await money.balance("unallocated") == {"part": 0, "over": AMOUNT - amount}.get(state, -amount)
    assert (await money.transaction(event))["reasons"]
    await money.prove()


async def test_two_references_and_their_sum_pay_both(money):
    await money.bill()
    mine, other = await money.invoice(), await money.invoice(money.world.classmate)
    event = money.bank.credit(2 * AMOUNT, f"{mine['reference']} {other['reference']}")
    assert await money.receive(event) == ["settled"]
    assert (await money.invoice())["state"] == (await money.invoice(money.world.classmate))["state"] == "paid"
    assert await money.count("payment_receipts") == 2
    await money.prove()


async def test_parts_add_up_to_the_whole(money):
    await money.bill()
    reference = (await money.invoice())["reference"]
    assert await money.receive(money.bank.credit(100_000, reference)) == ["part"]
    assert await money.receive(money.bank.credit(AMOUNT - 100_000, reference)) == ["settled"]
    assert (await money.invoice())["state"] == "paid"
    await money.prove()


async def test_paying_twice_keeps_the_second_for_a_person(money):
    await money.bill()
    reference = (await money.invoice())["reference"]
    states = await money.receive(money.bank.credit(AMOUNT, reference), money.bank.credit(AMOUNT, reference))
    assert states == ["settled", "over"]
    assert await money.balance("unallocated") == -AMOUNT
    await money.prove()


async def test_money_for_a_cancelled_invoice_waits_for_a_person(money):
    await money.bill()
    invoice = await money.invoice()
    await money.post(f"/invoices/{invoice['invoice_id']}/cancel", None)
    event = money.bank.credit(AMOUNT, invoice["reference"])
    assert await money.receive(event) == ["ambiguous"]
    assert (await money.transaction(event))["reasons"] == ["bill_cancelled"]
    await money.prove()


async def test_money_out_is_followed_in_the_books_and_pays_nothing(money):
    await money.bill()
    invoice = await money.invoice()
    event = money.bank.debit(70_000, invoice["reference"])
    assert await money.receive(event) == ["ignored"]
    assert await money.balance("bank") == -70_000
    await money.prove()


async def test_another_account_is_not_ours(money):
    await money.bill()
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"], accountNumber="9990001112")
    assert await money.receive(event) == ["ignored"]
    assert await money.balance("bank") == 0
    assert (await money.invoice())["state"] == "open"
    await money.prove()


async def test_the_same_credit_under_another_id_is_a_duplicate(money):
    await money.bill()
    first = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    again = money.bank.credit(AMOUNT, "")
    again.body = msgspec.json.encode({**json.loads(first.body), "id": again.event_id})
    assert await money.receive(first, again) == ["settled", "duplicate"]
    assert await money.balance("bank") == AMOUNT
    await money.prove()


async def test_two_real_payments_with_one_bank_reference_stay_two(money):
    """References of banks are not unique; different memos are different payments."""
    await money.bill()
    mine, other = await money.invoice(), await money.invoice(money.world.classmate)
    first = money.bank.credit(AMOUNT, mine["reference"], referenceCode="FT1")
    second = money.bank.credit(AMOUNT, other["reference"], referenceCode="FT1")
    assert await money.receive(first, second) == ["settled", "settled"]
    await money.prove()


@pytest.mark.parametrize("body", [b"", b"{}", b"[1,2]", b'{"id":7,"transferAmount":-5}', b"\xff\x00\x01", b"x" * 5000])
async def test_a_proved_body_that_says_nothing_is_kept_as_unreadable(money, body):
    answer = await money.http.post(money.bank.hook_path, content=body, headers=money.bank.headers(body))
    assert (answer.status_code, answer.content) == (200, SUCCESS)
    await money.settle()
    rows = await money.owner.fetch(
        "SELECT state, amount, event_key FROM bank_transactions WHERE school_id = $1", money.world.school_id
    )
    assert [(r["state"], r["amount"], r["event_key"]) for r in rows] == [("unreadable", 0, sepay.event_key(body))]
    await money.prove()


async def test_a_body_too_large_is_refused_before_it_is_read(money):
    body = b"{" + b" " * 300_000 + b"}"
    answer = await money.http.post(money.bank.hook_path, content=body, headers=money.bank.headers(body))
    assert answer.status_code == 413
    assert await events_kept(money) == []


async def test_one_event_that_fails_holds_up_nobody_and_is_named_until_it_is_mended(money, monkeypatch):
    await money.bill()
    poison = money.bank.credit(AMOUNT, "poison")
    good = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    understand = sepay.understand

    def failing(body):
        if b"poison" in body:
            raise RuntimeError("a fault of ours")
        return understand(body)

    with monkeypatch.context() as patched:
        patched.setattr(sepay, "understand", failing)
        assert await money.bank.call(poison)
        assert await money.bank.call(good)
        await money.settle()
        assert await money.state(good) == "settled"
        (wrong,) = await hooks_disagreements(money)
        assert (wrong.check, wrong.subject) == ("event_is_understood", f"sepay {poison.event_id}")
    await money.settle()
    assert await money.count("bank_transactions") == 1, "not tried again at once"
    await money.owner.execute(
        "UPDATE bank_events SET received_at = received_at - interval '1 hour' WHERE event_key = $1",
        str(poison.event_id),
    )
    await money.settle()
    assert await money.state(poison) == "unmatched"
    await money.prove()


async def hooks_disagreements(money):
    return await reconcile.disagreements(money.house.database.reader, money.world.school_id)


async def test_a_webhook_told_many_times_at_once_is_settled_once(money):
    await money.bill()
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    await money.bank.replay([event] * 8)
    job = (money.world.school_id, "sepay", money.world.hook_key, str(event.event_id))
    settled = await asyncio.gather(*(understanding.settle_event(money.house, *job) for _ in range(6)))
    assert sum(one is not None for one in settled) == 1
    assert await money.count("payment_receipts") == 1
    await money.prove()


async def test_many_credits_for_one_bill_at_once_pay_it_once(money):
    """Different events, one bill: without the till each would see the bill still open."""
    await money.bill()
    reference = (await money.invoice())["reference"]
    events = [money.bank.credit(AMOUNT, reference) for _ in range(8)]
    await money.bank.replay(events)
    job = (money.world.school_id, "sepay", money.world.hook_key)
    settled = await asyncio.gather(*(understanding.settle_event(money.house, *job, str(e.event_id)) for e in events))
    assert sorted(one.state for one in settled) == ["over"] * 7 + ["settled"]
    await money.prove()


async def test_one_line_from_the_same_source_by_two_doors_is_one_transaction(money):
    """A pull after the webhook brings the same line again; nothing is booked a second time."""
    await money.bill()
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    line = sepay.understand(event.body)
    account = await accounts.receiving(money.house.database.reader, money.world.bank_account_id)
    now = money.house.clock.now()
    settled = []
    for _ in range(2):
        async with money.house.database.school(money.world.school_id) as tx:
            settled.append(await settle.settle(tx, account, line, received_at=now, at=now))
    assert [(one.state, one.fresh) for one in settled] == [("settled", True), ("settled", False)]
    assert await money.balance("bank") == AMOUNT
    await money.prove()


async def test_a_statement_that_tells_the_webhooks_credit_adds_nothing_in_either_order(money):
    await money.bill()
    account = await accounts.receiving(money.house.database.reader, money.world.bank_account_id)
    now = money.house.clock.now()
    for pupil, first, second in (
        (money.world.child, "sepay", "statement"),
        (money.world.classmate, "statement", "sepay"),
    ):
        event = money.bank.credit(AMOUNT, (await money.invoice(pupil))["reference"])
        line = sepay.understand(event.body)
        states = []
        for source in (first, second):
            told = msgspec.structs.replace(line, source=source, event_key=f"{source}-{event.event_id}")
            async with money.house.database.school(money.world.school_id) as tx:
                states.append((await settle.settle(tx, account, told, received_at=now, at=now)).state)
        assert states == ["settled", "duplicate"]
    assert await money.balance("bank") == 2 * AMOUNT
    await money.prove()


async def test_a_line_answers_for_one_line_of_another_source_only(money):
    """Two real payments with one reference, both told by the statement and by the webhook; then a third, told once."""
    account = await accounts.receiving(money.house.database.reader, money.world.bank_account_id)
    now = money.house.clock.now()
    one = sepay.understand(money.bank.credit(AMOUNT, "me chuyen", referenceCode="FT7").body)

    async def tell(source, key, memo):
        line = msgspec.structs.replace(one, source=source, event_key=key, memo=memo)
        async with money.house.database.school(money.world.school_id) as tx:
            return (await settle.settle(tx, account, line, received_at=now, at=now)).state

    assert [await tell("statement", "1", "me chuyen"), await tell("statement", "2", "bo chuyen")] == ["unmatched"] * 2
    told = [await tell("sepay", key, memo) for key, memo in (("a", "me"), ("b", "bo"), ("c", "ba ngoai chuyen"))]
    assert told == ["duplicate", "duplicate", "unmatched"]
    assert await money.balance("bank") == 3 * AMOUNT
    await money.prove()

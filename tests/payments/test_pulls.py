"""What gateways gave up telling: pulled from their lists, under the same keys, and shown to the accountant."""

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from backend.core.clock import StoppedClock
from payments import pulls
from payments.banks import sepay_list
from payments.banks.asking import Asker
from tests.payments.conftest import AMOUNT
from tests.payments.test_gateways import SECRET, hook_at, states
from tests.twins.bank import RETRY_MINUTES
from tests.twins.casso import CassoList, CassoTwin
from tests.twins.payos import PayosTwin
from tests.twins.sepay_list import SepayList


@asynccontextmanager
async def asking(money, monkeypatch, **urls):
    monkeypatch.setattr(money.house, "settings", msgspec.structs.replace(money.house.settings, **urls))
    asker = Asker()
    yield asker
    await asker.close()


@pytest.fixture
async def listing(money):
    """SePay's list with a token that was entered beside the hook."""
    twin = SepayList()
    await twin.start()
    keys = {"token": twin.token}
    body = {"secret": "hook-secret-of-the-test", "keys": keys}
    answer = await money.post(f"/bank-hooks/{money.world.hook_key}/rotate", body, money.world.admin)
    assert answer.status_code == 200, answer.text
    money.bank.secret = "hook-secret-of-the-test"
    yield twin
    await twin.stop()


async def pull(money, asker, **how):
    """The school's own hooks only: other tests' schools lie in the same database."""
    came = [
        await pulls.pull_hook(money.house, asker, hook, **how)
        for hook in await pulls._due(money.house, everything=how.get("everything", False))
        if hook.school_id == money.world.school_id
    ]
    await money.settle()
    return came


async def next_pull(money):
    await money.owner.execute(
        "UPDATE gateway_pulls SET next_at = next_at - interval '2 hours' WHERE school_id = $1", money.world.school_id
    )


async def gaps(money):
    answer = await money.get("/bank-hooks/gaps")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_sepay_gave_up_after_eight_tries_is_recovered_and_shown(money, listing, monkeypatch):
    """A school's server is away for 34 minutes by a stopped clock: SePay tries eight times in 33 and is then silent for good."""
    await money.bill()
    reference = (await money.invoice())["reference"]
    clock = StoppedClock(money.house.clock.now())
    began = clock.now()
    back_at = began + timedelta(minutes=34)

    class Away(type(money.bank)):
        async def call(self, event):
            if clock.now() < back_at:
                self.attempts.append(clock.now())
                return False
            return await super().call(event)

    bank = Away(money.http, money.bank.hook_path, money.account_number, money.bank.secret)
    booked = (began - timedelta(minutes=60)).astimezone(sepay_list.SCHOOL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    lost, told = bank.credit(AMOUNT, reference, transactionDate=booked), bank.debit(50_000, "phi sms")

    async def sleep(seconds):
        clock.advance(timedelta(seconds=seconds))

    assert not await bank.report(lost, sleep)
    assert len(bank.attempts) == 8
    assert clock.now() - began == timedelta(minutes=sum(RETRY_MINUTES)) == timedelta(minutes=33)
    clock.advance(timedelta(minutes=2))
    assert await bank.report(told, sleep)
    for event in (lost, told):
        listing.book(event.body)
    async with asking(money, monkeypatch, sepay_base_url=listing.base_url) as asker:
        (came,) = await pull(money, asker)
    assert (came.listed, came.recovered, came.error) == (2, 1, None)
    assert (await money.invoice())["state"] == "paid"
    await money.prove()
    shown = await gaps(money)
    (hook,) = shown["hooks"]
    assert (hook["missed"], hook["pulls"], hook["pull_error"]) == (1, True, None)
    assert [(r["event_key"], r["amount"], r["state"]) for r in shown["recovered"]] == [
        (str(lost.event_id), AMOUNT, "settled")
    ]
    day = {k: sum(d[k] for d in shown["days"]) for k in ("pushed", "pulled", "both", "recovered", "recovered_in")}
    assert day == {"pushed": 1, "pulled": 2, "both": 1, "recovered": 1, "recovered_in": AMOUNT}


async def test_a_hook_that_tells_nothing_more_is_called_silent(money, listing, monkeypatch):
    booked = (money.house.clock.now() - timedelta(hours=2)).astimezone(sepay_list.SCHOOL_ZONE)
    event = money.bank.credit(AMOUNT, "x", transactionDate=booked.strftime("%Y-%m-%d %H:%M:%S"))
    assert not (await gaps(money))["hooks"][0]["silent"]
    listing.book(event.body)
    async with asking(money, monkeypatch, sepay_base_url=listing.base_url) as asker:
        await pull(money, asker)
    assert (await gaps(money))["hooks"][0]["silent"]
    assert await money.bank.call(event), "a person presses replay at SePay"
    hook = (await gaps(money))["hooks"][0]
    assert (hook["silent"], hook["missed"]) == (False, 0)
    assert await money.owner.fetchval("SELECT repeats FROM bank_events WHERE event_key = $1", str(event.event_id)) == 0
    await money.settle()
    assert len(await states(money)) == 1


async def test_a_later_pull_goes_on_behind_the_last_and_books_nothing_twice(money, listing, monkeypatch):
    events = [money.bank.credit(1000 + n, f"x{n}") for n in range(5)]
    for event in events[:3]:
        listing.book(event.body)
    async with asking(money, monkeypatch, sepay_base_url=listing.base_url) as asker:
        assert [(c.listed, c.recovered) for c in await pull(money, asker)] == [(3, 3)]
        assert await pull(money, asker) == [], "not before its time"
        for event in events[3:]:
            listing.book(event.body)
        await next_pull(money)
        assert [(c.listed, c.recovered) for c in await pull(money, asker)] == [(3, 2)]
        assert [(c.listed, c.recovered) for c in await pull(money, asker, everything=True)] == [(5, 0)]
    assert listing.too_fast == 0
    assert len(await states(money)) == 5
    await money.prove()


async def test_a_list_longer_than_an_answer_is_read_in_stretches_of_time(money, listing, monkeypatch):
    monkeypatch.setattr(sepay_list, "LIMIT", 4)
    monkeypatch.setattr(sepay_list, "_SECONDS_BETWEEN_CALLS", 0.0)
    start = money.house.clock.now().astimezone(sepay_list.SCHOOL_ZONE) - timedelta(days=2)
    for n in range(10):
        at = (start + timedelta(hours=4 * n)).strftime("%Y-%m-%d %H:%M:%S")
        listing.book(money.bank.credit(1000 + n, f"x{n}", transactionDate=at).body)
    listing.calls_a_second = 1000
    async with asking(money, monkeypatch, sepay_base_url=listing.base_url) as asker:
        assert [(c.listed, c.recovered, c.error) for c in await pull(money, asker)] == [(10, 10, None)]
    assert len(await states(money)) == 10


@pytest.mark.parametrize(
    ("status", "error"), [(500, "HTTP_500"), (429, "HTTP_429"), (401, "HTTP_401"), (200, "unreadable_answer")]
)
async def test_trouble_of_a_list_is_written_down_and_the_next_pull_recovers(money, listing, monkeypatch, status, error):
    listing.book(money.bank.credit(AMOUNT, "x").body)
    listing.wrong = [status]
    async with asking(money, monkeypatch, sepay_base_url=listing.base_url) as asker:
        assert [c.error for c in await pull(money, asker)] == [error]
        assert (await gaps(money))["hooks"][0]["pull_error"] == error
        assert await pull(money, asker) == []
        await next_pull(money)
        assert [(c.recovered, c.error) for c in await pull(money, asker)] == [(1, None)]
    assert (await gaps(money))["hooks"][0]["pull_error"] is None


async def test_a_slow_or_dead_gateway_keeps_no_other_waiting(money, listing, monkeypatch):
    casso = CassoList()
    await casso.start()
    casso.seconds_slow = 5
    await hook_at(money, money.world.bank_account_id, "casso", keys={"api_key": casso.api_key})
    listing.book(money.bank.credit(AMOUNT, "x").body)
    monkeypatch.setattr(pulls, "_HOOK_SECONDS_MAX", 1.5)
    urls = {
        "sepay_base_url": listing.base_url,
        "casso_base_url": casso.base_url,
        "payos_base_url": "http://127.0.0.1:9",
    }
    due = pulls._due

    async def ours(house, *, everything):
        return [h for h in await due(house, everything=everything) if h.school_id == money.world.school_id]

    monkeypatch.setattr(pulls, "_due", ours)
    async with asking(money, monkeypatch, **urls) as asker:
        began = asyncio.get_running_loop().time()
        came = await pulls.pull_due(money.house, asker)
        assert asyncio.get_running_loop().time() - began < 4
    assert {(c.recovered, c.error) for c in came} == {(0, "timeout"), (1, None)}
    await casso.stop()


@pytest.mark.parametrize("version", [1, 2])
async def test_cassos_list_recovers_page_by_page_what_either_hook_did_not_tell(money, monkeypatch, version):
    await money.bill()
    lists = CassoList()
    await lists.start()
    hook = await hook_at(
        money,
        money.world.bank_account_id,
        "casso",
        "token" if version == 1 else "hmac",
        keys={"api_key": lists.api_key},
    )
    twin = CassoTwin(money.http, hook["path"], money.account_number, SECRET, version)
    movements = [twin.movement(1000 + n, "x") for n in range(120)]
    paying = twin.movement(AMOUNT, (await money.invoice())["reference"])
    assert await twin.call(twin.body(movements[0]))
    for one in (*movements, paying):
        lists.book(one)
    async with asking(money, monkeypatch, casso_base_url=lists.base_url) as asker:
        assert [(c.listed, c.recovered, c.error) for c in await pull(money, asker)] == [(121, 120, None)]
        lists.wrong = [401]
        await next_pull(money)
        assert [c.error for c in await pull(money, asker)] == ["HTTP_401"]
    assert lists.requests == 3
    assert await twin.call(twin.body(paying)), "the hook comes late"
    await money.settle()
    assert len(await states(money)) == 121
    assert (await money.invoice())["state"] == "paid"
    await money.prove()
    await lists.stop()


@pytest.fixture
async def payos(money, monkeypatch):
    twin = PayosTwin(money.http, money.account_number)
    await twin.start()
    keys = {"client_id": twin.client_id, "api_key": twin.api_key}
    hook = await hook_at(money, money.world.bank_account_id, "payos", keys=keys, secret=twin.checksum)
    twin.hook_path = hook["path"]
    for house in (money.house, money.http._transport.app.state.house):
        settings = msgspec.structs.replace(house.settings, payos_base_url=twin.base_url)
        monkeypatch.setattr(house, "settings", settings)
    yield twin
    await twin.stop()


async def ask_link(money, who=None, **body):
    invoice = await money.invoice()
    return await money.post(f"/invoices/{invoice['invoice_id']}/pay-link", body, who or money.world.parent)


async def test_a_payos_link_is_made_paid_and_settled_and_the_same_link_is_given_again(money, payos):
    await money.bill()
    answer = await ask_link(money)
    assert answer.status_code == 200, answer.text
    link = answer.json()
    assert link["pay_url"].startswith("https://pay.payos.vn/web/")
    assert (await ask_link(money)).json() == link
    assert payos.links[int(link["order_code"])]["description"] == (await money.invoice())["reference"]
    assert (await money.invoice())["state"] == "open", "a link pays nothing"
    assert await payos.call(payos.pay(int(link["order_code"])))
    await money.settle()
    assert (await money.invoice())["state"] == "paid"
    assert (await ask_link(money)).status_code == 404
    await money.prove()


async def test_a_link_whose_webhook_never_came_is_looked_at_until_it_is_over(money, payos):
    await money.bill()
    code = int((await ask_link(money)).json()["order_code"])
    first = payos.pay(code, 100_000)
    asker = Asker()
    assert [(c.listed, c.recovered) for c in await pull(money, asker)] == [(1, 1)]
    assert (await money.invoice())["state"] == "part"
    payos.pay(code, AMOUNT - 100_000)
    await next_pull(money)
    assert [(c.listed, c.recovered, c.error) for c in await pull(money, asker)] == [(2, 1, None)]
    assert (await money.invoice())["state"] == "paid"
    await next_pull(money)
    asked = payos.requests
    await pull(money, asker)
    assert payos.requests == asked, "a paid link is over"
    assert await payos.call(first)
    await money.settle()
    assert [state for state, _ in await states(money)] == ["part", "settled"]
    await money.prove()
    await asker.close()


async def test_an_answer_that_is_not_payos_own_is_not_believed(money, payos):
    await money.bill()
    payos.forge_answers = True
    answer = await ask_link(money)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/gateway-away")
    payos.forge_answers = False
    code = int((await ask_link(money)).json()["order_code"])
    payos.pay(code)
    payos.forge_answers = True
    asker = Asker()
    assert [c.error for c in await pull(money, asker)] == ["answer_not_proved"]
    assert await states(money) == []
    await asker.close()


@pytest.mark.parametrize(("status", "answered"), [(500, 503), (429, 503), (401, 409)])
async def test_a_gateway_that_is_away_or_refuses_is_said_by_name(money, payos, status, answered):
    await money.bill()
    payos.wrong = [status]
    assert (await ask_link(money)).status_code == answered


async def test_a_school_without_a_gateway_says_so(money):
    await money.bill()
    answer = await ask_link(money)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-gateway")
    answer = await ask_link(money, who=money.world.classmate_parent)
    assert answer.json()["type"] == "/problems/not-found"


async def test_hook_statement_and_pull_in_any_order_lead_to_the_same_books(money, listing, monkeypatch):
    """Each of many movements is told by hook, pull or both, some twice, in an order that chance gives."""
    await money.bill()
    seed = random.Random(7)
    references = [(await money.invoice(p))["reference"] for p in (money.world.child, money.world.classmate)]
    events = [money.bank.credit(AMOUNT, reference) for reference in references]
    events += [money.bank.debit(10_000 + n, f"chi {n}") for n in range(6)]
    monkeypatch.setattr(sepay_list, "_SECONDS_BETWEEN_CALLS", 0.51)
    async with asking(money, monkeypatch, sepay_base_url=listing.base_url) as asker:
        told = [e for e in events if seed.random() < 0.6]
        listed = [e for e in events if e not in told or seed.random() < 0.5]
        seed.shuffle(told)
        for event in listed[: len(listed) // 2]:
            listing.book(event.body)
        await money.bank.replay(told[:2])
        await pull(money, asker)
        for event in listed[len(listed) // 2 :]:
            listing.book(event.body)
        await money.bank.replay([*told, *told])
        await next_pull(money)
        await pull(money, asker)
    assert len(await states(money)) == len(events)
    assert await money.balance("bank") == 2 * AMOUNT - sum(10_000 + n for n in range(6))
    assert [(await money.invoice(p))["state"] for p in (money.world.child, money.world.classmate)] == ["paid", "paid"]
    await money.prove()

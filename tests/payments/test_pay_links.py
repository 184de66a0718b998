"""VNPay and MoMo from the family's press to the settled bill, all over HTTP: order, their page, the signed IPN, the way back.

Coming back proves nothing; a lost, repeated, forged or wrong-sum IPN ends in its named state and moves no money twice.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from backend.identity.doorkeeper import ACCESS_COOKIE
from payments.banks.asking import Asker
from tests.payments.conftest import AMOUNT
from tests.payments.test_gateways import reasons, sleep, states, wire_of
from tests.payments.test_pulls import next_pull, pull
from tests.twins.vnpay import VnpayPage

NAMES = ("vnpay", "momo")


@pytest.fixture
async def pages(money, monkeypatch):
    """Both gateways, with their pages open on loopback and the house pointed at them."""
    await money.bill()
    vnpay, _ = await wire_of(money, "vnpay")
    momo, _ = await wire_of(money, "momo")
    page = VnpayPage(vnpay)
    await page.start()
    await momo.start()
    for house in {id(one): one for one in (money.house, money.http._transport.app.state.house)}.values():
        settings = msgspec.structs.replace(
            house.settings, vnpay_pay_url=page.url, vnpay_api_url=page.api_url, momo_base_url=momo.base_url
        )
        monkeypatch.setattr(house, "settings", settings)
    yield {"vnpay": vnpay, "momo": momo, "vnpay page": page}
    await page.stop()
    await momo.stop()


async def ordered(money, name):
    invoice = await money.invoice()
    asked = await money.post(f"/invoices/{invoice['invoice_id']}/pay-link", {"provider": name}, money.world.parent)
    assert asked.status_code == 200, asked.text
    return asked.json()


async def led_back(link):
    """The browser at the gateway's page; where it is led afterwards."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(link["pay_url"])
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def shown_on_return(money, location):
    parts = urlsplit(location)
    cookies = {"cookie": f"{ACCESS_COOKIE}={money.world.parent.token}", "accept": "text/html"}
    answer = await money.http.get(f"{parts.path}?{parts.query}", headers=cookies)
    assert answer.status_code == 200
    return answer.text


def ipn(name, twin, link, amount=AMOUNT, **changes):
    return (twin.query if name == "vnpay" else twin.body)(link["order_code"], amount, **changes)


async def nothing_was_booked(money):
    await money.settle()
    assert await money.balance("bank") == 0
    assert await money.count("allocations") == await money.count("payment_receipts") == 0
    assert (await money.invoice())["state"] == "open"


@pytest.mark.parametrize("name", NAMES)
async def test_order_page_ipn_settled_and_back(money, pages, name):
    twin, link = pages[name], await ordered(money, name)
    assert link["amount"] == AMOUNT
    location = await led_back(link)
    assert urlsplit(location).path == "/app/invoices"
    assert "Đã nộp đủ" not in await shown_on_return(money, location)
    await nothing_was_booked(money)
    assert await twin.report(ipn(name, twin, link), sleep)
    await money.settle()
    assert await states(money) == [("settled", name)]
    assert (await money.invoice())["state"] == "paid"
    assert await money.count("payment_receipts") == 1
    assert "Đã nộp đủ" in await shown_on_return(money, location)
    await money.prove()


@pytest.mark.parametrize("name", NAMES)
async def test_an_ipn_that_was_lost_leaves_the_bill_open_and_a_late_one_settles_it(money, pages, name):
    twin, link = pages[name], await ordered(money, name)
    await led_back(link)
    said = ipn(name, twin, link)
    await nothing_was_booked(money)
    assert await ordered(money, name) == link, "asked again, the family gets the same order, not a second one to pay"
    assert await twin.call(said), "the gateway calls at last"
    await money.settle()
    assert (await money.invoice())["state"] == "paid"
    await money.prove()


@pytest.mark.parametrize("name", NAMES)
async def test_an_ipn_that_is_repeated_moves_money_once(money, pages, name):
    twin, link = pages[name], await ordered(money, name)
    said = ipn(name, twin, link)
    for _ in range(3):
        assert await twin.call(said)
        await money.settle()
    assert await states(money) == [("settled", name)]
    assert await money.balance("bank") == AMOUNT and await money.count("payment_receipts") == 1
    if name == "vnpay":
        assert twin.codes == ["00", "02", "02"]
    await money.prove()


async def test_vnpay_with_a_wrong_sum_is_answered_04_and_books_nothing(money, pages):
    twin, link = pages["vnpay"], await ordered(money, "vnpay")
    assert not await twin.call(ipn("vnpay", twin, link, AMOUNT - 1000))
    assert twin.codes == ["04"]
    await nothing_was_booked(money)
    assert await reasons(money) == [("unreadable", ["wrong_amount"])]
    assert await twin.call(ipn("vnpay", twin, link))
    await money.settle()
    assert (await money.invoice())["state"] == "paid"
    await money.prove()


async def test_momo_with_another_sum_is_part_of_the_bill_and_never_all_of_it(money, pages):
    """What MoMo signed as paid has come, whatever was asked for: it is booked as what it is."""
    twin, link = pages["momo"], await ordered(money, "momo")
    assert await twin.call(ipn("momo", twin, link, AMOUNT - 1000))
    await money.settle()
    assert [state for state, _ in await states(money)] == ["part"]
    invoice = await money.invoice()
    assert (invoice["state"], invoice["remaining"]) == ("part", 1000)
    await money.prove()


@pytest.mark.parametrize("name", NAMES)
async def test_an_ipn_with_a_wrong_signature_is_refused_and_kept_nowhere(money, pages, name):
    twin, link = pages[name], await ordered(money, name)
    assert not await twin.call(ipn(name, twin, link, secret="another-secret"))
    assert (twin.codes if name == "vnpay" else twin.statuses) == (["97"] if name == "vnpay" else [401])
    assert await money.count("bank_events") == 0
    await nothing_was_booked(money)
    assert await twin.call(ipn(name, twin, link))


async def test_vnpays_page_takes_no_address_that_was_changed_on_the_way(money, pages):
    link = await ordered(money, "vnpay")
    changed = link["pay_url"].replace(f"vnp_Amount={AMOUNT * 100}", "vnp_Amount=100000")
    assert changed != link["pay_url"]
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(changed)).status_code == 400


def api_of(pages, name):
    """What answers when the gateway is asked about an order."""
    return pages["vnpay page" if name == "vnpay" else name]


@pytest.fixture
async def asker():
    asker = Asker()
    yield asker
    await asker.close()


async def came(money, asker, provider):
    """Of one provider's hook: the other one has no orders here and nothing to say."""
    await next_pull(money)
    found = await pull(money, asker)
    key = await money.owner.fetchval(
        "SELECT hook_key FROM bank_hooks WHERE school_id = $1 AND provider = $2", money.world.school_id, provider
    )
    return [(one.listed, one.recovered, one.error) for one in found if one.hook_key == key]


@pytest.mark.parametrize("name", NAMES)
async def test_a_paid_order_of_which_no_ipn_tells_is_asked_about_and_settled_once(money, pages, asker, name):
    twin, link = pages[name], await ordered(money, name)
    assert await came(money, asker, name) == [(0, 0, None)], "the family has not come to the page yet"
    await led_back(link)
    assert await came(money, asker, name) == [(1, 1, None)]
    assert await states(money) == [("settled", name)]
    assert (await money.invoice())["state"] == "paid"
    asked = api_of(pages, name).requests
    assert await came(money, asker, name) == [(0, 0, None)]
    assert api_of(pages, name).requests == asked, "a paid order is over"
    paid = api_of(pages, name).paid[link["order_code"]]
    said = paid if name == "vnpay" else twin.body(link["order_code"], AMOUNT, transId=paid["transId"])
    assert await twin.call(said), "the gateway calls at last"
    await money.settle()
    assert await states(money) == [("settled", name)] and await money.count("payment_receipts") == 1
    await money.prove()


@pytest.mark.parametrize("name", NAMES)
async def test_a_gateway_that_is_away_is_asked_again_and_one_that_refuses_us_is_said_by_name(money, pages, asker, name):
    link = await ordered(money, name)
    await led_back(link)
    api_of(pages, name).wrong = [500]
    assert await came(money, asker, name) == [(0, 0, "HTTP_500")]
    genuine, pages[name].secret = pages[name].secret, "another-secret"
    assert await came(money, asker, name) == [(0, 0, "VNPAY_97" if name == "vnpay" else "MOMO_11007")]
    pages[name].secret = genuine
    await nothing_was_booked(money)
    assert await came(money, asker, name) == [(1, 1, None)]
    await money.prove()


async def test_an_answer_that_is_not_vnpays_own_is_not_believed(money, pages, asker):
    await led_back(await ordered(money, "vnpay"))
    pages["vnpay page"].forge_answers = True
    assert await came(money, asker, "vnpay") == [(0, 0, "answer_not_proved")]
    await nothing_was_booked(money)


@pytest.mark.parametrize("name", NAMES)
async def test_an_order_that_nobody_paid_is_no_longer_asked_about_when_it_is_surely_over(money, pages, asker, name):
    await ordered(money, name)
    assert await came(money, asker, name) == [(0, 0, None)]
    await money.owner.execute(
        "UPDATE gateway_orders SET expires_at = expires_at - interval '4 hours' WHERE school_id = $1",
        money.world.school_id,
    )
    assert await came(money, asker, name) == [(0, 0, None)]
    asked = api_of(pages, name).requests
    assert await came(money, asker, name) == [(0, 0, None)]
    assert api_of(pages, name).requests == asked
    await nothing_was_booked(money)

"""VNPay and MoMo from the family's press to the settled bill, all over HTTP: order, their page, the signed IPN, the way back.

Coming back proves nothing; a lost, repeated, forged or wrong-sum IPN ends in its named state and moves no money twice.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.payments.conftest import AMOUNT
from tests.payments.test_gateways import reasons, sleep, states, wire_of
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
        settings = msgspec.structs.replace(house.settings, vnpay_pay_url=page.url, momo_base_url=momo.base_url)
        monkeypatch.setattr(house, "settings", settings)
    yield {"vnpay": vnpay, "momo": momo}
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

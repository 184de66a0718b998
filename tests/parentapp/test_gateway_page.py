"""A family pays at the gateway from the bill's page, and reads its child's standing code, where the school has them."""

from __future__ import annotations

from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.payments.conftest import money as money
from tests.payments.test_pulls import payos as payos


def _cookies(who):
    return {"cookie": f"{ACCESS_COOKIE}={who.token}", "accept": "text/html"}


async def _bill_page(money):
    await money.bill()
    child = money.world.child
    return f"/app/{child.school_id}/children/{child.pupil_id}/invoices/{(await money.invoice())['invoice_id']}"


async def test_the_button_leads_to_the_gateways_page_and_the_bill_is_paid(money, payos):
    path, cookies = await _bill_page(money), _cookies(money.world.parent)
    shown = (await money.http.get(path, headers=cookies)).text
    assert f'action="{path}/gateway"' in shown and "Nộp qua payOS" in shown
    answer = await money.http.post(f"{path}/gateway", data={"provider": "payos"}, headers=cookies)
    assert answer.status_code == 200, answer.text
    [code] = payos.links
    assert 'href="https://pay.payos.vn/web/' in answer.text and "350.000" in answer.text
    assert await payos.call(payos.pay(code))
    await money.settle()
    paid = (await money.http.get(path, headers=cookies)).text
    assert "/gateway" not in paid
    assert (await money.invoice())["state"] == "paid"


async def test_a_gateway_that_is_not_the_schools_is_refused_on_the_bill_itself(money, payos):
    path, cookies = await _bill_page(money), _cookies(money.world.parent)
    answer = await money.http.post(f"{path}/gateway", data={"provider": "momo"}, headers=cookies)
    assert answer.status_code == 404 and "không nhận khoản này qua cổng" in answer.text
    assert "/qr.svg" in answer.text and "Nộp qua payOS" in answer.text
    stranger = await money.http.post(f"{path}/gateway", data={}, headers=_cookies(money.world.neighbour))
    assert stranger.status_code in (403, 404) and not payos.links


async def test_without_a_gateway_there_is_no_button(money):
    path = await _bill_page(money)
    assert "/gateway" not in (await money.http.get(path, headers=_cookies(money.world.parent))).text


async def test_the_standing_code_is_shown_where_the_school_uses_it(money):
    cookies = _cookies(money.world.parent)
    assert "Mã nộp tiền riêng" not in (await money.http.get("/app/invoices", headers=cookies)).text
    rules = {"pupil_codes": True, "reminders": True, "reminder_days": [0]}
    assert (await money.post("/asking-rules", rules)).status_code == 200
    assert (await money.post("/pupil-codes", {"bank_account_id": money.world.bank_account_id})).status_code == 200
    path = f"/pupils/{money.world.child.pupil_id}/standing-codes"
    [code] = (await money.get(path, money.world.parent)).json()["codes"]
    shown = (await money.http.get("/app/invoices", headers=cookies)).text
    assert code["code"] in shown and code["seal"] in shown and code["account_number"] in shown
    assert code["code"] not in (await money.http.get("/app/invoices", headers=_cookies(money.world.neighbour))).text

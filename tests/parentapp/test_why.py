"""A parent reads on the bill itself, two taps from home: why, who decided, how the amount came about, planned and spent."""

from __future__ import annotations

from datetime import timedelta

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.payments.conftest import money as money


async def test_the_bill_says_why_and_what_became_of_the_money(money) -> None:
    today = school_day(money.house.clock.now())
    item_id, plan_id = str(new_id()), str(new_id())
    item = {
        "item_id": item_id, "title": "Nước uống", "category": "agreed", "unit_amount": 15_000, "unit": "month",
        "valid_from": "2026-08-01", "valid_to": "2039-05-31", "basis_document": "18/2025/NQ-HĐND",
        "basis_issuer": "HĐND thành phố", "planned_use": "Mua bình nước cho lớp",
    }  # fmt: skip
    assert (await money.post("/fee-items", item)).status_code == 201
    spent = {"spending_id": str(new_id()), "spent_on": today.isoformat(), "amount": 12_000, "purpose": "Bình 20 lít",
             "document": "HĐ 00123"}  # fmt: skip
    assert (await money.post(f"/fee-items/{item_id}/spendings", spent)).status_code == 204
    due_on = (today + timedelta(days=9)).isoformat()
    plan = {"plan_id": plan_id, "item_id": item_id, "title": "Nước uống kỳ 1", "due_on": [due_on], "quantity": 4}
    assert (await money.post("/fee-plans", plan)).status_code == 201
    assert (await money.post(f"/fee-plans/{plan_id}/publish", None)).status_code == 200
    [bill] = (await money.family())["invoices"]
    child = money.world.child
    cookies = {"cookie": f"{ACCESS_COOKIE}={money.world.parent.token}", "accept": "text/html"}

    listed = await money.http.get("/app/invoices", headers=cookies)
    href = f"/app/{child.school_id}/children/{child.pupil_id}/invoices/{bill['invoice_id']}"
    assert href in listed.text
    shown = (await money.http.get(href, headers=cookies)).text
    for words in (
        "18/2025/NQ-HĐND", "HĐND thành phố", "Không bắt buộc", "Nhà trường", "Mua bình nước cho lớp", "Bình 20 lít", "HĐ 00123",
        "4 × 15.000", "60.000", "12.000",
    ):  # fmt: skip
        assert words in shown.replace("\u00a0", " "), words

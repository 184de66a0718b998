"""Refunds, write-offs, closing and balances through the pages alone, at 360 px and without scripts: two people, and no refusal loses a word."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, expect

from backend.core.clock import school_day
from tests.browser import ON_BROWSER, PHONE, signed_in
from tests.payments.conftest import AMOUNT, Money, money  # noqa: F401  (a fixture)

pytestmark = ON_BROWSER


async def look(page: Page, name: str) -> None:
    """Nothing may stick out of a narrow screen; with NHIPCAU_SCREENSHOTS set, a picture for whoever works on the pages."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    if folder := os.environ.get("NHIPCAU_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_books_are_kept_by_two_people_through_the_pages(
    plain: BrowserContext,
    browser: Browser,
    site: str,
    money: Money,  # noqa: F811
) -> None:
    base = f"/console/{money.world.school_id}"
    await money.bill()
    event = money.bank.credit(AMOUNT + 40_000, (await money.invoice())["reference"])
    await money.receive(event)
    accountant = await signed_in(plain, money.world.accountant, site)
    other = await browser.new_context(viewport=PHONE, base_url=site, locale="vi-VN", java_script_enabled=False)
    admin = await signed_in(other, money.world.admin, site)
    try:
        await _refund(money, accountant, admin, base, (await money.transaction(event))["transaction_id"])
        await _write_off(money, accountant, base)
        await _limits(money, accountant, admin, base)
        await _periods(money, accountant, admin, base)
    finally:
        await other.close()
    await money.prove()


async def _refund(money: Money, accountant: Page, admin: Page, base: str, transaction_id: str) -> None:  # noqa: F811
    await accountant.goto(f"{base}/transfers/{transaction_id}")
    await accountant.click("text=Đề nghị hoàn tiền")
    await accountant.fill("#amount", "40.001")
    await accountant.fill("#payee_account", "0011 0009 99999")
    await accountant.fill("#payee_name", "Nguyễn Thị Hoa")
    await accountant.fill("#reason", "Chuyển thừa")
    await accountant.click("button:has-text('Đề nghị hoàn tiền')")
    await expect(accountant.locator("#payee_bin-wrong")).to_be_visible()
    await look(accountant, "refund-form-refused")
    await accountant.select_option("#payee_bin", "970436")
    await accountant.click("button:has-text('Đề nghị hoàn tiền')")
    await expect(accountant.get_by_role("alert")).to_contain_text("nhiều hơn số chưa phân bổ")
    await expect(accountant.locator("#amount")).to_have_value("40.001")
    await expect(accountant.locator("#payee_name")).to_have_value("Nguyễn Thị Hoa")
    await accountant.fill("#amount", "40.000")
    await accountant.click("button:has-text('Đề nghị hoàn tiền')")
    await expect(accountant.locator(".card", has_text="Chuyển thừa")).to_contain_text("Chờ duyệt")
    await expect(accountant.locator("button:has-text('Duyệt')")).to_have_count(0)
    await look(accountant, "refund-proposed")

    await admin.goto(f"{base}/refunds")
    await admin.click("button:text-is('Duyệt')")
    await expect(admin.locator(".card", has_text="Chuyển thừa")).to_contain_text("Đã duyệt")
    assert await money.balance("refund") == -40_000
    async with admin.expect_download() as download:
        await admin.click("button:has-text('Tải tệp')")
    batch = (await (await download.value).path()).read_text("utf-8-sig")
    assert "0011000999999,NGUYEN THI HOA,970436" in batch
    await admin.goto(f"{base}/refunds")
    await expect(admin.locator(".card", has_text="Chuyển thừa")).to_contain_text("Đã đưa vào tệp")
    await look(admin, "refund-exported")
    memo = batch.splitlines()[1].rpartition(",")[2]
    assert memo.startswith("HOAN")
    await expect(admin.locator(".card", has_text="Chuyển thừa")).to_contain_text("Chưa thấy giao dịch chuyển đi")
    # The bank lost the code, so a person names the line; the same sum that left for something else is not offered twice.
    await money.receive(money.bank.debit(40_000, "CHUYEN TRA PHU HUYNH"), money.bank.debit(40_001, "Rut tien mat"))
    await admin.reload()
    await expect(admin.locator("select[name=outgoing_transaction_id] option")).to_have_count(1)
    await look(admin, "refund-to-be-tied")
    await admin.click("button:has-text('Đúng là giao dịch này')")
    await expect(admin.locator(".card", has_text="Chuyển thừa")).to_contain_text("Đã chuyển")


async def _limits(money: Money, accountant: Page, admin: Page, base: str) -> None:  # noqa: F811
    await admin.goto(f"{base}/periods")
    await admin.click("text=Hạn mức xóa nợ")
    await expect(admin.locator("#accountant_amount")).to_have_value("10.000")
    await admin.fill("#accountant_amount", "50.000")
    await admin.fill("#school_admin_amount", "20.000")
    await admin.click("button:has-text('Lưu')")
    await expect(admin.locator("#school_admin_amount-wrong")).to_contain_text("kế toán")
    await expect(admin.locator("#accountant_amount")).to_have_value("50.000")
    await look(admin, "write-off-limits-refused")
    await admin.fill("#school_admin_amount", "2.000.000")
    await admin.click("button:has-text('Lưu')")
    await expect(admin.locator("#school_admin_amount")).to_have_value("2.000.000")
    await look(admin, "write-off-limits")
    limits = await money.owner.fetchrow(
        "SELECT accountant_amount, school_admin_amount FROM write_off_limits WHERE school_id = $1",
        money.world.school_id,
    )
    assert tuple(limits) == (50_000, 2_000_000)
    await accountant.goto(f"{base}/periods")
    await expect(accountant.locator("text=Hạn mức xóa nợ")).to_have_count(0)


async def _write_off(money: Money, accountant: Page, base: str) -> None:  # noqa: F811
    await money.bill()
    bill = next(one for one in (await money.family())["invoices"] if one["remaining"])
    fee_id = await money.owner.fetchval(
        "SELECT fee_id FROM invoices WHERE school_id = $1 AND invoice_id = $2::text::uuid",
        money.world.school_id,
        bill["invoice_id"],
    )
    await accountant.goto(f"{base}/fees/{fee_id}/invoices/{bill['invoice_id']}/write-off")
    await expect(accountant.locator("#amount-hint")).to_contain_text("10.000")
    await accountant.fill("#amount", "10.001")
    await accountant.fill("#reason", "Phí chuyển khoản")
    await accountant.click("button:has-text('Xóa nợ')")
    await expect(accountant.get_by_role("alert")).to_contain_text("vượt mức")
    await expect(accountant.locator("#reason")).to_have_value("Phí chuyển khoản")
    await look(accountant, "write-off-refused")
    await accountant.fill("#amount", "10.000")
    await accountant.click("button:has-text('Xóa nợ')")
    await expect(accountant.get_by_role("status").last).to_contain_text("Đã xóa nợ")
    await look(accountant, "fee")
    assert await money.balance("write_off") == 10_000


async def test_a_cash_box_and_a_gateways_account_are_opened_on_the_page(
    plain: BrowserContext,
    site: str,
    money: Money,  # noqa: F811
) -> None:
    base = f"/console/{money.world.school_id}"
    admin = await signed_in(plain, money.world.admin, site)
    for place, number, name in (
        ("CASH", "QUY-1", "Quỹ tiền mặt"),
        ("VNPAY", f"TMN{money.world.school_id}", "TRUONG THCS"),
    ):
        await admin.goto(f"{base}/bank-accounts")
        await admin.select_option("#bank_bin", place)
        await admin.fill("#account_number", number)
        await admin.fill("#account_name", name)
        await admin.click("form.card button")
        await expect(admin.locator("#opened")).to_contain_text("Đã mở")
        await expect(admin.locator("#opened .secret")).to_have_count(0)
        await look(admin, f"opened-{place.lower()}")
    kinds = await money.owner.fetch(
        "SELECT kind FROM bank_accounts WHERE school_id = $1 ORDER BY bank_account_id", money.world.school_id
    )
    assert [row["kind"] for row in kinds] == ["bank", "cash", "gateway"]


async def _periods(money: Money, accountant: Page, admin: Page, base: str) -> None:  # noqa: F811
    today = school_day(money.house.clock.now())
    last = today.replace(day=1) - timedelta(days=1)
    await accountant.goto(f"{base}/periods")
    await accountant.fill("#month", f"{today:%Y-%m}")
    await accountant.fill("#reason", "Hết kỳ")
    await accountant.click("form.card button")
    await expect(accountant.get_by_role("alert")).to_contain_text("chưa kết thúc")
    await expect(accountant.locator("#reason")).to_have_value("Hết kỳ")
    await look(accountant, "period-refused")
    await accountant.fill("#month", f"{last:%Y-%m}")
    for proposes, confirms, action in ((accountant, admin, "close"), (admin, accountant, "reopen")):
        await proposes.goto(f"{base}/periods")
        await proposes.select_option("#action", action)
        await proposes.fill("#month", f"{last:%Y-%m}")
        await proposes.fill("#reason", "Hết kỳ")
        await proposes.click("form.card button")
        await expect(proposes.locator(".list li").first).to_contain_text("Chờ xác nhận")
        await confirms.goto(f"{base}/periods")
        await confirms.click("button:text-is('Xác nhận')")
        await expect(confirms.locator(".list li").first).to_contain_text("Đã xác nhận")
        if action == "close":
            await expect(confirms.locator(".head .pill")).to_contain_text(f"{last:%d/%m/%Y}")
            await look(confirms, "periods")
    # A proposal on second thoughts: taken back by its maker, and there is nothing left to confirm.
    await accountant.goto(f"{base}/periods")
    await accountant.fill("#month", f"{last:%Y-%m}")
    await accountant.fill("#reason", "Nhầm tháng")
    await accountant.click("form.card button")
    await look(accountant, "period-waits")
    await accountant.click("button:has-text('Rút đề nghị')")
    await expect(accountant.locator(".list li").first).to_contain_text("Đã rút")
    await admin.goto(f"{base}/periods")
    await expect(admin.locator("button:text-is('Xác nhận')")).to_have_count(0)
    await look(admin, "period-withdrawn")

    await accountant.goto(f"{base}/balances?on={last}")
    await expect(accountant.locator(".empty")).to_be_visible()
    await accountant.fill("#on", today.isoformat())
    await accountant.click("form.card button")
    await expect(accountant.locator("#balances li", has_text="Nợ đã xóa")).to_contain_text("10.000")
    await expect(accountant.locator("#balances li").last).to_contain_text("0 đ")
    await look(accountant, "balances")

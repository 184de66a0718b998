"""The accountant's reports and the day's close in a real browser, on a phone without scripts and on a laptop."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import BrowserContext, Page, expect

from backend.core.clock import school_day
from backend.core.house import House
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World
from tests.pages.looking import faults
from tests.scenes import a_fee, a_transfer

pytestmark = ON_BROWSER
# Where pictures of the pages go, for looking at them: NHIPCAU_LOOK=/some/folder pytest …
LOOK = os.environ.get("NHIPCAU_LOOK")


async def look(page: Page, name: str) -> None:
    assert await faults(page) == []
    if LOOK:
        await page.screenshot(path=Path(LOOK) / f"{name}.png", full_page=True)


@pytest.fixture
async def paid(owner: asyncpg.Connection, house: House, world: World) -> World:
    """One bill of two is paid, and something unknown came."""
    _, invoice_id = await a_fee(owner, house, world)
    reference = await owner.fetchval("SELECT reference FROM invoices WHERE invoice_id = $1", invoice_id)
    await a_transfer(owner, house, world, f"{reference} tien an", 690_000, "in")
    await a_transfer(owner, house, world, "cam on co", 20_000, "in")
    await owner.execute(
        "UPDATE invoices SET due_on = $2 WHERE school_id = $1", world.school_id, school_day(house.clock.now())
    )
    return world


async def test_reports_are_read_and_taken_away(
    plain: BrowserContext, laptop: BrowserContext, site: str, paid: World
) -> None:
    await read_and_take(plain, "plain", site, paid)
    await read_and_take(laptop, "laptop", site, paid)


async def read_and_take(context: BrowserContext, browser_kind: str, site: str, paid: World) -> None:
    page = await signed_in(context, paid.accountant, site)
    await page.goto(f"/console/{paid.school_id}/reports")
    await look(page, f"reports-{browser_kind}")
    await page.click("text=Danh sách công nợ")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody")).to_contain_text("Trần Bảo Ân")
    await look(page, f"debts-{browser_kind}")
    async with page.expect_download() as taken:
        await page.click("text=Tải Excel")
    path = await (await taken.value).path()
    assert path.read_bytes()[:2] == b"PK"
    await page.goto(f"/console/{paid.school_id}/reports/show/day-book")
    await expect(page.locator("tfoot")).to_contain_text("710.000")
    await look(page, f"day-book-{browser_kind}")
    await page.goto(f"/console/{paid.school_id}/reports/show/collection?from_on=2026-09-09&to_on=2026-09-01")
    await expect(page.get_by_role("alert")).to_be_visible()


async def test_a_day_is_closed_without_scripts(plain: BrowserContext, site: str, paid: World) -> None:
    page = await signed_in(plain, paid.accountant, site)
    await page.goto(f"/console/{paid.school_id}/reports/day-close")
    await look(page, "close-open")
    stated = page.get_by_label("Số dư cuối ngày theo ngân hàng")
    await stated.fill("700.000")
    await page.click("text=Khóa sổ ngày này")
    await expect(page.locator(".wrong")).to_have_text("Số liệu lệch với sổ: hãy ghi giải trình.")
    await expect(stated).to_have_value("700.000")
    await page.get_by_label("Giải trình nếu lệch").fill("Ngân hàng ghi phí sang ngày sau")
    await page.click("text=Khóa sổ ngày này")
    await expect(page.locator("main")).to_contain_text("Lệch -10.000")
    await expect(page.locator("main")).to_contain_text("Hoàng Thị Kế")
    await look(page, "close-different")
    await stated.fill("710.000 đ")
    await page.click("text=Khóa sổ lại")
    await expect(page.locator(".pill.good").first).to_have_text("Đã khóa")
    await look(page, "close-done")
    await page.click("text=Nhập số dư đầu kỳ")
    await page.get_by_label("Số dư đầu kỳ").fill("1.000.000")
    await page.locator("details button").click()
    await expect(page.locator("main")).to_contain_text("1.710.000")


async def test_the_head_reads_but_does_not_close(laptop: BrowserContext, site: str, paid: World) -> None:
    page = await signed_in(laptop, paid.admin, site)
    await page.goto(f"/console/{paid.school_id}/reports/day-close")
    await expect(page.locator("main form")).to_have_count(1)


async def test_cash_is_taken_at_the_counter_without_scripts(
    plain: BrowserContext, owner: asyncpg.Connection, house: House, world: World, site: str
) -> None:
    await a_fee(owner, house, world)
    page = await signed_in(plain, world.accountant, site)
    await page.goto(f"/console/{world.school_id}/counter")
    await page.get_by_label("Tên hoặc mã học sinh").fill("minh an")
    await page.get_by_role("button", name="Tìm").click()
    await look(page, "counter")
    await page.locator("#found a").first.click()
    amount = page.get_by_label("Số tiền thu")
    await amount.fill("700.000")
    await page.get_by_label("Người nộp").fill("Bà ngoại")
    await look(page, "counter-bills")
    await page.get_by_role("button", name="Thu tiền").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nhiều hơn số còn phải nộp.")
    await expect(page.get_by_label("Người nộp")).to_have_value("Bà ngoại")
    await expect(amount).to_have_value("700.000")
    await amount.fill("400.000 đ")
    await page.get_by_role("button", name="Thu tiền").click()
    await expect(page.get_by_role("status")).to_contain_text("Đã thu 400.000 đ")
    await look(page, "counter-taken")
    await page.click("summary:has-text('Trả lại tiền')")
    await page.get_by_label("Lý do").fill("Nộp nhầm")
    await page.get_by_role("button", name="Trả lại tiền").click()
    await expect(page.locator(".pill").first).to_have_text("Đã trả lại")

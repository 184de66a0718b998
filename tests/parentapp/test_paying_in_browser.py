"""A family pays everything at once, and asks whether a code is really the school's, in a real browser."""

from __future__ import annotations

import io
import os
import re

import asyncpg
import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

from backend.core.house import House
from tests.browser import ON_BROWSER, picture_of, signed_in, watched
from tests.factories import World
from tests.papers.test_funds import an_item, say, some_funds, spending
from tests.payments.conftest import money as money
from tests.scenes import Busy, busy_school

pytestmark = ON_BROWSER


@pytest.fixture
async def busy(owner: asyncpg.Connection, house: House, world: World) -> Busy:
    return await busy_school(owner, house, world, pupils=3)


async def look(page: Page, name: str) -> None:
    """Kept for whoever wants to look: NHIPCAU_SHOTS names a folder."""
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def wide_enough(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def test_one_press_pays_everything_and_the_code_is_the_schools(
    plain: BrowserContext, busy: Busy, site: str
) -> None:
    page = await signed_in(plain, busy.world.parent, site)
    await page.goto("/app")
    await look(page, "home")
    await page.click("text=Nộp một lần cho tất cả")
    await expect(page).to_have_url(re.compile(r"/pay/HP[0-9]+$"))
    await wide_enough(page)
    await look(page, "pay")
    picture = await picture_of(page.locator("figure.qr img"))
    (symbol,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    await page.click("a[href^='/verify?text=']")
    await expect(page.locator("[data-told]")).to_have_attribute("data-told", "school")
    await look(page, "verify_school")
    await page.fill("#text", symbol.text)
    await page.click("text=Kiểm tra >> nth=-1")
    await expect(page.locator("[data-told]")).to_have_attribute("data-told", "school")
    await page.set_input_files("#picture", {"name": "qr.png", "mimeType": "image/png", "buffer": picture})
    await page.fill("#text", "")
    await page.click("text=Kiểm tra >> nth=-1")
    await expect(page.locator("[data-told]")).to_have_attribute("data-told", "school")
    await wide_enough(page)
    await page.goto(f"/app/{busy.world.school_id}/pay")
    await wide_enough(page)
    await look(page, "choose")


async def test_a_stranger_asks_and_reports_and_the_head_is_warned(
    plain: BrowserContext, laptop: BrowserContext, busy: Busy, owner: asyncpg.Connection, site: str
) -> None:
    page = await watched(plain)
    await page.goto("/verify")
    await page.fill(
        "#text", "Phụ huynh chuyển gấp 3.500.000 đ vào STK 19034567890123 Techcombank, liên hệ 0912 345 678"
    )
    await page.click("text=Kiểm tra >> nth=-1")
    await expect(page.locator("[data-told]")).to_have_attribute("data-told", "not_school")
    await wide_enough(page)
    await look(page, "verify_not_school")
    code = await owner.fetchval("SELECT code FROM schools WHERE school_id = $1", busy.world.school_id)
    await page.fill("#school", code)
    await page.click("form[action='/verify/report'] button")
    await expect(page.locator(".note[role=status]")).to_contain_text("Cảm ơn")
    head = await signed_in(laptop, busy.world.admin, site)
    await head.goto(f"/console/{busy.world.school_id}")
    await expect(head.locator("a.note.bad")).to_contain_text("đang chờ xác nhận")
    await look(head, "console_warned")
    await head.click("a.note.bad")
    await look(head, "console_fraud")
    await head.click("text=Đúng là mạo danh")
    await expect(head.locator("main")).to_contain_text("Đã cảnh báo các gia đình")
    await head.goto(f"/console/{busy.world.school_id}/asking")
    await look(head, "console_asking")


async def test_a_family_follows_a_fund_to_the_bank_without_scripts(plain: BrowserContext, money, site: str) -> None:
    bought, item_id = await some_funds(money), await an_item(money)
    assert (await say(money, item_id, spending(bought))).status_code == 204
    assert (
        await say(money, item_id, spending(None, amount=40_000, purpose="Kệ sách", document="PC13"))
    ).status_code == 204
    page = await signed_in(plain, money.world.parent, site)
    await page.goto("/app/invoices")
    await page.click("main a[href$='/funds']")
    await expect(page.locator("[data-fund] h2")).to_have_text("Ủng hộ thư viện")
    await page.click("summary:has-text('Đã nhận theo ngày')")
    await expect(page.locator("[data-fund] details li")).to_contain_text("350.000")
    await expect(page.locator("[data-account] .pill")).to_have_text("Khớp số dư theo sổ")
    await wide_enough(page)
    await look(page, "funds")

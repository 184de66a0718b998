"""What a family does in the web chat, in a real browser: the code to pay is seen and scans; names are kept without scripts."""

from __future__ import annotations

import io
import os

import asyncpg
import zxingcpp
from PIL import Image
from playwright.async_api import BrowserContext, expect

from payments import vietqr
from tests.bots.scenes import bill
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def test_the_code_is_seen_in_the_chat_and_scans(
    phone: BrowserContext, site: str, world: World, owner: asyncpg.Connection
) -> None:
    await bill(owner, world, world.child, "Tiền ăn tháng 10", 650_000)
    page = await signed_in(phone, world.parent, site)
    await page.goto("/chat")
    await page.fill("#text", "cho xin mã qr đóng tiền")
    await page.press("#text", "Enter")
    words = f"Mã QR chuyển khoản 650.000\u00a0đ, nội dung {await _memo(owner, world)}"
    picture = page.get_by_role("img", name=words)
    await picture.evaluate("image => image.scrollIntoView({block: 'center'})")
    shot = await picture.screenshot()
    (symbol,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)).convert("L"))
    assert vietqr.decode(symbol.text).amount == 650_000
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=f"{folder}/qr.png", full_page=True)


async def _memo(owner: asyncpg.Connection, world: World) -> str:
    reference: str = await owner.fetchval("SELECT reference FROM invoices WHERE school_id = $1", world.school_id)
    return reference


async def test_names_are_kept_without_scripts_and_a_wrong_one_comes_back(
    plain: BrowserContext, site: str, world: World
) -> None:
    page = await signed_in(plain, world.parent, site)
    await page.goto("/chat/names")
    field = page.get_by_label(f"Tên gọi của {world.child.full_name}")
    await field.fill("a/b")
    await page.get_by_role("button", name="Thêm tên gọi").click()
    await expect(field).to_have_value("a/b")
    await expect(field).to_have_attribute("aria-invalid", "true")
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=f"{folder}/names.png", full_page=True)
    await field.fill("Na")
    await page.get_by_role("button", name="Thêm tên gọi").click()
    await expect(page.get_by_role("button", name="Bỏ tên “Na”")).to_be_visible()
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.goto("/chat/confirm?ask=x")
        await page.screenshot(path=f"{folder}/confirm.png", full_page=True)

"""A request from the kitchen table to the school's desk and back: 360 pixels wide and without scripts; every page is looked at."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from tests.browser import ON_BROWSER, signed_in
from tests.dossiers.filing import picture
from tests.factories import World
from tests.pages.looking import faults

pytestmark = ON_BROWSER

_PAPER = {"name": "giay-khai-sinh.png", "mimeType": "image/png", "buffer": picture()}
_WORD = {"name": "don.docx", "mimeType": "application/octet-stream", "buffer": b"PK\x03\x04word/document.xml"}


async def looked_at(page: Page, name: str) -> None:
    """Nothing too wide, too small, too pale or without a label. With LOOK_AT a picture is kept for human eyes."""
    if folder := os.environ.get("LOOK_AT"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert await faults(page) == [], name


async def test_a_request_goes_there_and_back_without_scripts(
    plain: BrowserContext, phone: BrowserContext, world: World, site: str
) -> None:
    mother, office = await signed_in(plain, world.parent, site), await signed_in(phone, world.admin, site)
    desk = f"/console/{world.school_id}/dossiers"
    await mother.goto("/app/dossiers")
    await mother.click("a.button.wide")
    await looked_at(mother, "kinds")
    await mother.click("a[href*='kind=student-data-update']")
    await mother.set_input_files("[name=files]", [_PAPER, _WORD])
    await mother.click("button.wide")
    # One file is refused; the other one, kept, and nothing else is lost.
    await expect(mother.locator("#files-wrong")).to_contain_text("PDF")
    await expect(mother.locator("[name=files-kept]")).to_have_count(1)
    await mother.click("button.wide")
    await expect(mother.locator("#details-wrong")).to_be_visible()
    await mother.fill("#details", "Ngày sinh của con ghi nhầm tháng.")
    await looked_at(mother, "new")
    await mother.click("button.wide")
    await expect(mother.locator("h1")).to_have_text("Sửa, cập nhật thông tin học sinh")
    await expect(mother.locator(".pill").first).to_have_text("Đã tiếp nhận")

    await office.goto(desk)
    await expect(office.locator("nav.side [aria-current=page] .pill")).to_have_text("1")
    await looked_at(office, "desk")
    await office.click("#dossiers a")
    await office.click("button[value=ask]")
    await expect(office.locator("#note-wrong")).to_be_visible()
    await office.fill("#note", "Thiếu bản sao giấy khai sinh.")
    await looked_at(office, "one-at-the-desk")
    await office.click("button[value=ask]")

    await mother.goto("/app")
    await mother.click("#todo a:has-text('Sửa, cập nhật thông tin học sinh')")
    await expect(mother.locator(".note.warn")).to_contain_text("Thiếu bản sao giấy khai sinh.")
    await looked_at(mother, "asked")
    await mother.set_input_files("[name=files]", [_PAPER])
    await mother.click("button[value=add]")
    await expect(mother.locator(".pill").first).to_have_text("Đã bổ sung")
    await mother.click("a[href$=slip]")
    await looked_at(mother, "slip")

    await office.reload()
    await office.fill("#note", "Nhận tại văn phòng, giờ hành chính.")
    await office.click("button[value=ready]")
    await expect(office.locator(".pill").first).to_have_text("Có kết quả, mời đến nhận")
    await office.goto(f"{desk}/kinds")
    await looked_at(office, "kinds-at-the-desk")
    await office.goto(f"{desk}/new?find=an")
    await looked_at(office, "find")
    await office.click("#found a")
    await office.check("[name=guardian_id] >> nth=0")
    await office.fill("#details", "Xin bản tiếng Anh.")
    await office.check("[name=paper] >> nth=1")
    await looked_at(office, "counter")
    await office.click("button[value=enter]")
    await office.click("a[href$=slip]")
    await expect(office.locator("article")).to_contain_text("Căn cước của người xin")
    await mother.goto("/app/dossiers")
    await looked_at(mother, "list")

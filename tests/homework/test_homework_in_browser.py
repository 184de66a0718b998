"""A teacher writes tomorrow's homework on a phone without scripts, a family reads it, opens the teacher's picture and ticks it."""

from __future__ import annotations

import os

from playwright.async_api import BrowserContext, Page, expect

from tests.browser import ON_BROWSER, signed_in
from tests.factories import World
from tests.files.matrix_lines import PICTURE

pytestmark = ON_BROWSER


async def shot(page: Page, name: str) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=f"{folder}/homework_{name}.png", full_page=True)


async def test_homework_from_the_teachers_phone_to_the_familys(plain: BrowserContext, site: str, world: World) -> None:
    page = await signed_in(plain, world.teacher, site)
    await page.goto(f"/console/{world.school_id}/classes/{world.class_id}/homework")
    await shot(page, "form")
    await page.fill("#body-TOAN", "Bạn An học kém nhất lớp, làm thêm bài 5")
    await page.fill("#bring", "Thước kẻ, ê-ke")
    await page.click("summary:has-text('Đính kèm')")
    await page.set_input_files("#file", {"name": "bang.png", "mimeType": "image/png", "buffer": PICTURE})
    await page.click("text=Ghi và gửi gia đình")
    await expect(page.locator("[role=alert]")).to_contain_text("Xem lại trước khi gửi")
    await shot(page, "looked")
    await page.fill("#body-TOAN", "Bài 1, 2, 3 trang 45")
    await page.fill("#body-VAN", "Soạn bài Thánh Gióng")
    await page.click("text=Đã xem, vẫn gửi")
    await expect(page.locator("main")).to_contain_text("0/2 đã xem")
    await shot(page, "written")

    await plain.clear_cookies()
    home = await signed_in(plain, world.parent, site)
    await home.goto("/app")
    await shot(home, "home")
    await home.click("text=Bài tập, dặn dò")
    await expect(home.locator("main")).to_contain_text("Mang: Thước kẻ, ê-ke")
    await expect(home.locator("main img")).to_have_js_property("naturalWidth", 8)
    await home.click("li:has-text('Thánh Gióng') button")
    await expect(home.locator("li:has-text('Thánh Gióng') button")).to_contain_text("Đã xong")
    await shot(home, "family")

    await plain.clear_cookies()
    page = await signed_in(plain, world.teacher, site)
    await page.goto(f"/console/{world.school_id}/classes/{world.class_id}/homework")
    await page.click("li:has-text('Thánh Gióng') a")
    await expect(page.locator("li:has-text('Nguyễn Minh An')")).to_contain_text("Đã xong")
    await page.click("summary:has-text('Sửa')")
    await shot(page, "one")

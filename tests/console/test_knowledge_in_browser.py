"""An administrator without scripts: looks at an answer as families read it, mends what was wrong, publishes, goes back, confirms a fact."""

from __future__ import annotations

from playwright.async_api import BrowserContext, expect

from backend.core.house import House
from tests.bots.scenes import talker
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def test_an_administrator_writes_what_the_chat_tells(
    plain: BrowserContext, house: House, world: World, site: str
) -> None:
    page = await signed_in(plain, world.admin, site)
    await page.goto(f"/console/{world.school_id}/knowledge?q=dong+phuc")
    await page.click("#topics a")
    await expect(page.locator("#heard .said")).to_have_count(2)
    await page.fill("#vi_first", "")
    await page.fill("#vi_note", "Thứ sáu mặc đồ thể dục.")
    await page.click("text=Xem trước")
    await expect(page.locator("#vi_first-wrong")).to_be_visible()
    await expect(page.locator("#vi_note")).to_have_value("Thứ sáu mặc đồ thể dục.")
    await page.fill("#vi_first", "Thứ hai và thứ năm mặc áo trắng.")
    await page.click("text=Xem trước")
    await expect(page.locator("#look .said").first).to_contain_text("– Thứ sáu mặc đồ thể dục.")
    await page.click("button:has-text('Công bố')")
    await expect(page.locator(".note.good")).to_contain_text("Đã công bố")
    await expect(page.locator("#heard .said").first).to_contain_text("Thứ hai và thứ năm mặc áo trắng.")
    await page.fill("#vi_first", "Ngày nào cũng mặc áo trắng.")
    await page.click("button:has-text('Công bố')")
    await page.click("#history li >> nth=0 >> summary")
    await expect(page.locator("#history li >> nth=0 >> del")).to_have_text("Thứ hai và thứ năm mặc áo trắng.")
    await page.click("#history li >> nth=1 >> text=Dùng bản này")
    await expect(page.locator("#heard .said").first).to_contain_text("Thứ hai và thứ năm")
    await expect(page.locator("#deeds li")).to_have_count(3)

    await page.goto(f"/console/{world.school_id}/knowledge/lunch-register")
    marked = page.locator("#facts > ul > li")
    before = await marked.count()
    await marked.nth(0).locator("button:has-text('Đúng, xác nhận')").first.click()
    await expect(page.locator("#facts")).to_contain_text(f"{world.admin.full_name} xác nhận lúc")
    assert await marked.count() == before
    parent = talker(house, world.parent.account_id)
    parent.at = house.clock.now()
    assert (await parent.says("con mặc đồng phục ngày nào")).text.startswith("Thứ hai và thứ năm mặc áo trắng.")

"""A family in the app and a person at the console talk to each other in two browsers, and nobody reloads."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg
from playwright.async_api import BrowserContext, Page, expect

from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def shot(page: Page, name: str) -> None:
    """For looking at the pages: NHIPCAU_SHOTS names a folder."""
    folder = os.environ.get("NHIPCAU_SHOTS")
    if folder:
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


async def no_wider_than_the_phone(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


async def asks(family: Page, text: str) -> None:
    await family.fill("#text", text)
    await family.press("#text", "Enter")


async def test_a_family_that_is_not_understood_twice_talks_with_a_person(
    phone: BrowserContext, laptop: BrowserContext, site: str, world: World
) -> None:
    family = await signed_in(phone, world.parent, site)
    await family.goto("/chat")
    await expect(family.locator("#talk[data-followed]")).to_be_attached()
    await asks(family, "cho em hỏi cái vụ hôm bữa cô nói đó")
    await expect(family.locator("#talk .said").last.locator("button")).to_have_count(4)
    await asks(family, "thì cái đó đó cô, hôm bữa ấy")
    await expect(family.locator("#talk")).to_contain_text("chuyển cho nhà trường")
    await shot(family, "family-handed-over")

    desk = await signed_in(laptop, world.admin, site)
    await desk.goto(f"/console/{world.school_id}")
    await desk.click("text=1 câu hỏi của gia đình đang chờ bạn")
    await expect(desk.locator("[data-followed]")).to_be_attached()
    await shot(desk, "console-inbox")
    await desk.click("text=Nguyễn Thị Hoa")
    await desk.get_by_role("button", name="Nhận trả lời").click()
    await expect(family.locator("#talk")).to_contain_text("Thầy Trưởng đã nhận cuộc trò chuyện")
    await expect(family.locator("#with-person")).to_be_visible()

    await expect(desk.locator("ol[data-followed]")).to_be_attached()
    await desk.locator("#text").press_sequentially("Dạ chị hỏi về buổi họp phụ huynh phải không ạ?")
    await expect(family.locator("#person-types")).to_be_visible()
    await desk.get_by_role("button", name="Gửi trả lời").click()
    await expect(family.locator(".said.person")).to_contain_text("buổi họp phụ huynh phải không")

    await expect(desk.locator("ol[data-followed]")).to_be_attached()
    await desk.fill("#text", "Tôi đang viết dở")
    await family.locator("#text").press_sequentially("Vâng đúng rồi ạ")
    await expect(desk.locator("#typing")).to_be_visible()
    await family.press("#text", "Enter")
    await expect(desk.locator(".talk .said.theirs").last).to_contain_text("Vâng đúng rồi ạ")
    assert await desk.input_value("#text") == "Tôi đang viết dở", "what is being written stays"
    await expect(family.locator("#talk .said").last).to_contain_text("Vâng đúng rồi ạ")
    await no_wider_than_the_phone(family)
    await shot(family, "family-with-person")
    await shot(desk, "console-conversation")

    await desk.get_by_role("button", name="Trả lại trợ lý").click()
    await expect(desk.locator("main")).to_contain_text("Đã trả gia đình lại cho trợ lý.")
    await expect(family.locator("#with-person")).to_be_hidden()
    await family.reload()
    await expect(family.locator(".said.person")).to_have_count(1)
    await shot(family, "family-after")


async def test_both_sides_without_scripts(
    plain: BrowserContext, site: str, world: World, owner: asyncpg.Connection
) -> None:
    family = await signed_in(plain, world.parent, site)
    await family.goto("/chat")
    await family.click("button[value=h]")
    await family.fill("#text", "Con tôi cần đổi chỗ ngồi")
    await family.click("#ask button")
    await expect(family.locator("#talk")).to_contain_text("Đã chuyển câu hỏi")
    await no_wider_than_the_phone(family)

    desk = await signed_in(plain, world.admin, site)
    await desk.goto(f"/console/{world.school_id}/inbox/settings")
    await desk.locator("form").last.locator("[name=title]").fill("Gọi lại")
    await desk.locator("form").last.locator("[name=body_vi]").fill("Trường sẽ gọi {ten_phu_huynh} hôm nay về {ho_ten}.")
    await desk.locator("form").last.locator("[name=body_en]").fill("The school will call you today.")
    await desk.locator("form").last.get_by_role("button").click()
    await expect(desk.locator(".wrong")).to_contain_text("Không có chỗ trống tên {ho_ten}")
    await (
        desk.locator("form").last.locator("[name=body_vi]").fill("Trường sẽ gọi {ten_phu_huynh} hôm nay về {ten_con}.")
    )
    await desk.locator("form").last.get_by_role("button").click()
    await expect(desk.locator("main")).to_contain_text("Đã lưu câu mẫu.")
    await no_wider_than_the_phone(desk)
    await shot(desk, "console-inbox-settings")

    await desk.goto(f"/console/{world.school_id}/inbox")
    await no_wider_than_the_phone(desk)
    await shot(desk, "console-inbox-phone")
    await desk.click("text=Nguyễn Thị Hoa")
    await desk.select_option("#canned_id", label="Gọi lại")
    await desk.get_by_role("button", name="Chèn").click()
    assert await desk.input_value("#text") == "Trường sẽ gọi Nguyễn Thị Hoa hôm nay về Nguyễn Minh An."
    await desk.get_by_role("button", name="Gửi trả lời").click()
    await expect(desk.locator(".said.mine")).to_contain_text("Trường sẽ gọi Nguyễn Thị Hoa")
    await no_wider_than_the_phone(desk)
    await shot(desk, "console-conversation-phone")
    await plain.clear_cookies()
    family = await signed_in(plain, world.parent, site)
    await family.goto("/chat")
    await expect(family.locator(".said.person")).to_contain_text("Trường sẽ gọi Nguyễn Thị Hoa")

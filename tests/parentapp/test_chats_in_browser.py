"""A family links its messengers on the account page, sees all of them and lets one go; without scripts, on a small phone."""

from __future__ import annotations

import re

import asyncpg
from playwright.async_api import BrowserContext

from backend.core.house import House
from bots.chats import look
from bots.links import link_chat
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def test_a_family_links_zalo_by_a_code_and_lets_it_go(
    plain: BrowserContext, site: str, world: World, house: House, owner: asyncpg.Connection
) -> None:
    page = await signed_in(plain, world.parent, site)
    await page.goto("/app/account")
    assert await page.locator("#chats button").all_inner_texts() == ["Liên kết Zalo", "Liên kết Telegram"]
    await page.get_by_role("button", name="Liên kết Telegram").click()
    link = await page.locator("#chat-link").get_attribute("href")
    assert link is not None and link.startswith("https://t.me/truong_hoa_mai_bot?start=")
    await page.goto("/app/account")
    await page.get_by_role("button", name="Liên kết Zalo").click()
    typed = await page.locator("#chat-code").inner_text()
    assert re.fullmatch(r"LIENKET [A-Z2-9]{8}", typed)
    assert await page.locator("#chat-link").get_attribute("href") == "https://zalo.me/1646843870823903717"
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    # What the family does in Zalo.
    user_id = f"zalo-{world.parent.account_id}"
    await link_chat(house, await look(house, "zalo", user_id), typed.split()[1])
    await owner.execute("UPDATE chat_links SET blocked_at = now() WHERE channel = 'zalo' AND chat_id = $1", user_id)
    await page.get_by_role("link", name="Xong, xem các cuộc trò chuyện đã liên kết").click()
    line = page.locator("#chats form.head")
    assert "Zalo" in await line.inner_text() and "Đã chặn hoặc bỏ theo dõi" in await line.inner_text()
    await page.get_by_role("button", name="Bỏ liên kết Zalo").click()
    assert await page.locator("#chats form.head").count() == 0
    still = "SELECT count(*) FROM account_chats WHERE account_id = $1"
    assert await owner.fetchval(still, world.parent.account_id) == 0

"""A sender's page whose figures move by themselves, in a real browser before a real server."""

from __future__ import annotations

import os

import httpx
from playwright.async_api import BrowserContext, expect

from backend.core.ids import new_id
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def test_figures_move_while_families_read(laptop: BrowserContext, site: str, world: World) -> None:
    announcement_id = str(new_id())
    async with httpx.AsyncClient(base_url=site) as http:
        sent = await http.post(
            f"/v1/schools/{world.school_id}/announcements",
            json={
                "announcement_id": announcement_id,
                "title": "Họp phụ huynh",
                "body": "18 giờ thứ Sáu 18/12/2026, phòng học lớp.",
                "audience": {"kind": "class", "class_id": str(world.class_id)},
                "needs_acknowledgement": True,
            },
            headers=world.admin.headers,
        )
        assert sent.status_code == 201, sent.text
        page = await signed_in(laptop, world.admin, site)
        await page.goto(f"/console/{world.school_id}/announcements/{announcement_id}")
        await expect(page.locator("[data-follow]")).to_have_attribute("data-followed", "yes")
        await expect(page.locator("[data-count=opened]")).to_have_text("0")
        notice = f"/v1/family/notices/{world.school_id}/{sent.json()['notice_id']}/acknowledged"
        assert (await http.post(notice, headers=world.parent.headers)).status_code == 204
        await expect(page.locator("[data-count=acknowledged]")).to_have_text("1", timeout=20_000)
        await expect(page.locator("[data-count=opened]")).to_have_text("1")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.reload()
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await page.click("text=Nhắc lại 2 người chưa trả lời")
    await expect(page.get_by_role("status").last).to_contain_text("Đã nhắc lại 2 người.")
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=f"{folder}/following.png", full_page=True)

"""A teacher without scripts: asks a class, mends what was wrong, sees who is missing and who disagrees, asks again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
from playwright.async_api import BrowserContext, expect

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.forms.signing import sign
from schemas.forms import NewSignature
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World
from tests.scenes import without_undo

pytestmark = ON_BROWSER


async def test_a_teacher_asks_and_sees_who_is_missing_and_who_disagrees(
    plain: BrowserContext, house: House, owner: asyncpg.Connection, world: World, site: str
) -> None:
    await without_undo(owner, world)
    page = await signed_in(plain, world.teacher, site)
    await page.goto(f"/console/{world.school_id}/forms/new?class_id={world.class_id}")
    await page.fill("#title", "Phiếu tham quan")
    await page.fill("#body", "Bảo tàng, thứ Bảy.")
    await page.select_option("#signature", "both")
    await page.fill("#text-0", "Đồng ý cho con đi?")
    await page.click("text=Thêm câu hỏi")
    await page.fill("#text-1", "Bữa trưa")
    await page.select_option("#kind-1", "one_of")
    await page.click("text=Gửi phiếu cho gia đình")
    # Both things that are wrong are said beside their fields, and nothing that was typed is lost.
    await expect(page.locator("#due_on-wrong")).to_be_visible()
    await page.fill("#due_on", str(school_day(house.clock.now()) + timedelta(days=4)))
    await page.click("text=Gửi phiếu cho gia đình")
    await expect(page.locator("#options-1-wrong")).to_be_visible()
    await expect(page.locator("#text-0")).to_have_value("Đồng ý cho con đi?")
    await page.fill("#options-1", "Cơm gà\nCơm chay")
    await page.click("text=Gửi phiếu cho gia đình")
    await expect(page.locator(".note.good")).to_contain_text("2 học sinh, 3 người giám hộ")

    form_id = UUID(page.url.rsplit("/", 1)[1])
    for who, go in ((world.parent, "yes"), (world.parent2, "no")):
        new = NewSignature(new_id(), 1, [world.child.pupil_id], {"q1": go, "q2": "Cơm gà"}, who.full_name)
        await sign(house, who.account_id, world.school_id, form_id, new, user_agent=None)
    await page.reload()
    people = page.locator("#people > li")
    await expect(people.nth(0)).to_contain_text("Không thống nhất")
    await expect(people.nth(0).locator("b.wrong")).to_have_text(["Không đồng ý", "Đồng ý"])
    await expect(people.nth(1)).to_contain_text("Chưa có")
    await page.click("text=xem phiếu >> nth=0")
    await expect(page.locator("main")).to_contain_text("SHA-256")
    await page.go_back()
    await page.click("text=Nhắc người còn thiếu")
    await expect(page.locator(".note.good")).to_contain_text("Đã nhắc 1 người")
    await page.click("text=Sửa nội dung")
    await page.fill("#body", "Bảo tàng, Chủ nhật.")
    await page.click("text=Lưu nội dung")
    await expect(page.locator(".note.bad")).to_contain_text("Đã có người trả lời")
    await page.check("[name=new_version]")
    await page.click("text=Lưu nội dung")
    await expect(page.locator(".note.good")).to_contain_text("2 người giám hộ được mời ký lại")
    await page.click("button.danger")
    await expect(page.locator(".note.good")).to_contain_text("Đã đóng phiếu")
    await page.fill("#due_on", str(school_day(house.clock.now()) + timedelta(days=9)))
    await page.click("form[action$=until] button")
    await expect(page.locator(".note.good")).to_contain_text("mở lại")

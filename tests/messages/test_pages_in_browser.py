"""A family on its phone and a teacher at her desk talk to each other, in real browsers; the family's also without scripts."""

from __future__ import annotations

import os
import re
from pathlib import Path

import asyncpg
from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

from backend.core.house import House
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World
from tests.scenes import without_undo

pytestmark = ON_BROWSER


async def shot(page: Page, name: str) -> None:
    """For looking at the pages: NHIPCAU_SHOTS names a folder."""
    folder = os.environ.get("NHIPCAU_SHOTS")
    if folder:
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


async def no_wider_than_the_phone(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


async def open_conversation(page: Page, to: str = "Cô Cúc") -> None:
    await page.goto("/app/messages")
    await page.click("text=Viết cho nhà trường")
    await page.get_by_role("button", name=re.compile(to)).click()
    await expect(page.locator("h1")).to_have_text(to)


async def test_a_family_asks_the_teacher_answers_and_thanks_are_folded(
    phone: BrowserContext, laptop: BrowserContext, site: str, world: World, tmp_path: Path
) -> None:
    family = await signed_in(phone, world.parent, site)
    await open_conversation(family)
    await expect(family.locator("main")).to_contain_text("Cô Cúc thường trả lời trước")
    picture = tmp_path / "vo.png"
    Image.new("RGB", (640, 480), "#88aa99").save(picture)
    await family.fill("#text", "Thưa cô, cháu làm bài này đúng chưa ạ?")
    await family.set_input_files("#files", str(picture))
    await family.check("input[name=accepts_rules]")
    await shot(family, "family-write")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await expect(family.get_by_role("status").last).to_contain_text("Đã gửi. Cô Cúc thường trả lời trước")
    await expect(family.locator(".talk .bubble")).to_contain_text("đúng chưa ạ?")
    # The small one where it stands, the whole one behind it.
    shown = await family.locator(".talk img").evaluate(
        "async (image) => { await image.decode(); return image.currentSrc }"
    )
    whole = await family.locator(".talk .bubble a:has(img)").evaluate("link => link.href")
    assert shown.startswith(whole)
    size = (
        "async (src) => { const image = new Image(); image.src = src; await image.decode(); return image.naturalWidth }"
    )
    assert await family.evaluate(size, whole) == 640
    await no_wider_than_the_phone(family)

    teacher = await signed_in(laptop, world.teacher, site)
    await teacher.goto(f"/console/{world.school_id}/messages")
    await shot(teacher, "teacher-inbox")
    await teacher.click("text=Gia đình em Minh An")
    await expect(teacher.locator(".talk .bubble")).to_contain_text("đúng chưa ạ?")
    await teacher.fill("#text", "Đúng rồi anh chị ạ.")
    await teacher.check("input[name=accepts_rules]")
    await teacher.get_by_role("button", name="Gửi", exact=True).click()
    await expect(teacher.get_by_role("status").last).to_contain_text("Đã gửi.")
    await expect(teacher.locator("[data-followed]")).to_be_attached()

    # The family's page lies open and loads itself anew with the answer; leaving it before would run into that.
    await expect(family.locator(".said.theirs")).to_contain_text("Đúng rồi anh chị ạ.")
    await family.goto("/app/notices")
    await family.click("text=Tin nhắn mới")
    await expect(family).to_have_url(re.compile(r"/app/\d+/messages/"))
    await expect(family.locator(".said.theirs")).to_contain_text("Đúng rồi anh chị ạ.")
    await family.fill("#text", "Dạ em cảm ơn cô ạ 🙏")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await expect(family.locator(".nods")).to_contain_text("1 lời cảm ơn")
    await shot(family, "family-thread")
    # Nobody reloads: the page that lies open hears of it.
    await expect(teacher.locator(".nods")).to_contain_text("1 lời cảm ơn")
    await shot(teacher, "teacher-thread")
    await teacher.goto(f"/console/{world.school_id}/messages")
    await expect(teacher.locator("main")).to_contain_text("đã trả lời")


async def test_an_absence_without_scripts_and_a_roll_that_knows(
    plain: BrowserContext, laptop: BrowserContext, site: str, world: World
) -> None:
    family = await plain.new_page()
    await plain.add_cookies([{"name": "nc_access", "value": world.parent.token, "url": site}])
    await family.goto("/app/messages")
    await family.click("nav.choices >> text=Xin nghỉ")
    await family.get_by_role("button", name=re.compile("Cô Cúc")).click()
    today = await family.input_value("#from_on")
    await family.fill("#to_on", "2020-01-01")
    await family.fill("#reason", "Cháu sốt 39 độ")
    await family.check("input[name=accepts_rules]")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await expect(family.locator("#to_on-wrong")).to_contain_text("Ngày cuối trước ngày đầu.")
    assert await family.input_value("#reason") == "Cháu sốt 39 độ"
    await shot(family, "family-absent-wrong")
    await family.fill("#to_on", today)
    await family.check("input[name=accepts_rules]")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await expect(family.locator(".asked")).to_contain_text("Chờ thầy cô xác nhận")
    await no_wider_than_the_phone(family)

    teacher = await signed_in(laptop, world.teacher, site)
    roll = f"/console/{world.school_id}/classes/{world.class_id}/roll"
    await teacher.goto(roll)
    await expect(teacher.locator(".roll")).to_contain_text("Gia đình báo nghỉ")
    await expect(teacher.locator(f"input[name='mark-{world.child.pupil_id}'][value=excused]")).to_be_checked()
    await shot(teacher, "teacher-roll")
    await teacher.get_by_role("button", name="Xác nhận").click()
    await expect(teacher.get_by_role("status").last).to_contain_text("Đã xác nhận và báo gia đình.")
    await family.reload()
    await expect(family.locator(".asked")).to_contain_text("Đã xác nhận")
    await teacher.goto(f"/console/{world.school_id}/messages")
    await expect(teacher.locator("main")).to_contain_text("Cháu sốt 39 độ")


async def test_a_confirmed_absence_mends_a_roll_that_was_called_before(
    phone: BrowserContext, laptop: BrowserContext, site: str, world: World, owner: asyncpg.Connection, house: House
) -> None:
    teacher = await signed_in(laptop, world.teacher, site)
    roll = f"/console/{world.school_id}/classes/{world.class_id}/roll?session=morning"
    await teacher.goto(roll)
    await teacher.check(f"input[name='mark-{world.child.pupil_id}'][value=unexcused]", force=True)
    make_up = teacher.locator("input[name=make_up]")
    if await make_up.count():  # whatever day the tests run on
        await make_up.check()
    await teacher.click(".foot button")
    await expect(teacher.get_by_role("status").last).to_contain_text("Đã lưu")

    family = await signed_in(phone, world.parent, site)
    await family.goto("/app/messages")
    await family.click("nav.choices >> text=Xin nghỉ")
    await family.get_by_role("button", name=re.compile("Cô Cúc")).click()
    await family.fill("#reason", "Cháu ốm, gia đình báo muộn")
    await family.check("input[name=accepts_rules]")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await teacher.goto(f"/console/{world.school_id}/messages")
    await teacher.get_by_role("button", name="Xác nhận").first.click()
    await expect(teacher.get_by_role("status").last).to_contain_text("Đã xác nhận")
    mark = await owner.fetchval(
        "SELECT mark FROM roll_marks WHERE school_id = $1 AND pupil_id = $2", world.school_id, world.child.pupil_id
    )
    assert mark == "excused"


async def test_what_is_urgent_and_what_answers_by_itself(phone: BrowserContext, site: str, world: World) -> None:
    family = await signed_in(phone, world.parent, site)
    await open_conversation(family)
    await family.fill("#text", "Thủ tục xin chuyển trường cho con như thế nào ạ?")
    await family.check("input[name=accepts_rules]")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await expect(family.locator("#maybe")).to_have_text("Có thể đây là câu trả lời")
    await expect(family.locator(".talk .bubble")).to_have_count(0)
    assert await family.input_value("#text") == "Thủ tục xin chuyển trường cho con như thế nào ạ?"
    await shot(family, "family-suggestions")
    await family.get_by_role("button", name="Đã đủ, không cần hỏi").first.click()
    await expect(family.get_by_role("status").last).to_contain_text("thầy cô không bị làm phiền")

    await family.goto("/app/messages")
    await family.click("nav.choices >> text=Khẩn cấp")
    await shot(family, "family-urgent-to")
    await family.get_by_role("button", name=re.compile("Người trực")).click()
    await family.select_option("#reason", "child_missing")
    await family.fill("#words", "Cháu chưa về nhà, gọi bạn bè không ai biết ạ.")
    await family.check("input[name=accepts_rules]")
    await shot(family, "family-urgent")
    await family.get_by_role("button", name="Gửi", exact=True).click()
    await expect(family.get_by_role("status").last).to_contain_text("Đã báo ngay cho người trực.")
    await no_wider_than_the_phone(family)


async def test_the_heads_keep_order_on_their_pages(
    laptop: BrowserContext, phone: BrowserContext, site: str, world: World, owner: asyncpg.Connection
) -> None:
    await without_undo(owner, world)
    teacher = await signed_in(laptop, world.teacher, site)
    await teacher.goto(f"/console/{world.school_id}/group-messages/new")
    await teacher.fill("#text", "Mai lớp mang áo mưa nhé.")
    await teacher.check("input[name=accepts_rules]")
    await teacher.get_by_role("button", name="Gửi", exact=True).click()
    await expect(teacher.locator("article")).to_contain_text("0 trên 2 gia đình đã xem, 0 đã trả lời")
    await shot(teacher, "teacher-group")
    family = await signed_in(phone, world.parent, site)
    await family.goto("/app/messages")
    await family.click("text=Mai lớp mang áo mưa nhé.")
    await family.click(".said.theirs summary")
    await family.get_by_role("button", name="Báo cáo").click()
    await expect(family.get_by_role("status").last).to_contain_text("Đã báo cáo")
    await laptop.clear_cookies()
    heads = await signed_in(laptop, world.admin, site)
    await heads.goto(f"/console/{world.school_id}/moderation")
    await shot(heads, "heads-moderation")
    await heads.click("text=Ẩn tin")
    await family.reload()
    await expect(family.locator(".talk")).to_contain_text("Nhà trường đã ẩn tin này")
    await heads.click("text=Xem cả cuộc trao đổi")
    await heads.fill("#reason", "Phụ huynh báo cáo tin nhắn")
    await heads.get_by_role("button", name="Xem").click()
    await expect(heads.locator("main")).to_contain_text("Mai lớp mang áo mưa nhé.")
    await heads.goto(f"/console/{world.school_id}/message-hours")
    await heads.select_option("select[name=staff-0]", str(world.subject_teacher.person_id))
    await heads.fill("input[name=from-0]", "17:00")
    await heads.fill("input[name=to-0]", "00:00")
    await heads.click("button[value=duty]")
    await expect(heads.get_by_role("status").last).to_contain_text("Đã lưu")
    await shot(heads, "heads-hours")
    assert await owner.fetchval(
        "SELECT to_minute FROM duty_turns WHERE school_id = $1 AND ended_at IS NULL", world.school_id
    ) == 1440  # fmt: skip

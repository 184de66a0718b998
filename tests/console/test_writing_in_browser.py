"""Writing at the console: undo without a script, approval, groups, models, attachments, dates in one tap; looked at on a phone and a laptop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from playwright.async_api import expect

from backend.announcements.leaving import publish_due
from backend.core.house import House
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World
from tests.files import pictures
from tests.pages.looking import faults

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

pytestmark = ON_BROWSER
SHOTS = os.environ.get("NHIPCAU_SHOTS")


async def seen(page: Page, name: str) -> None:
    """Nothing that a careful eye would find wrong; and a picture for one's own eye where a folder is named."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert await faults(page) == [], name


async def fill(page: Page, world: World, title: str, body: str) -> None:
    await page.goto(f"/console/{world.school_id}/announcements/new")
    await page.select_option("#to", label="Lớp 6A1 · 2 học sinh")
    await page.fill("#title", title)
    await page.fill("#body", body)


async def test_a_letter_waits_and_is_undone_without_a_script(
    plain: BrowserContext, owner: asyncpg.Connection, house: House, site: str, world: World
) -> None:
    page = await signed_in(plain, world.teacher, site)
    await fill(page, world, "Họp phụ huynh", "18 giờ thứ 6 này, phòng học lớp 6A1. Liên hệ cô Lan.")
    await page.set_input_files("#file", {"name": "so-do.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg()})
    await seen(page, "form-laptop")
    await page.click("text=Xem trước khi gửi")
    await expect(page.locator("#reach")).to_contain_text("Đến được 2 trong 2 gia đình.")
    await expect(page.locator("#findings")).to_contain_text("“thứ 6” →")
    await seen(page, "look-laptop")
    await page.click("button:has-text('Gửi') >> nth=0")
    await expect(page.locator("#undo")).to_contain_text("Chưa gửi cho ai.")
    await seen(page, "undo-laptop")
    await page.click("text=Hoàn tác")
    await expect(page.get_by_role("status").last).to_contain_text("Đã rút lại")
    assert await publish_due(house, world.school_id) == 0
    await page.click("text=Viết tiếp")
    await expect(page.locator("#title")).to_have_value("Họp phụ huynh")
    await expect(page.locator("form.card")).to_contain_text("Bỏ tệp 1")
    await page.fill("#title", "")
    await page.click("text=Lưu bản nháp")  # a draft may miss anything
    await page.goto(f"/console/{world.school_id}/announcements")
    await expect(page.locator("#drafts li")).to_have_count(1)
    await expect(page.locator("#drafts")).to_contain_text("(chưa có tiêu đề)")
    assert await owner.fetchval("SELECT count(*) FROM notices WHERE school_id = $1", world.school_id) == 0


async def test_what_is_refused_keeps_every_word_and_every_file(plain: BrowserContext, site: str, world: World) -> None:
    page = await signed_in(plain, world.teacher, site)
    await fill(page, world, "Họp phụ huynh", "Ngày {ngay} tại phòng học.")
    await page.set_input_files("#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg()})
    await page.click("text=Xem trước khi gửi")
    await expect(page.locator("#body-wrong")).to_contain_text("{ngay}")
    await expect(page.locator("#body")).to_have_value("Ngày {ngay} tại phòng học.")
    await expect(page.locator("form.card")).to_contain_text("Bỏ tệp 1")
    await page.fill("#body", "Ngày 02/12/2026 tại phòng học.")
    await page.set_input_files("#file", {"name": "b.heic", "mimeType": "image/jpeg", "buffer": pictures.HEIC})
    await page.click("text=Xem trước khi gửi")
    await expect(page.locator("#file-wrong")).to_contain_text("HEIC")
    await expect(page.locator("form.card")).to_contain_text("Bỏ tệp 1")
    await expect(page.locator("#body")).to_have_value("Ngày 02/12/2026 tại phòng học.")


async def test_a_second_person_reads_and_approves_and_a_date_is_kept_in_one_tap(
    laptop: BrowserContext, phone: BrowserContext, owner: asyncpg.Connection, house: House, site: str, world: World
) -> None:
    admin = await signed_in(laptop, world.admin, site)
    await admin.goto(f"/console/{world.school_id}/announcements/settings")
    await admin.select_option("#approval", "teachers")
    await admin.fill("#undo_seconds", "0")
    await admin.click("text=Lưu cách gửi")
    await seen(admin, "settings-laptop")
    teacher = await signed_in(phone, world.teacher, site)
    day = "02/12/2099"
    await fill(teacher, world, "Đi tham quan", f"7 giờ ngày {day}, cổng trường. Liên hệ cô Lan 0961234567.")
    await seen(teacher, "form-phone")
    await teacher.click("text=Xem trước khi gửi")
    await seen(teacher, "look-phone")
    await teacher.click("text=Gửi duyệt")
    await expect(teacher.locator("main")).to_contain_text("đang chờ duyệt")
    await seen(teacher, "waiting-phone")
    await admin.goto(f"/console/{world.school_id}/announcements")
    await admin.click("#drafts a")
    await admin.fill("#reason", "Ghi thêm giờ về.")
    await seen(admin, "approve-laptop")
    await admin.click("text=Trả lại người viết")
    await teacher.reload()
    await expect(teacher.locator("main")).to_contain_text("Ghi thêm giờ về.")
    await teacher.click("text=Viết tiếp")
    await teacher.fill("#body", f"7 giờ ngày {day}, cổng trường, về lúc 16 giờ. Liên hệ cô Lan 0961234567.")
    await teacher.click("text=Xem trước khi gửi")
    await teacher.click("text=Gửi duyệt")
    await admin.goto(f"/console/{world.school_id}/announcements")
    await admin.click("#drafts a")
    await admin.click("text=Duyệt và gửi")
    await publish_due(house, world.school_id)
    await teacher.reload()
    await expect(teacher.locator("h1")).to_have_text("Đi tham quan")
    assert await owner.fetchval("SELECT count(*) FROM notices WHERE school_id = $1", world.school_id) == 1


async def test_a_date_and_a_file_reach_the_familys_phone(
    laptop: BrowserContext, phone: BrowserContext, owner: asyncpg.Connection, house: House, site: str, world: World
) -> None:
    from datetime import timedelta

    from backend.core.clock import SystemClock, school_day

    on = school_day(SystemClock().now()) + timedelta(days=9)
    page = await signed_in(laptop, world.teacher, site)
    await fill(page, world, "Họp phụ huynh", f"18 giờ ngày {on:%d/%m/%Y}, phòng học lớp 6A1. Liên hệ cô Lan.")
    await page.set_input_files("#file", {"name": "so-do.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg()})
    await page.click("text=Xem trước khi gửi")
    await page.click("button:has-text('Gửi') >> nth=0")
    await expect(page.locator("#undo p")).to_contain_text("giây")  # the countdown, with a script
    await owner.execute(
        "UPDATE announcement_drafts SET due_at = due_at - interval '1 minute' WHERE school_id = $1", world.school_id
    )
    await publish_due(house, world.school_id)
    await page.reload()
    await page.click("text=Đưa vào lịch")
    await page.click("text=Nhắc tối hôm trước")
    await expect(page.get_by_role("status").last).to_contain_text("Sẽ nhắc")
    await expect(page.locator("#following")).to_contain_text("Nhắc về ngày")
    await seen(page, "letter-laptop")
    await page.click("summary:has-text('Xin chữ ký đồng ý')")
    await page.click("button:has-text('Xin chữ ký đồng ý')")
    await expect(page.get_by_role("status").last).to_contain_text("Đã gửi biểu mẫu")
    assert await owner.fetchval("SELECT count(*) FROM forms WHERE school_id = $1", world.school_id) == 1
    family = await signed_in(phone, world.parent, site)
    await family.goto("/app/notices")
    await family.click(".list strong:has-text('Họp phụ huynh'), .list .strong:has-text('Họp phụ huynh') >> nth=-1")
    await family.goto(f"/app/{world.school_id}/notices/{await notice_of(owner, world)}")
    await expect(family.locator("main")).to_contain_text("Thêm vào lịch của máy")
    picture = family.locator(".files img")
    # Decoded small where it stands; the link around it leads to the whole one.
    assert "size=" in await picture.evaluate("one => one.decode().then(() => one.currentSrc)")
    size = "async (one) => { const image = new Image(); image.src = one.closest('a').href; await image.decode(); return image.naturalWidth }"  # fmt: skip
    assert await picture.evaluate(size) == 1600
    await seen(family, "family-phone")
    await page.goto(f"/console/{world.school_id}/announcements/{await letter_of(owner, world)}")
    await page.click("text=Thu hồi thông báo")
    await family.reload()
    await expect(family.locator("h1")).to_have_text("Thông báo đã được thu hồi")
    await seen(family, "recalled-phone")


async def notice_of(owner: asyncpg.Connection, world: World) -> str:
    found = await owner.fetchval("SELECT notice_id FROM announcements WHERE school_id = $1", world.school_id)
    return str(found)


async def letter_of(owner: asyncpg.Connection, world: World) -> str:
    found = await owner.fetchval("SELECT announcement_id FROM announcements WHERE school_id = $1", world.school_id)
    return str(found)


async def test_groups_and_an_areas_letter(
    laptop: BrowserContext, phone: BrowserContext, house: House, site: str, world: World
) -> None:
    page = await signed_in(phone, world.teacher, site)
    await page.goto(f"/console/{world.school_id}/groups")
    await page.click("text=Thêm nhóm")
    await page.fill("#name", "Câu lạc bộ cờ vua")
    await page.select_option("#class_id", label="6A1")
    await page.click("text=Lưu và chọn từ lớp này")
    await page.check("text=Nguyễn Minh An")
    await seen(page, "group-phone")
    await page.click("button:has-text('Lưu nhóm')")
    await expect(page.locator("form.card fieldset").first).to_contain_text("Nguyễn Minh An (6A1)")
    await page.click("text=Viết cho nhóm")
    await expect(page.locator("#to option:checked")).to_contain_text("Câu lạc bộ cờ vua · 1 học sinh")
    await page.goto(f"/console/{world.school_id}/groups")
    await seen(page, "groups-phone")

    officer = await signed_in(laptop, world.area_admin, site)
    await officer.goto("/console/area/letters")
    await officer.fill("#title", "Nghỉ học tránh bão")
    await officer.fill("#body", "Học sinh nghỉ học ngày 16/10/2099.")
    await seen(officer, "area-form-laptop")
    await officer.click("text=Xem trước khi gửi")
    await expect(officer.locator("#reach .fact").first).to_contain_text("1")
    await officer.click("button:has-text('Gửi') >> nth=0")
    await expect(officer.locator("main")).to_contain_text("Đã đến 0 trong 1 trường")
    await seen(officer, "area-letter-laptop")
    await officer.click("text=Hoàn tác")
    await expect(officer.locator("main")).to_contain_text("Đã hoàn tác")

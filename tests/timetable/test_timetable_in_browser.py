"""A class's timetable on a phone 360 pixels wide without scripts: the school writes it, the teacher changes a day, the family reads it."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
from playwright.async_api import BrowserContext, Page, expect

from backend.core.clock import school_day
from tests.browser import ON_BROWSER, signed_in
from tests.factories import YEAR, World
from tests.timetable.sheets import xlsx

pytestmark = ON_BROWSER
FILE = xlsx(
    {"TKB": [["Thứ", "Tiết", "6A1", "6A2"], ["Thứ 2", 1, "Toán - Cúc", "Văn - Cô Cúc"], [None, 2, "Tin", "#N/A"]]}
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def a_coming_monday(owner: asyncpg.Connection, world: World) -> date:
    """In a school year that holds it, and no holiday, whenever this test runs."""
    today = school_day(datetime.now(UTC))
    await owner.execute(
        "UPDATE school_years SET starts_on = $2, ends_on = $3 WHERE school_id = $1 AND school_year = $4",
        world.school_id, today - timedelta(days=90), today + timedelta(days=90), YEAR,
    )  # fmt: skip
    holidays = {row[0] for row in await owner.fetch("SELECT holiday_on FROM public_holidays")}
    monday = today + timedelta(days=7 - today.weekday())
    while monday in holidays:
        monday += timedelta(days=7)
    return monday


async def seen(page: Page, name: str) -> None:
    """No page scrolls sideways; NHIPCAU_SHOTS names a folder for looking at them."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=str(Path(folder) / f"timetable-{name}.png"), full_page=True)


async def test_from_the_grid_to_the_familys_phone(
    plain: BrowserContext, site: str, owner: asyncpg.Connection, world: World
) -> None:
    monday = await a_coming_monday(owner, world)
    room = f"/console/{world.school_id}/classes/{world.class_id}/timetable"

    # A cell that cannot stay is marked, and nothing that was typed is lost.
    desk = await signed_in(plain, world.admin, site)
    await desk.goto(f"{room}/edit")
    await desk.fill("[name=l-1-morning-1]", "Chào cờ")
    await desk.fill("[name=l-1-morning-2]", "Toán - Cô Cúc - P.201")
    await desk.fill("[name=l-1-morning-3]", "x" * 100)
    await desk.fill("#valid_from", str(monday))
    await desk.click("button:has-text('Áp dụng')")
    await expect(desk.get_by_role("alert")).to_contain_text("Nội dung dài quá 80 ký tự.")
    await expect(desk.locator("[aria-invalid=true]")).to_have_attribute("name", "l-1-morning-3")
    await expect(desk.locator("[name=l-1-morning-2]")).to_have_value("Toán - Cô Cúc - P.201")
    await desk.fill("[name=l-1-morning-3]", "N.văn")
    await seen(desk, "grid")
    await desk.click("button:has-text('Áp dụng')")
    await expect(desk.get_by_role("status").last).to_contain_text("Đã áp dụng thời khóa biểu, 3 tiết một tuần")
    await expect(desk.locator("main")).to_contain_text("Đỗ Thị Cúc · P.201")

    # The hours, the file with its clash, and the whole school's page.
    await desk.goto(f"/console/{world.school_id}/timetable/bells")
    for name, time in (
        ("begins-morning-1", "07:00"),
        ("ends-morning-1", "07:45"),
        ("begins-morning-2", "07:40"),
        ("ends-morning-2", "08:35"),
    ):
        await desk.fill(f"[name={name}]", time)
    await desk.fill("#valid_from", str(monday - timedelta(days=30)))
    await desk.click("button:has-text('Lưu')")
    await expect(desk.get_by_role("alert")).to_contain_text("các tiết không chồng nhau")
    await desk.fill("[name=begins-morning-2]", "07:50")
    await desk.click("button:has-text('Lưu')")
    await expect(desk.get_by_role("status").last).to_contain_text("Đã lưu giờ các tiết.")
    await seen(desk, "bells")
    await desk.goto(f"/console/{world.school_id}/timetable/import")
    await desk.set_input_files("#file", {"name": "tkb.xlsx", "mimeType": XLSX, "buffer": FILE})
    await desk.fill("#valid_from", str(monday + timedelta(days=7)))
    await desk.click("button:has-text('Xem')")
    await expect(desk.locator("#faults")).to_contain_text("D3 · Ô này là lỗi công thức")
    await expect(desk.locator("#clashes")).to_contain_text("đã dạy lớp 6A1 (xếp thêm lớp 6A2)")
    await seen(desk, "import")
    await desk.click("button:has-text('Áp dụng từ')")
    await expect(desk.get_by_role("alert")).to_contain_text("hai lớp cùng một tiết")
    await desk.check("[name=keep_clashes]")
    await desk.click("button:has-text('Áp dụng từ')")
    await expect(desk.get_by_role("status").last).to_contain_text("Đã áp dụng cho 2 lớp")
    await desk.goto(f"/console/{world.school_id}/timetable")
    await seen(desk, "school")

    # The homeroom teacher gives one lesson to somebody else and tells the families.
    await plain.clear_cookies()
    teacher = await signed_in(plain, world.teacher, site)
    await teacher.goto(f"{room}/change?on={monday}")
    await teacher.select_option("#slot", "morning.2")
    await teacher.check("[value=replaced]")
    await teacher.fill("#teacher", "Lý Văn Toán")
    await teacher.fill("#lesson [name=note]", "Cô Cúc đi tập huấn")
    await teacher.check("#lesson [name=tell_families]")
    await seen(teacher, "change")
    await teacher.click("button:has-text('Lưu thay đổi')")
    await expect(teacher.get_by_role("status").last).to_contain_text("báo cho 3 phụ huynh")
    await expect(teacher.locator("ol.lessons")).to_contain_text("Dạy thay Đỗ Thị Cúc: Cô Cúc đi tập huấn")
    await seen(teacher, "changed")
    await teacher.goto(f"/console/{world.school_id}/timetable?on={monday}")
    await seen(teacher, "mine")

    await plain.clear_cookies()
    family = await signed_in(plain, world.parent, site)
    await family.goto("/app")
    await family.click("text=Thời khóa biểu")
    await expect(family).to_have_url(re.compile(f"/children/{world.child.pupil_id}/timetable#d20"))
    await family.goto(f"/app/{world.school_id}/children/{world.child.pupil_id}/timetable?on={monday}")
    day = family.locator(f"[id='d{monday}']")
    await expect(day).to_contain_text("Lý Văn Toán · P.201")
    await expect(day).to_contain_text("07:50")
    await seen(family, "family")
    await family.goto("/app/notices")
    await family.click("text=thay đổi lịch học")
    await expect(family.locator("article")).to_contain_text("Tiết 2 sáng: Toán – Lý Văn Toán dạy thay")
    await seen(family, "notice")

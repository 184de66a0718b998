"""The staff's pages in a real browser: rolls, marks, letters, money, a roster, and the way in with two factors."""

from __future__ import annotations

import io
import re

import asyncpg
import openpyxl
import pyotp
import pytest
from playwright.async_api import BrowserContext, Page, expect

from backend.core.house import House
from backend.core.phones import national
from tests.browser import ON_BROWSER, signed_in, watched
from tests.factories import World, add_pupils
from tests.scenes import Busy, a_transfer, busy_school, without_undo

pytestmark = ON_BROWSER
A_DAY = "2026-10-07"


@pytest.fixture
async def busy(owner: asyncpg.Connection, house: House, world: World) -> Busy:
    return await busy_school(owner, house, world, pupils=6)


def room(world: World) -> str:
    return f"/console/{world.school_id}/classes/{world.class_id}"


async def test_a_teacher_takes_the_roll_of_forty_with_one_thumb(
    phone: BrowserContext, owner: asyncpg.Connection, site: str, world: World
) -> None:
    await add_pupils(owner, world, 38)
    page = await signed_in(phone, world.teacher, site)
    await page.goto(f"{room(world)}/roll?day={A_DAY}")
    await expect(page.locator(".roll li")).to_have_count(40)
    counts = page.locator("#counts")
    await expect(counts).to_have_text("Có mặt 40 · vắng 0 · muộn 0")

    row = page.locator(".roll li", has_text="Nguyễn Minh An")
    await row.locator(".late").tap()
    await page.locator(".roll li", has_text="Trần Bảo Ân").locator(".who").tap()  # the name itself: not here
    await expect(counts).to_have_text("Có mặt 39 · vắng 1 · muộn 1")
    await page.click("text=Lưu điểm danh")
    await expect(page.get_by_role("status").last).to_contain_text("có mặt 39, vắng 1. Đã báo cho gia đình của 1 em")
    rows = await owner.fetch(
        "SELECT pupil_id, mark FROM roll_marks WHERE school_id = $1 AND held_on = $2::text::date",
        world.school_id,
        A_DAY,
    )
    marks = {row["pupil_id"]: row["mark"] for row in rows}
    assert len(marks) == 40
    assert (marks[world.child.pupil_id], marks[world.classmate.pupil_id]) == ("late", "unexcused")

    # Corrected with a note; the sheet shows what was kept.
    await page.click("text=Ghi chú, về sớm…")
    row = page.locator(".roll li", has_text="Trần Bảo Ân")
    await row.locator(".excused").tap()
    await row.get_by_label("Ghi chú về Trần Bảo Ân").fill("Ốm, mẹ đã gọi")
    await page.click("text=Lưu sửa đổi")
    kept = await owner.fetchrow(
        "SELECT mark, note FROM roll_marks WHERE school_id = $1 AND pupil_id = $2 AND held_on = $3::text::date",
        world.school_id, world.classmate.pupil_id, A_DAY,
    )  # fmt: skip
    assert tuple(kept) == ("excused", "Ốm, mẹ đã gọi")


async def test_two_teachers_do_not_overwrite_each_other(
    phone: BrowserContext, laptop: BrowserContext, site: str, world: World
) -> None:
    first, second = await signed_in(phone, world.teacher, site), await signed_in(laptop, world.subject_teacher, site)
    for page in (first, second):
        await page.goto(f"{room(world)}/roll?day={A_DAY}")
    await first.locator(".roll li").first.locator(".late").click()
    await first.click("text=Lưu điểm danh")
    await expect(first.get_by_role("status").last).to_contain_text("Đã lưu")
    await second.locator(".roll li").last.locator(".excused").click()
    await second.click("text=Lưu điểm danh")
    await expect(second.get_by_role("alert")).to_contain_text("Người khác vừa sửa điểm danh buổi này")


async def test_marks_are_typed_down_a_column(
    laptop: BrowserContext, owner: asyncpg.Connection, site: str, world: World
) -> None:
    async def kept() -> dict[str, str]:
        rows = await owner.fetch(
            "SELECT p.full_name, m.kind || m.ordinal AS column, m.score FROM marks m"
            " JOIN pupils p USING (school_id, pupil_id) WHERE m.school_id = $1",
            world.school_id,
        )
        return {f"{row['full_name']} {row['column']}": str(row["score"]) for row in rows}

    page = await signed_in(laptop, world.teacher, site)
    await page.goto(f"{room(world)}/marks/TOAN?term=1")
    cells = page.locator("tbody input")
    await cells.first.focus()
    await page.keyboard.type("8,5")
    await page.keyboard.press("Enter")
    await page.keyboard.type("10")
    await page.click("text=Lưu điểm")
    await expect(page.get_by_role("status").last).to_contain_text("Đã lưu 2 điểm.")
    assert await kept() == {"Nguyễn Minh An regular1": "8.5", "Trần Bảo Ân regular1": "10.0"}

    # A column with a mark that is none comes back with its cell marked; the other column is kept.
    await cells.nth(0).fill("11")
    await cells.nth(1).fill("7")
    await page.click("text=Lưu điểm")
    await expect(page.get_by_role("alert")).to_contain_text("Nguyễn Minh An: Điểm là số từ 0 đến 10")
    await expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    await expect(page.locator("[aria-invalid=true]")).to_have_value("11")
    assert await kept() == {
        "Nguyễn Minh An regular1": "8.5",
        "Nguyễn Minh An regular2": "7.0",
        "Trần Bảo Ân regular1": "10.0",
    }
    await page.locator("[aria-invalid=true]").fill("9")
    await page.click("text=Lưu điểm")
    await page.click("text=Công bố cho gia đình")
    await expect(page.get_by_role("status").last).to_contain_text("Đã công bố 3 điểm của 2 học sinh")

    # What families have seen is changed only with a reason.
    await cells.nth(0).fill("6,5")
    await page.click("text=Lưu điểm")
    await expect(page.get_by_role("alert")).to_contain_text("Muốn sửa, xin ghi lý do.")
    await page.fill("#reason", "Cộng nhầm điểm")
    await page.click("text=Lưu điểm")
    await expect(page.get_by_role("status").last).to_contain_text("Đã lưu 1 điểm.")
    assert (await kept())["Nguyễn Minh An regular1"] == "6.5"


async def test_a_column_is_pasted_from_a_spreadsheet(laptop: BrowserContext, site: str, world: World) -> None:
    page = await signed_in(laptop, world.teacher, site)
    await page.goto(f"{room(world)}/marks/TOAN?term=1")
    await page.locator("tbody input").first.evaluate(
        """cell => {
          const data = new DataTransfer();
          data.setData('text', '8,5\\t9\\n7\\t6,5\\n');
          cell.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    rows = page.locator("tbody tr")
    for row, column, value in ((0, 0, "8,5"), (0, 1, "9"), (1, 0, "7"), (1, 1, "6,5")):
        await expect(rows.nth(row).locator("input").nth(column)).to_have_value(value)


async def test_a_letter_is_looked_at_before_it_is_sent_and_read_by_name(
    laptop: BrowserContext, phone: BrowserContext, owner: asyncpg.Connection, site: str, world: World
) -> None:
    await without_undo(owner, world)
    page = await signed_in(laptop, world.teacher, site)
    await page.goto(f"/console/{world.school_id}/announcements/new")
    await page.select_option("#to", label="Lớp 6A1 · 2 học sinh")
    await page.fill("#title", "Đi tham quan <Bảo tàng>")
    await page.fill("#body", "Tập trung 7 giờ ngày 02/12/2026.\nMang mũ.")
    await page.check("text=Đề nghị phụ huynh xác nhận đã đọc")
    await page.click("text=Xem trước khi gửi")
    await expect(page.locator("#reach .fact").nth(2)).to_contain_text("3")  # two parents and a mother
    assert await owner.fetchval("SELECT count(*) FROM announcements WHERE school_id = $1", world.school_id) == 0
    await page.click("text=Sửa lại")
    await expect(page.locator("#body")).to_have_value("Tập trung 7 giờ ngày 02/12/2026.\nMang mũ.")
    await page.click("text=Xem trước khi gửi")
    await page.click("button:has-text('Gửi') >> nth=0")
    await expect(page.locator("h1")).to_have_text("Đi tham quan <Bảo tàng>")
    await expect(page.locator("#receipts li")).to_have_count(3)

    family = await signed_in(phone, world.parent, site)
    await family.goto("/app/notices")
    await family.click("text=Đi tham quan")
    await page.reload()
    await expect(page.locator("#receipts li", has_text="Nguyễn Thị Hoa")).to_contain_text("Đã đọc")
    await family.click("text=Tôi đã đọc")
    await page.reload()
    await expect(page.locator("#receipts li", has_text="Nguyễn Thị Hoa")).to_contain_text("Đã xác nhận")
    await page.click("text=Chưa đọc")
    await expect(page.locator("#receipts li")).to_have_count(2)
    await expect(page.locator("#receipts")).not_to_contain_text("Nguyễn Thị Hoa")
    await page.click("text=Thu hồi thông báo")
    await expect(page.get_by_role("status").last).to_contain_text("Đã thu hồi")
    await family.goto("/app/notices")
    await expect(family.locator("main")).not_to_contain_text("Đi tham quan")


async def test_an_accountant_bills_a_class_and_lays_a_transfer_by_hand(
    laptop: BrowserContext, owner: asyncpg.Connection, house: House, site: str, world: World
) -> None:
    page = await signed_in(laptop, world.accountant, site)
    await page.goto(f"/console/{world.school_id}/fees/new")
    await page.fill("#title", "Nước uống")
    await page.fill("#amount", "60.000")
    await page.fill("#legal_basis", "18/2025/NQ-HĐND")
    await page.fill("#due_on", "2020-01-01")
    await page.evaluate("document.getElementById('due_on').removeAttribute('min')")
    await page.check("text=6A1")
    await page.click("text=Lập và gửi phiếu thu")
    await expect(page.locator("#due_on-wrong")).to_have_text("Hạn nộp đã qua.")
    await expect(page.locator("#amount")).to_have_value("60.000")
    await page.fill("#due_on", "2027-05-01")
    await page.click("text=Lập và gửi phiếu thu")
    await expect(page.get_by_role("status").last).to_contain_text("Đã lập khoản thu cho 1 lớp")
    assert await owner.fetchval("SELECT count(*) FROM invoices WHERE school_id = $1", world.school_id) == 2

    await a_transfer(owner, house, world, "me be An nop tien", 100_000, "in")
    await page.goto(f"/console/{world.school_id}/transfers")
    await page.click("text=me be An nop tien")
    await page.get_by_label("Tìm theo tên học sinh hoặc mã").fill("minh an")
    await page.click("text=Tìm")
    await page.check("text=Nguyễn Minh An")
    await page.fill("#note", "Phụ huynh xác nhận")
    await page.click("button:has-text('Phân bổ vào phiếu thu')")
    await expect(page.locator("#credit_pupil_id-wrong")).to_contain_text("Số tiền còn thừa")
    await page.select_option("#credit_pupil_id", label="Nguyễn Minh An · 6A1")
    await page.click("button:has-text('Phân bổ vào phiếu thu')")
    await expect(page.get_by_role("status").last).to_contain_text("Đã phân bổ")
    await expect(page.locator(".list li", has_text="Nguyễn Minh An")).to_contain_text("60.000 đ")
    await page.goto(f"/console/{world.school_id}/transfers")
    await expect(page.locator("main")).to_contain_text("Không có giao dịch nào chờ xử lý.")
    await expect(page.locator("main")).to_contain_text("Sổ sách khớp")


async def test_an_administrator_imports_a_roster_after_looking(
    laptop: BrowserContext, owner: asyncpg.Connection, site: str, world: World
) -> None:
    sheet = io.BytesIO()
    book = openpyxl.Workbook()
    for line in (
        ["Họ và tên", "Lớp", "Ngày sinh", "SĐT mẹ"],
        ["Nguyễn Văn Mới", "7A1", "01/02/2014", "0961234567"],
        ["Trần Thị Sai", "7A1", "31/02/2014", "không có"],
    ):
        book.active.append(line)
    book.save(sheet)
    page = await signed_in(laptop, world.admin, site)
    await page.goto(f"/console/{world.school_id}/import")
    file = {"name": "danh sách.xlsx", "mimeType": "application/octet-stream", "buffer": sheet.getvalue()}
    await page.set_input_files("#file", file)
    await page.click("button:has-text('Xem trước')")
    await expect(page.locator("h1")).to_have_text("danh sách.xlsx")
    await expect(page.locator("#counts .fact", has_text="Học sinh mới")).to_contain_text("2")
    await expect(page.locator("#bad-rows")).to_contain_text("31/02/2014")
    assert await owner.fetchval("SELECT count(*) FROM pupils WHERE school_id = $1", world.school_id) == 3
    async with page.expect_download() as download:
        await page.click("text=Tải tệp kèm cột lỗi")
    mended = openpyxl.load_workbook(io.BytesIO((await (await download.value).path()).read_bytes()))
    assert any("Ngày sinh" in str(cell) for row in mended.active.iter_rows(values_only=True) for cell in row)
    await page.click("text=Áp dụng vào sổ")
    await expect(page.get_by_role("status").last).to_contain_text("2 học sinh mới")
    assert await owner.fetchval("SELECT count(*) FROM pupils WHERE school_id = $1", world.school_id) == 5


async def test_staff_come_in_with_password_and_second_factor(laptop: BrowserContext, world: World) -> None:
    page = await watched(laptop)
    await page.goto("/console/sign-in")
    await page.click("text=Lần đầu")
    await page.fill("#phone", national(world.teacher.phone))
    await page.click("form.card button")
    await page.fill("#code", await page.inner_text("#demo-code"))
    await page.click("form.card button")
    await expect(page).to_have_url(re.compile(f"/console/{world.school_id}$"))

    await page.goto("/console/account")
    await page.fill("#password", "matkhau1234")
    await page.click("text=Lưu mật khẩu")
    await expect(page.locator("#password-wrong")).to_contain_text("quá dễ đoán")
    await page.fill("#password", "con mèo trèo cây cau")
    await page.click("text=Lưu mật khẩu")
    await expect(page.get_by_role("status").last).to_contain_text("Đã đặt mật khẩu.")
    await page.click("text=Bật xác thực hai lớp")
    secret = pyotp.TOTP(await page.inner_text("p.secret"))
    await _next_code(page, secret)
    await page.click("text=Bật xác thực hai lớp")
    await expect(page.get_by_role("status").last).to_contain_text("Đã bật xác thực hai lớp.")
    await page.click("text=Đăng xuất >> nth=0")

    await page.fill("#phone", national(world.teacher.phone))
    await page.fill("#password", "con mèo trèo cây cau")
    await page.click("form.card button")
    await expect(page.get_by_role("alert")).to_contain_text("ứng dụng xác thực")
    await page.fill("#password", "sai rồi nhé")
    await page.click("form.card button")
    await expect(page.get_by_role("alert")).to_contain_text("không đúng")


async def _next_code(page: Page, secret: pyotp.TOTP) -> None:
    await page.fill("#totp", secret.now())


async def test_a_form_that_lay_open_past_its_session_is_still_sent(
    laptop: BrowserContext, owner: asyncpg.Connection, site: str, world: World
) -> None:
    """The script renews the session before sending; what was typed for an hour is not lost."""
    page = await watched(laptop)
    await page.goto("/console/sign-in/phone")
    await page.fill("#phone", national(world.teacher.phone))
    await page.click("form.card button")
    await page.fill("#code", await page.inner_text("#demo-code"))
    await page.click("form.card button")
    await expect(page).to_have_url(re.compile(f"/console/{world.school_id}$"))
    await page.clock.install()
    await page.goto(f"/console/{world.school_id}/announcements/new")
    await page.select_option("#to", label="Lớp 6A1 · 2 học sinh")
    await page.fill("#title", "Viết rất lâu")
    await page.fill("#body", "Một giờ sau.")
    await page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")  # nobody looks, nothing renews
    await laptop.clear_cookies(name="nc_access")
    await page.clock.fast_forward(3_600_000)
    await page.click("text=Xem trước khi gửi")
    await expect(page.locator("h1")).to_have_text("Gia đình sẽ thấy")
    await expect(page.locator("main")).to_contain_text("Viết rất lâu")


async def test_the_roll_and_a_letter_need_no_script(
    plain: BrowserContext, owner: asyncpg.Connection, site: str, world: World
) -> None:
    await without_undo(owner, world)
    page = await signed_in(plain, world.teacher, site)
    await page.goto(f"{room(world)}/roll?day={A_DAY}")
    await page.locator(".roll li", has_text="Nguyễn Minh An").locator(".excused").click()
    await page.click("text=Lưu điểm danh")
    await expect(page.get_by_role("status").last).to_contain_text("có mặt 1, vắng 1.")
    await page.goto(f"/console/{world.school_id}/announcements/new?class_id={world.class_id}")
    await page.click("text=Chỉ một số học sinh")
    await page.check("text=Chỉ gửi cho các em được đánh dấu")
    await page.check("text=Trần Bảo Ân")
    await page.fill("#title", "Mời gặp riêng")
    await page.fill("#body", "Chiều thứ Sáu 27/11/2026, 16 giờ, phòng 6A1.")
    await page.click("text=Xem trước khi gửi")
    await page.click("button:has-text('Gửi') >> nth=0")
    await expect(page.locator("#receipts li")).to_have_count(1)
    await expect(page.locator("#receipts")).to_contain_text("Trần Thị Mai")


async def test_an_administrator_changes_roles_phones_and_days(laptop: BrowserContext, site: str, busy: Busy) -> None:
    world = busy.world
    page = await signed_in(laptop, world.admin, site)
    await page.goto(f"/console/{world.school_id}/staff")
    member = page.locator("details", has_text="Đỗ Thị Cúc")
    await member.locator("summary").click()
    await member.get_by_role("button", name="Trao quyền kế toán").click()
    await expect(page.get_by_role("status").last).to_contain_text("Đã trao quyền.")
    await expect(page.locator("details", has_text="Đỗ Thị Cúc")).to_contain_text("kế toán")
    await page.locator("details", has_text="Bùi Văn Trưởng").locator("summary").click()
    await page.get_by_role("button", name="Thu quyền quản trị").click()
    await expect(page.get_by_role("alert")).to_contain_text("quản trị viên duy nhất")

    await page.goto(f"/console/{world.school_id}/pupils/{world.child.pupil_id}")
    mother = page.locator("section.card", has_text="Nguyễn Thị Hoa")
    await mother.locator("summary", has_text="Đổi số điện thoại").click()
    await mother.get_by_label("Số điện thoại").fill("0971 222 333")
    await mother.get_by_role("button", name="Lưu").first.click()
    await expect(page.locator("section.card", has_text="Nguyễn Thị Hoa")).to_contain_text("0971 222 333")

    await page.goto(f"/console/{world.school_id}/calendar")
    await page.fill("#on", "2026-12-01")
    await page.fill("#reason", "Bão số 12")
    await page.click("button:has-text('Cho nghỉ một ngày')")
    await expect(page.locator("main")).to_contain_text("Thứ Ba, 01/12/2026")
    await page.goto(f"/console/{world.school_id}/audit")
    for deed in ("Cho nghỉ một ngày", "Đổi số điện thoại phụ huynh", "Trao quyền"):
        await expect(page.locator("main")).to_contain_text(deed)

"""A family on its phone, in a real browser: signing in, reading, paying, leaving, and a moment without network."""

from __future__ import annotations

import io
import re
from typing import Any

import asyncpg
import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

from backend.core.house import House
from backend.core.ids import new_id
from backend.core.phones import national
from backend.core.text import fold
from payments import understanding
from tests.browser import ON_BROWSER, picture_of, signed_in, watched
from tests.factories import World
from tests.scenes import Busy, busy_school

pytestmark = ON_BROWSER


@pytest.fixture
async def busy(owner: asyncpg.Connection, house: House, world: World) -> Busy:
    return await busy_school(owner, house, world, pupils=3)


async def give_phone(page: Page, phone: str) -> None:
    await page.fill("#phone", national(phone))
    await page.click("form.card button")
    await page.fill("#code", await page.inner_text("#demo-code"))
    await page.click("form.card button")


async def test_a_parent_signs_in_by_phone_and_sees_the_day_of_the_child(phone: BrowserContext, busy: Busy) -> None:
    page = await watched(phone)
    await page.goto("/app/notices")
    await expect(page).to_have_url(re.compile(r"/app/sign-in\?next=/app/notices"))
    await give_phone(page, busy.world.parent.phone)
    await expect(page).to_have_url(re.compile("/app/notices$"))
    await page.click("nav.tabs >> text=Trang đầu")
    await expect(page.locator("#child-1")).to_have_text("Nguyễn Minh An")
    for text in ("Họp phụ huynh", "690.000 đ", "Toán"):
        await expect(page.locator("main")).to_contain_text(text)
    for cookie in await phone.cookies():
        if cookie["name"] in ("nc_access", "nc_refresh"):
            assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"


async def test_a_wrong_code_is_counted_and_said(phone: BrowserContext, busy: Busy) -> None:
    page = await watched(phone)
    await page.goto("/app/sign-in")
    await page.fill("#phone", busy.world.parent2.phone)
    await page.click("form.card button")
    right = await page.inner_text("#demo-code")
    await page.fill("#code", f"{(int(right) + 1) % 1_000_000:06d}")
    await page.click("form.card button")
    await expect(page.get_by_role("alert")).to_contain_text("Mã không đúng. Còn 4 lần thử.")
    assert not [c for c in await phone.cookies() if c["name"] == "nc_access"]


async def test_an_unknown_phone_looks_the_same_and_gets_no_code(phone: BrowserContext) -> None:
    page = await watched(phone)
    await page.goto("/app/sign-in")
    await page.fill("#phone", "0979 123 456")
    await page.click("form.card button")
    await expect(page.locator("h1")).to_have_text("Nhập mã 6 số")
    await expect(page.locator("#demo-code")).to_have_count(0)


async def test_two_people_at_one_phone_are_asked_who_this_is(
    phone: BrowserContext, owner: asyncpg.Connection, busy: Busy
) -> None:
    world, guardian_id = busy.world, new_id()
    number, name = world.parent.phone, "Trần Thị Bà"
    await owner.execute(
        "INSERT INTO guardians (school_id, guardian_id, full_name, name_fold, phone_e164, source, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, 'hand', now(), now())",
        world.school_id, guardian_id, name, fold(name), number,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO phone_directory (phone_e164, school_id, person_kind, person_id, name_fold, full_name)"
        " VALUES ($1, $2, 'guardian', $3, $4, $5)",
        number, world.school_id, guardian_id, fold(name), name,
    )  # fmt: skip
    page = await watched(phone)
    await page.goto("/app/sign-in")
    await give_phone(page, number)
    await expect(page.locator("h1")).to_have_text("Bạn là ai?")
    await expect(page.get_by_role("button", name="N. T. Hoa")).to_be_visible()
    await page.get_by_role("button", name="T. T. Bà").click()
    await expect(page).to_have_url(re.compile("/app$"))
    await page.click("nav.tabs >> text=Tài khoản")
    await expect(page.locator("h2", has_text=name)).to_be_visible()


async def test_opening_and_confirming_a_notice_reaches_its_sender(
    phone: BrowserContext, owner: asyncpg.Connection, site: str, busy: Busy
) -> None:
    async def receipt() -> Any:
        return await owner.fetchrow(
            "SELECT opened_at IS NOT NULL AS opened, acknowledged_at IS NOT NULL AS acknowledged FROM notice_recipients"
            " WHERE school_id = $1 AND notice_id = $2 AND guardian_id = $3",
            busy.world.school_id, busy.notice_id, busy.world.parent.person_id,
        )  # fmt: skip

    page = await signed_in(phone, busy.world.parent, site)
    await page.goto("/app/notices")
    assert dict(await receipt()) == {"opened": False, "acknowledged": False}
    await page.click("text=Họp phụ huynh")
    await expect(page.locator("article")).to_contain_text("phòng học lớp 6A1.")
    assert dict(await receipt()) == {"opened": True, "acknowledged": False}
    await page.click("text=Tôi đã đọc")
    await expect(page.get_by_role("status").last).to_contain_text("Đã xác nhận")
    assert dict(await receipt()) == {"opened": True, "acknowledged": True}
    await page.goto("/app")
    await expect(page.locator("main")).not_to_contain_text("Cần xác nhận đã đọc")


async def test_a_bill_is_scanned_paid_and_receipted(
    phone: BrowserContext, house: House, site: str, busy: Busy, owner: asyncpg.Connection
) -> None:
    page = await signed_in(phone, busy.world.parent, site)
    await page.goto("/app/invoices")
    await page.click("text=Tiền ăn bán trú tháng 11")
    reference = await owner.fetchval("SELECT reference FROM invoices WHERE invoice_id = $1", busy.invoice_id)

    shot = await picture_of(page.locator(".qr img"))
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)).convert("L"))
    assert len(codes) == 1 and reference in codes[0].text and "5406690000" in codes[0].text

    await page.click("text=Giả lập chuyển khoản")
    await expect(page.get_by_role("status").last).to_contain_text("Ngân hàng mẫu đã báo có.")
    assert await understanding.settle_waiting(house) >= 1
    # Nobody reloads: the page watches for its own payment.
    await expect(page.locator("main")).to_contain_text("Đã nộp đủ", timeout=20_000)
    await expect(page.locator(".qr")).to_have_count(0)
    receipt = page.locator("a", has_text="Biên lai số")
    pdf = await phone.request.get(await receipt.get_attribute("href") or "")
    assert pdf.headers["content-type"] == "application/pdf" and (await pdf.body()).startswith(b"%PDF-")


async def test_other_peoples_children_are_not_there(phone: BrowserContext, site: str, busy: Busy) -> None:
    page = await signed_in(phone, busy.world.neighbour, site)
    child = f"/app/{busy.world.school_id}/children/{busy.world.child.pupil_id}"
    for path in (f"{child}/marks", f"{child}/attendance", f"{child}/invoices/{busy.invoice_id}"):
        answer = await page.goto(path)
        assert answer is not None and answer.status == 404
        await expect(page.locator("main")).not_to_contain_text("Nguyễn Minh An")


async def test_the_last_home_page_is_readable_without_network_until_signing_out(
    phone: BrowserContext, busy: Busy
) -> None:
    page = await watched(phone)
    await page.goto("/app/sign-in")
    await give_phone(page, busy.world.parent.phone)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.goto("/app")  # seen by the worker, which keeps a copy
    await page.wait_for_function("caches.match('/app').then((kept) => !!kept)")

    await phone.set_offline(True)
    await page.goto("/app")
    await expect(page.locator("#child-1")).to_have_text("Nguyễn Minh An")
    await expect(page.locator("#offline")).to_be_visible()
    await expect(page.locator("[data-saved-at]")).to_contain_text("Bản lưu lúc")
    colour = await page.evaluate("getComputedStyle(document.querySelector('.hero')).backgroundImage")
    assert "gradient" in colour, "the style is there, too"
    await page.goto("/app/invoices")
    await expect(page.locator("h1")).to_have_text("Chưa có mạng")

    await phone.set_offline(False)
    await page.goto("/app/account")
    await page.click("text=Đăng xuất >> nth=0")
    await expect(page).to_have_url(re.compile("/app/sign-in"))
    await page.wait_for_function("caches.match('/app').then((kept) => !kept)")


async def test_a_session_is_renewed_without_asking_and_ends_everywhere(
    phone: BrowserContext, laptop: BrowserContext, busy: Busy
) -> None:
    first, second = await watched(phone), await watched(laptop)
    for page in (first, second):
        await page.goto("/app/sign-in")
        await give_phone(page, busy.world.parent.phone)
        await expect(page).to_have_url(re.compile("/app$"))
    await phone.clear_cookies(name="nc_access")  # as if ten minutes had passed
    await first.goto("/app/notices")
    await expect(first.locator("h1")).to_have_text("Thông báo")

    await second.goto("/app/account")
    await expect(second.locator("main")).to_contain_text("Máy này")
    await second.click("text=Đăng xuất khỏi mọi thiết bị")
    await expect(second).to_have_url(re.compile("/app/sign-in"))
    await phone.clear_cookies(name="nc_access")
    await first.goto("/app/notices")
    await expect(first).to_have_url(re.compile(r"/app/sign-in\?next="))


async def test_everything_works_without_scripts_and_in_english(plain: BrowserContext, busy: Busy) -> None:
    page = await plain.new_page()
    await page.goto("/app/sign-in")
    await page.click("button[name=language]")
    await expect(page.locator("h1")).to_have_text("Welcome, parents")
    await give_phone(page, busy.world.parent.phone)
    await page.click("text=Notices")
    await page.click("text=Họp phụ huynh")
    await page.click("text=I have read it")
    await expect(page.get_by_role("status").last).to_contain_text("Confirmed.")
    await page.click("nav.tabs >> text=Home")
    await page.click("text=Newest marks")
    await expect(page.locator("main")).to_contain_text("9.1")  # (8.5 + 7 + 2 × 9 + 3 × 10) / 7
    await page.click("nav.tabs >> text=Account")
    await page.click("text=Sign out >> nth=0")
    await expect(page.locator("main")).to_contain_text("You are signed out.")

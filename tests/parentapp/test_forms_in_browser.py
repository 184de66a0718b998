"""Both guardians on their phones: signing without scripts, by finger, and one list that the two of them share within two seconds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.forms.actions import create_form
from schemas.announcements import ToClass
from schemas.forms import Consent, Day, NewForm, Number, OneOf, Paper, SeveralOf, ShortText, Signature
from tests.browser import ON_BROWSER, PHONE, signed_in
from tests.factories import World
from tests.files.test_doors import PICTURE
from tests.scenes import a_fee

pytestmark = ON_BROWSER

ALL_KINDS = [
    Consent("go", "Gia đình đồng ý cho con đi tham quan?"),
    OneOf("meal", "Bữa trưa", required=False, options=["Cơm gà", "Cơm chay"]),
    SeveralOf(
        "help", "Phụ huynh có thể giúp việc gì?", required=False, options=["Đi cùng đoàn", "Chụp ảnh", "Chuẩn bị nước"]
    ),
    Number("people", "Mấy người đi cùng?", required=False, least=0, most=4),
    Day("born", "Ngày tiêm gần nhất", required=False),
    ShortText("note", "Điều cần lưu ý", required=False),
    Paper("card", "Ảnh thẻ bảo hiểm y tế", required=False),
]


async def ask(house: House, world: World, *, rule: Signature = "both", title: str = "Phiếu tham quan") -> UUID:
    due_on = school_day(house.clock.now()) + timedelta(days=5)
    body = "Tham quan Bảo tàng, đi từ 7 giờ, về lúc 11 giờ.\nCác con mặc đồng phục."
    new = NewForm(new_id(), title, body, ALL_KINDS, ToClass(world.class_id), rule, due_on)
    await create_form(house, world.teacher.account_id, world.school_id, new)
    return new.form_id


async def test_both_guardians_sign_one_without_scripts_one_with_a_finger(
    plain: BrowserContext, phone: BrowserContext, house: House, world: World, owner: asyncpg.Connection, site: str
) -> None:
    form_id = await ask(house, world)
    mother = await signed_in(plain, world.parent, site)
    await mother.goto("/app")
    await mother.click("#todo a:has-text('Phiếu tham quan')")
    await mother.check("input[value=yes]")
    await mother.fill("[name=q-people]", "7")
    await mother.set_input_files("[name=q-card]", {"name": "the.png", "mimeType": "image/png", "buffer": PICTURE})
    await mother.fill("#name", "Nguyễn Thị Hoa")
    await mother.click("form.card button.wide")
    await expect(mother.locator("#q-people-wrong")).to_have_text("Không được lớn hơn 4.")
    await expect(mother.locator("#name")).to_have_value("Nguyễn Thị Hoa")
    await mother.fill("[name=q-people]", "1,5")
    await mother.click("form.card button.wide")
    await expect(mother.locator(".note.good")).to_contain_text("Đã ký")
    assert await owner.fetchval(
        "SELECT count(*) FROM files f JOIN form_signatures z ON z.school_id = f.school_id AND z.answers ->> 'card' = f.file_id::text"
        " WHERE f.school_id = $1 AND f.hung_at IS NOT NULL",
        world.school_id,
    ) == 1, "the file came along although the first try was refused"  # fmt: skip

    father = await signed_in(phone, world.parent2, site)
    await father.goto(f"/app/{world.school_id}/forms/{form_id}")
    await expect(father.locator("main")).to_contain_text("Nguyễn Thị Hoa")
    await expect(father.locator(".pill.good")).to_have_text("Đã ký")
    await father.check("input[value=no]")
    await father.fill("#name", "Nguyễn Văn Hùng")
    pad = father.locator("canvas.pad")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    await father.mouse.move(box["x"] + 30, box["y"] + 70)
    await father.mouse.down()
    for step in range(1, 9):
        await father.mouse.move(box["x"] + 30 + 28 * step, box["y"] + (30 if step % 2 else 80))
    await father.mouse.up()
    await father.click("form.card button.wide")
    await expect(father.locator(".note.good")).to_contain_text("Đã ký")
    row = await owner.fetchrow(
        "SELECT drawing IS NOT NULL AS drawn, device, answers ->> 'go' AS go FROM form_signatures WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent2.person_id,
    )  # fmt: skip
    assert row is not None
    assert (row["drawn"], row["go"]) == (True, "no")

    await father.click("text=Bản bạn đã ký")
    await expect(father.locator("main")).to_contain_text("SHA-256")
    await father.go_back()
    await father.click("button.danger")
    await expect(father.locator(".note.good")).to_contain_text("Đã rút lại")
    await expect(father.locator(".pill.good")).to_have_count(1)


@pytest.fixture
async def two_phones(browser: Browser, site: str, world: World) -> tuple[Page, Page]:
    pages = []
    for person in (world.parent, world.parent2):
        context = await browser.new_context(viewport=PHONE, base_url=site, locale="vi-VN", has_touch=True)
        page = await signed_in(context, person, site)
        await page.goto("/app")
        pages.append(page)
    return pages[0], pages[1]


async def test_what_one_takes_on_leaves_the_others_open_page(
    house: House, owner: asyncpg.Connection, world: World, two_phones: tuple[Page, Page]
) -> None:
    mother, father = two_phones
    await a_fee(owner, house, world)
    await ask(house, world, rule="one")
    for page in two_phones:  # both pages learn of the new things without being touched
        await expect(page.locator("#todo h2 .pill")).to_have_text("2")
    await father.click("#todo li:has-text('Phiếu tham quan') button")
    await expect(father.locator("#todo li:has-text('Phiếu tham quan')")).to_contain_text("Bạn đang lo việc này")
    # The other page is only looked at: what it shows it has fetched by itself.
    await expect(mother.locator("#todo li:has-text('Phiếu tham quan')")).to_contain_text("Bố Hùng lo việc này")
    await expect(mother.locator("#todo h2 .pill")).to_have_text("1")
    await father.click("text=Trả lại")
    await expect(mother.locator("#todo h2 .pill")).to_have_text("2")
    await mother.click("#todo li:has-text('Tiền ăn bán trú') button")
    await expect(father.locator("#todo li:has-text('Tiền ăn bán trú')")).to_contain_text("Mẹ Hoa lo việc này")
    for page in two_phones:
        await page.context.close()

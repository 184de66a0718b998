"""A question that hangs on an earlier answer, on a phone: it comes and goes with that answer."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import BrowserContext, expect

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.forms.actions import create_form
from schemas.announcements import ToClass
from schemas.forms import Condition, Consent, NewForm, OneOf, ShortText
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def test_a_family_sees_it_only_after_the_answer(
    phone: BrowserContext, house: House, world: World, site: str
) -> None:
    due = school_day(house.clock.now()) + timedelta(days=5)
    asked = [
        Consent("go", "Đồng ý cho con đi?"),
        OneOf("meal", "Bữa trưa", options=["Cơm gà", "Cơm chay"], when=Condition("go", ["yes"])),
        ShortText("why", "Vì sao không?", when=Condition("go", ["no"])),
    ]
    new = NewForm(new_id(), "Phiếu tham quan", "Bảo tàng.", asked, ToClass(world.class_id), "one", due)
    await create_form(house, world.teacher.account_id, world.school_id, new)
    page = await signed_in(phone, world.parent, site)
    await page.goto(f"/app/{world.school_id}/forms/{new.form_id}")
    meal, why = page.get_by_text("Cơm gà"), page.locator("[name=q-why]")
    await expect(meal).to_be_hidden()
    await expect(why).to_be_hidden()
    await page.check("[name=q-go][value=no]")
    await expect(why).to_be_visible()
    await page.check("[name=q-go][value=yes]")
    await expect(why).to_be_hidden()
    await page.check("[name=q-meal][value='Cơm gà']")
    await page.fill("[name=name]", "Nguyễn Thị Hoa")
    await page.get_by_role("button", name="Ký").last.click()
    await expect(page.locator(".note.good")).to_be_visible()

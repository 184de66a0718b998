"""The pages of reaching families in a real browser, scripts off and 360 px wide: wishes kept, calls noted, caps set, an emergency declared."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from playwright.async_api import BrowserContext, Page, expect

from backend.core.house import House
from backend.core.ids import new_id
from notifications.audience import OneClass
from notifications.outbox import Notice, publish
from tests.browser import ON_BROWSER, PHONE, signed_in
from tests.factories import World

pytestmark = ON_BROWSER


async def shot(page: Page, name: str) -> None:
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    if folder := os.environ.get("NHIPCAU_SHOTS"):
        await page.screenshot(path=f"{folder}/reaching_{name}.png", full_page=True)


async def told(house: House, owner: asyncpg.Connection, world: World) -> UUID:
    """To a class; the mother is to be rung up, the father refused by the gateway, the classmate's mother has it."""
    notice = Notice(
        notice_id=new_id(), kind="announcement", source_kind="announcement", source_id="1", created_at=datetime.now(UTC),
        title="Thứ Sáu nghỉ học", body="…", needs_acknowledgement=True, created_by=world.admin.account_id,
    )  # fmt: skip
    async with house.database.school(world.school_id) as tx:
        await publish(tx, notice, OneClass(world.class_id))
    for person, state, reason in (
        (world.parent, "skipped", "no_device"), (world.parent2, "refused", "ESMS_108"), (world.classmate_parent, "sent", None),
    ):  # fmt: skip
        await owner.execute(
            "UPDATE deliveries SET state = $3, reason = $4, finished_at = $5 WHERE notice_id = $1 AND guardian_id = $2",
            notice.notice_id, person.person_id, state, reason, datetime.now(UTC),
        )  # fmt: skip
    await owner.execute("INSERT INTO call_list (school_id, notice_id, guardian_id, listed_at) VALUES ($1, $2, $3, $4)", world.school_id, notice.notice_id, world.parent.person_id, datetime.now(UTC))  # fmt: skip
    return notice.notice_id


async def test_a_family_says_what_it_wants_to_hear_and_a_mistake_loses_nothing(
    plain: BrowserContext, site: str, world: World
) -> None:
    page = await signed_in(plain, world.parent, site)
    await page.goto("/app/account")
    await page.click("text=Nhận tin như thế nào")
    await page.select_option("#kind_mark", "digest")
    await page.select_option("#kind_feed", "off")
    await page.fill("#digest_at", "20:15")
    await page.fill("#quiet_from", "22:00")
    await page.click("main form button")
    await expect(page.locator("#quiet_until")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#kind_mark")).to_have_value("digest")
    await shot(page, "preferences_wrong")
    await page.fill("#quiet_until", "06:00")
    await page.click("main form button")
    await expect(page.locator("#digest_at")).to_have_value("20:15")
    await expect(page.locator("#kind_feed")).to_have_value("off")
    await expect(page.locator("#quiet_until")).to_have_value("06:00")


async def test_a_school_rings_up_caps_its_costs_and_declares_an_emergency(
    plain: BrowserContext, site: str, house: House, owner: asyncpg.Connection, world: World
) -> None:
    notice_id = await told(house, owner, world)
    page = await signed_in(plain, world.admin, site)
    base = f"/console/{world.school_id}"
    await page.goto(f"{base}/calls")
    await expect(page.locator("#calls")).to_contain_text(world.parent.full_name)
    await page.click("button[value=not_reached]")
    await expect(page.locator("#calls")).to_contain_text("đã gọi 1 lần")
    await shot(page, "calls")
    await page.goto(f"{base}/budgets")
    await page.fill("#cap-sms", "một triệu")
    await page.click("#sms button")
    await expect(page.locator("#cap-sms")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#cap-sms")).to_have_value("một triệu")
    await page.fill("#cap-sms", "1.500.000")
    await page.click("#sms button")
    await expect(page.locator("#cap-sms")).to_have_value("1.500.000")
    await shot(page, "budgets")
    await page.goto(f"{base}/notices/{notice_id}/remainder")
    await expect(page.locator("#unreached li")).to_have_count(2)
    await expect(page.locator("#unreached")).to_contain_text("bị từ chối (ESMS_108)")
    await page.fill("#reason", "Bão số 9: mai học sinh nghỉ học")
    await shot(page, "remainder")
    await page.click("button.danger")
    await expect(page.locator("main")).to_contain_text("Đã báo khẩn tới")
    kept: Any = await owner.fetchval("SELECT urgency FROM notices WHERE notice_id = $1", notice_id)
    assert kept == "emergency"

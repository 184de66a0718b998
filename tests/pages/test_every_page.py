"""Every page as a person meets it: on a narrow phone and a laptop, in light and dark, in both languages, light enough for a slow network."""

from __future__ import annotations

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, BrowserContext

from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.browser import LAPTOP, ON_BROWSER, PHONE
from tests.factories import Person, World
from tests.pages.looking import faults
from tests.scenes import Busy, busy_school

WEIGHT_MAX = 20_000
_LOADED = ("house/house.css", "house/house.js", "house/icons.svg")


@pytest.fixture
async def busy(owner: asyncpg.Connection, house: House, world: World) -> Busy:
    return await busy_school(owner, house, world)


def pages_of(busy: Busy) -> list[tuple[Person | None, str]]:
    """Whose page, and its address."""
    world = busy.world
    school, room = world.school_id, f"/console/{world.school_id}/classes/{world.class_id}"
    child = f"/app/{school}/children/{world.child.pupil_id}"
    console = f"/console/{school}"
    return [
        (None, "/"),
        (None, "/app/sign-in"),
        (None, "/console/sign-in"),
        (None, "/console/sign-in/phone"),
        (None, "/nowhere"),
        (None, "/chat"),
        (world.parent, "/chat"),
        *[
            (world.parent, path)
            for path in (
                "/app", "/app/notices", "/app/events", f"/app/{school}/notices/{busy.notice_id}", "/app/invoices",
                f"{child}/invoices/{busy.invoice_id}", f"{child}/marks", f"{child}/attendance?month=2026-10", f"{child}/homework", f"{child}/timetable?on=2026-10-05", "/app/account",
                "/app/feed", f"{child}/consents", "/app/forms", f"/app/{school}/forms/{busy.form_id}", f"/app/{school}/forms/{busy.form_id}/slips/{world.child.pupil_id}",
            )
        ],
        *[
            (world.teacher, path)
            for path in (
                console, f"{room}/roll?day=2026-10-05", f"{room}/roll?day=2026-10-06&detail=1", f"{room}/marks/TOAN?term=1",
                f"{room}/marks/GDTC?term=1", f"{console}/announcements", f"{console}/announcements/new?class_id={world.class_id}",
                f"{console}/announcements/settings", f"{room}/feed", f"{room}/feed/{new_id()}", f"{room}/homework", f"{console}/homework/{busy.homework_id}", f"{room}/timetable?on=2026-10-05",
                f"{console}/timetable", f"{console}/timetable/bells", f"{room}/timetable/change?on=2026-10-05", f"{console}/groups", f"{console}/groups/{new_id()}",
                f"{console}/announcements/{busy.announcement_id}", f"{console}/forms",
                f"{console}/forms/new?class_id={world.class_id}", f"{console}/forms/{busy.form_id}", f"{console}/forms/{busy.form_id}/text",
                f"{console}/forms/{busy.form_id}/slips/{world.child.pupil_id}/{world.parent.person_id}",
                f"{console}/forms/{busy.form_id}/paper/{world.child.pupil_id}/{world.parent2.person_id}", room, f"{room}/register?month=2026-10", f"{room}/averages?term=1", "/console/account",
            )
        ],
        *[
            (world.accountant, path)
            for path in (
                f"{console}/fees", f"{console}/fees/new", f"{console}/fees/{busy.fee_id}", f"{console}/transfers",
                f"{console}/fee-items", f"{console}/fee-items/new", f"{console}/fee-exemptions?pupil_id={world.child.pupil_id}",
                f"{console}/transfers/{busy.transaction_id}",
                f"{console}/statements", f"{console}/statements/{busy.statement_id}", f"{console}/statements/{busy.pointing_id}",
                f"{console}/statements/{busy.pointing_id}?sheet=so-quy&row=3",
            )
        ],
        (world.area_admin, "/console/area"),
        *[
            (world.admin, path)
            for path in (
                console, f"{console}/classes?find=an", f"{room}/teachers", f"{console}/pupils/{world.child.pupil_id}",
                f"{console}/pupils/new", f"{console}/staff", f"{console}/calendar", f"{console}/audit", f"{console}/inbox", f"{console}/inbox/settings",
                f"{console}/bank-accounts", f"{console}/unreached", f"{console}/import",
                f"{console}/knowledge", f"{console}/knowledge/assessment-rule?level=primary", f"{console}/knowledge/own-be-boi",
                f"{console}/unanswered", f"{console}/about", f"{console}/feed", f"{room}/timetable/edit?on=2026-10-05", f"{console}/timetable/import",
            )
        ],
    ]  # fmt: skip


class TestInABrowser:
    pytestmark = ON_BROWSER

    @pytest.mark.parametrize("look", ["phone", "laptop"])
    async def test_every_page_can_be_read_and_tapped(self, browser: Browser, site: str, busy: Busy, look: str) -> None:
        wrong: list[str] = []
        context = await browser.new_context(
            viewport=LAPTOP if look == "laptop" else PHONE,
            base_url=site,
            locale="en-GB" if look == "laptop" else "vi-VN",
            color_scheme="dark" if look == "laptop" else "light",
            service_workers="block",
        )
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        for person, path in pages_of(busy):
            await page.goto("about:blank")  # a picture of the page before is not asked for without its reader
            await context.clear_cookies()
            if person:
                await context.add_cookies([{"name": ACCESS_COOKIE, "value": person.token, "url": site}])
            answer = await page.goto(path)
            assert answer is not None
            if answer.status != (404 if path == "/nowhere" else 200):
                wrong.append(f"{path}: {answer.status}")
            wrong += [f"{path}: {fault}" for fault in await faults(page)]
        # A missing page is told to the console by the browser itself; blocking the worker is the test's own doing.
        spoken = [
            text for text in said if "404" not in text and "Service Worker" not in text and "username" not in text
        ]
        await context.close()
        assert not wrong + spoken, "\n".join(wrong + spoken)

    async def test_the_eye_sees_what_is_wrong(self, phone: BrowserContext) -> None:
        page = await phone.new_page()
        await page.goto("/app/sign-in")
        assert await faults(page) == []
        await page.evaluate(
            """() => {
              document.querySelector('.hint').style.color = '#aaa';
              document.querySelector('button.wide').style.minHeight = document.querySelector('button.wide').style.height = '20px';
              document.querySelector('label[for=phone]').remove();
              document.querySelector('.card').style.width = '900px';
            }"""
        )
        found = " ".join(await faults(page))
        for fault in ("contrast 2.3", "small (", "no label: <input", "wider than the screen"):
            assert fault in found, fault


async def test_every_page_is_light(client: httpx.AsyncClient, busy: Busy) -> None:
    """What travels for the first visit of a page: itself, its style, its scripts and icons. A full class of forty included."""
    loaded = sum([await _travels(client, f"/static/{name}", None) for name in _LOADED])
    heavy = []
    for person, path in pages_of(busy):
        weight = loaded + await _travels(client, path, person)
        for script in ("roll", "sheet"):
            if f"/{script if script == 'roll' else 'marks'}" in path:
                weight += await _travels(client, f"/static/console/{script}.js", None)
        if weight >= WEIGHT_MAX:
            heavy.append(f"{path}: {weight}")
    assert not heavy, heavy


async def _travels(client: httpx.AsyncClient, path: str, person: Person | None) -> int:
    headers = {"accept": "text/html", "accept-encoding": "gzip", "accept-language": "vi"}
    if person:
        headers["cookie"] = f"{ACCESS_COOKIE}={person.token}"
    async with client.stream("GET", path, headers=headers) as answer:
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
        return head + sum([len(part) async for part in answer.aiter_raw()])

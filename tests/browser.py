"""A real browser in front of a real server process, for the tests of pages. Debian's chromium or Google Chrome, driven by Playwright.

`site` is the whole application behind granian on a free loopback port, over this test process's database, in demo mode (sign-in codes
are shown on the page). `phone` and `laptop` are fresh browsers; `plain` is one whose scripts are switched off. All of a run's browser
tests carry `ON_BROWSER` and are one room of tests/sharing.py, so that parallel test processes start one server and one browser. Every room's tests find these by name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.identity.doorkeeper import ACCESS_COOKIE
from backend.serving import Child, environment_for, free_port, serve_command, wait_until_ready
from tests.factories import Person

if TYPE_CHECKING:  # rooms without pages need not load a browser's driver
    from playwright.async_api import Browser, BrowserContext, Locator, Page

ON_BROWSER = [pytest.mark.browser]
PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1280, "height": 800}


def chromium() -> str | None:
    asked = os.environ.get("NHIPCAU_CHROMIUM")
    if asked and Path(asked).is_file():
        return asked
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def site(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server."""
    from tests.conftest import test_settings as settings_of

    port = free_port("127.0.0.1", 18_200 + os.getpid() % 20_000)
    settings = settings_of(
        mode="demo",
        code_channel="print",
        webpush_contact="mailto:it@truong.example",
        smtp_host="127.0.0.1",
        smtp_sender="truong@truong.example",
        telegram_bot_name="truong_hoa_mai_bot",
        zalo_app_id="431812345678901234",
        zalo_oa_id="1646843870823903717",
        database_url=database_url,
        redis_url=redis_url,
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        data_dir=str(tmp_path_factory.mktemp("site")),
    )
    log = tmp_path_factory.mktemp("log") / "server.log"
    child = Child("server", serve_command(), environment_for(settings), log_path=str(log))
    try:
        wait_until_ready(settings.public_url, child)
        yield settings.public_url
    finally:
        child.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium or Chrome on PATH and none named by NHIPCAU_CHROMIUM")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        # Inside containers there is no user namespace for the sandbox; only our own pages are opened.
        started = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        await started.close()


@pytest.fixture
async def phone(browser: Browser, site: str) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=PHONE, base_url=site, locale="vi-VN", has_touch=True)
    yield context
    await context.close()


@pytest.fixture
async def laptop(browser: Browser, site: str) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=LAPTOP, base_url=site, locale="vi-VN")
    yield context
    await context.close()


@pytest.fixture
async def plain(browser: Browser, site: str) -> AsyncIterator[BrowserContext]:
    """A browser without scripts: everything must still be possible."""
    context = await browser.new_context(viewport=PHONE, base_url=site, locale="vi-VN", java_script_enabled=False)
    yield context
    await context.close()


async def signed_in(context: BrowserContext, person: Person, site: str) -> Page:
    """A new tab of somebody who has signed in (the sign-in pages have tests of their own). Every script error fails the test."""
    await context.add_cookies([{"name": ACCESS_COOKIE, "value": person.token, "url": site}])
    return await watched(context)


async def watched(context: BrowserContext) -> Page:
    page = await context.new_page()
    page.on("pageerror", _fail)
    return page


def _fail(error: object) -> None:
    raise AssertionError(f"script error on the page: {error}")


async def picture_of(place: Locator) -> bytes:
    """A screenshot of an image that has come and been decoded, in the middle of the window: what a camera would be held to."""
    await place.scroll_into_view_if_needed()
    await place.evaluate("image => image.decode()")
    await place.evaluate("image => image.scrollIntoView({ block: 'center' })")
    return await place.screenshot()

"""Where a family wants to hear: notices in this browser by a button, and an e-mail address by a form, in a real Chromium."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
from playwright.async_api import BrowserContext, CDPSession, Page, expect

from backend.core.ids import new_id
from notifications.channels.webpush_crypto import fresh_key, public_point, to_text
from tests.browser import ON_BROWSER, signed_in
from tests.factories import World

pytestmark = ON_BROWSER

# A browser asks its vendor for a subscription; there is no network here, so the vendor's part is played. Everything else is real.
_VENDOR = """
(() => {
  const made = __MADE__;
  let current = null;
  const subscription = (options) => ({
    options: { applicationServerKey: options.applicationServerKey.buffer || options.applicationServerKey },
    toJSON: () => ({ endpoint: made.endpoint, expirationTime: null, keys: made.keys }),
    unsubscribe: async () => { current = null; return true; },
  });
  PushManager.prototype.subscribe = async (options) => (current = subscription(options));
  PushManager.prototype.getSubscription = async () => current;
})();
"""


def a_subscription() -> dict[str, Any]:
    keys = {"p256dh": to_text(public_point(fresh_key())), "auth": to_text(bytes(range(16)))}
    return {"endpoint": f"https://fcm.googleapis.com/fcm/send/{new_id().hex}", "keys": keys}


async def test_a_button_subscribes_this_browser_and_takes_it_back(
    phone: BrowserContext, owner: asyncpg.Connection, world: World, site: str
) -> None:
    made = a_subscription()
    await phone.grant_permissions(["notifications"], origin=site)
    await phone.add_init_script(_VENDOR.replace("__MADE__", json.dumps(made)))
    page = await signed_in(phone, world.parent, site)
    await page.goto("/app/account")
    box = page.locator("#webpush")
    await expect(box).to_be_visible()
    await box.get_by_text("Bật thông báo").click()
    await expect(box.locator("[role=status]")).to_have_text("Thông báo đang bật ở trình duyệt này.")
    row = await owner.fetchrow(
        "SELECT token_kind, p256dh, auth, retired_at FROM devices WHERE token = $1", made["endpoint"]
    )
    assert row is not None and tuple(row) == ("webpush", made["keys"]["p256dh"], made["keys"]["auth"], None)
    await box.get_by_text("Tắt thông báo").click()
    # The button to turn it on stands there as soon as the other was pressed; this, when the house has answered.
    await expect(box).to_have_attribute("data-state", "off")
    await expect(box.get_by_text("Bật thông báo")).to_be_enabled()
    assert await owner.fetchval("SELECT retired_at IS NOT NULL FROM devices WHERE token = $1", made["endpoint"])


async def test_a_push_is_shown_by_the_service_worker(phone: BrowserContext, world: World, site: str) -> None:
    await phone.grant_permissions(["notifications"], origin=site)
    page = await signed_in(phone, world.parent, site)
    debugger = await phone.new_cdp_session(page)
    registration = await _registration(page, debugger, site)
    told = {
        "title": "Trường THCS Thử Nghiệm",
        "body": "Họp phụ huynh",
        "path": "/app/1/notices/x",
        "tag": "n1",
        "lang": "vi",
    }
    for data in (
        json.dumps(told),
        json.dumps(told),
        "nonsense",
        json.dumps({**told, "tag": "n2", "path": "https://elsewhere.example/"}),
        json.dumps({**told, "tag": "digest", "path": "/app"}),
    ):
        await debugger.send(
            "ServiceWorker.deliverPushMessage", {"origin": site, "registrationId": registration, "data": data}
        )
    await page.wait_for_function(_SHOWN + ".then((all) => all.length === 3)")
    shown = {tuple(one) for one in await page.evaluate(_SHOWN)}
    # Twice is shown once; what nobody understands, or what leads elsewhere, is shown without a word of it.
    assert shown == {
        ("n1", "Trường THCS Thử Nghiệm", "Họp phụ huynh", "/app/1/notices/x"),
        ("nhipcau", "Nhịp Cầu", "", "/app/notices"),
        ("digest", "Trường THCS Thử Nghiệm", "Họp phụ huynh", "/app"),
    }


_SHOWN = (
    "navigator.serviceWorker.ready.then((r) => r.getNotifications())"
    ".then((all) => all.map((n) => [n.tag, n.title, n.body, n.data.path]))"
)


async def _registration(page: Page, debugger: CDPSession, site: str) -> str:
    """The name by which the debugger knows our service worker, once it runs."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def heard(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"].startswith(site) and not one["isDeleted"] and not found.done():
                found.set_result(one["registrationId"])

    debugger.on("ServiceWorker.workerRegistrationUpdated", heard)
    await debugger.send("ServiceWorker.enable")
    await page.goto("/app/account")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return await asyncio.wait_for(found, 60)


async def test_without_a_script_the_address_form_works_and_loses_nothing(
    plain: BrowserContext, owner: asyncpg.Connection, world: World, site: str
) -> None:
    page = await signed_in(plain, world.parent, site)
    await page.goto("/app/account")
    await expect(page.locator("#webpush")).to_be_hidden()
    form = page.locator("form[action='/app/account/email']")
    await form.locator("#email").fill("me@nha")
    await form.locator("button").click()
    await expect(page.locator("#email")).to_have_value("me@nha")
    await expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    address = f"me.{world.parent.account_id.hex[-6:]}@example.com"
    await form.locator("#email").fill(address)
    await form.locator("button").click()
    await expect(page.locator("#email-notices")).to_contain_text("chờ xác nhận")
    assert await owner.fetchval("SELECT confirmed_at IS NULL FROM account_emails WHERE email = $1", address)
    await page.locator("form[action='/app/account/email/remove'] button").click()
    await expect(page.locator("#email-notices")).not_to_contain_text(address)

"""The frame of every page: language, content policy, trouble as a page, forged posts, installing, weight."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest

from backend.pages import assets
from tests.factories import World

BROWSER = {"accept": "text/html,application/xhtml+xml", "accept-encoding": "gzip", "accept-language": "vi"}


async def test_the_first_page_is_vietnamese_and_switches_to_english(client: httpx.AsyncClient) -> None:
    vietnamese = await client.get("/", headers=BROWSER)
    assert '<html lang="vi">' in vietnamese.text and "Phụ huynh" in vietnamese.text
    switched = await client.post("/language", data={"language": "en", "back": "/app/offline"})
    assert (switched.status_code, switched.headers["location"]) == (303, "/app/offline")
    english = await client.get("/", headers={**BROWSER, "cookie": "nc_language=en"})
    assert '<html lang="en">' in english.text and "Parents and guardians" in english.text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb"]
)
async def test_the_language_switch_leads_nowhere_else(client: httpx.AsyncClient, back: str) -> None:
    answer = await client.post("/language", data={"language": "en", "back": back})
    assert answer.headers["location"] == "/"


async def test_an_unknown_language_changes_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/language", data={"language": "fr", "back": "/"})
    assert answer.status_code == 303 and "set-cookie" not in answer.headers


async def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/", headers=BROWSER)).headers["content-security-policy"]
    assert "unsafe" not in policy and "http" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


async def test_a_form_posted_from_another_site_is_refused(client: httpx.AsyncClient) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = await client.post("/language", data={"language": "en", "back": "/"}, headers=headers)
        assert answer.status_code == 403 and "set-cookie" not in answer.headers


async def test_trouble_is_a_page_for_browsers_and_a_document_for_programs(
    client: httpx.AsyncClient, world: World
) -> None:
    path = f"/app/{world.school_id}/children/{world.neighbour_child.pupil_id}/marks"
    cookies = {"cookie": f"nc_access={world.parent.token}"}
    page = await client.get(path, headers={**BROWSER, **cookies})
    assert (
        page.status_code == 404
        and "Không tìm thấy." in page.text
        and page.headers["content-type"].startswith("text/html")
    )
    document = await client.get(path, headers={**cookies, "accept": "application/json"})
    assert document.json()["type"] == "/problems/not-found"
    nowhere = await client.get("/nowhere", headers=BROWSER)
    assert nowhere.status_code == 404 and "<html" in nowhere.text
    api = await client.get("/v1/nowhere", headers=BROWSER)
    assert api.headers["content-type"] == "application/problem+json"


async def test_whoever_is_not_signed_in_is_led_to_a_door_and_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/app/invoices", headers=BROWSER)
    assert answer.status_code == 303
    assert "next=/app/invoices" in answer.headers["location"]


async def test_the_app_can_be_installed(client: httpx.AsyncClient) -> None:
    manifest = (await client.get("/app.webmanifest")).json()
    assert manifest["start_url"] == "/app" and manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        picture = await client.get(icon["src"])
        assert picture.content.startswith(b"\x89PNG") and "immutable" in picture.headers["cache-control"]
    worker = await client.get("/sw.js")
    assert (
        worker.headers["content-type"].startswith("text/javascript") and worker.headers["cache-control"] == "no-cache"
    )


async def test_static_files_are_kept_for_a_year_by_their_content(client: httpx.AsyncClient) -> None:
    page = (await client.get("/", headers=BROWSER)).text
    address = re.search(r'href="(/static/house/house\.css\?v=\w+)"', page)
    assert address is not None
    style = await client.get(address[1])
    assert "max-age=31536000" in style.headers["cache-control"]
    again = await client.get(address[1], headers={"if-none-match": style.headers["etag"]})
    assert again.status_code == 304
    old = await client.get("/static/house/house.css?v=other")
    assert "immutable" not in old.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/house/../frame.py",
        "/static/house/frame.py",
        "/static/nowhere/house.css",
        "/static/house/.keep",
        "/static/house/%00.css",
        "/static/swagger/%00",
        f"/static/house/{'a' * 3000}.css",
        f"/static/swagger/{'a' * 3000}.css",
    ],
)
async def test_only_our_own_static_files_are_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_names_that_strangers_invent_are_not_remembered(client: httpx.AsyncClient) -> None:
    await client.get("/static/house/house.css")
    before = assets._read.cache_info().currsize
    for number in range(5):
        assert (await client.get(f"/static/house/invented{number}.css")).status_code == 404
    assert assets._read.cache_info().currsize == before


async def test_what_every_page_loads_is_small(client: httpx.AsyncClient) -> None:
    """Style, script and icons of a first visit, as they travel."""
    total = 0
    for name in ("house.css", "house.js", "icons.svg"):
        answer = await client.send(client.build_request("GET", f"/static/house/{name}", headers=BROWSER), stream=True)
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip" and gzip.decompress(raw)
        total += len(raw)
    assert total < 9_000, total


async def test_one_message_is_shown_once(client: httpx.AsyncClient) -> None:
    """After a deed the next page says what happened, and the page after that does not."""
    import base64

    packed = base64.urlsafe_b64encode(b'["console.roll_saved","good",{"there":"<b>38</b>","absent":"2"}]').decode()
    page = await client.get("/", headers={**BROWSER, "cookie": f"nc_flash={packed}"})
    assert "có mặt &lt;b&gt;38&lt;/b&gt;, vắng 2" in page.text
    assert "nc_flash=" in page.headers["set-cookie"] and "Max-Age=0" in page.headers["set-cookie"]
    for broken in (
        "%%%",
        base64.urlsafe_b64encode(b'["no.such.text","good",{}]').decode(),
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b'["no.such.text","good",{"key":"x","language":"x"}]').decode(),
    ):
        answer = await client.get("/", headers={**BROWSER, "cookie": f"nc_flash={broken}"})
        assert answer.status_code == 200 and '<p class="note' not in answer.text
    odd = base64.urlsafe_b64encode(b'["pages.signed_out","good",{"key":"x","language":"x"}]').decode()
    assert (await client.get("/", headers={**BROWSER, "cookie": f"nc_flash={odd}"})).status_code == 200

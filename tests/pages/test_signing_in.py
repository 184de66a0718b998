"""The doors as plain HTTP: what the browser keeps between the steps, what leaves with whoever signs out, and what strangers may not post."""

from __future__ import annotations

import re

import asyncpg
import httpx
import pytest

from backend.app import create_app
from backend.core.house import House
from backend.core.phones import national
from backend.identity.doorkeeper import ACCESS_COOKIE
from backend.pages.signing_in import browser_name
from tests.conftest import test_settings as settings_of
from tests.factories import World

PAGE = {"accept": "text/html", "accept-language": "vi", "sec-fetch-site": "same-origin"}
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def visitor(app: object) -> httpx.AsyncClient:
    """A browser of its own, with its own cookies."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver", headers=PAGE)  # type: ignore[arg-type]


async def code_sent_to(owner: asyncpg.Connection, house: House, phone: str) -> str:
    sealed = await owner.fetchval("SELECT code_sealed FROM one_time_codes WHERE phone_e164 = $1", phone)
    return house.cipher.open(sealed, "one-time-code")


async def sign_in(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, house: House, phone: str, **form: str
) -> httpx.Response:
    asked = await visitor.post("/app/sign-in", data={"phone": national(phone), **form})
    assert (asked.status_code, asked.headers["location"]) == (303, "/app/sign-in/code")
    return await visitor.post("/app/sign-in/code", data={"code": await code_sent_to(owner, house, phone)})


async def test_the_number_travels_sealed_and_the_code_is_shown_nowhere(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    asked = await visitor.post("/app/sign-in", data={"phone": world.parent.phone})
    assert world.parent.phone[-9:] not in str(asked.headers)
    page = await visitor.get("/app/sign-in/code")
    code = await code_sent_to(owner, house, world.parent.phone)
    assert code not in page.text and "demo-code" not in page.text, "this is no demo"


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/app/invoices", "/app/invoices"),
        ("", "/app"),
        ("https://evil.example/", "/app"),
        ("//evil.example", "/app"),
        ("/sign-in/renew?next=//evil.example", "/app"),
    ],
)
async def test_whoever_signs_in_goes_where_they_wanted_and_never_elsewhere(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World, asked: str, goes: str
) -> None:
    entered = await sign_in(visitor, owner, house, world.parent.phone, next=asked)
    assert (entered.status_code, entered.headers["location"]) == (303, goes)


async def test_signing_out_takes_cookies_and_copies_and_ends_the_session(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await sign_in(visitor, owner, house, world.parent.phone)
    token = visitor.cookies[ACCESS_COOKIE]
    out = await visitor.post("/sign-out")
    assert out.headers["location"] == "/app/sign-in"
    assert out.headers["clear-site-data"] == '"cache", "storage"'
    assert ACCESS_COOKIE not in visitor.cookies and "nc_refresh" not in visitor.cookies
    kept = await visitor.get("/app/account", headers={"cookie": f"{ACCESS_COOKIE}={token}"})
    assert kept.status_code == 303, "a copied token is worth nothing any more"


async def test_a_device_is_named_by_known_words_only(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    visitor.headers["user-agent"] = SAFARI
    await sign_in(visitor, owner, house, world.parent.phone)
    assert "Safari · iPhone" in (await visitor.get("/app/account")).text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (SAFARI, "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("<script>alert(1)</script>", "browser"),
        ("", "browser"),
    ],
)  # fmt: skip
def test_browsers_by_name(agent: str, name: str) -> None:
    assert browser_name(agent) == name


async def test_a_form_from_another_site_is_refused_before_anything_happens(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    cookie = {"cookie": f"{ACCESS_COOKIE}={world.teacher.token}"}
    path = f"/console/{world.school_id}/classes/{world.class_id}/roll"
    form = {"day": "2026-10-05", "session": "morning"}
    forged = (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "https://evil.example"},
    )
    for headers in forged:
        answer = await visitor.post(path, data=form, headers={**cookie, **headers})
        assert answer.status_code == 403
    assert await owner.fetchval("SELECT count(*) FROM roll_calls WHERE school_id = $1", world.school_id) == 0
    assert (await visitor.post(path, data=form, headers=cookie)).status_code == 303
    assert await owner.fetchval("SELECT count(*) FROM roll_calls WHERE school_id = $1", world.school_id) == 1


async def test_a_form_sent_too_late_leads_back_to_its_page_with_a_word(
    visitor: httpx.AsyncClient, world: World
) -> None:
    path = f"/console/{world.school_id}/announcements/new"
    late = await visitor.post(path, data={"title": "x"}, headers={"referer": f"http://testserver{path}?class_id=1"})
    assert late.status_code == 303
    assert late.headers["location"] == f"/sign-in/renew?next={path}%3Fclass_id%3D1"
    door = await visitor.get("/console/sign-in")
    assert "chưa được lưu" in door.text


async def test_the_language_of_the_screen_becomes_that_of_the_notices(
    visitor: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await sign_in(visitor, owner, house, world.parent.phone)
    await visitor.post("/language", data={"language": "en", "back": "/app"})
    spoken = await owner.fetchval("SELECT language FROM accounts WHERE account_id = $1", world.parent.account_id)
    assert spoken == "en"


async def test_the_demo_has_a_page_and_nothing_else_has(
    visitor: httpx.AsyncClient, database_url: str, redis_url: str, tmp_path: object
) -> None:
    assert (await visitor.get("/demo")).status_code == 404
    (tmp_path / "cast.json").write_text(  # type: ignore[operator]
        '{"school_id": 1, "hook_secret": "geheim", "people": ['
        '{"what": "parent of An (6A1)", "name": "Nguyễn Thị Hoa", "phone": "0961 234 567"},'
        '{"what": "homeroom teacher of 6A1", "name": "Đỗ Thị Cúc", "phone": "0961 234 568"}]}',
        encoding="utf-8",
    )
    demo = create_app(settings_of(mode="demo", data_dir=str(tmp_path)), redis_url=redis_url, database_url=database_url)
    async with demo.lifespan():
        transport = httpx.ASGITransport(app=demo)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=PAGE) as http:
            page = (await http.get("/demo")).text
    assert "geheim" not in page
    assert re.search(r'action="/app/sign-in">.*value="0961 234 567"', page)
    assert re.search(r'action="/console/sign-in/phone">.*value="0961 234 568"', page)
    assert page.count("<li") >= 7, "two people and five things to try"

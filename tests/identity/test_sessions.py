"""Sessions: tokens that rotate, copies that are noticed, flaky networks that are forgiven, devices that are signed out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import httpx
from litestar import Litestar

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.settings import Settings
from backend.identity.sessions import CONSOLE_UNUSED, GRACE_SECONDS
from backend.identity.tokens import TokenOffice
from backend.identity.watch import reload_revocations
from tests.factories import World
from tests.identity.scenes import bearer, renew, sign_in


async def test_a_refresh_token_gives_the_next_pair(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    first = await sign_in(client, owner, house, world.parent.phone)
    second = (await renew(client, first["refresh_token"])).json()
    third = (await renew(client, second["refresh_token"])).json()
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert first["session_id"] == second["session_id"] == third["session_id"]
    assert (await client.get("/v1/me/sessions", headers=bearer(third))).status_code == 200


async def test_two_renewals_at_once_get_the_same_pair(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    first = await sign_in(client, owner, house, world.parent.phone)
    answers = await asyncio.gather(*(renew(client, first["refresh_token"]) for _ in range(4)))
    assert [a.status_code for a in answers] == [200] * 4
    assert len({a.json()["refresh_token"] for a in answers}) == 1
    assert (await renew(client, answers[0].json()["refresh_token"])).status_code == 200


async def test_a_lost_answer_can_be_asked_for_again(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    first = await sign_in(timed, owner, house, world.parent.phone)
    lost = (await renew(timed, first["refresh_token"])).json()
    clock.advance(timedelta(seconds=GRACE_SECONDS))
    again = await renew(timed, first["refresh_token"])
    assert again.json()["refresh_token"] == lost["refresh_token"]


async def test_a_late_request_after_the_session_went_on_harms_nobody(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    first = await sign_in(client, owner, house, world.parent.phone)
    second = (await renew(client, first["refresh_token"])).json()
    third = (await renew(client, second["refresh_token"])).json()
    late = await renew(client, first["refresh_token"])
    assert (late.status_code, late.json()["type"]) == (409, "/problems/renewed-elsewhere")
    assert (await renew(client, third["refresh_token"])).status_code == 200


async def test_a_copied_token_ends_the_session_for_thief_and_owner(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    stolen = await sign_in(timed, owner, house, world.parent.phone)
    current = (await renew(timed, stolen["refresh_token"])).json()
    clock.advance(timedelta(seconds=GRACE_SECONDS + 1))
    assert (await timed.get("/v1/me/sessions", headers=bearer(current))).status_code == 200
    replayed = await renew(timed, stolen["refresh_token"])
    assert (replayed.status_code, replayed.json()["type"]) == (401, "/problems/renewal-refused")
    # At once, access tokens included; and it stands in the account's record.
    assert (await timed.get("/v1/me/sessions", headers=bearer(current))).status_code == 401
    assert (await renew(timed, current["refresh_token"])).status_code == 401
    assert (
        await owner.fetchval("SELECT revoked_why FROM sessions WHERE session_id = $1", current["session_id"]) == "reuse"
    )
    assert await owner.fetchval(
        "SELECT count(*) FROM account_events WHERE account_id = $1 AND action = 'session.token_reused'", world.parent.account_id
    ) == 1  # fmt: skip


async def test_a_copied_token_ends_only_its_own_session(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = await sign_in(timed, owner, house, world.parent.phone)
    tablet = await sign_in(timed, owner, house, world.parent.phone)
    await renew(timed, phone["refresh_token"])
    clock.advance(timedelta(seconds=GRACE_SECONDS + 1))
    await renew(timed, phone["refresh_token"])
    assert (await renew(timed, tablet["refresh_token"])).status_code == 200


async def test_made_up_and_foreign_tokens_are_refused(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(client, owner, house, world.parent.phone)
    for token in ("x", "\x00", "ế", signed_in["access_token"][:200]):
        assert (await renew(client, token)).status_code == 401


async def test_an_unused_session_ends(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    console = await sign_in(timed, owner, house, world.teacher.phone, device_kind="console")
    app = await sign_in(timed, owner, house, world.teacher.phone)
    clock.advance(CONSOLE_UNUSED)
    assert (await renew(timed, console["refresh_token"])).status_code == 401
    renewed = await renew(timed, app["refresh_token"])
    assert renewed.status_code == 200
    clock.advance(timedelta(days=house.settings.refresh_token_days))
    assert (await renew(timed, renewed.json()["refresh_token"])).status_code == 401


async def test_an_access_token_is_short_lived(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(timed, owner, house, world.parent.phone)
    assert (await timed.get("/v1/me/sessions", headers=bearer(signed_in))).status_code == 200
    clock.advance(timedelta(seconds=house.settings.access_token_seconds + 1))
    assert (await timed.get("/v1/me/sessions", headers=bearer(signed_in))).status_code == 401


async def test_signing_out_ends_this_session_at_once(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    here = await sign_in(client, owner, house, world.parent.phone)
    there = await sign_in(client, owner, house, world.parent.phone)
    assert (await client.post("/v1/sign-out", headers=bearer(here))).status_code == 204
    assert (await client.get("/v1/me/sessions", headers=bearer(here))).status_code == 401
    assert (await renew(client, here["refresh_token"])).status_code == 401
    assert (await renew(client, there["refresh_token"])).status_code == 200


async def test_signing_out_everywhere_reaches_every_device_and_every_process(
    client: httpx.AsyncClient, timed: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    one = await sign_in(client, owner, house, world.parent.phone)
    two = await sign_in(client, owner, house, world.parent.phone)
    assert (await client.post("/v1/sign-out/everywhere", headers=bearer(one))).status_code == 204
    for signed_in in (one, two):
        assert (await client.get("/v1/me/sessions", headers=bearer(signed_in))).status_code == 401
        assert (await renew(client, signed_in["refresh_token"])).status_code == 401
    # Another process learns it from the rows.
    elsewhere = TokenOffice(house.cipher)
    now = house.clock.now().timestamp()
    assert elsewhere.verify(two["access_token"], now=now) is not None
    await reload_revocations(house, elsewhere)
    assert elsewhere.verify(two["access_token"], now=now) is None


async def test_a_revocation_of_this_moment_survives_a_list_read_before_it(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(client, owner, house, world.parent.phone)
    office = TokenOffice(house.cipher)
    now = house.clock.now().timestamp()
    principal = office.verify(signed_in["access_token"], now=now)
    assert principal is not None
    office.revoke(principal.session_id, now=now)
    office.reload(frozenset(), since=now - 600)  # what the database said a blink before
    assert office.verify(signed_in["access_token"], now=now) is None
    office.reload(frozenset(), since=now + 1)  # after a token's life nobody needs to remember
    assert office.verify(signed_in["access_token"], now=now) is not None


async def test_one_device_is_signed_out_by_its_owner_only(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    lost = await sign_in(client, owner, house, world.parent.phone, device_name="Máy cũ")
    mine = await sign_in(client, owner, house, world.parent.phone, device_name="Máy mới")
    listed = (await client.get("/v1/me/sessions", headers=bearer(mine))).json()
    assert {s["device_name"]: s["current"] for s in listed} == {"Máy cũ": False, "Máy mới": True}
    path = f"/v1/me/sessions/{lost['session_id']}"
    assert (await client.delete(path, headers=world.parent2.headers)).status_code == 404
    assert (await client.delete(path, headers=bearer(mine))).status_code == 204
    assert (await client.delete(path, headers=bearer(mine))).status_code == 404
    assert (await client.get("/v1/me/sessions", headers=bearer(lost))).status_code == 401


# Browsers


async def test_a_browser_renews_its_cookies_on_the_way_to_a_page(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(client, owner, house, world.parent.phone, device_kind="browser")
    answer = await client.get(
        "/sign-in/renew",
        params={"next": "/app/child?x=1"},
        headers={"cookie": f"nc_refresh={signed_in['refresh_token']}"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/app/child?x=1")
    set_cookies = answer.headers.get_list("set-cookie")
    access = next(c for c in set_cookies if c.startswith("nc_access="))
    refresh = next(c for c in set_cookies if c.startswith("nc_refresh="))
    assert all("HttpOnly" in c and "SameSite=lax" in c for c in (access, refresh))
    assert "Path=/sign-in" in refresh and "Path=/;" in access + ";"
    token = access.split(";")[0].partition("=")[2]
    mine = await client.get("/v1/me/sessions", headers={"cookie": f"nc_access={token}"})
    assert mine.status_code == 200


async def test_without_a_living_session_the_browser_is_led_to_the_right_door(client: httpx.AsyncClient) -> None:
    for path, door in (
        ("/console/marks", "/console/sign-in?next=/console/marks"),
        ("/app/home", "/app/sign-in?next=/app/home"),
        ("//evil.example/x", "/app/sign-in"),
    ):
        for headers in ({}, {"cookie": "nc_refresh=unknown"}):
            client.cookies.clear()
            answer = await client.get("/sign-in/renew", params={"next": path}, headers=headers)
            assert (answer.status_code, answer.headers["location"]) == (303, door)


def test_only_paths_of_this_house_are_gone_back_to() -> None:
    from backend.identity.cookies import local_path

    for outside in (
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "/\t/evil.example", "javascript:alert(1)",
        "", None, "evil", "/x\r\nset-cookie: a=b", "/sign-in/renew?next=/sign-in/renew", "/" + "a" * 3000, " /app",
    ):  # fmt: skip
        assert local_path(outside) == "/", outside
    for inside in ("/app", "/app/1/children/2?month=2026-10#now"):
        assert local_path(inside) == inside
    assert local_path("/console/lớp?q=\ud800") == "/console/l%E1%BB%9Bp?q=%3F"


async def test_a_renewed_browser_goes_back_to_a_path_in_vietnamese(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(client, owner, house, world.parent.phone)
    cookie = {"cookie": f"nc_refresh={signed_in['refresh_token']}"}
    answer = await client.get("/sign-in/renew", params={"next": "/app?q=tìm lớp".replace(" ", "+")}, headers=cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app?q=t%C3%ACm+l%E1%BB%9Bp")
    back = await client.post("/language", data={"language": "vi", "back": "/app/lớp"})
    assert (back.status_code, back.headers["location"]) == (303, "/app/l%E1%BB%9Bp")


async def test_cookies_are_secure_in_production(
    app: Litestar, client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    import msgspec

    from backend.identity.cookies import no_session_cookies, session_cookies
    from schemas.identity import SignedIn

    signed_in = msgspec.convert(await sign_in(client, owner, house, world.parent.phone), SignedIn)
    production = Settings(mode="production", secret_key="x" * 40)
    assert all(
        cookie.secure and cookie.httponly
        for cookie in [*session_cookies(signed_in, production), *no_session_cookies(production)]
    )
    assert not any(cookie.secure for cookie in session_cookies(signed_in, Settings(mode="demo")))
    console = msgspec.structs.replace(signed_in, device_kind="console")
    assert session_cookies(console, production)[1].max_age is None

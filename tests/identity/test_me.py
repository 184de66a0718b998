"""Who am I: persons and roles in every school, language, one's own record."""

from __future__ import annotations

import asyncpg
import httpx

from backend.core.house import House
from tests.factories import World, fresh_phone
from tests.identity.scenes import add_guardian, ask, bearer, open_code, other_code, sign_in, verify


async def test_me_names_every_school_and_role(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await add_guardian(owner, world.other_school_id, world.teacher.phone, world.teacher.full_name, world.other_child)
    signed_in = await sign_in(client, owner, house, world.teacher.phone)
    me = (await client.get("/v1/me", headers=bearer(signed_in))).json()
    assert (me["full_name"], me["phone"], me["language"]) == (world.teacher.full_name, world.teacher.phone, "vi")
    assert [(p["school_id"], p["kind"], p["roles"]) for p in me["persons"]] == [
        (world.school_id, "staff", ["teacher"]),
        (world.other_school_id, "guardian", []),
    ]
    assert me["areas"] == [] and me["has_password"] is False


async def test_me_of_an_area(client: httpx.AsyncClient, world: World) -> None:
    me = (await client.get("/v1/me", headers=world.area_admin.headers)).json()
    assert len(me["areas"]) == 1 and me["persons"] == []


async def test_the_language_reaches_the_notices(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await sign_in(client, owner, house, world.parent.phone)
    changed = await client.patch("/v1/me", headers=bearer(signed_in), json={"language": "en"})
    assert changed.json()["language"] == "en"
    assert await owner.fetchval("SELECT language FROM guardians WHERE guardian_id = $1", world.parent.person_id) == "en"
    assert (
        await owner.fetchval("SELECT language FROM guardians WHERE guardian_id = $1", world.parent2.person_id) == "vi"
    )
    assert (await client.patch("/v1/me", headers=bearer(signed_in), json={"language": "fr"})).status_code == 422


async def test_a_first_sign_in_keeps_the_language_it_was_made_in(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    phone = fresh_phone()
    guardian_id = await add_guardian(owner, world.school_id, phone, "Anna Nguyễn", world.child)
    await ask(client, phone)
    answer = await client.post(
        "/v1/sign-in/codes/verify",
        headers={"accept-language": "en-GB,en;q=0.9"},
        json={"phone": phone, "code": await open_code(owner, house, phone)},
    )
    assert answer.json()["language"] == "en"
    assert await owner.fetchval("SELECT language FROM guardians WHERE guardian_id = $1", guardian_id) == "en"


async def test_ones_own_record_shows_sign_ins_and_strangers_attempts(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await ask(client, world.parent.phone)
    await verify(client, world.parent.phone, other_code(await open_code(owner, house, world.parent.phone)))
    signed_in = await sign_in(client, owner, house, world.parent.phone)
    first = (await client.get("/v1/me/events", headers=bearer(signed_in), params={"limit": "1"})).json()
    assert [e["action"] for e in first["events"]] == ["signed_in.code"]
    rest = (await client.get("/v1/me/events", headers=bearer(signed_in), params={"before": first["before"]})).json()
    assert [e["action"] for e in rest["events"]] == ["sign_in.code_refused"]
    assert rest["before"] is None
    mothers = (await client.get("/v1/me/events", headers=world.parent2.headers)).json()
    assert mothers["events"] == []

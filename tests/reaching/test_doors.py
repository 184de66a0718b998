"""The doors over HTTP: what is kept comes back, what is wrong is pointed at, and each sees only what is theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import httpx

from backend.core.house import House
from tests.factories import World
from tests.identity.matrix import Scene
from tests.reaching.matrix_lines import notice_about_target


async def test_wishes_are_kept_whole(client: httpx.AsyncClient, world: World) -> None:
    before = await client.get("/v1/family/preferences", headers=world.parent.headers)
    assert before.json()["kinds"]["mark"] == "instant" and before.json()["digest_at"] == "18:30"
    new = {
        "kinds": {"mark": "digest", "feed": "off"}, "digest_at": "20:15", "quiet_from": "22:00", "quiet_until": "06:00",
        "preferred_channel": "zalo", "language": "en", "zalo_templates": False,
    }  # fmt: skip
    kept = await client.put("/v1/family/preferences", headers=world.parent.headers, json=new)
    assert kept.status_code == 200
    again = (await client.get("/v1/family/preferences", headers=world.parent.headers)).json()
    assert again == kept.json()
    assert {k: again[k] for k in new if k != "kinds"} == {k: v for k, v in new.items() if k != "kinds"}
    assert (again["kinds"]["mark"], again["kinds"]["feed"], again["kinds"]["announcement"]) == ("digest", "off", "instant")  # fmt: skip
    other = await client.get("/v1/family/preferences", headers=world.parent2.headers)
    assert other.json() == before.json()


async def test_the_page_shows_and_takes_what_was_stopped_in_zalo(client: httpx.AsyncClient, world: World) -> None:
    await client.put("/v1/family/preferences", headers=world.parent.headers, json={"zalo_templates": False})
    shown = await client.get("/app/preferences", headers=world.parent.headers)
    assert '<option value="false" selected' in shown.text
    form = {"zalo_templates": "true", "digest_at": "18:30"}
    origin = {"origin": str(client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    saved = await client.post("/app/preferences", headers={**world.parent.headers, **origin}, data=form)
    assert saved.status_code == 303
    kept = await client.get("/v1/family/preferences", headers=world.parent.headers)
    assert kept.json()["zalo_templates"] is True


async def test_what_is_wrong_is_pointed_at(client: httpx.AsyncClient, world: World) -> None:
    off = await client.put("/v1/family/preferences", headers=world.parent.headers, json={"kinds": {"absence": "off"}})
    assert off.status_code == 422 and off.json()["errors"][0]["pointer"] == "/kinds/absence"
    half = await client.put("/v1/family/preferences", headers=world.parent.headers, json={"quiet_from": "22:00"})
    assert half.status_code == 422 and half.json()["errors"][0]["pointer"] == "/quiet_until"
    hour = await client.put("/v1/family/preferences", headers=world.parent.headers, json={"digest_at": "25:00"})
    assert hour.status_code == 422 and hour.json()["errors"][0]["pointer"] == "/digest_at"


async def test_a_cap_is_set_seen_and_kept_in_the_audit_trail(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    path = f"/v1/schools/{world.school_id}/budgets"
    none = (await client.get(path, headers=world.admin.headers)).json()
    assert [(one["channel"], one["month_cap"], one["left"]) for one in none["channels"]] == [
        ("zns", 0, 0),
        ("sms", 0, 0),
    ]
    put = await client.put(f"{path}/sms", headers=world.admin.headers, json={"month_cap": 400_000})
    assert put.status_code == 204
    some = (await client.get(path, headers=world.admin.headers)).json()
    assert some["channels"][1] == {
        "channel": "sms", "month_cap": 400_000, "spent": 0, "left": 400_000, "sent_count": 0, "uncertain_count": 0
    }  # fmt: skip
    for wrong in ({"month_cap": -1}, {}):
        assert (await client.put(f"{path}/sms", headers=world.admin.headers, json=wrong)).status_code == 422
    assert (await client.put(f"{path}/push", headers=world.admin.headers, json={"month_cap": 1})).status_code in (400, 404, 422)  # fmt: skip
    audited = await owner.fetchval("SELECT detail ->> 'month_cap' FROM audit_events WHERE school_id = $1 AND action = 'budget.set'", world.school_id)  # fmt: skip
    assert audited == "400000"


async def test_a_homeroom_teacher_rings_up_the_own_class(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    for pupil, person in ((world.child, world.parent), (world.neighbour_child, world.neighbour)):
        target = type("Target", (), {"school_id": world.school_id, "pupil_id": pupil.pupil_id, "guardian": person})()
        told = await notice_about_target(Scene(world, owner, house, client, "teacher", target))  # type: ignore[arg-type]
        await owner.execute(
            "INSERT INTO call_list (school_id, notice_id, guardian_id, listed_at) VALUES ($1, $2, $3, $4)",
            world.school_id, told, person.person_id, datetime.now(UTC),
        )  # fmt: skip
    path = f"/v1/schools/{world.school_id}/calls"

    async def names(headers: dict[str, str]) -> set[str]:
        return {one["guardian_name"] for one in (await client.get(path, headers=headers)).json()["calls"]}

    assert await names(world.teacher.headers) == {world.parent.full_name}
    assert await names(world.other_teacher.headers) == {world.neighbour.full_name}
    assert await names(world.subject_teacher.headers) == set()
    assert await names(world.admin.headers) == {world.parent.full_name, world.neighbour.full_name}
    (call,) = (await client.get(path, headers=world.teacher.headers)).json()["calls"]
    assert (call["phone"], call["pupil_names"], call["class_name"]) == (world.parent.phone, [world.child.full_name], "6A1")  # fmt: skip
    await client.post(f"{path}/{call['notice_id']}/{call['guardian_id']}", headers=world.teacher.headers, json={"result": "reached"})  # fmt: skip
    assert await names(world.teacher.headers) == set()

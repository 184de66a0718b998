"""What administrators do to others' access, and the trail that it leaves."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.administration import INVITATION
from backend.identity.audit import record
from backend.identity.tokens import TokenOffice
from tests.factories import World, add_pupils, token_for
from tests.identity.scenes import (
    PASSWORD,
    add_staff,
    bearer,
    open_code,
    set_password,
    sign_in,
    turn_on_second_factor,
    verify,
    with_password,
)


def _roles(world: World, staff_id: UUID) -> str:
    return f"/v1/schools/{world.school_id}/staff/{staff_id}/roles"


async def test_an_administrator_gives_and_takes_a_role(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    path = _roles(world, world.teacher.person_id)
    for _ in range(2):  # giving it again changes nothing
        given = await client.post(path, headers=world.admin.headers, json={"role": "accountant"})
        assert given.json() == {"staff_id": str(world.teacher.person_id), "roles": ["accountant", "teacher"]}
    for _ in range(2):
        taken = await client.delete(f"{path}/accountant", headers=world.admin.headers)
        assert taken.json()["roles"] == ["teacher"]
    trail = await owner.fetch(
        "SELECT action, actor_account_id, subject_id, detail FROM audit_events WHERE school_id = $1 ORDER BY audit_id",
        world.school_id,
    )
    assert [(t["action"], t["detail"]) for t in trail] == [
        ("role.granted", '{"role": "accountant"}'),
        ("role.taken", '{"role": "accountant"}'),
    ]
    assert {(t["actor_account_id"], t["subject_id"]) for t in trail} == {
        (world.admin.account_id, str(world.teacher.person_id))
    }


async def test_a_new_role_opens_its_doors_at_once_and_a_taken_one_shuts_them(
    client: httpx.AsyncClient, world: World
) -> None:
    audit = f"/v1/schools/{world.school_id}/audit"
    assert (await client.get(audit, headers=world.teacher.headers)).status_code == 403
    await client.post(
        _roles(world, world.teacher.person_id), headers=world.admin.headers, json={"role": "school_admin"}
    )
    assert (await client.get(audit, headers=world.teacher.headers)).status_code == 200
    await client.delete(f"{_roles(world, world.teacher.person_id)}/school_admin", headers=world.admin.headers)
    assert (await client.get(audit, headers=world.teacher.headers)).status_code == 403


async def test_nobody_takes_the_last_administrator(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    alone = await client.delete(f"{_roles(world, world.admin.person_id)}/school_admin", headers=world.admin.headers)
    assert (alone.status_code, alone.json()["type"]) == (409, "/problems/last-administrator")
    # An administrator who has left does not count.
    await client.post(
        _roles(world, world.teacher.person_id), headers=world.admin.headers, json={"role": "school_admin"}
    )
    await owner.execute("UPDATE staff SET status = 'left' WHERE staff_id = $1", world.teacher.person_id)
    still = await client.delete(f"{_roles(world, world.admin.person_id)}/school_admin", headers=world.admin.headers)
    assert still.status_code == 409


async def test_two_administrators_who_remove_each_other_leave_one(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    for _ in range(5):
        await owner.execute(
            "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'school_admin', '2026-09-01'), ($1, $3, 'school_admin', '2026-09-01')"
            " ON CONFLICT DO NOTHING",
            world.school_id, world.admin.person_id, world.teacher.person_id,
        )  # fmt: skip
        answers = await asyncio.gather(
            client.delete(f"{_roles(world, world.teacher.person_id)}/school_admin", headers=world.admin.headers),
            client.delete(f"{_roles(world, world.admin.person_id)}/school_admin", headers=world.teacher.headers),
        )
        assert 200 in {a.status_code for a in answers} <= {200, 403, 409}
        left = await owner.fetchval(
            "SELECT count(*) FROM staff_roles WHERE school_id = $1 AND role = 'school_admin'", world.school_id
        )
        assert left == 1


async def test_rights_are_handed_out_only_after_the_second_factor(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(client, await sign_in(client, owner, house, world.admin.phone))
    refused = await client.post(
        _roles(world, world.teacher.person_id), headers=bearer(signed_in), json={"role": "accountant"}
    )
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")
    _, signed_in = await turn_on_second_factor(client, signed_in, house.clock.now())
    granted = await client.post(
        _roles(world, world.teacher.person_id), headers=bearer(signed_in), json={"role": "accountant"}
    )
    assert granted.status_code == 200


async def test_roles_are_given_to_people_of_the_school_only(client: httpx.AsyncClient, world: World) -> None:
    for staff_id in (world.other_admin.person_id, world.parent.person_id, new_id()):
        assert (
            await client.post(_roles(world, staff_id), headers=world.admin.headers, json={"role": "teacher"})
        ).status_code == 404
    wrong = await client.post(
        _roles(world, world.teacher.person_id), headers=world.admin.headers, json={"role": "king"}
    )
    assert wrong.status_code == 422
    assert (
        await client.delete(f"{_roles(world, world.teacher.person_id)}/king", headers=world.admin.headers)
    ).status_code in (404, 422)


# Invitations


async def test_an_invited_colleague_sets_a_password(
    timed: httpx.AsyncClient, clock: StoppedClock, owner: asyncpg.Connection, house: House, world: World
) -> None:
    from tests.factories import fresh_phone

    phone = fresh_phone()
    staff_id = await add_staff(owner, world.school_id, phone, "Mai Thị Mới", "teacher")
    admin = {"authorization": f"Bearer {_token(house, world, clock)}"}
    invited = await timed.post(f"/v1/schools/{world.school_id}/staff/{staff_id}/invitation", headers=admin, json={})
    assert invited.status_code == 202
    clock.advance(INVITATION - timedelta(seconds=1))
    signed_in = (await verify(timed, phone, await open_code(owner, house, phone) or "")).json()
    await set_password(timed, signed_in)
    assert (await with_password(timed, phone)).status_code == 200


async def test_a_reset_drops_password_second_factor_and_sessions(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    signed_in = await set_password(client, await sign_in(client, owner, house, world.accountant.phone))
    _, signed_in = await turn_on_second_factor(client, signed_in, house.clock.now())
    path = f"/v1/schools/{world.school_id}/staff/{world.accountant.person_id}/invitation"
    assert (await client.post(path, headers=world.admin.headers, json={"reset": True})).status_code == 202
    assert (await client.get("/v1/me", headers=bearer(signed_in))).status_code == 401
    assert (await with_password(client, world.accountant.phone, PASSWORD)).status_code == 401
    code = await open_code(owner, house, world.accountant.phone)
    anew = (await verify(client, world.accountant.phone, code or "")).json()
    me = (await client.get("/v1/me", headers=bearer(anew))).json()
    assert (me["has_password"], me["second_factor_enrolled"]) == (False, False)


async def test_a_school_does_not_reset_who_works_in_another_as_well(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    await add_staff(owner, world.other_school_id, world.teacher.phone, world.teacher.full_name, "school_admin")
    await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    path = f"/v1/schools/{world.school_id}/staff/{world.teacher.person_id}/invitation"
    refused = await client.post(path, headers=world.admin.headers, json={"reset": True})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/works-elsewhere")


async def test_a_school_does_not_reset_who_administers_an_area(
    client: httpx.AsyncClient, owner: asyncpg.Connection, house: House, world: World
) -> None:
    """Any school can put any number and name on its staff; that must not open the authority's door."""
    signed_in = await set_password(client, await sign_in(client, owner, house, world.teacher.phone))
    await owner.execute(
        "INSERT INTO account_areas (account_id, area_code, granted_at) VALUES ($1, 'T0', now())",
        world.teacher.account_id,
    )
    path = f"/v1/schools/{world.school_id}/staff/{world.teacher.person_id}/invitation"
    refused = await client.post(path, headers=world.admin.headers, json={"reset": True})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/works-elsewhere")
    assert (await client.get("/v1/me", headers=bearer(signed_in))).status_code == 200
    assert (await with_password(client, world.teacher.phone)).status_code == 200


# The trail


async def test_the_trail_is_read_page_by_page_newest_first(
    client: httpx.AsyncClient, house: House, world: World
) -> None:
    async with house.database.school(world.school_id) as tx:
        for number in range(7):
            await record(
                tx,
                f"test.{number}",
                "pupil" if number % 2 else "class",
                number,
                at=house.clock.now(),
                actor=world.teacher.account_id,
            )
    path = f"/v1/schools/{world.school_id}/audit"
    seen: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    for _ in range(3):
        page = (await client.get(path, headers=world.admin.headers, params={"limit": "3", **before})).json()
        seen += page["events"]
        before = {"before": page["before"]} if page["before"] else {}
    assert [e["action"] for e in seen] == [f"test.{n}" for n in reversed(range(7))]
    assert not before
    assert {e["actor_name"] for e in seen} == {world.teacher.full_name}
    assert all(e["request_id"] is None for e in seen)
    only = (
        await client.get(path, headers=world.admin.headers, params={"subject_kind": "pupil", "subject_id": "3"})
    ).json()
    assert [e["action"] for e in only["events"]] == ["test.3"]
    nobody = (await client.get(path, headers=world.admin.headers, params={"actor": str(world.admin.account_id)})).json()
    assert nobody == {"events": [], "before": None}
    for wrong in (
        {"limit": "0"},
        {"limit": "-4398046511105"},
        {"limit": "201"},
        {"before": "x"},
        {"subject_id": "a" * 101},
    ):
        answer = await client.get(path, headers=world.admin.headers, params=wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"?{next(iter(wrong))}")


async def test_the_trail_of_another_school_stays_there(client: httpx.AsyncClient, house: House, world: World) -> None:
    async with house.database.school(world.school_id) as tx:
        await record(tx, "test.here", "pupil", 1, at=house.clock.now())
    elsewhere = (
        await client.get(f"/v1/schools/{world.other_school_id}/audit", headers=world.other_admin.headers)
    ).json()
    assert elsewhere["events"] == []


async def test_a_deed_over_http_carries_its_request(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.post(
        _roles(world, world.teacher.person_id), headers=world.admin.headers, json={"role": "accountant"}
    )
    page = (await client.get(f"/v1/schools/{world.school_id}/audit", headers=world.admin.headers)).json()
    assert [e["request_id"] for e in page["events"]] == [answer.headers["x-request-id"]]


# Areas


async def test_an_area_sees_its_schools_in_counts(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    await add_pupils(owner, world, 2)
    schools = (await client.get("/v1/areas/schools", headers=world.area_admin.headers)).json()
    assert [s["school_id"] for s in schools] == [world.school_id]
    counted = {key: schools[0][key] for key in ("pupils", "classes", "staff", "guardians", "guardians_signed_in")}
    assert counted == {"pupils": 5, "classes": 2, "staff": 5, "guardians": 4, "guardians_signed_in": 4}


async def test_an_area_taken_away_is_gone_whatever_the_token_says(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    await owner.execute("DELETE FROM account_areas WHERE account_id = $1", world.area_admin.account_id)
    assert (await client.get("/v1/areas/schools", headers=world.area_admin.headers)).json() == []


def _token(house: House, world: World, clock: StoppedClock) -> str:
    """The administrator's token in the time of the moved clock."""
    return token_for(TokenOffice(house.cipher), world.admin, now=clock.now())

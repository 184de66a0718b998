"""Devices, receipts and delivery problems through the doors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from notifications.audience import OneClass
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.queries import receipts_of
from notifications.receipts import record
from notifications.stations import Stations
from schemas.notifications import DeliveryProblems
from tests.factories import World
from tests.notifications.conftest import notice, phone, states
from tests.twins.fcm import Fault, FcmTwin


def registration(token: str = "", **changes: Any) -> dict[str, Any]:
    return {"token": token or f"tok-{new_id().hex}", "token_kind": "fcm_token", "platform": "android", **changes}


async def living(owner: asyncpg.Connection, account_id: object) -> list[str]:
    rows = await owner.fetch("SELECT token FROM devices WHERE account_id = $1 AND retired_at IS NULL", account_id)
    return [row["token"] for row in rows]


async def test_an_app_registers_its_address_and_registering_again_changes_nothing(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    body = registration(language="en")
    for _ in range(2):
        answer = await client.post("/v1/devices", json=body, headers=world.parent.headers)
        assert answer.status_code == 201, answer.text
    assert await living(owner, world.parent.account_id) == [body["token"]]


async def test_a_newer_address_of_the_same_session_replaces_the_older(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    token, fid = registration(), registration("abcdefghijklmnopqrstuv", token_kind="fcm_fid")
    for body in (token, fid):
        await client.post("/v1/devices", json=body, headers=world.parent.headers)
    assert await living(owner, world.parent.account_id) == [fid["token"]]


async def test_a_phone_that_another_parent_signs_in_on_leaves_the_first(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    body = registration()
    await client.post("/v1/devices", json=body, headers=world.parent.headers)
    await client.post("/v1/devices", json=body, headers=world.neighbour.headers)
    assert await living(owner, world.parent.account_id) == []
    assert await living(owner, world.neighbour.account_id) == [body["token"]]
    await client.post("/v1/devices", json=body, headers=world.parent.headers)
    assert await living(owner, world.neighbour.account_id) == []
    assert await living(owner, world.parent.account_id) == [body["token"]]


async def test_an_address_is_forgotten_only_by_whom_it_belongs_to(
    client: httpx.AsyncClient, owner: asyncpg.Connection, world: World
) -> None:
    made = await client.post("/v1/devices", json=registration(), headers=world.parent.headers)
    path = f"/v1/devices/{made.json()['device_id']}"
    assert (await client.delete(path, headers=world.neighbour.headers)).status_code == 404
    assert len(await living(owner, world.parent.account_id)) == 1
    assert (await client.delete(path, headers=world.parent.headers)).status_code == 204
    assert (await client.delete(path, headers=world.parent.headers)).status_code == 404
    assert await living(owner, world.parent.account_id) == []


@pytest.mark.parametrize("wrong", [{"token": "x y"}, {"token": ""}, {"token_kind": "apns"}, {"platform": "symbian"}, {"language": "fr"}, {"more": 1}])  # fmt: skip
async def test_what_cannot_be_an_address_is_refused_at_its_field(
    client: httpx.AsyncClient, world: World, wrong: dict[str, Any]
) -> None:
    answer = await client.post("/v1/devices", json={**registration(), **wrong}, headers=world.parent.headers)
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == [f"/{next(iter(wrong))}"]


async def test_a_device_says_what_arrived_and_the_sender_sees_it_by_name(
    client: httpx.AsyncClient, house: House, owner: asyncpg.Connection, world: World
) -> None:
    told = notice(created_at=house.clock.now())
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    path = f"/v1/family/notices/{world.school_id}/{told.notice_id}/delivered"
    for _ in range(2):
        assert (await client.post(path, headers=world.parent.headers)).status_code == 204
    assert (await client.post(path, headers=world.neighbour.headers)).status_code == 404
    async with house.database.school(world.school_id) as tx:
        await record(tx, world.classmate_parent.account_id, told.notice_id, "acknowledged", at=house.clock.now())
    seen = await receipts_of(house.database.reader, world.school_id, told.notice_id)
    assert (seen.recipients_count, seen.delivered_count, seen.opened_count, seen.acknowledged_count) == (3, 2, 1, 1)
    names = [one.guardian_name for one in seen.recipients]
    assert names[-1] == world.classmate_parent.full_name, "who has answered stands last"
    (mother,) = [one for one in seen.recipients if one.guardian_id == world.parent.person_id]
    assert mother.pupil_names == [world.child.full_name] and mother.class_name == "6A1"
    assert mother.delivered_at is not None and mother.opened_at is None
    kept = await owner.fetchval("SELECT count(*) FROM notice_receipts WHERE school_id = $1", world.school_id)
    assert kept == 2


async def test_the_office_sees_whom_nothing_reached_and_why(
    client: httpx.AsyncClient,
    house: House,
    stations: Stations,
    fcm: FcmTwin,
    owner: asyncpg.Connection,
    world: World,
) -> None:
    token = await phone(house, world.parent.account_id)
    fcm.misbehave(token, Fault("unregistered"))
    # The page looks back from the real now, so all of this happens now.
    told = notice(created_at=datetime.now(UTC))
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await drain(house, stations, world.school_id)
    assert (await states(owner, world.school_id, told.notice_id))[world.parent.person_id][0] == "refused"
    path = f"/v1/schools/{world.school_id}/deliveries/problems"
    answer = await client.get(path, headers=world.admin.headers)
    assert answer.status_code == 200
    seen = msgspec.json.decode(answer.content, type=DeliveryProblems)
    (problem,) = seen.problems
    assert (problem.guardian_name, problem.pupil_names, problem.reason) == (
        world.parent.full_name, [world.child.full_name], "UNREGISTERED",
    )  # fmt: skip
    assert {(c.state, c.reason, c.count) for c in seen.counts} == {
        ("refused", "UNREGISTERED", 1),
        ("skipped", "no_device", 2),
    }
    for person in (world.teacher, world.accountant, world.parent, world.other_admin):
        assert (await client.get(path, headers=person.headers)).status_code == 403


async def test_an_unread_receipt_list_of_an_unknown_notice_is_empty(house: House, world: World) -> None:
    seen = await receipts_of(house.database.reader, world.school_id, new_id())
    assert (seen.recipients_count, seen.recipients) == (0, [])

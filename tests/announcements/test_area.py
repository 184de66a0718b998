"""A province writes to all its schools: promised at once, leaving school by school, taken back and recalled as one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from backend.announcements.leaving import publish_due
from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from tests.announcements.test_announcing import inbox, listed
from tests.factories import World


async def ask(web: httpx.AsyncClient, world: World, method: str, rest: str = "", **more: Any) -> httpx.Response:
    return await web.request(method, f"/v1/area/letters{rest}", headers=world.area_admin.headers, **more)


def storm(area: str, **more: Any) -> dict[str, Any]:
    return {
        "letter_id": str(new_id()), "area_code": area, "title": "Nghỉ học tránh bão",
        "body": "Học sinh nghỉ học ngày 16/10/2026.", **more,
    }  # fmt: skip


async def test_it_leaves_school_by_school_with_progress_and_once(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, clock: StoppedClock
) -> None:
    body = storm(area)
    first, again = [await ask(web, world, "POST", json=body) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["state"], first.json()["schools"], first.json()["published"]) == ("waiting", 2, 0)
    assert await publish_due(school_house, world.school_id) == 0  # its minute is not over
    clock.advance(timedelta(seconds=60))
    left = await asyncio.gather(*(publish_due(school_house, world.school_id) for _ in range(3)))
    assert sum(left) == 1
    half = (await ask(web, world, "GET", f"/{body['letter_id']}")).json()
    assert (half["letter"]["state"], half["letter"]["published"], half["letter"]["guardians"]) == ("leaving", 1, 4)
    assert [one["state"] for one in half["schools"]] == ["due", "published"]
    assert await publish_due(school_house, world.other_school_id) == 1
    [whole] = (await ask(web, world, "GET")).json()["letters"]
    assert (whole["state"], whole["published"], whole["guardians"]) == ("sent", 2, 5)
    for who in (world.parent, world.neighbour, world.stranger):
        assert [one["title"] for one in await inbox(web, who)] == ["Nghỉ học tránh bão"]


async def test_the_school_sees_whose_letter_it_is_and_cannot_take_it_back(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, clock: StoppedClock
) -> None:
    body = storm(area, undo_seconds=0)
    await ask(web, world, "POST", json=body)
    await publish_due(school_house, world.school_id)
    [row] = (await listed(web, world, world.teacher)).announcements
    assert (row.from_area, row.author, row.mine) == (True, area, False)
    recall = f"/v1/schools/{world.school_id}/announcements/{body['letter_id']}/recall"
    assert (await web.post(recall, headers=world.admin.headers)).status_code == 403


async def test_taken_back_in_time_nothing_leaves_and_too_late_it_is_recalled(
    web: httpx.AsyncClient, world: World, area: str, school_house: House, clock: StoppedClock
) -> None:
    early, late = storm(area, title="Sớm"), storm(area, title="Muộn", undo_seconds=0)
    for body in (early, late):
        await ask(web, world, "POST", json=body)
    for _ in range(2):
        assert (await ask(web, world, "POST", f"/{early['letter_id']}/take-back")).status_code == 204
    await publish_due(school_house, world.school_id)
    refused = await ask(web, world, "POST", f"/{late['letter_id']}/take-back")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/area-letter-left")
    for _ in range(2):
        assert (await ask(web, world, "POST", f"/{late['letter_id']}/recall")).status_code == 204
    clock.advance(timedelta(hours=1))
    for school in (world.school_id, world.other_school_id):
        await publish_due(school_house, school)
    assert await inbox(web, world.parent) == []
    assert await inbox(web, world.stranger) == []
    states = {one["title"]: one["state"] for one in (await ask(web, world, "GET")).json()["letters"]}
    assert states == {"Sớm": "taken_back", "Muộn": "recalled"}
    schools = (await ask(web, world, "GET", f"/{late['letter_id']}")).json()["schools"]
    assert sorted(one["state"] for one in schools) == ["recalled", "stopped"]


async def test_an_area_writes_only_to_its_own(web: httpx.AsyncClient, world: World, area: str) -> None:
    assert (await ask(web, world, "POST", json=storm("elsewhere"))).status_code == 403
    none = await ask(web, world, "POST", json=storm(area, level="preschool"))
    assert [error["pointer"] for error in none.json()["errors"]] == ["/level"]
    look = await ask(web, world, "GET", "/look", params={"area_code": area})
    assert (look.json()["schools"], look.json()["guardians"]) == (2, 5)
    assert (await ask(web, world, "GET", "/look", params={"area_code": "elsewhere"})).status_code == 403
    assert (await ask(web, world, "GET", f"/{new_id()}")).status_code == 404

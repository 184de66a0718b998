"""What is made of a letter in one tap is approved with the letter as long as it says no more; anything else waits for a second person."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.announcements.letters import Desk, pass_time
from tests.announcements.test_drafts import set_rules
from tests.factories import World


@pytest.fixture
def teacher(web: httpx.AsyncClient, world: World) -> Desk:
    return Desk(web, world, world.teacher)


@pytest.fixture
def admin(web: httpx.AsyncClient, world: World) -> Desk:
    return Desk(web, world, world.admin)


async def out(teacher: Desk, admin: Desk, house: House, clock: StoppedClock, *, approved: bool) -> str:
    """The teacher's letter as families have it, from before the school wanted a second person or approved by one."""
    if approved:
        await set_rules(admin, approval="teachers")
    draft = await teacher.saved()
    await teacher.send(draft)
    if approved:
        assert (await admin.do("approve", draft, {"version": draft["version"]})).status_code == 200
    await pass_time(house, clock, teacher.world, seconds=31)
    await set_rules(admin, approval="teachers")
    return str(draft["announcement_id"])


def event(**more: Any) -> dict[str, Any]:
    return {
        "event_id": str(new_id()), "title": "Họp phụ huynh", "held_on": "2026-10-16", "starts_at": "18:00:00",
        "place": "phòng học lớp 6A1", **more,
    }  # fmt: skip


async def add(desk: Desk, letter_id: str, **more: Any) -> httpx.Response:
    path = f"/v1/schools/{desk.world.school_id}/announcements/{letter_id}/events"
    return await desk.web.post(path, json=event(**more), headers=desk.who.headers)


async def tap(desk: Desk, path: str, form: dict[str, str]) -> httpx.Response:
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": f"{ACCESS_COOKIE}={desk.who.token}"}
    return await desk.web.post(path, data=form, headers=headers)


async def test_a_date_of_an_approved_letter_stands_at_once_and_more_than_it_says_waits(
    teacher: Desk, admin: Desk, school_house: House, clock: StoppedClock
) -> None:
    letter_id = await out(teacher, admin, school_house, clock, approved=True)
    assert (await add(teacher, letter_id)).status_code == 201
    for more in (
        {"title": "Học thêm tại nhà cô"}, {"held_on": "2026-10-17"}, {"starts_at": "20:00:00"}, {"place": "nhà cô Lan"},
    ):  # fmt: skip
        refused = await add(teacher, letter_id, **more)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/announcement-needs-approval"), more
    assert (await add(admin, letter_id, title="Họp tổ phụ huynh")).status_code == 201


async def test_a_date_that_waits_is_approved_like_a_letter_and_then_stands_in_the_calendar(
    web: httpx.AsyncClient, world: World, teacher: Desk, admin: Desk, school_house: House, clock: StoppedClock
) -> None:
    letter_id = await out(teacher, admin, school_house, clock, approved=False)
    assert (await add(teacher, letter_id)).status_code == 409  # nobody approved the letter either
    new = event()
    answer = await tap(teacher, f"/console/{world.school_id}/announcements/{letter_id}/events", new)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].endswith(f"/announcements/drafts/{new['event_id']}")
    draft = (await admin.read({"announcement_id": new["event_id"]})).json()
    assert (draft["state"], draft["carried"]["kind"], draft["letter"]["title"]) == ("waiting", "event", "Họp phụ huynh")

    async def events() -> list[str]:
        found = (await web.get("/v1/family/events", headers=world.parent.headers)).json()["events"]
        return [one["title"] for one in found]

    assert await events() == []
    assert (await admin.do("approve", draft, {"version": draft["version"]})).status_code == 200
    await pass_time(school_house, clock, world, seconds=31)
    assert await events() == ["Họp phụ huynh"]


async def test_a_form_of_an_approved_letter_leaves_at_once_and_of_another_it_waits(
    world: World,
    teacher: Desk,
    admin: Desk,
    school_house: House,
    clock: StoppedClock,
    owner: asyncpg.Connection,
) -> None:
    opened = "SELECT count(*) FROM forms WHERE school_id = $1"
    early = await out(teacher, admin, school_house, clock, approved=False)
    form = {"form_id": str(new_id()), "due_on": "2026-10-20"}
    answer = await tap(teacher, f"/console/{world.school_id}/announcements/{early}/form", form)
    assert answer.headers["location"].endswith(f"/announcements/drafts/{form['form_id']}")
    draft = (await admin.read({"announcement_id": form["form_id"]})).json()
    assert (draft["state"], draft["carried"]["kind"]) == ("waiting", "form")
    assert await owner.fetchval(opened, world.school_id) == 0
    late = await out(teacher, admin, school_house, clock, approved=True)
    form["form_id"] = str(new_id())
    answer = await tap(teacher, f"/console/{world.school_id}/announcements/{late}/form", form)
    assert answer.headers["location"].split("?")[0].endswith(late)
    assert await owner.fetchval(opened, world.school_id) == 1

"""What the first page of the console says is still to be done today."""

from __future__ import annotations

from datetime import timedelta

import httpx

from backend.core.clock import StoppedClock
from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.factories import Person, World
from tests.wednesday import TODAY

TAKEN = "Các lớp đã điểm danh xong."


async def today(web: httpx.AsyncClient, world: World, who: Person) -> str:
    headers = {"accept": "text/html", "accept-language": "vi", "cookie": f"{ACCESS_COOKIE}={who.token}"}
    return (await web.get(f"/console/{world.school_id}", headers=headers)).text


async def test_a_roll_nobody_called_in_the_morning_is_still_owed_in_the_afternoon(
    web: httpx.AsyncClient, clock: StoppedClock, world: World
) -> None:
    clock.advance(timedelta(hours=7))
    owed = await today(web, world, world.teacher)
    assert TAKEN not in owed
    assert "lớp chưa điểm danh hôm nay." in owed

    roll = f"/v1/schools/{world.school_id}/classes/{world.class_id}/roll/{TODAY}/morning"
    taken = await web.put(roll, json={"exceptions": []}, headers=world.teacher.headers)
    assert taken.is_success
    assert TAKEN in await today(web, world, world.teacher)


async def test_whoever_calls_no_roll_is_told_nothing_about_rolls(web: httpx.AsyncClient, world: World) -> None:
    page = await today(web, world, world.accountant)
    assert TAKEN not in page
    assert "chưa điểm danh" not in page

"""Only those whose answer is missing are asked again, at the school's hour, once a day, and never after the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.forms import chasing
from tests.factories import World
from tests.forms.asking import opened, sign, staff, state_of
from tests.wednesday import TODAY

EVENING = timedelta(hours=10)  # from 07:40 to 17:40


async def reminded(owner: asyncpg.Connection, world: World) -> dict[UUID, list[str]]:
    """Which guardians hold which reminders, with the titles of the forms in each."""
    rows = await owner.fetch(
        "SELECT r.guardian_id, string_agg(one ->> 'title', ' + ' ORDER BY one ->> 'title') AS titles"
        "  FROM notices n JOIN notice_recipients r USING (school_id, notice_id), jsonb_array_elements(n.params -> 'forms') AS one"
        " WHERE n.school_id = $1 AND n.kind = 'form' AND n.params ? 'reminder' GROUP BY r.guardian_id, n.notice_id ORDER BY n.notice_id",
        world.school_id,
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row["guardian_id"], []).append(row["titles"])
    return found


async def test_by_hand_only_those_missing_hear_and_once_a_day(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    form_id = await opened(web, world)
    await sign(web, world, form_id, world.parent)  # one is enough: the father hears nothing either
    told = [(await staff(web, world, form_id, "/remind")).json()["guardians"] for _ in range(2)]
    assert told == [1, 0]
    assert set(await reminded(owner, world)) == {world.classmate_parent.person_id}
    clock.advance(timedelta(days=1))
    assert (await staff(web, world, form_id, "/remind")).json() == {"guardians": 1}


async def test_where_both_sign_only_the_other_one_hears(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world, signature="both")
    await sign(web, world, form_id, world.parent)
    await staff(web, world, form_id, "/remind")
    assert set(await reminded(owner, world)) == {world.parent2.person_id, world.classmate_parent.person_id}


async def test_nothing_is_chased_after_the_end(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> None:
    form_id = await opened(web, world)
    await staff(web, world, form_id, "/close")
    assert (await staff(web, world, form_id, "/remind")).json()["type"] == "/problems/form-closed"
    other = await opened(web, world)
    clock.advance(timedelta(days=8))
    assert (await staff(web, world, other, "/remind")).json()["type"] == "/problems/form-closed"


async def test_before_the_last_day_those_missing_hear_at_the_schools_hour(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, school_house: House, clock: StoppedClock
) -> None:
    await opened(web, world, due_on=str(TODAY + timedelta(days=5)), remind_days=[3, 1])

    async def run() -> int:
        return await chasing.run(school_house, world.school_id, at=clock.now())

    clock.advance(timedelta(days=1) + EVENING)
    assert await run() == 0, "four days before nobody is asked"
    clock.advance(timedelta(days=1) - EVENING)
    assert await run() == 0, "in the morning it is not yet the hour"
    clock.advance(EVENING)
    assert [await run() for _ in range(2)] == [3, 0]
    clock.advance(timedelta(days=1))
    assert await run() == 0
    clock.advance(timedelta(days=1))
    assert await run() == 3
    assert {len(messages) for messages in (await reminded(owner, world)).values()} == {2}
    clock.advance(timedelta(days=3))
    assert await run() == 0


async def test_the_administrator_chooses_the_hour(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    address = f"/v1/schools/{world.school_id}/form-rules"
    assert (await web.get(address, headers=world.teacher.headers)).json() == {"remind_hour": 17}
    assert (await web.put(address, json={"remind_hour": 7}, headers=world.teacher.headers)).status_code == 403
    assert (await web.put(address, json={"remind_hour": 3}, headers=world.admin.headers)).status_code == 422
    await web.put(address, json={"remind_hour": 7}, headers=world.admin.headers)
    await opened(web, world, due_on=str(TODAY + timedelta(days=2)), remind_days=[1])
    clock.advance(timedelta(days=1))
    assert await chasing.run(school_house, world.school_id, at=clock.now()) == 3


async def test_a_reminder_missed_while_the_machine_stood_still_is_made_good(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    await opened(web, world, due_on=str(TODAY + timedelta(days=6)), remind_days=[4])
    clock.advance(timedelta(days=3) + EVENING)
    assert await chasing.run(school_house, world.school_id, at=clock.now()) == 3


async def test_several_forms_of_a_day_are_one_message(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, school_house: House, clock: StoppedClock
) -> None:
    due_on = str(TODAY + timedelta(days=2))
    first = await opened(web, world, title="A", due_on=due_on, remind_days=[1])
    await opened(web, world, title="B", due_on=due_on, remind_days=[1])
    await sign(web, world, first, world.classmate_parent, pupil_ids=[str(world.classmate.pupil_id)])
    clock.advance(timedelta(days=1) + EVENING)
    await chasing.run(school_house, world.school_id, at=clock.now())
    assert await reminded(owner, world) == {
        world.parent.person_id: ["A + B"],
        world.parent2.person_id: ["A + B"],
        world.classmate_parent.person_id: ["B"],
    }
    inbox = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert "2 phiếu" in inbox[0]["body"]


async def test_the_round_closes_what_ran_out_and_asks_who_joined(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, school_house: House, clock: StoppedClock
) -> None:
    form_id = await opened(web, world, due_on=str(TODAY + timedelta(days=1)))
    await owner.execute(
        "UPDATE enrolments SET class_id = $3 WHERE school_id = $1 AND pupil_id = $2",
        world.school_id, world.neighbour_child.pupil_id, world.class_id,
    )  # fmt: skip
    for _ in range(2):
        await chasing.run(school_house, world.school_id, at=clock.now())
    assert await state_of(web, world, form_id, world.neighbour_child) == "missing"
    inbox = (await web.get("/v1/family/notices", headers=world.neighbour.headers)).json()["notices"]
    assert [one["kind"] for one in inbox] == ["form"]
    clock.advance(timedelta(days=2))
    await chasing.run_everywhere(school_house)
    rows = await owner.fetch(
        "SELECT f.closed_at IS NOT NULL AS closed, bool_or(p.open) AS open FROM forms f JOIN form_pupils p USING (school_id, form_id)"
        " WHERE f.school_id = $1 GROUP BY f.closed_at",
        world.school_id,
    )
    assert [(row["closed"], row["open"]) for row in rows] == [(True, False)]


@pytest.mark.parametrize("flag", ["can_act", "gets_notices"])
async def test_whoever_cannot_sign_or_gets_no_notices_is_not_chased(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, flag: str
) -> None:
    form_id = await opened(web, world, signature="both")
    await owner.execute(
        f"UPDATE guardianships SET {flag} = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    await staff(web, world, form_id, "/remind")
    assert world.parent2.person_id not in await reminded(owner, world)


async def test_an_announcement_can_be_for_those_who_have_not_answered(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    from backend.forms.queries import PUPILS_WITHOUT_ANSWER

    form_id = await opened(web, world, signature="both")
    for who in (world.parent, world.parent2):
        await sign(web, world, form_id, who)

    async def without() -> set[Any]:
        sql = PUPILS_WITHOUT_ANSWER.format(form="$2", today="$3::date")
        return {row["pupil_id"] for row in await owner.fetch(sql, world.school_id, form_id, TODAY)}

    assert await without() == {world.classmate.pupil_id}
    await sign(web, world, form_id, world.classmate_parent, pupil_ids=[str(world.classmate.pupil_id)])
    assert await without() == set()

"""Taking the roll, through the door it is promised at."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from backend.attendance import actions
from backend.core.clock import StoppedClock
from backend.core.database import Database, SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from schemas.attendance import RollException, RollIn
from tests.factories import Person, World, add_pupils
from tests.wednesday import HOLIDAY, SUNDAY, TODAY


async def take(
    web: httpx.AsyncClient,
    world: World,
    *exceptions: dict[str, Any],
    by: Person | None = None,
    on: object = TODAY,
    session: str = "morning",
    class_id: UUID | None = None,
    **more: Any,
) -> httpx.Response:
    return await web.put(
        f"/v1/schools/{world.school_id}/classes/{class_id or world.class_id}/roll/{on}/{session}",
        json={"exceptions": list(exceptions), **more},
        headers=(by or world.teacher).headers,
    )


def absent(pupil_id: UUID, mark: str = "unexcused", **more: Any) -> dict[str, Any]:
    return {"pupil_id": str(pupil_id), "mark": mark, **more}


async def marks_of(owner: asyncpg.Connection, world: World) -> dict[UUID, str]:
    rows = await owner.fetch(
        "SELECT pupil_id, mark FROM roll_marks WHERE school_id = $1 AND held_on = $2", world.school_id, TODAY
    )
    return {row["pupil_id"]: row["mark"] for row in rows}


async def absence_notices(owner: asyncpg.Connection, world: World) -> list[asyncpg.Record]:
    return await owner.fetch(
        """
        SELECT n.urgent, n.params, r.guardian_id, r.pupil_ids
          FROM notices n
          JOIN notice_recipients r USING (school_id, notice_id)
         WHERE n.school_id = $1 AND n.kind = 'absence'
        """,
        world.school_id,
    )


async def test_only_exceptions_are_sent_and_everybody_else_is_present(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    answer = await take(web, world, absent(world.child.pupil_id, "late", note="  kẹt   xe "))
    assert answer.status_code == 200, answer.text
    assert answer.json()["totals"] == {"present": 1, "late": 1, "excused": 0, "unexcused": 0, "left_early": 0}
    assert answer.json()["revision"] == 1
    assert await marks_of(owner, world) == {world.child.pupil_id: "late", world.classmate.pupil_id: "present"}
    note = await owner.fetchval("SELECT note FROM roll_marks WHERE school_id = $1 AND mark = 'late'", world.school_id)
    assert note == "kẹt xe"


async def test_absence_without_leave_tells_both_guardians_of_that_pupil_only(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    answer = await take(web, world, absent(world.child.pupil_id), absent(world.classmate.pupil_id, "excused"))
    assert answer.json()["notified"] == 1
    told = await absence_notices(owner, world)
    assert {row["guardian_id"] for row in told} == {world.parent.person_id, world.parent2.person_id}
    assert all(row["urgent"] and row["pupil_ids"] == [world.child.pupil_id] for row in told)


async def test_correcting_a_mistake_never_tells_the_same_absence_twice(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    told = []
    for exceptions in ([absent(world.child.pupil_id)], [], [absent(world.child.pupil_id)]):
        told.append((await take(web, world, *exceptions)).json()["notified"])
        clock.advance(timedelta(minutes=5))
    assert told == [1, 0, 0]
    assert len(await absence_notices(owner, world)) == 2  # mother and father, once each


async def test_the_afternoon_is_another_absence(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE classes SET sessions = '{morning,afternoon}' WHERE school_id = $1 AND class_id = $2",
        world.school_id,
        world.class_id,
    )
    for session in ("morning", "afternoon"):
        assert (await take(web, world, absent(world.child.pupil_id), session=session)).json()["notified"] == 1


async def test_an_old_day_is_told_without_hurry(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await take(web, world, absent(world.child.pupil_id), on=TODAY - timedelta(days=1))
    assert {row["urgent"] for row in await absence_notices(owner, world)} == {False}


async def test_a_retake_raises_the_revision_and_leaves_history(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    await take(web, world, absent(world.child.pupil_id))
    clock.advance(timedelta(minutes=3))
    again = await take(web, world, absent(world.child.pupil_id, "excused"), by=world.admin)
    assert again.json()["revision"] == 2
    history = await web.get(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/roll/{TODAY}/history", headers=world.teacher.headers
    )
    [change] = history.json()["changes"]
    assert (change["old_mark"], change["new_mark"]) == ("unexcused", "excused")
    assert (change["full_name"], change["changed_by"]) == ("Nguyễn Minh An", "Bùi Văn Trưởng")


async def test_the_same_roll_sent_again_changes_nothing(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    first = await take(web, world, absent(world.child.pupil_id))
    before = await owner.fetchval("SELECT sum(version) FROM family_versions WHERE school_id = $1", world.school_id)
    second = await take(web, world, absent(world.child.pupil_id))
    assert (first.json()["revision"], second.json()["revision"], second.json()["notified"]) == (1, 1, 0)
    assert (
        await owner.fetchval("SELECT sum(version) FROM family_versions WHERE school_id = $1", world.school_id) == before
    )


async def test_a_correction_of_an_outdated_revision_is_refused(web: httpx.AsyncClient, world: World) -> None:
    await take(web, world)
    await take(web, world, absent(world.child.pupil_id, "late"), revision=1)
    late = await take(web, world, absent(world.child.pupil_id, "excused"), revision=1)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/roll-changed")


async def test_every_family_of_the_class_sees_a_new_version(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await take(web, world)
    versions = dict(
        await owner.fetch("SELECT guardian_id, version FROM family_versions WHERE school_id = $1", world.school_id)
    )
    assert versions[world.parent.person_id] == versions[world.classmate_parent.person_id] == 2
    assert versions[world.neighbour.person_id] == 1


async def test_unknown_foreign_and_repeated_pupils_are_each_pointed_at(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    answer = await take(
        web,
        world,
        absent(world.child.pupil_id),
        absent(world.neighbour_child.pupil_id),
        absent(world.other_child.pupil_id),
        absent(new_id()),
        absent(world.child.pupil_id, "late"),
    )
    assert answer.status_code == 422
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == [f"/exceptions/{n}/pupil_id" for n in (1, 2, 3, 4)]
    assert await marks_of(owner, world) == {}


@pytest.mark.parametrize("who", ["teacher", "admin"])
async def test_who_may_take_the_roll(web: httpx.AsyncClient, world: World, who: str) -> None:
    assert (await take(web, world, by=getattr(world, who))).status_code == 200


@pytest.mark.parametrize("who", ["other_teacher", "accountant", "other_admin", "parent", "area_admin"])
async def test_who_may_not_take_the_roll(web: httpx.AsyncClient, world: World, who: str) -> None:
    assert (await take(web, world, by=getattr(world, who))).status_code == 403


async def test_a_subject_teacher_of_the_class_may_take_the_roll(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO assignments (school_id, class_id, kind, subject_code, staff_id, from_on)"
        " VALUES ($1, $2, 'subject', 'GDTC', $3, '2026-09-05')",
        world.school_id,
        world.class_id,
        world.other_teacher.person_id,
    )
    assert (await take(web, world, by=world.other_teacher)).status_code == 200


async def test_a_class_of_another_school_is_not_found(web: httpx.AsyncClient, world: World) -> None:
    assert (await take(web, world, class_id=world.foreign_class_id, by=world.admin)).status_code == 404


@pytest.mark.parametrize(
    ("on", "problem"),
    [
        (TODAY + timedelta(days=1), "roll-day-ahead"),
        (SUNDAY, "not-a-school-day"),
        ("2026-08-31", "outside-school-year"),
    ],
)
async def test_days_without_school_are_refused(web: httpx.AsyncClient, world: World, on: object, problem: str) -> None:
    answer = await take(web, world, on=on)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{problem}")


async def test_a_public_holiday_is_named(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE school_years SET starts_on = '2026-08-31' WHERE school_id = $1", world.school_id)
    answer = await take(web, world, on=HOLIDAY)
    sentences = answer.json()["sentences"]
    assert (answer.status_code, "Quốc khánh" in sentences["vi"], "National Day" in sentences["en"]) == (422, True, True)


async def test_a_day_the_school_closed_is_refused_with_its_reason(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at) VALUES ($1, $2, 'Bão số 9', $3, $4)",
        world.school_id,
        TODAY - timedelta(days=2),
        world.admin.account_id,
        await owner.fetchval("SELECT now()"),
    )
    answer = await take(web, world, on=TODAY - timedelta(days=2))
    assert (answer.status_code, "Bão số 9" in answer.json()["title"]) == (422, True)


async def test_a_lost_day_made_up_on_a_sunday_is_taken_when_said_so(web: httpx.AsyncClient, world: World) -> None:
    assert (await take(web, world, on=SUNDAY, make_up=True)).status_code == 200


async def test_a_class_without_an_afternoon_has_no_afternoon_roll(web: httpx.AsyncClient, world: World) -> None:
    answer = await take(web, world, session="afternoon")
    assert answer.json()["type"] == "/problems/session-not-held"


async def test_a_pupil_who_came_later_is_not_in_an_earlier_roll(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE enrolments SET from_on = $3 WHERE school_id = $1 AND pupil_id = $2",
        world.school_id,
        world.classmate.pupil_id,
        TODAY,
    )
    answer = await take(web, world, on=TODAY - timedelta(days=1))
    assert answer.json()["totals"]["present"] == 1


@pytest.mark.parametrize("size", [5, 50])
async def test_a_roll_costs_four_statements_however_large_the_class(
    school_house: House, world: World, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    pupils = await add_pupils(owner, world, size)
    transactions: list[SchoolTx] = []
    opened = Database.school

    def remembered(self: Database, school_id: int) -> Any:
        inner = opened(self, school_id)

        class Watched:
            async def __aenter__(self) -> SchoolTx:
                transactions.append(await inner.__aenter__())
                return transactions[-1]

            async def __aexit__(self, *error: Any) -> Any:
                return await inner.__aexit__(*error)

        return Watched()

    monkeypatch.setattr(Database, "school", remembered)
    everybody_missing = RollIn([RollException(pupil.pupil_id, "unexcused") for pupil in pupils])
    taken = await actions.take_roll(
        school_house, world.teacher.account_id, world.school_id, world.class_id, TODAY, "morning", everybody_missing
    )
    assert taken.notified == size
    [tx] = transactions
    assert tx.statements <= 4


async def test_two_teachers_at_once_leave_one_roll_and_one_message(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(
        *(take(web, world, absent(world.child.pupil_id), by=who) for who in (world.teacher, world.admin))
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sum(answer.json()["notified"] for answer in answers) == 1
    assert len(await absence_notices(owner, world)) == 2

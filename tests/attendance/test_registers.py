"""Reading the roll back: the class's day and month, and what a family's functions answer."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import httpx
import msgspec
import pytest

from backend.attendance import queries
from backend.core.house import House
from schemas.attendance import ClassDay, ClassMonth, RollHistory
from tests.attendance.test_roll_call import absent, take
from tests.factories import World
from tests.wednesday import SUNDAY, TODAY


def address(world: World, rest: str) -> str:
    return f"/v1/schools/{world.school_id}/classes/{world.class_id}/roll{rest}"


async def test_a_class_day_lists_pupils_in_class_order_with_their_marks(web: httpx.AsyncClient, world: World) -> None:
    await take(web, world, absent(world.classmate.pupil_id, "excused", note="ốm"))
    answer = await web.get(address(world, f"/{TODAY}"), headers=world.teacher.headers)
    day = msgspec.json.decode(answer.content, type=ClassDay)
    assert [pupil.full_name for pupil in day.pupils] == ["Nguyễn Minh An", "Trần Bảo Ân"]
    assert [(m.mark, m.note) for pupil in day.pupils for m in pupil.marks] == [("present", None), ("excused", "ốm")]
    assert (day.taken[0].revision, day.taken[0].taken_by, day.closed) == (1, "Đỗ Thị Cúc", None)


async def test_a_class_day_says_why_there_is_no_school(web: httpx.AsyncClient, world: World) -> None:
    for language, reason in (("vi", "Chủ nhật"), ("en", "Sunday")):
        headers = {**world.teacher.headers, "accept-language": language}
        answer = await web.get(address(world, f"/{SUNDAY}"), headers=headers)
        assert answer.json()["closed"] == reason


async def test_a_month_holds_every_exception_and_the_totals(web: httpx.AsyncClient, world: World) -> None:
    for days, mark in ((0, "late"), (1, "unexcused"), (5, "excused")):
        assert (await take(web, world, absent(world.child.pupil_id, mark), on=TODAY - timedelta(days=days))).is_success
    answer = await web.get(address(world, "?month=2026-10"), headers=world.teacher.headers)
    month = msgspec.json.decode(answer.content, type=ClassMonth)
    child, classmate = month.pupils
    assert [line.mark for line in child.exceptions] == ["excused", "unexcused", "late"]
    assert (child.totals.late, child.totals.excused, child.totals.unexcused) == (1, 1, 1)
    assert (classmate.exceptions, classmate.totals.present, len(month.held)) == ([], 3, 3)


@pytest.mark.parametrize("rest", ["?month=2026-10", f"/{TODAY}", f"/{TODAY}/history"])
async def test_registers_are_for_the_class_and_the_school_only(web: httpx.AsyncClient, world: World, rest: str) -> None:
    for who, status in [
        (world.teacher, 200),
        (world.admin, 200),
        (world.other_teacher, 403),
        (world.accountant, 403),
        (world.parent, 403),
        (world.other_admin, 403),
    ]:
        assert (await web.get(address(world, rest), headers=who.headers)).status_code == status


async def test_a_wrong_month_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    answer = await web.get(address(world, "?month=2026-13"), headers=world.teacher.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?month")


async def test_history_decodes_into_what_is_documented(web: httpx.AsyncClient, world: World) -> None:
    await take(web, world)
    answer = await web.get(address(world, f"/{TODAY}/history"), headers=world.teacher.headers)
    assert msgspec.json.decode(answer.content, type=RollHistory).changes == []


async def test_a_family_reads_its_own_childs_day_and_month(
    web: httpx.AsyncClient, world: World, school_house: House
) -> None:
    await take(web, world, absent(world.child.pupil_id, "late", note="kẹt xe"))
    reader = school_house.database.reader
    who = (reader, world.school_id, world.parent.account_id, world.child.pupil_id)
    day = await queries.day_for_family(*who, TODAY)
    month = await queries.month_for_family(*who, TODAY, TODAY)
    assert day is not None and [(m.session, m.mark, m.note) for m in day] == [("morning", "late", "kẹt xe")]
    assert month is not None
    assert (month.month, month.marks, month.totals.late, month.year.late) == ("2026-10", day, 1, 1)


async def test_a_day_without_a_roll_is_empty_and_not_missing(world: World, school_house: House) -> None:
    found = await queries.day_for_family(
        school_house.database.reader, world.school_id, world.parent.account_id, world.child.pupil_id, TODAY
    )
    assert found == []


@pytest.mark.parametrize("who", ["neighbour", "stranger", "teacher", "classmate_parent"])
async def test_nobody_reads_another_familys_child(world: World, school_house: House, who: str) -> None:
    reader, account = school_house.database.reader, getattr(world, who).account_id
    assert await queries.day_for_family(reader, world.school_id, account, world.child.pupil_id, TODAY) is None
    assert await queries.month_for_family(reader, world.school_id, account, world.child.pupil_id, TODAY, TODAY) is None


async def test_a_guardianship_that_ended_or_may_not_see_reads_nothing(
    world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    async def seen() -> object:
        return await queries.day_for_family(
            school_house.database.reader, world.school_id, world.parent.account_id, world.child.pupil_id, TODAY
        )

    key = (world.school_id, world.parent.person_id)
    await owner.execute(
        "UPDATE guardianships SET valid_to = $3 WHERE school_id = $1 AND guardian_id = $2",
        *key,
        TODAY - timedelta(days=1),
    )
    assert await seen() is None
    await owner.execute("UPDATE guardianships SET valid_to = $3 WHERE school_id = $1 AND guardian_id = $2", *key, TODAY)
    assert await seen() == []
    await owner.execute("UPDATE guardianships SET can_view = false WHERE school_id = $1 AND guardian_id = $2", *key)
    assert await seen() is None

"""The relationship that carries a right: custody flags and their dates, people who have left, assignments that ended."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.core.house import House
from backend.core.problems import Problem
from backend.identity.entitlement import (
    GUARDIAN_JOIN,
    require_area,
    require_class,
    require_guardian,
    require_role,
    standing,
)
from tests.factories import World

DAY = date(2026, 10, 5)


async def _sees(
    house: House, world: World, account_id: UUID, pupil_id: UUID, *, act: bool = False, on: date = DAY
) -> str:
    """ok, or the name of the problem, read through both doors, which must agree."""
    answers = set()
    async with house.database.school(world.school_id) as tx:
        for door in (house.database.reader, tx):
            try:
                await require_guardian(door, world.school_id, account_id, pupil_id, on=on, act=act)
                answers.add("ok")
            except Problem as problem:
                answers.add(problem.kind.name)
    assert len(answers) == 1
    return answers.pop()


async def test_a_family_sees_its_own_child_only(house: House, world: World) -> None:
    child = world.child.pupil_id
    assert await _sees(house, world, world.parent.account_id, child) == "ok"
    assert await _sees(house, world, world.parent2.account_id, child) == "ok"
    for other in (world.classmate_parent, world.neighbour, world.stranger, world.teacher, world.admin):
        assert await _sees(house, world, other.account_id, child) == "not-found"
    assert await _sees(house, world, world.parent.account_id, world.other_child.pupil_id) == "not-found"


@pytest.mark.parametrize(
    ("change", "sees", "acts"),
    [
        ("can_view = false", "not-found", "not-found"),
        ("can_act = false", "ok", "forbidden"),
        ("valid_from = '2026-10-06'", "not-found", "not-found"),
        ("valid_from = '2026-10-05'", "ok", "ok"),
        ("valid_to = '2026-10-05'", "ok", "ok"),
        ("valid_to = '2026-10-04'", "not-found", "not-found"),
    ],
)
async def test_custody_decides_with_its_flags_and_dates(
    house: House, owner: asyncpg.Connection, world: World, change: str, sees: str, acts: str
) -> None:
    await owner.execute(
        f"UPDATE guardianships SET {change} WHERE pupil_id = $1 AND guardian_id = $2",
        world.child.pupil_id,
        world.parent.person_id,
    )
    assert await _sees(house, world, world.parent.account_id, world.child.pupil_id) == sees
    assert await _sees(house, world, world.parent.account_id, world.child.pupil_id, act=True) == acts
    # The join that hot reads carry says the same.
    joined = await owner.fetchval(
        f"SELECT count(*) FROM {GUARDIAN_JOIN} WHERE family.school_id = $1 AND family.account_id = $2 AND bond.pupil_id = $4",
        world.school_id, world.parent.account_id, DAY, world.child.pupil_id,
    )  # fmt: skip
    assert (joined == 1) is (sees == "ok")


async def _may(door: Any, check: Any, *arguments: Any, **named: Any) -> bool:
    try:
        await check(door, *arguments, **named)
    except Problem as problem:
        assert problem.kind.name == "forbidden"
        return False
    return True


async def test_a_class_belongs_to_its_homeroom_and_its_subjects_to_their_teachers(house: House, world: World) -> None:
    reader, school = house.database.reader, world.school_id
    people = {
        name: getattr(world, name).account_id
        for name in ("teacher", "subject_teacher", "other_teacher", "accountant", "admin", "other_admin", "parent")
    }
    expected = {
        None: {"teacher", "admin"},
        "TOAN": {"teacher", "subject_teacher", "admin"},
        "VAN": {"teacher", "admin"},
        "GDTC": {"admin"},
        "*": {"teacher", "subject_teacher", "admin"},
    }
    for subject, allowed in expected.items():
        found = {
            name
            for name, account in people.items()
            if await _may(reader, require_class, school, account, world.class_id, on=DAY, subject=subject)
        }
        assert found == allowed, subject


async def test_who_has_left_or_whose_assignment_ended_may_no_more(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    reader, school, account = house.database.reader, world.school_id, world.teacher.account_id
    await owner.execute("UPDATE assignments SET to_on = '2026-10-05' WHERE staff_id = $1", world.teacher.person_id)
    assert await _may(reader, require_class, school, account, world.class_id, on=DAY)
    assert not await _may(reader, require_class, school, account, world.class_id, on=date(2026, 10, 6))
    await owner.execute("UPDATE staff SET status = 'left' WHERE staff_id = $1", world.teacher.person_id)
    assert not await _may(reader, standing, school, account, on=DAY)


async def test_a_role_holds_in_its_own_school(house: House, world: World) -> None:
    reader = house.database.reader
    assert await _may(
        reader, require_role, world.school_id, world.admin.account_id, "school_admin", "accountant", on=DAY
    )
    assert not await _may(reader, require_role, world.school_id, world.admin.account_id, "accountant", on=DAY)
    assert not await _may(reader, require_role, world.other_school_id, world.admin.account_id, "school_admin", on=DAY)


async def test_an_area_reaches_the_schools_inside_it(house: House, owner: asyncpg.Connection, world: World) -> None:
    reader, account = house.database.reader, world.area_admin.account_id
    assert await _may(reader, require_area, world.school_id, account)
    assert not await _may(reader, require_area, world.other_school_id, account)
    commune = f"X{world.other_school_id}"
    await owner.execute("UPDATE schools SET commune_code = $2 WHERE school_id = $1", world.other_school_id, commune)
    await owner.execute(
        "INSERT INTO account_areas (account_id, area_code, granted_at) VALUES ($1, $2, '2026-09-01')", account, commune
    )
    assert await _may(reader, require_area, world.other_school_id, account)

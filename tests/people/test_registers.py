"""The roll as staff read it."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.house import House
from backend.people import personal_id
from schemas.people import Calendar, ClassList, ClassPupils, FoundPupils, PupilCard, StaffList, StaffMe
from tests.factories import Person, World


async def read(web: httpx.AsyncClient, world: World, rest: str, who: Person, kind: Any, **query: str) -> Any:
    answer = await web.get(f"/v1/schools/{world.school_id}{rest}", params=query, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=kind)


async def test_classes_say_their_size_and_what_the_reader_is_to_them(web: httpx.AsyncClient, world: World) -> None:
    own, other = (await read(web, world, "/classes", world.teacher, ClassList)).classes
    assert (own.name, own.pupils, own.homeroom_teacher) == ("6A1", 2, "Đỗ Thị Cúc")
    assert (own.my_homeroom, own.my_subjects) == (True, ["TOAN", "VAN"])
    assert (other.name, other.my_homeroom, other.my_subjects) == ("6A2", False, [])


async def test_class_ten_comes_after_class_nine(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    for name in ("6A10", "6A9", "7A1"):
        await owner.execute(
            "INSERT INTO classes (school_id, class_id, school_year, name, name_fold, grade, created_at)"
            " VALUES ($1, gen_random_uuid(), '2026-2027', $2, lower($2), $3, now())",
            world.school_id,
            name,
            int(name[0]),
        )
    found = await read(web, world, "/classes", world.admin, ClassList)
    assert [row.name for row in found.classes] == ["6A1", "6A2", "6A9", "6A10", "7A1"]


async def test_another_year_is_asked_for_by_name(web: httpx.AsyncClient, world: World) -> None:
    answer = await web.get(
        f"/v1/schools/{world.school_id}/classes?school_year=2020-2021", headers=world.teacher.headers
    )
    assert answer.status_code == 404


async def test_a_class_list_is_in_vietnamese_order_and_says_whom_nobody_can_reach(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL, phone_e164 = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.classmate_parent.person_id,
    )
    page = await read(web, world, f"/classes/{world.class_id}/pupils", world.accountant, ClassPupils)
    assert [(p.full_name, p.reachable) for p in page.pupils] == [("Nguyễn Minh An", True), ("Trần Bảo Ân", False)]


async def test_a_card_shows_guardians_and_hides_the_personal_number(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, house: House
) -> None:
    sealed, index = personal_id.sealed(house.cipher, "031215000123")
    await owner.execute(
        "UPDATE pupils SET personal_id_sealed = $3, personal_id_index = $4 WHERE school_id = $1 AND pupil_id = $2",
        world.school_id, world.child.pupil_id, sealed, index,
    )  # fmt: skip
    answer = await web.get(
        f"/v1/schools/{world.school_id}/pupils/{world.child.pupil_id}", headers=world.teacher.headers
    )
    card = msgspec.json.decode(answer.content, type=PupilCard)
    assert (card.personal_id, card.class_name) == ("•••••••••123", "6A1")
    assert "031215000" not in answer.text
    assert [(g.full_name, g.relation, g.has_account) for g in card.guardians] == [
        ("Nguyễn Văn Hùng", "father", True),
        ("Nguyễn Thị Hoa", "mother", True),
    ]


@pytest.mark.parametrize("typed", ["minh an", "MINH AN", "nguyễn minh", "nguyen", "an"])
async def test_a_pupil_is_found_by_any_part_of_the_name(web: httpx.AsyncClient, world: World, typed: str) -> None:
    found = await read(web, world, "/pupils", world.admin, FoundPupils, q=typed)
    assert "Nguyễn Minh An" in [pupil.full_name for pupil in found.pupils]


async def test_the_middle_of_a_word_and_wildcards_find_nobody(web: httpx.AsyncClient, world: World) -> None:
    for typed in ("guyen", "%", "_"):
        assert (await read(web, world, "/pupils", world.admin, FoundPupils, q=typed)).pupils == []


async def test_a_pupil_is_found_by_the_whole_personal_number_only(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, house: House
) -> None:
    sealed, index = personal_id.sealed(house.cipher, "031215000999")
    await owner.execute(
        "UPDATE pupils SET personal_id_sealed = $3, personal_id_index = $4 WHERE school_id = $1 AND pupil_id = $2",
        world.school_id, world.child.pupil_id, sealed, index,
    )  # fmt: skip
    whole = await read(web, world, "/pupils", world.admin, FoundPupils, q="031215000999")
    part = await read(web, world, "/pupils", world.admin, FoundPupils, q="03121500")
    assert ([p.full_name for p in whole.pupils], part.pupils) == (["Nguyễn Minh An"], [])


async def test_a_teacher_finds_only_pupils_of_own_classes(web: httpx.AsyncClient, world: World) -> None:
    async def names(who: Person) -> set[str]:
        found = await read(web, world, "/pupils", who, FoundPupils, q="a")
        return {pupil.full_name for pupil in found.pupils}

    assert await names(world.teacher) == {"Nguyễn Minh An", "Trần Bảo Ân"}
    assert await names(world.other_teacher) == {"Lê Thị Ánh"}
    assert await names(world.accountant) == {"Nguyễn Minh An", "Trần Bảo Ân", "Lê Thị Ánh"}


async def test_a_teacher_learns_the_own_classes_and_subjects(web: httpx.AsyncClient, world: World) -> None:
    me = await read(web, world, "/me", world.teacher, StaffMe)
    assert (me.full_name, me.roles) == ("Đỗ Thị Cúc", ["teacher"])
    assert [(a.class_name, a.kind, a.subject_name) for a in me.assignments] == [
        ("6A1", "homeroom", None),
        ("6A1", "subject", "Toán"),
        ("6A1", "subject", "Ngữ văn"),
    ]


async def test_the_administrator_sees_colleagues_with_roles(web: httpx.AsyncClient, world: World) -> None:
    staff = (await read(web, world, "/staff", world.admin, StaffList)).staff
    roles = {member.full_name: member.roles for member in staff}
    assert roles["Hoàng Thị Kế"] == ["accountant"]
    assert len(roles) == len(staff) >= 4


async def test_the_calendar_lists_years_and_terms(web: httpx.AsyncClient, world: World) -> None:
    [year] = (await read(web, world, "/calendar", world.teacher, Calendar)).years
    assert (year.school_year, year.is_current, [term.term for term in year.terms]) == ("2026-2027", True, [1, 2])

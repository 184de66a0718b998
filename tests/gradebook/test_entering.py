"""Entering, correcting and publishing marks, through the doors."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.gradebook import queries
from schemas.gradebook import ClassAverages, ClassSubject, MarkHistory, PupilSubject
from tests.factories import Person, World
from tests.wednesday import TODAY


def line(pupil: Any, value: object, **more: Any) -> dict[str, Any]:
    return {"pupil_id": str(pupil.pupil_id), "value": value, **more}


async def enter(
    web: httpx.AsyncClient, world: World, *lines: dict[str, Any], by: Person | None = None, **column: Any
) -> httpx.Response:
    body = {"subject_code": "TOAN", "term": 1, "kind": "regular", "lines": list(lines), **column}
    return await web.put(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/marks",
        json=body,
        headers=(by or world.teacher).headers,
    )


async def publish(web: httpx.AsyncClient, world: World, by: Person | None = None, **what: Any) -> httpx.Response:
    return await web.post(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/marks/publish",
        json={"subject_code": "TOAN", "term": 1, **what},
        headers=(by or world.teacher).headers,
    )


async def read(web: httpx.AsyncClient, world: World, by: Person | None = None, **query: str) -> list[PupilSubject]:
    answer = await web.get(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/marks",
        params={"subject": "TOAN", "term": "1", **query},
        headers=(by or world.teacher).headers,
    )
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=ClassSubject).pupils


async def mark_notices(owner: asyncpg.Connection, world: World) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT n.params, r.guardian_id FROM notices n JOIN notice_recipients r USING (school_id, notice_id)"
        " WHERE n.school_id = $1 AND n.kind = 'mark' ORDER BY n.created_at",
        world.school_id,
    )


async def fill(web: httpx.AsyncClient, world: World) -> None:
    """Toán, semester 1, vector S3 of the circular: 8, 9, 7, 10; midterm 7.5; final 8 → 8.1."""
    for ordinal, value in enumerate(["8", "9,0", 7, 10.0], start=1):
        assert (await enter(web, world, line(world.child, value), ordinal=ordinal)).status_code == 200
    await enter(web, world, line(world.child, "7,5"), kind="midterm")
    await enter(web, world, line(world.child, 8), kind="final")


async def test_marks_become_the_average_of_the_circular(web: httpx.AsyncClient, world: World) -> None:
    await fill(web, world)
    child, classmate = await read(web, world)
    assert (child.average, [mark.score for mark in child.marks]) == (
        Decimal("8.1"),
        [Decimal(n) for n in ("8.0", "9.0", "7.0", "10.0", "7.5", "8.0")],
    )
    assert (classmate.average, classmate.marks, child.year_average) == (None, [], None)


async def test_every_wrong_line_is_pointed_at_and_nothing_is_kept(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    answer = await enter(
        web,
        world,
        line(world.child, "8"),
        line(world.classmate, "11"),
        line(world.neighbour_child, "7"),
        line(world.child, "8,25"),
        {"pupil_id": str(new_id()), "value": "Đ"},
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/lines/1/value",
        "/lines/2/pupil_id",
        "/lines/3/pupil_id",
        "/lines/3/value",
        "/lines/4/pupil_id",
        "/lines/4/value",
    ]
    assert await owner.fetchval("SELECT count(*) FROM marks WHERE school_id = $1", world.school_id) == 0


async def test_a_commented_subject_takes_results_and_no_numbers(web: httpx.AsyncClient, world: World) -> None:
    column = {"subject_code": "GDTC", "by": world.admin}
    refused = await enter(web, world, line(world.child, "8"), **column)
    assert refused.json()["errors"][0]["pointer"] == "/lines/0/value"
    for kind, ordinal in (("regular", 1), ("regular", 2), ("midterm", 1), ("final", 1)):
        kept = await enter(web, world, line(world.child, "Đ", remark="Tiến bộ"), kind=kind, ordinal=ordinal, **column)
        assert kept.status_code == 200, kept.text
    [child, _] = await read(web, world, by=world.admin, subject="GDTC")
    assert (child.passed, child.average, child.marks[0].remark) == (True, None, "Tiến bộ")


@pytest.mark.parametrize(
    ("subject", "kind", "ordinal", "status"),
    [
        ("TOAN", "regular", 5, 200),
        ("GDTC", "regular", 3, 200),
        ("GDTC", "regular", 4, 422),
        ("TOAN", "midterm", 2, 422),
    ],
)
async def test_a_semester_has_one_regular_mark_more_than_required_at_most(
    web: httpx.AsyncClient, world: World, subject: str, kind: str, ordinal: int, status: int
) -> None:
    value = "8" if subject == "TOAN" else "Đ"
    column = {"subject_code": subject, "kind": kind, "ordinal": ordinal, "by": world.admin}
    answer = await enter(web, world, line(world.child, value), **column)
    assert answer.status_code == status
    if status == 422:
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/ordinal"]


@pytest.mark.parametrize("subject", ["KHTN", "XYZ"])
async def test_a_subject_the_class_does_not_have_is_pointed_at(
    web: httpx.AsyncClient, world: World, subject: str
) -> None:
    answer = await enter(web, world, line(world.child, 8), subject_code=subject, by=world.admin)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/subject_code"]


async def test_primary_classes_have_no_marks_of_this_circular(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE classes SET grade = 5 WHERE school_id = $1 AND class_id = $2", world.school_id, world.class_id
    )
    answer = await enter(web, world, line(world.child, 8))
    assert answer.json()["type"] == "/problems/not-assessed-by-marks"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("teacher", 200),
        ("admin", 200),
        ("other_teacher", 403),
        ("accountant", 403),
        ("parent", 403),
        ("other_admin", 403),
    ],
)
async def test_the_subjects_teacher_and_the_administrator_enter_marks(
    web: httpx.AsyncClient, world: World, who: str, status: int
) -> None:
    assert (await enter(web, world, line(world.child, 8), by=getattr(world, who))).status_code == status


async def test_a_homeroom_teacher_reads_but_does_not_enter_anothers_subject(
    web: httpx.AsyncClient, world: World
) -> None:
    assert (await enter(web, world, line(world.child, "Đ"), subject_code="GDTC")).status_code == 403
    assert await read(web, world, subject="GDTC")


async def test_families_see_a_mark_only_after_it_is_published(
    web: httpx.AsyncClient, world: World, school_house: House, owner: asyncpg.Connection
) -> None:
    async def seen() -> list[str]:
        grades = await queries.grades_for_family(
            school_house.database.reader, world.school_id, world.parent.account_id, world.child.pupil_id, TODAY
        )
        assert grades is not None
        return [str(mark.score) for subject in grades.subjects for term in subject.terms for mark in term.marks]

    await enter(web, world, line(world.child, "7,5"), line(world.classmate, 4))
    assert (await seen(), await mark_notices(owner, world)) == ([], [])
    published = await publish(web, world)
    assert published.json() == {"marks": 2, "pupils": 2}
    assert await seen() == ["7.5"]
    told = await mark_notices(owner, world)
    assert {row["guardian_id"] for row in told} == {
        world.parent.person_id,
        world.parent2.person_id,
        world.classmate_parent.person_id,
    }
    assert all("7.5" not in row["params"] for row in told)
    assert (await publish(web, world)).json() == {"marks": 0, "pupils": 0}
    assert len(await mark_notices(owner, world)) == len(told)


async def test_publishing_may_be_held_to_one_column(web: httpx.AsyncClient, world: World) -> None:
    await enter(web, world, line(world.child, 8))
    await enter(web, world, line(world.child, 9), kind="midterm")
    assert (await publish(web, world, kind="midterm")).json()["marks"] == 1
    [child, _] = await read(web, world)
    assert [mark.published_at is not None for mark in child.marks] == [False, True]


async def test_changing_a_mark_that_families_see_needs_a_reason(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    await enter(web, world, line(world.child, 6), line(world.classmate, 7))
    await publish(web, world)
    clock.advance(timedelta(hours=1))
    refused = await enter(web, world, line(world.classmate, 7), line(world.child, "6,5"))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/reason-needed")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/lines/1/value"]
    kept = await enter(web, world, line(world.classmate, 7), line(world.child, "6,5"), reason="Cộng sót điểm câu 3")
    assert kept.json() == {"entered": 0, "changed": 1, "erased": 0, "corrected": 1}

    history = await web.get(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/marks/history",
        params={"subject": "TOAN", "term": "1"},
        headers=world.admin.headers,
    )
    [change] = msgspec.json.decode(history.content, type=MarkHistory).changes
    assert (change.old_score, change.new_score) == (Decimal("6.0"), Decimal("6.5"))
    assert (change.reason, change.changed_by) == ("Cộng sót điểm câu 3", "Đỗ Thị Cúc")
    corrected = [row["guardian_id"] for row in await mark_notices(owner, world) if "corrected" in row["params"]]
    assert sorted(corrected) == sorted([world.parent.person_id, world.parent2.person_id])


async def test_a_mark_not_yet_seen_is_corrected_freely_and_remembered(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock
) -> None:
    await enter(web, world, line(world.child, 6))
    clock.advance(timedelta(minutes=1))
    assert (await enter(web, world, line(world.child, 7))).json()["changed"] == 1
    assert await owner.fetchval("SELECT count(*) FROM mark_history WHERE school_id = $1", world.school_id) == 1


async def test_a_mark_can_be_taken_back(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> None:
    await enter(web, world, line(world.child, 6))
    clock.advance(timedelta(minutes=1))
    assert (await enter(web, world, line(world.child, None))).json()["erased"] == 1
    [child, _] = await read(web, world)
    assert child.marks == []


async def test_the_same_marks_again_change_nothing(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await enter(web, world, line(world.child, 6))
    again = await enter(web, world, line(world.child, "6,0"))
    assert again.json() == {"entered": 0, "changed": 0, "erased": 0, "corrected": 0}
    assert await owner.fetchval("SELECT revision FROM marks WHERE school_id = $1", world.school_id) == 1


async def test_publishing_raises_the_families_versions(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    async def version(person: Person) -> int:
        found: int = await owner.fetchval(
            "SELECT version FROM family_versions WHERE school_id = $1 AND guardian_id = $2",
            world.school_id,
            person.person_id,
        )
        return found

    await enter(web, world, line(world.child, 6))
    assert await version(world.parent) == 1
    await publish(web, world)
    assert (await version(world.parent) > 1, await version(world.neighbour)) == (True, 1)


async def test_the_overview_has_every_subject_and_no_average_over_them(web: httpx.AsyncClient, world: World) -> None:
    await fill(web, world)
    answer = await web.get(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/averages?term=1", headers=world.teacher.headers
    )
    overview = msgspec.json.decode(answer.content, type=ClassAverages)
    assert [subject.code for subject in overview.subjects] == ["TOAN", "VAN", "GDTC"]
    assert [(a.subject_code, a.average) for a in overview.pupils[0].subjects] == [
        ("TOAN", Decimal("8.1")),
        ("VAN", None),
        ("GDTC", None),
    ]
    assert set(answer.json()["pupils"][0]) == {"pupil_id", "full_name", "subjects"}


async def test_the_year_average_needs_both_semesters(web: httpx.AsyncClient, world: World) -> None:
    await fill(web, world)
    for kind, ordinal, value in (("regular", 1, 8), ("regular", 2, 7), ("midterm", 1, "6,5"), ("final", 1, 7)):
        await enter(web, world, line(world.child, value), term=2, kind=kind, ordinal=ordinal)
    [child, _] = await read(web, world, term="2")
    assert (child.average, child.year_average) == (Decimal("7.0"), Decimal("7.4"))


async def test_a_scores_decimal_survives_the_wire(web: httpx.AsyncClient, world: World) -> None:
    await enter(web, world, line(world.child, 8))
    answer = await web.get(
        f"/v1/schools/{world.school_id}/classes/{world.class_id}/marks?subject=TOAN&term=1",
        headers=world.teacher.headers,
    )
    assert '"score":8.0' in answer.text


async def test_nobody_reads_another_childs_grades(world: World, school_house: House) -> None:
    reader = school_house.database.reader
    for who in (world.neighbour, world.stranger, world.teacher):
        args = (reader, world.school_id, who.account_id, world.child.pupil_id, TODAY)
        assert await queries.grades_for_family(*args) is None
        assert await queries.published_marks_for_family(*args) is None


async def test_the_newest_published_marks_come_first(
    web: httpx.AsyncClient, world: World, school_house: House, clock: StoppedClock
) -> None:
    for ordinal in (1, 2, 3):
        await enter(web, world, line(world.child, 6 + ordinal), ordinal=ordinal)
        await publish(web, world)
        clock.advance(timedelta(minutes=1))
    newest = await queries.published_marks_for_family(
        school_house.database.reader, world.school_id, world.parent.account_id, world.child.pupil_id, TODAY, limit=2
    )
    assert newest is not None
    assert [(mark.ordinal, str(mark.score)) for mark in newest] == [(3, "9.0"), (2, "8.0")]

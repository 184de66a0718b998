"""Homework as families meet it: whose it is, until when, files by entitlement, 304, looks and ticks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from tests.factories import World
from tests.homework.scenes import FRIDAY, TOMORROW, Homework


@pytest.fixture
def homework(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock) -> Homework:
    return Homework(web, world, owner)


async def test_only_the_families_of_the_class_read_it(homework: Homework, world: World) -> None:
    await homework.written(world.teacher)
    for_one = await homework.written(world.teacher, subject_code="VAN", pupil_ids=[str(world.classmate.pupil_id)])
    assert len(await homework.items(world.parent, world.child)) == 1
    assert {one["homework_id"] for one in await homework.items(world.classmate_parent, world.classmate)} >= {for_one}
    assert await homework.items(world.neighbour, world.neighbour_child) == []
    for who, child in [
        (world.neighbour, world.child),
        (world.parent, world.classmate),
        (world.stranger, world.child),
    ]:
        assert (await homework.read(who, child)).status_code in (403, 404)


async def test_a_former_guardian_and_a_child_that_left_the_class(
    homework: Homework, world: World, owner: asyncpg.Connection
) -> None:
    one = await homework.written(world.teacher)
    await owner.execute(
        "UPDATE guardianships SET valid_to = $2 WHERE guardian_id = $1", world.parent2.person_id, date(2026, 10, 13)
    )
    assert (await homework.read(world.parent2, world.child)).status_code == 404
    assert await homework.see(world.parent2, world.child) == 404
    done = homework.child(world.child, f"/{one}/done")
    assert (await homework.web.put(done, headers=world.parent2.headers)).status_code == 404
    await owner.execute(
        "UPDATE enrolments SET to_on = $2 WHERE pupil_id = $1", world.child.pupil_id, date(2026, 10, 13)
    )
    assert await homework.items(world.parent, world.child) == []
    assert (await homework.web.put(done, headers=world.parent.headers)).status_code == 404


async def test_it_goes_a_fortnight_after_its_day(homework: Homework, world: World, clock: StoppedClock) -> None:
    await homework.written(world.teacher)
    await homework.written(world.teacher, subject_code="VAN", due_on=None)
    clock.advance(timedelta(days=14))
    assert [one["due_on"] for one in await homework.items(world.parent, world.child)] == ["2026-10-15", None]
    clock.advance(timedelta(days=1))
    assert [one["subject_code"] for one in await homework.items(world.parent, world.child)] == ["TOAN"]
    clock.advance(timedelta(days=1))
    assert await homework.items(world.parent, world.child) == []


async def test_what_has_not_changed_is_not_sent_twice(homework: Homework, world: World) -> None:
    one = await homework.written(world.teacher)
    first = await homework.read(world.parent, world.child)
    tag = first.headers["etag"]
    assert (await homework.read(world.parent, world.child, **{"if-none-match": tag})).status_code == 304
    await homework.change(world.teacher, one, body="Bài 3 trang 45")
    changed = await homework.read(world.parent, world.child, **{"if-none-match": tag})
    assert changed.status_code == 200 and changed.json()["items"][0]["body"] == "Bài 3 trang 45"
    tag = changed.headers["etag"]
    await homework.web.put(homework.child(world.child, f"/{one}/done"), headers=world.parent2.headers)
    ticked = await homework.read(world.parent, world.child, **{"if-none-match": tag})
    assert ticked.json()["items"][0]["done_at"] is not None  # the other guardian's tick
    assert (await homework.read(world.stranger, world.child, **{"if-none-match": tag})).status_code in (403, 404)


async def test_teachers_see_who_has_seen_the_newest_wording(
    homework: Homework, world: World, clock: StoppedClock
) -> None:
    one = await homework.written(world.teacher)
    assert await homework.see(world.parent, world.child) == 204
    detail = await homework.detail(world.subject_teacher, one)
    assert (detail["item"]["pupils"], detail["item"]["seen"], detail["item"]["done"]) == (2, 1, 0)
    assert {p["full_name"]: p["seen_at"] is not None for p in detail["pupils"]} == {
        "Nguyễn Minh An": True,
        "Trần Bảo Ân": False,
    }
    clock.advance(timedelta(minutes=1))
    await homework.change(world.teacher, one, body="Bài 3 trang 45")
    assert (await homework.detail(world.teacher, one))["item"]["seen"] == 0
    await homework.see(world.parent2, world.child)
    assert (await homework.detail(world.teacher, one))["item"]["seen"] == 1


async def test_whoever_looks_has_read_the_bell(homework: Homework, world: World) -> None:
    await homework.written(world.teacher)
    home = (await homework.web.get("/v1/family/home", headers=world.parent.headers)).json()
    assert home["unread_notices"] == 1
    inbox = (await homework.web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert inbox[0]["title"] == "Bài tập, dặn dò" and "15/10/2026" in inbox[0]["body"]
    await homework.see(world.parent, world.child)
    assert (await homework.web.get("/v1/family/home", headers=world.parent.headers)).json()["unread_notices"] == 0
    assert (await homework.web.get("/v1/family/home", headers=world.parent2.headers)).json()["unread_notices"] == 1


async def test_a_tick_is_the_familys_own(homework: Homework, world: World) -> None:
    one = await homework.written(world.teacher)
    here = homework.child(world.child, f"/{one}/done")
    for _ in range(2):
        assert (await homework.web.put(here, headers=world.parent.headers)).status_code == 204
    detail = await homework.detail(world.teacher, one)
    assert [p["full_name"] for p in detail["pupils"] if p["done_at"]] == ["Nguyễn Minh An"]
    assert (await homework.items(world.classmate_parent, world.classmate))[0]["done_at"] is None
    for _ in range(2):
        assert (await homework.web.delete(here, headers=world.parent2.headers)).status_code == 204
    assert (await homework.detail(world.teacher, one))["item"]["done"] == 0
    theirs = homework.child(world.classmate, f"/{one}/done")
    assert (await homework.web.put(theirs, headers=world.parent.headers)).status_code == 404


async def test_files_are_served_by_entitlement(homework: Homework, world: World) -> None:
    file_id = await homework.upload(world.teacher)
    one = await homework.written(world.teacher, body="", file_ids=[file_id], pupil_ids=[str(world.child.pupil_id)])
    [shown] = await homework.items(world.parent, world.child)
    assert [f["file_id"] for f in shown["files"]] == [file_id]
    mine, staff = homework.child(world.child, f"/{one}/files/{file_id}"), homework.school(f"/{one}/files/{file_id}")
    assert (await homework.web.get(mine, headers=world.parent.headers)).headers["content-type"] == "image/png"
    assert (await homework.web.get(staff, headers=world.subject_teacher.headers)).status_code == 200
    for who, path in [
        (world.classmate_parent, homework.child(world.classmate, f"/{one}/files/{file_id}")),
        (world.classmate_parent, mine),
        (world.neighbour, mine),
        (world.other_teacher, staff),
        (world.accountant, staff),
    ]:
        assert (await homework.web.get(path, headers=who.headers)).status_code == 404
    await homework.change(world.teacher, one, body="Xem bảng", due_on=FRIDAY)
    assert (await homework.web.get(mine, headers=world.parent.headers)).status_code == 404
    assert (await homework.web.get(staff, headers=world.teacher.headers)).status_code == 200  # of an earlier wording


async def test_what_is_to_be_brought_tomorrow_is_one_line_of_the_list(
    homework: Homework, world: World, clock: StoppedClock
) -> None:
    async def lines() -> list[dict[str, Any]]:
        home = (await homework.web.get("/v1/family/home", headers=world.parent.headers)).json()
        return [one for one in home["to_do"] if one["kind"] == "bring"]

    one = await homework.written(world.teacher, bring="Compa")
    two = await homework.written(world.teacher, subject_code=None, body="", bring="Áo mưa")
    await homework.written(world.teacher, subject_code="VAN", bring="Truyện tranh", due_on=FRIDAY)
    await homework.written(world.teacher, bring="Vở kín", pupil_ids=[str(world.classmate.pupil_id)])
    [line] = await lines()
    assert (line["title"], line["due_on"], line["overdue"], line["shared"]) == ("Compa, Áo mưa", TOMORROW, False, True)
    assert line["link"] == f"/app/{world.school_id}/children/{world.child.pupil_id}/homework"
    claim = {"key": line["key"]}
    taken = await homework.web.post(
        f"/v1/family/todo/{world.school_id}/claim", json=claim, headers=world.parent2.headers
    )
    assert taken.status_code == 204
    assert [one["open"] for one in await lines()] == [False]
    for done in (one, two):
        await homework.web.put(homework.child(world.child, f"/{done}/done"), headers=world.parent2.headers)
    assert await lines() == []
    clock.advance(timedelta(days=1))
    assert [one["title"] for one in await lines()] == ["Truyện tranh"]


async def test_on_friday_the_bag_is_packed_for_monday(homework: Homework, world: World, clock: StoppedClock) -> None:
    await homework.written(world.teacher, bring="Màu vẽ", due_on="2026-10-19")
    for days, shown in ((0, 0), (2, 1), (1, 1), (1, 1), (1, 0)):  # Wednesday, Friday, Saturday, Sunday, Monday
        clock.advance(timedelta(days=days))
        home = (await homework.web.get("/v1/family/home", headers=world.parent.headers)).json()
        assert len([one for one in home["to_do"] if one["kind"] == "bring"]) == shown, days

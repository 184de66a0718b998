"""Writing homework: who may, what is wrong, twice is once, one bell a child and day, every wording kept."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import asyncpg
import httpx
import pytest

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from tests.factories import World
from tests.feed.test_pages import browser
from tests.homework.scenes import FRIDAY, TOMORROW, Homework


@pytest.fixture
def homework(web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, clock: StoppedClock) -> Homework:
    return Homework(web, world, owner)


async def test_several_subjects_and_parallel_classes_at_once(homework: Homework, world: World) -> None:
    lines = [
        homework.line(),
        homework.line(subject_code="VAN", body="Soạn bài Thánh Gióng", due_on=FRIDAY),
        homework.line(subject_code=None, body="", bring="Áo mưa"),
    ]
    answer = await homework.write(world.teacher, *lines)
    assert (answer.status_code, answer.json()) == (201, {"written": 3, "told": 2})
    again = await homework.write(world.teacher, *lines)
    assert (again.status_code, again.json()) == (200, {"written": 0, "told": 0})
    shown = await homework.items(world.parent, world.child)
    assert [(one["subject_code"], one["due_on"]) for one in shown] == [
        ("TOAN", TOMORROW),
        (None, TOMORROW),
        ("VAN", FRIDAY),
    ]
    assert shown[1]["bring"] == "Áo mưa" and shown[0]["author"] == "Cô Cúc"


async def test_another_text_under_the_same_id_is_refused(homework: Homework, world: World) -> None:
    line = homework.line()
    await homework.write(world.teacher, line)
    assert (await homework.write(world.teacher, {**line, "body": "Bài khác"})).status_code == 409
    assert (await homework.write(world.subject_teacher, line)).status_code == 409
    assert len(await homework.items(world.parent, world.child)) == 1


async def test_a_subject_is_its_teachers_and_the_homeroom_teachers(homework: Homework, world: World) -> None:
    class_two = {"class_id": str(world.other_class_id)}
    for who, said, allowed in [
        (world.subject_teacher, {}, True),
        (world.subject_teacher, {"subject_code": "VAN"}, False),
        (world.subject_teacher, {"subject_code": None}, True),
        (world.teacher, {"subject_code": "GDTC"}, True),  # homeroom
        (world.teacher, class_two, False),
        (world.other_teacher, class_two, True),
        (world.other_teacher, {}, False),
        (world.accountant, {}, False),
        (world.admin, class_two, True),
        (world.other_admin, {}, False),
        (world.parent, {}, False),
    ]:
        answer = await homework.write(who, homework.line(**said))
        assert answer.status_code == (201 if allowed else 403), (who.full_name, said, answer.text)


async def test_every_wrong_field_of_every_line_is_pointed_at(homework: Homework, world: World) -> None:
    answer = await homework.write(
        world.admin,
        homework.line(body="  ", due_on="2026-10-13"),
        homework.line(subject_code="HH", due_on="2027-03-01"),
        homework.line(pupil_ids=[str(world.child.pupil_id), str(world.neighbour_child.pupil_id)]),
        homework.line(class_id=str(world.foreign_class_id)),
        homework.line(file_ids=[str(new_id())]),
    )
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [
        "/lines/0/body",
        "/lines/0/due_on",
        "/lines/1/due_on",
        "/lines/1/subject_code",
        "/lines/2/pupil_ids/1",
        "/lines/3/class_id",
    ]
    assert (await homework.write(world.admin, homework.line(file_ids=[str(new_id())]))).json()["errors"][0][
        "pointer"
    ] == "/lines/0/file_ids/0"
    assert await homework.items(world.parent, world.child) == []


async def test_one_bell_a_child_and_day(homework: Homework, world: World, clock: StoppedClock) -> None:
    await homework.written(world.subject_teacher, pupil_ids=[str(world.classmate.pupil_id)])
    [first] = await homework.bells()
    assert first["to"] == [world.classmate_parent.person_id]
    await homework.written(world.teacher, subject_code="VAN", due_on=FRIDAY)
    [_, second] = await homework.bells()  # only whom nobody had told today
    assert set(second["to"]) == {world.parent.person_id, world.parent2.person_id}
    assert FRIDAY in second["params"]
    await homework.written(world.teacher, subject_code=None, body="Mặc đồng phục")
    assert len(await homework.bells()) == 2
    clock.advance(timedelta(days=1))
    answer = await homework.write(world.teacher, homework.line(due_on=FRIDAY))
    assert answer.json() == {"written": 1, "told": 2}
    [newest] = await homework.bells()  # nobody has yesterday's to read
    assert newest["notice_id"] not in (first["notice_id"], second["notice_id"])
    old = f"/app/{world.school_id}/notices/{second['notice_id']}"
    tapped = await homework.web.get(old, headers=browser(world.parent))
    assert tapped.headers["location"] == f"/app/{world.school_id}/children/{world.child.pupil_id}/homework"
    assert (await homework.web.get(old, headers=browser(world.neighbour))).status_code == 404


async def test_teachers_who_write_at_the_same_moment_ring_once(homework: Homework, world: World) -> None:
    both = [
        homework.write(world.teacher, homework.line(subject_code="VAN")),
        homework.write(world.subject_teacher, homework.line()),
        homework.write(world.subject_teacher, homework.line(subject_code=None, body="Ôn bảng nhân")),
    ]
    told = [answer.json()["told"] for answer in await asyncio.gather(*both)]
    assert sorted(told) == [0, 0, 2] and len(await homework.bells()) == 1
    assert len(await homework.items(world.parent, world.child)) == 3


async def test_a_day_that_is_all_withdrawn_rings_no_more(homework: Homework, world: World) -> None:
    one, two = await homework.written(world.teacher), await homework.written(world.teacher, subject_code="VAN")
    assert await homework.withdraw(world.teacher, one) == 204
    assert len(await homework.bells()) == 1
    assert await homework.withdraw(world.teacher, two) == 204
    assert await homework.withdraw(world.teacher, two) == 204
    assert await homework.bells() == []
    assert await homework.items(world.parent, world.child) == []
    await homework.written(world.teacher)
    assert len(await homework.bells()) == 1


async def test_every_wording_is_kept(homework: Homework, world: World) -> None:
    one = await homework.written(world.subject_teacher)
    # Of the same subject; and the first revision is not the newest any more.
    assert (await homework.change(world.teacher, one, body="Bài 1 trang 45")).json()["revision"] == 2
    assert (await homework.change(world.subject_teacher, one, body="Bài 9")).status_code == 409
    assert (await homework.change(world.subject_teacher, one, body="Bài 1 trang 45")).json()["revision"] == 2
    assert (await homework.change(world.subject_teacher, one, 2, body=" ")).status_code == 422
    assert (await homework.items(world.parent, world.child))[0]["edited"]
    assert await homework.withdraw(world.subject_teacher, one) == 204
    assert (await homework.change(world.teacher, one, 3, body="Bài 2")).status_code == 409
    kept = (await homework.detail(world.admin, one))["versions"]
    assert [(v["revision"], v["body"], v["withdrawn"], v["changed_by"]) for v in kept] == [
        (3, "Bài 1 trang 45", True, "Lý Văn Toán"),
        (2, "Bài 1 trang 45", False, "Đỗ Thị Cúc"),
        (1, "Bài 1, 2 trang 45", False, "Lý Văn Toán"),
    ]
    deeds = await homework.owner.fetch(
        "SELECT action FROM audit_events WHERE school_id = $1 ORDER BY audit_id", world.school_id
    )
    assert [row["action"] for row in deeds] == ["homework.written", "homework.changed", "homework.withdrawn"]


async def test_a_word_to_the_class_is_its_writers(homework: Homework, world: World) -> None:
    mine = await homework.written(world.teacher, subject_code=None, body="Mang sổ liên lạc")
    assert (await homework.change(world.subject_teacher, mine, body="Khác")).status_code == 403
    assert await homework.withdraw(world.subject_teacher, mine) == 403
    theirs = await homework.written(world.subject_teacher, subject_code=None, body="Ôn bảng nhân")
    assert (await homework.change(world.teacher, theirs, body="Ôn bảng chia")).status_code == 200  # homeroom
    assert (await homework.change(world.other_teacher, theirs, 2, body="Khác")).status_code == 404


async def test_a_look_before_it_goes_out(homework: Homework, world: World) -> None:
    body = {
        "lines": [
            homework.line(),
            homework.line(body="Bạn An học kém nhất lớp, làm thêm bài 5", due_on="2026-10-18"),
        ]
    }
    found = (await homework.web.post(homework.school("/look"), json=body, headers=world.teacher.headers)).json()
    [line] = found["lines"]
    assert (line["line"], line["closed"]) == (1, "Chủ nhật")
    assert {one["defect"] for one in line["findings"]} == {"comparison_of_pupils", "personal_data_exposed"}
    assert await homework.items(world.parent, world.child) == []


async def test_the_form_writes_for_each_subjects_next_lesson_and_copies(homework: Homework, world: World) -> None:
    await homework.owner.execute(
        "INSERT INTO assignments (school_id, class_id, kind, subject_code, staff_id, from_on) VALUES ($1, $2, 'subject', 'VAN', $3, '2026-09-05')",
        world.school_id, world.other_class_id, world.teacher.person_id,
    )  # fmt: skip
    for class_id, day in ((world.class_id, 4), (world.other_class_id, 5)):
        lessons = [{"weekday": day, "session": "morning", "period": 1, "subject_code": "VAN"}]
        path = f"/v1/schools/{world.school_id}/classes/{class_id}/timetables/2026-10-14"
        answer = await homework.web.put(path, json={"lessons": lessons}, headers=world.admin.headers)
        assert answer.status_code in (200, 201), answer.text
    page = f"/console/{world.school_id}/classes/{world.class_id}/homework"
    shown = (await homework.web.get(page, headers=browser(world.teacher))).text
    assert "Tiết tới: Thứ Năm 15/10/2026" in shown
    form = {"key": str(new_id()), "when": "lesson", "body-VAN": "Soạn bài", "body-TOAN": "Bài 1"}
    form[f"copy-{world.other_class_id}"] = "yes"
    for _ in range(2):  # sent twice, written once
        assert (await homework.web.post(page, data=form, headers=browser(world.teacher))).status_code == 303
    mine = await homework.items(world.parent, world.child)
    assert [(one["subject_code"], one["due_on"]) for one in mine] == [("VAN", TOMORROW), ("TOAN", None)]
    theirs = await homework.items(world.neighbour, world.neighbour_child)
    assert [(one["subject_code"], one["due_on"]) for one in theirs] == [("VAN", FRIDAY)]


async def test_a_form_with_a_mistake_comes_back_filled(homework: Homework, world: World) -> None:
    page = f"/console/{world.school_id}/classes/{world.class_id}/homework"
    form = {"key": str(new_id()), "when": "day", "due_on": "2026-10-13", "body-TOAN": "Bài <1>", "bring": "Thước"}
    refused = await homework.web.post(page, data=form, headers=browser(world.teacher))
    assert refused.status_code == 422
    assert "Ngày này đã qua." in refused.text and "Bài &lt;1&gt;" in refused.text and 'value="Thước"' in refused.text
    empty = await homework.web.post(page, data={"key": str(new_id())}, headers=browser(world.teacher))
    assert (empty.status_code, "Viết bài tập hoặc đồ cần mang" in empty.text) == (422, True)
    form["due_on"] = "2026-10-18"
    looked = await homework.web.post(page, data=form, headers=browser(world.teacher))
    assert (looked.status_code, "trường nghỉ: Chủ nhật" in looked.text) == (200, True)
    [seen] = re.findall(r'name="looked" value="([^"]+)"', looked.text)
    again = await homework.web.post(
        page, data={**form, "looked": seen, "body-TOAN": "Bạn An học kém"}, headers=browser(world.teacher)
    )
    assert again.status_code == 200, "other words are looked at anew"
    sent = await homework.web.post(page, data={**form, "looked": seen}, headers=browser(world.teacher))
    assert sent.status_code == 303

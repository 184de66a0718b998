"""A class's week from a day on, through the doors: what families read, what stays, what is refused."""

from __future__ import annotations

from datetime import date

import asyncpg
import httpx

from tests.factories import World
from tests.timetable.scenes import (
    MONDAY,
    NEXT_MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    a_week,
    day,
    familys_week,
    lesson,
    path,
    publish,
    ring,
    titles,
)


async def test_a_family_reads_its_childs_week_with_hours(web: httpx.AsyncClient, world: World) -> None:
    await ring(web, world)
    answer = await publish(web, world, MONDAY, a_week(teacher=world.teacher.person_id))
    assert answer.status_code == 200 and answer.json()["changed"] and answer.json()["lessons"] == 32
    tuesday = await day(web, world, TUESDAY)
    assert titles(tuesday) == ["Toán", "Ngữ văn", "Ngoại ngữ 1", "Khoa học tự nhiên", "Tin học", "Giáo dục thể chất", "Mĩ thuật"]  # fmt: skip
    assert tuesday["lessons"][0]["starts_at"] == "07:00" and tuesday["lessons"][0]["teacher"] == "Đỗ Thị Cúc"
    assert tuesday["lessons"][-1]["ends_at"] == "15:05"
    english = (await familys_week(web, world, TUESDAY, **{"accept-language": "en"})).json()
    assert english["days"][0]["lessons"][0]["title"] == "Chào cờ"
    assert english["days"][1]["lessons"][0]["title"] == "Mathematics"
    assert english["days"][6] == {"on": "2026-10-18", "kept": True, "closed": "Sunday", "lessons": []}


async def test_a_later_week_leaves_todays_alone_and_the_older_one_stays(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    await publish(web, world, NEXT_MONDAY, [lesson(3, "morning", 1, "MT")])
    assert len(titles(await day(web, world, WEDNESDAY))) == 5
    assert titles(await day(web, world, date(2026, 10, 21))) == ["Mĩ thuật"]
    this_week = (await familys_week(web, world, WEDNESDAY)).json()
    assert (this_week["valid_from"], this_week["next_from"]) == (str(MONDAY), str(NEXT_MONDAY))
    listed = await web.get(f"/v1/schools/{world.school_id}/timetables", headers=world.teacher.headers)
    own = listed.json()["classes"][0]
    assert (own["name"], own["in_force"], own["coming"]) == ("6A1", str(MONDAY), [str(NEXT_MONDAY)])


async def test_the_same_week_again_is_the_same_and_a_begun_one_is_not_rewritten(
    web: httpx.AsyncClient, world: World
) -> None:
    await publish(web, world, MONDAY, a_week())
    again = await publish(web, world, MONDAY, a_week())
    assert again.status_code == 200 and not again.json()["changed"]
    other = await publish(web, world, MONDAY, a_week()[:3])
    assert other.status_code == 422 and other.json()["type"] == "/problems/timetable-past"
    assert len(titles(await day(web, world, TUESDAY))) == 7
    from_today = await publish(web, world, WEDNESDAY, a_week()[:3])
    assert from_today.status_code == 200
    assert titles(await day(web, world, WEDNESDAY)) == []
    assert len(titles(await day(web, world, TUESDAY))) == 7


async def test_a_week_that_has_not_begun_can_be_withdrawn(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    await publish(web, world, NEXT_MONDAY, a_week()[:1])
    gone = await web.delete(path(world, f"/timetables/{NEXT_MONDAY}"), headers=world.admin.headers)
    assert gone.status_code == 204
    assert len(titles(await day(web, world, NEXT_MONDAY))) == 5
    begun = await web.delete(path(world, f"/timetables/{MONDAY}"), headers=world.admin.headers)
    assert begun.status_code == 409


async def test_holidays_closed_days_and_the_school_year_have_no_lessons(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, date(2026, 9, 1), a_week())
    closed = await web.put(
        f"/v1/schools/{world.school_id}/closed-days/{THURSDAY}",
        json={"reason": "Nghỉ tránh bão"},
        headers=world.admin.headers,
    )
    assert closed.status_code < 300, closed.text
    thursday = await day(web, world, THURSDAY)
    assert (thursday["closed"], thursday["lessons"]) == ("Nghỉ tránh bão", [])
    new_year = await day(web, world, date(2027, 1, 1))
    assert (new_year["closed"], new_year["lessons"]) == ("Tết Dương lịch", [])
    before = await day(web, world, date(2027, 6, 1))
    assert (before["closed"], before["lessons"]) == ("ngoài năm học 2026-2027", [])


async def test_nothing_changed_is_said_without_a_body_until_something_does(
    web: httpx.AsyncClient, world: World
) -> None:
    await publish(web, world, MONDAY, a_week())
    first = await familys_week(web, world, WEDNESDAY)
    tag = first.headers["etag"]
    assert (await familys_week(web, world, WEDNESDAY, **{"if-none-match": tag})).status_code == 304
    await web.put(
        f"/v1/schools/{world.school_id}/closed-days/{THURSDAY}", json={"reason": "Bão"}, headers=world.admin.headers
    )
    changed = await familys_week(web, world, WEDNESDAY, **{"if-none-match": tag})
    assert changed.status_code == 200 and changed.json()["days"][3]["closed"] == "Bão"


async def test_every_wrong_field_of_a_week_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    nobody = "01a220b3-ce56-7e5c-8bfe-7a20096247f2"
    answer = await publish(
        web,
        world,
        NEXT_MONDAY,
        [
            lesson(1, "morning", 1, "KHONGCO"),
            lesson(1, "morning", 2, "TOAN", staff_id=nobody),
            {"weekday": 1, "session": "morning", "period": 3},
            lesson(1, "morning", 4, "TOAN", staff_id=str(world.teacher.person_id), teacher="Cô Lan"),
        ],
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/lessons/0/subject_code",
        "/lessons/1/staff_id",
        "/lessons/2/title",
        "/lessons/3/teacher",
    ]
    twice = await publish(web, world, NEXT_MONDAY, [lesson(1, "morning", 1, "TOAN")] * 2)
    assert [error["pointer"] for error in twice.json()["errors"]] == ["/lessons/1"]
    outside = await publish(web, world, date(2027, 8, 2), a_week())
    assert outside.json()["errors"][0]["pointer"] == "/valid_from"


async def test_a_teacher_in_two_classes_at_once_is_told_and_kept_only_when_meant(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    teacher = world.teacher.person_id
    await publish(web, world, MONDAY, a_week(teacher=teacher))
    clashing = [lesson(2, "morning", 1, "TOAN", staff_id=str(teacher)), lesson(2, "morning", 5, "TOAN", staff_id=str(teacher))]  # fmt: skip
    answer = await publish(web, world, NEXT_MONDAY, clashing, class_id=world.other_class_id)
    assert answer.status_code == 409 and answer.json()["type"] == "/problems/timetable-clash"
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/lessons/0"
    assert error["detail"] == "Đỗ Thị Cúc: sáng thứ Ba tiết 1 đã dạy lớp 6A1 (xếp thêm lớp 6A2)."
    assert await owner.fetchval("SELECT count(*) FROM timetables WHERE class_id = $1", world.other_class_id) == 0
    meant = await publish(web, world, NEXT_MONDAY, clashing, class_id=world.other_class_id, keep_clashes=True)
    assert meant.status_code == 200 and len(meant.json()["clashes"]) == 1


async def test_a_teacher_reads_the_own_lessons_over_all_classes(web: httpx.AsyncClient, world: World) -> None:
    teacher = world.teacher.person_id
    await publish(web, world, MONDAY, a_week(teacher=teacher))
    await publish(
        web, world, MONDAY, [lesson(2, "morning", 3, "VAN", staff_id=str(teacher))], class_id=world.other_class_id
    )
    week = await web.get(f"/v1/schools/{world.school_id}/timetable/mine?on={TUESDAY}", headers=world.teacher.headers)
    assert [(one["class_name"], one["title"]) for one in week.json()["days"][1]["lessons"]] == [
        ("6A1", "Toán"),
        ("6A2", "Ngữ văn"),
    ]
    nothing = await web.get(f"/v1/schools/{world.school_id}/timetable/mine", headers=world.accountant.headers)
    assert all(one["lessons"] == [] for one in nothing.json()["days"])


async def test_families_are_told_of_a_new_week_where_it_is_wished(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    answer = await publish(web, world, NEXT_MONDAY, a_week(), tell_families=True)
    assert answer.json()["told"] == 3
    inbox = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert inbox[0]["title"] == "Thời khóa biểu mới của lớp 6A1"
    assert inbox[0]["body"] == "Lớp 6A1 có thời khóa biểu mới, áp dụng từ ngày 19/10/2026."
    other = (await web.get("/v1/family/notices", headers=world.neighbour.headers)).json()["notices"]
    assert other == []


async def test_hours_of_a_level_go_before_the_schools_and_winter_hours_begin_later(
    web: httpx.AsyncClient, world: World
) -> None:
    await publish(web, world, MONDAY, a_week())
    await ring(web, world)
    winter = [{"session": "morning", "period": 1, "starts_at": "07:15", "ends_at": "08:00"}]
    body = {"valid_from": str(THURSDAY), "level": "lower_secondary", "times": winter}
    await web.put(f"/v1/schools/{world.school_id}/bells", json=body, headers=world.admin.headers)
    assert (await day(web, world, WEDNESDAY))["lessons"][0]["starts_at"] == "07:00"
    thursday = await day(web, world, THURSDAY)
    assert (thursday["lessons"][0]["starts_at"], thursday["lessons"][1]["starts_at"]) == ("07:15", None)
    sets = (await web.get(f"/v1/schools/{world.school_id}/bells", headers=world.teacher.headers)).json()["sets"]
    assert [(one["level"], one["valid_from"]) for one in sets] == [("", "2026-09-05"), ("lower_secondary", "2026-10-15")]  # fmt: skip
    wrong = [
        {"session": "morning", "period": 1, "starts_at": "08:00", "ends_at": "07:45"},
        {"session": "morning", "period": 2, "starts_at": "07:40", "ends_at": "08:25"},
    ]
    answer = await web.put(
        f"/v1/schools/{world.school_id}/bells",
        json={"valid_from": "2026-12-01", "times": wrong},
        headers=world.admin.headers,
    )
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/times/0/ends_at", "/times/1/starts_at"]

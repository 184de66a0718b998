"""One day instead of the week, through the doors: falls out, replaced, moved, added, made up, taken back."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from notifications.texts import on_lock_screen, text_summary
from tests.factories import World
from tests.timetable.scenes import (
    MONDAY,
    NEXT_MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    a_week,
    change,
    day,
    familys_week,
    lesson,
    path,
    publish,
    titles,
)

SATURDAY = NEXT_MONDAY.replace(day=17)
SUNDAY = NEXT_MONDAY.replace(day=18)


async def test_a_lesson_falls_out_on_one_day_and_comes_back(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    tag = (await familys_week(web, world, THURSDAY)).headers["etag"]
    done = await change(web, world, THURSDAY, "morning/2", kind="cancelled", note="Cô Lan đi tập huấn")
    assert done.status_code == 200, done.text
    changed = await familys_week(web, world, THURSDAY, **{"if-none-match": tag})
    lost = changed.json()["days"][3]["lessons"][1]
    assert (lost["title"], lost["held"], lost["change"], lost["note"]) == ("Ngữ văn", False, "cancelled", "Cô Lan đi tập huấn")  # fmt: skip
    for _ in range(2):
        back = await web.delete(path(world, f"/timetable/{THURSDAY}/morning/2"), headers=world.teacher.headers)
        assert back.status_code == 204
    assert len(titles(await day(web, world, THURSDAY))) == 5


async def test_another_teacher_or_subject_for_one_day(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week(teacher=world.teacher.person_id))
    stands_in = {"subject_code": "TOAN", "staff_id": str(world.subject_teacher.person_id)}
    await change(web, world, THURSDAY, "morning/1", kind="replaced", **stands_in)
    await change(web, world, THURSDAY, "morning/2", kind="replaced", title="Tập văn nghệ", room="Hội trường")
    first, second = (await day(web, world, THURSDAY))["lessons"][:2]
    assert (first["title"], first["teacher"], first["was_teacher"]) == ("Toán", "Lý Văn Toán", "Đỗ Thị Cúc")
    assert (second["title"], second["was"], second["room"]) == ("Tập văn nghệ", "Ngữ văn", "Hội trường")
    mine = f"/v1/schools/{world.school_id}/timetable/mine?on={THURSDAY}"
    away = (await web.get(mine, headers=world.teacher.headers)).json()["days"][3]["lessons"][0]
    assert (away["held"], away["teacher"]) == (False, "Lý Văn Toán")
    held = (await web.get(mine, headers=world.subject_teacher.headers)).json()["days"][3]["lessons"]
    assert [(one["class_name"], one["title"], one["held"]) for one in held] == [("6A1", "Toán", True)]


async def test_a_moved_lesson_is_shown_at_both_ends_and_taken_back_at_either(
    web: httpx.AsyncClient, world: World
) -> None:
    await publish(web, world, MONDAY, a_week())
    to = {"on": str(THURSDAY), "session": "afternoon", "period": 1}
    assert (await change(web, world, WEDNESDAY, "morning/5", kind="cancelled", move_to=to)).status_code == 200
    away, here = (await day(web, world, WEDNESDAY))["lessons"][4], (await day(web, world, THURSDAY))["lessons"][5]
    assert (away["change"], away["held"], away["other"]) == ("moved_away", False, to)
    assert (here["change"], here["title"], here["other"]["on"]) == ("moved_here", "Tin học", str(WEDNESDAY))
    await web.delete(path(world, f"/timetable/{THURSDAY}/afternoon/1"), headers=world.teacher.headers)
    assert len(titles(await day(web, world, WEDNESDAY))) == 5 and len(titles(await day(web, world, THURSDAY))) == 5
    taken = await change(
        web, world, WEDNESDAY, "morning/5", kind="cancelled", move_to={**to, "session": "morning"}
    )  # fmt: skip
    assert taken.json()["errors"][0]["pointer"] == "/move_to/period"


async def test_an_extra_lesson_on_a_day_off_must_be_meant(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    extra = {"kind": "added", "subject_code": "TOAN"}
    refused = await change(web, world, SUNDAY, "morning/1", **extra)
    assert refused.status_code == 422 and refused.json()["type"] == "/problems/not-a-school-day"
    assert (await change(web, world, SUNDAY, "morning/1", **extra, make_up=True)).status_code == 200
    assert titles(await day(web, world, SUNDAY)) == ["Toán"]
    # An ordinary extra lesson falls with a day that the school closes later; one made for a day off stands.
    await change(web, world, THURSDAY, "afternoon/2", **extra)
    for on in (THURSDAY, SUNDAY):
        closed_day = f"/v1/schools/{world.school_id}/closed-days/{on}"
        await web.put(closed_day, json={"reason": "Bão"}, headers=world.admin.headers)
    assert (await day(web, world, THURSDAY))["closed"] == "Bão"
    assert titles(await day(web, world, SUNDAY)) == ["Toán"]


async def test_a_whole_day_falls_out_or_follows_another_weekday(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await publish(web, world, MONDAY, [one for one in a_week() if one["weekday"] != 6])
    told = await web.put(
        path(world, f"/timetable/{SATURDAY}"),
        json={"like_weekday": 2, "note": "Học bù nghỉ bão", "tell_families": True},
        headers=world.teacher.headers,
    )
    assert told.status_code == 200 and (told.json()["slots"], told.json()["told"]) == (7, 3)
    saturday = await day(web, world, SATURDAY)
    assert len(titles(saturday)) == 7 and saturday["lessons"][0]["change"] == "added"
    body = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"][0]["body"]
    assert body.splitlines()[:2] == [
        "Ngày 17/10/2026 lớp 6A1 có thay đổi:",
        "– Tiết 1 sáng: Toán – tiết học thêm vào (Học bù nghỉ bão)",
    ]
    off = await web.put(path(world, f"/timetable/{THURSDAY}"), json={}, headers=world.teacher.headers)
    assert off.json()["slots"] == 5 and titles(await day(web, world, THURSDAY)) == []
    back = await web.delete(path(world, f"/timetable/{THURSDAY}"), headers=world.teacher.headers)
    assert back.status_code == 204 and len(titles(await day(web, world, THURSDAY))) == 5
    nothing = await web.put(path(world, f"/timetable/{SUNDAY}"), json={}, headers=world.teacher.headers)
    assert nothing.status_code == 422 and nothing.json()["errors"][0]["pointer"] == "/sessions"


async def test_what_cannot_be_is_refused(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, a_week())
    gone = await change(web, world, TUESDAY, "morning/1", kind="cancelled")
    assert gone.json()["type"] == "/problems/timetable-day-gone"
    no_lesson = await change(web, world, THURSDAY, "afternoon/1", kind="cancelled")
    assert no_lesson.json()["errors"][0]["pointer"] == "/kind"
    taken = await change(web, world, THURSDAY, "morning/1", kind="added", title="Ôn tập")
    assert taken.json()["errors"][0]["detail"] == "Lớp đã có tiết ở đây vào ngày này."
    empty = await change(web, world, THURSDAY, "morning/1", kind="replaced")
    assert empty.json()["errors"][0]["pointer"] == "/title"
    others = await change(web, world, THURSDAY, "morning/1", kind="cancelled", by=world.other_teacher)
    assert others.status_code == 403
    subject = await change(web, world, THURSDAY, "morning/1", kind="cancelled", by=world.subject_teacher)
    assert subject.status_code == 403


async def test_a_teacher_who_is_busy_elsewhere_is_told(web: httpx.AsyncClient, world: World) -> None:
    busy = str(world.other_teacher.person_id)
    await publish(web, world, MONDAY, a_week())
    await publish(web, world, MONDAY, [lesson(4, "morning", 1, "TOAN", staff_id=busy)], class_id=world.other_class_id)
    wanted = {"kind": "replaced", "subject_code": "TOAN", "staff_id": busy}
    answer = await change(web, world, THURSDAY, "morning/1", **wanted)
    assert answer.status_code == 409 and "đã dạy lớp 6A2" in answer.json()["errors"][0]["detail"]
    assert (await change(web, world, THURSDAY, "morning/1", **wanted, keep_clashes=True)).status_code == 200
    # Where the other lesson falls out that day, the teacher is free.
    free = await web.put(
        path(world, f"/timetable/{THURSDAY}/morning/1", class_id=world.other_class_id),
        json={"kind": "cancelled"},
        headers=world.admin.headers,
    )
    assert free.status_code == 200
    assert (await change(web, world, THURSDAY, "morning/1", **wanted)).status_code == 200


async def test_families_are_told_of_a_change_line_by_line_in_their_language(
    web: httpx.AsyncClient, world: World
) -> None:
    await publish(web, world, MONDAY, a_week())
    to = {"on": "2026-10-16", "session": "afternoon", "period": 1}
    done = await change(web, world, THURSDAY, "morning/3", kind="cancelled", move_to=to, tell_families=True)
    assert done.json()["told"] == 3
    headers = {**world.parent.headers, "accept-language": "en"}
    notice = (await web.get("/v1/family/notices", headers=headers)).json()["notices"][0]
    assert notice["title"] == "Class 6A1: changed lessons on 15/10/2026"
    assert notice["body"].splitlines()[1:] == [
        "– Period 3, morning: Foreign language 1 – moved to period 1, afternoon of 16/10"
    ]


async def test_the_whole_school_makes_a_day_up(web: httpx.AsyncClient, world: World) -> None:
    await publish(web, world, MONDAY, [one for one in a_week() if one["weekday"] != 6])
    url = f"/v1/schools/{world.school_id}/timetable/days"
    body = {"like_weekday": 5, "tell_families": True}
    made = await web.put(f"{url}/{SATURDAY}", json=body, headers=world.admin.headers)
    assert made.json() == {"on": str(SATURDAY), "classes": 1, "told": 3}, "6A2 has no timetable and is left alone"
    assert len(titles(await day(web, world, SATURDAY))) == 5
    off = await web.put(f"{url}/{SUNDAY}", json=body, headers=world.admin.headers)
    assert off.status_code == 422 and off.json()["type"] == "/problems/not-a-school-day"
    assert (await web.put(f"{url}/{SATURDAY}", json=body, headers=world.teacher.headers)).status_code == 403


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_lock_screen_names_the_child_and_no_lesson(language: str) -> None:
    params = {
        "timetable": "day",
        "class": "6A1",
        "on": "2026-10-15",
        "lines": [{"vi": "Tiết 1: Toán", "en": "Period 1: Mathematics"}],
    }
    shown = on_lock_screen(
        "event", language, school_name="Trường", title=None, params=params, children=["Nguyễn Minh An"], urgent=False
    )
    assert "Minh An" in shown.body and "Toán" not in shown.body and "Mathematics" not in shown.body
    text = text_summary("event", language, title=None, params=params, children=["Nguyễn Minh An"])
    assert "Minh An" in text

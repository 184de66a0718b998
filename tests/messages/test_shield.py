"""The teacher's shield: the pure rules by table and by property, and what a family sees of it through the doors."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import SCHOOL_ZONE, StoppedClock
from backend.core.house import House
from backend.messages.entitled import party
from backend.messages.following import state
from backend.messages.shield import NOTICE, Hours, is_quiet, promised_by, quiet_ends, shown_from
from tests.factories import Person, World
from tests.messages.scenes import at, look, open_thread, read, root, said, say

HOURS = Hours()
NOBODY_CLOSED: frozenset[date] = frozenset()


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SCHOOL_ZONE)


# 14 October 2026 is a Wednesday, the 16th a Friday, the 17th a Saturday.
@pytest.mark.parametrize(
    ("written", "promised"),
    [
        ("2026-10-14 07:40", "2026-10-14 17:00"),
        ("2026-10-14 15:00", "2026-10-14 17:00"),
        ("2026-10-14 15:01", "2026-10-15 17:00"),  # too late to promise today
        ("2026-10-14 22:30", "2026-10-15 17:00"),
        ("2026-10-15 02:00", "2026-10-15 17:00"),
        ("2026-10-16 18:00", "2026-10-19 17:00"),  # Friday evening: Monday
        ("2026-10-17 09:00", "2026-10-19 17:00"),
    ],
)
def test_the_promise_is_the_next_hour_that_leaves_time(written: str, promised: str) -> None:
    assert promised_by(here(written), HOURS, NOBODY_CLOSED) == here(promised)


def test_holidays_and_closed_days_are_quiet_and_promise_nothing() -> None:
    closed = frozenset({date(2026, 10, 19), date(2026, 10, 20)})
    assert is_quiet(here("2026-10-19 10:00"), HOURS, closed)
    assert promised_by(here("2026-10-16 18:00"), HOURS, closed) == here("2026-10-21 17:00")
    assert quiet_ends(here("2026-10-16 18:00"), HOURS, closed) == here("2026-10-21 06:30")


@pytest.mark.parametrize(
    ("hours", "moment", "quiet"),
    [
        (HOURS, "2026-10-14 17:29", False),
        (HOURS, "2026-10-14 17:30", True),
        (HOURS, "2026-10-15 06:29", True),
        (HOURS, "2026-10-15 06:30", False),
        (Hours(time(12), time(13, 30)), "2026-10-14 12:30", True),
        (Hours(time(12), time(13, 30)), "2026-10-14 23:30", False),
        (Hours(time(0), time(0)), "2026-10-14 03:00", False),
        (Hours(quiet_weekdays=frozenset({6})), "2026-10-17 09:00", False),
    ],
)
def test_what_is_quiet(hours: Hours, moment: str, quiet: bool) -> None:
    assert is_quiet(here(moment), hours, NOBODY_CLOSED) is quiet


def test_a_school_that_never_opens_promises_nothing() -> None:
    closed = frozenset(date(2026, 6, 1) + timedelta(days=n) for n in range(200))
    moment = here("2026-06-01 10:00")
    assert quiet_ends(moment, HOURS, closed) is None
    assert promised_by(moment, HOURS, closed) is None
    assert shown_from(moment, HOURS, closed) > moment


_CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
_HOURS = st.builds(Hours, _CLOCKS, _CLOCKS, st.frozensets(st.integers(0, 6), max_size=6), _CLOCKS)
_MOMENTS = st.datetimes(datetime(2026, 8, 1), datetime(2027, 8, 1)).map(lambda m: m.replace(tzinfo=UTC))
_CLOSED = st.frozensets(st.dates(date(2026, 8, 1), date(2027, 8, 1)), max_size=10)


@given(_MOMENTS, _HOURS, _CLOSED)
def test_a_reading_is_never_shown_in_quiet_hours(moment: datetime, hours: Hours, closed: frozenset[date]) -> None:
    shown = shown_from(moment, hours, closed)
    assert shown >= moment
    if quiet_ends(moment, hours, closed) is not None:
        assert not is_quiet(shown, hours, closed)


@given(_MOMENTS, _HOURS, _CLOSED)
def test_a_promise_lies_ahead_on_an_open_day(moment: datetime, hours: Hours, closed: frozenset[date]) -> None:
    promise = promised_by(moment, hours, closed)
    if promise is not None:
        assert promise - moment >= NOTICE
        day = promise.astimezone(SCHOOL_ZONE).date()
        assert day not in closed and day.weekday() not in hours.quiet_weekdays


async def test_in_the_evening_a_family_is_promised_an_answer_and_nobody_is_woken(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    at(clock, 2026, 10, 16, 21, 0)
    answer = await say(web, world, world.parent, thread_id, "Mai cháu có học thêm không cô?")
    assert answer.json()["promise"] == "Cô Cúc thường trả lời trước 17:00 thứ Hai, 19/10/2026."
    await said(web, world, world.parent, thread_id, "À, cả chủ nhật nữa ạ?")
    [alert] = await owner.fetch("SELECT * FROM staff_alerts WHERE school_id = $1", world.school_id)
    assert (alert["due_at"], alert["messages"]) == (here("2026-10-19 06:30"), 2)
    assert alert["staff_id"] == world.teacher.person_id


async def test_a_teacher_who_reads_at_night_is_not_betrayed(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    at(clock, 2026, 10, 14, 9, 0)
    by_day = await said(web, world, world.parent, thread_id, "Buổi sáng")
    await read(web, world, world.teacher, thread_id, by_day)
    at(clock, 2026, 10, 14, 22, 0)
    by_night = await said(web, world, world.parent, thread_id, "Buổi tối")
    await read(web, world, world.teacher, thread_id, by_night)
    seen = [one["read_at"] for one in (await look(web, world, world.parent, thread_id))["messages"]]
    assert seen == ["2026-10-14T02:00:00Z", None]
    at(clock, 2026, 10, 15, 6, 29)
    assert (await look(web, world, world.parent, thread_id))["messages"][1]["read_at"] is None
    at(clock, 2026, 10, 15, 6, 30)
    # It says when quiet ended and not when she sat there reading.
    assert (await look(web, world, world.parent, thread_id))["messages"][1]["read_at"] == "2026-10-14T23:30:00Z"


async def test_a_page_that_lies_open_is_told_of_no_evening_either(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, school_house: House
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    at(clock, 2026, 10, 14, 22, 0)
    message_id = await said(web, world, world.parent, thread_id, "Cô ơi")
    reader = school_house.database.reader

    async def told(who: Person) -> str:
        side = await party(reader, world.school_id, who.account_id, UUID(thread_id), date(2026, 10, 14))
        return await state(reader, side, clock.now())

    before = await told(world.parent)
    await read(web, world, world.teacher, thread_id, message_id)
    assert await told(world.parent) == before
    at(clock, 2026, 10, 15, 6, 30)
    assert await told(world.parent) != before


async def test_a_teacher_keeps_other_hours_than_the_school(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    path = f"/v1/schools/{world.school_id}/quiet-hours"
    own = {"quiet_from": "12:00", "quiet_to": "07:00", "quiet_weekdays": [2, 5, 6], "answer_by": "11:30"}
    assert (await web.put(path, json=own, headers=world.teacher.headers)).status_code == 204
    thread_id = await open_thread(web, world, world.parent)
    answer = await say(web, world, world.parent, thread_id, "Thưa cô")
    assert answer.json()["promise"] == "Cô Cúc thường trả lời trước 11:30 thứ Năm, 15/10/2026."
    wrong = {**own, "quiet_weekdays": [0, 0], "answer_by": "06:00"}
    refused = await web.put(path, json=wrong, headers=world.teacher.headers)
    assert {one["pointer"] for one in refused.json()["errors"]} == {"/quiet_weekdays", "/answer_by"}
    assert (await web.delete(path, headers=world.teacher.headers)).status_code == 204
    found = (await web.get(path, headers=world.teacher.headers)).json()
    assert (found["own"], found["school"]["quiet_from"]) == (None, "17:30")


async def test_the_schools_hours_are_the_administrators_to_set(web: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/schools/{world.school_id}/message-settings"
    hours = {"quiet_from": "18:00", "quiet_to": "07:00", "quiet_weekdays": [6], "answer_by": "17:30"}
    body = {"quiet": hours, "translation": False}
    assert (await web.put(path, json=body, headers=world.teacher.headers)).status_code == 403
    assert (await web.put(path, json=body, headers=world.admin.headers)).status_code == 204
    assert (await web.get(path, headers=world.teacher.headers)).json()["quiet"] == hours


async def test_what_is_urgent_needs_a_reason_and_goes_to_the_duty_at_once(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, owner: asyncpg.Connection
) -> None:
    roster = f"/v1/schools/{world.school_id}/duty-roster"
    turn = {"staff_id": str(world.subject_teacher.person_id), "weekday": 2, "from_at": "17:00", "to_at": "24:00"}
    assert (await web.put(roster, json={"turns": [turn]}, headers=world.admin.headers)).status_code == 204
    at(clock, 2026, 10, 14, 19, 0)
    thread_id = await open_thread(web, world, world.parent)
    short = await say(web, world, world.parent, thread_id, urgent={"reason": "child_missing", "words": "Gấp"})
    assert [one["pointer"] for one in short.json()["errors"]] == ["/urgent/words"]
    urgent = {"reason": "child_missing", "words": "Cháu chưa về nhà, gọi bạn bè không ai biết ạ."}
    answer = await say(web, world, world.parent, thread_id, urgent=urgent)
    assert answer.status_code == 201
    duty_thread = answer.json()["thread_id"]
    assert duty_thread != thread_id
    [alert] = await owner.fetch("SELECT * FROM staff_alerts WHERE school_id = $1", world.school_id)
    assert (alert["staff_id"], alert["urgent"], alert["due_at"]) == (
        world.subject_teacher.person_id, True, here("2026-10-14 19:00")
    )  # fmt: skip
    await said(web, world, world.subject_teacher, duty_thread, "Tôi đang hỏi bảo vệ, em sẽ gọi lại ngay.")
    await said(web, world, world.parent, duty_thread, "Cháu về rồi ạ, cháu ở nhà bạn.")
    assert (await web.get(root(world, f"/{duty_thread}"), headers=world.teacher.headers)).status_code == 404
    assert await owner.fetchval(
        "SELECT count(*) FROM audit_events WHERE school_id = $1 AND action = 'messages.urgent'", world.school_id
    ) == 1  # fmt: skip


async def test_without_a_roster_an_administrator_is_called_and_the_duty_takes_only_what_is_urgent(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent, desk="duty")
    plain = await say(web, world, world.parent, thread_id, "Cho em hỏi học phí")
    assert [one["pointer"] for one in plain.json()["errors"]] == ["/urgent"]
    urgent = {"reason": "safety", "words": "Có người lạ đứng ở cổng trường ạ."}
    assert (await say(web, world, world.parent, thread_id, urgent=urgent)).status_code == 201
    [alert] = await owner.fetch("SELECT * FROM staff_alerts WHERE school_id = $1", world.school_id)
    assert alert["staff_id"] == world.admin.person_id


async def test_thanks_wake_nobody_and_are_folded(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    answer = await say(web, world, world.parent, thread_id, "Dạ em cảm ơn cô nhiều ạ 🙏")
    assert (answer.json()["folded"], answer.json()["promise"]) == (True, None)
    assert await owner.fetchval("SELECT count(*) FROM staff_alerts WHERE school_id = $1", world.school_id) == 0
    found = await look(web, world, world.teacher, thread_id)
    assert (found["folded_count"], found["head"]["waiting_since"]) == (1, None)

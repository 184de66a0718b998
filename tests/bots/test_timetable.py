"""What has my child tomorrow: answered from the timetable, for the right child, in one reading."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.timetable import bells, changes, publishing
from schemas.timetable import BellsIn, BellTime, ChangeIn, LessonIn, SlotOn, TimetableIn
from tests.bots.scenes import NOW, sibling, stopped, talker
from tests.factories import World
from tests.timetable.scenes import BELLS, MONDAY, NEXT_MONDAY, THURSDAY, a_week, lesson

SATURDAY = date(2026, 10, 17)


@pytest.fixture
async def school(house: House, world: World) -> House:
    """6A1 has five lessons on every morning but Saturday's, two on Tuesday afternoon; it is Wednesday, 07:45."""
    here = stopped(house)
    times = [BellTime(*bell) for bell in BELLS]  # type: ignore[arg-type]
    await bells.set_bells(here, world.admin.account_id, world.school_id, BellsIn(date(2026, 9, 5), times))
    await _publish(here, world, MONDAY, [one for one in a_week() if one["weekday"] != 6])
    return here


async def _publish(house: House, world: World, first: date, lessons: list[dict[str, Any]], **more: Any) -> None:
    week = TimetableIn([LessonIn(**one) for one in lessons])
    class_id = more.get("class_id", world.class_id)
    await publishing.publish(house, world.admin.account_id, world.school_id, class_id, first, week)


async def _change(house: House, world: World, where: SlotOn, **wanted: Any) -> None:
    await changes.change_lesson(
        house, world.teacher.account_id, world.school_id, world.class_id, where, ChangeIn(**wanted)
    )


async def test_tomorrow_is_answered_in_the_first_line(school: House, world: World) -> None:
    parent = talker(school, world.parent.account_id)
    told = await parent.says("mai con học môn gì ạ")
    assert told.intent == "my-timetable"
    assert told.text == (
        "Mai (thứ Năm 15/10) Minh An học 5 tiết buổi sáng: "
        "Toán, Ngữ văn, Ngoại ngữ 1, Khoa học tự nhiên, Tin học; vào 7:00, tan 11:20."
    )
    english = await talker(school, world.parent.account_id).says("what lessons does my child have tomorrow")
    assert english.text.startswith("Tomorrow (Thursday 15/10): Minh An has lessons in the morning (5): Mathematics, ")
    assert english.text.endswith("; starts 7:00, ends 11:20.")


async def test_days_sessions_and_hours(school: House, world: World) -> None:
    parent = talker(school, world.parent.account_id)
    both = (await parent.says("thứ 3 con học mấy tiết")).text
    assert both.startswith("Thứ Ba 20/10 Minh An học 7 tiết: sáng Toán, ") and "; chiều Giáo dục thể chất, Mĩ thuật; vào 7:00, tan 15:05." in both  # fmt: skip
    assert (await parent.says("chiều nay con có học không")).text == "Không. Hôm nay (thứ Tư 14/10), buổi chiều: Minh An không có tiết học."  # fmt: skip
    yes = (await parent.says("chiều thứ ba con có học không ạ")).text
    assert yes.startswith("Có. Thứ Ba 20/10, buổi chiều: Minh An học 2 tiết: ") and "vào 13:30" in yes
    info = await parent.says("xem thời khóa biểu ở đâu")
    assert info.intent == "timetable-info" and "mai con học môn gì" in info.text
    today = (await parent.presses("i:my-timetable")).text.splitlines()
    assert today[0].startswith("Hôm nay (thứ Tư 14/10) Minh An học 5 tiết") and "tan 11:20" in today[0]
    assert today[1].startswith("Mai (thứ Năm 15/10)") and "cả tuần con học gì" in today[2]


async def test_the_hours_of_the_school_lead_to_the_childs_own(school: House, world: World) -> None:
    parent = talker(school, world.parent.account_id)
    hours = await parent.says("mấy giờ con tan học")
    assert hours.intent == "school-hours" and "i:my-timetable" in {button.press for button in hours.buttons}
    own = (await parent.presses("i:my-timetable")).text.splitlines()
    assert own[0].startswith("Hôm nay (thứ Tư 14/10) Minh An học 5 tiết") and own[0].endswith("vào 7:00, tan 11:20.")


async def test_a_subject_is_looked_for(school: House, world: World) -> None:
    parent = talker(school, world.parent.account_id)
    assert (await parent.says("thứ 5 con có tiết Toán không")).text == (
        "Minh An học Toán:\n• Mai (thứ Năm 15/10): Tiết 1 sáng: Toán (7:00–7:45)"
    )
    never = (await parent.says("thứ 5 con có tiết mỹ thuật không")).text.splitlines()
    assert never == ["Mai (thứ Năm 15/10) Minh An không có tiết môn này.", "Tiết gần nhất: Thứ Ba 20/10."]
    chemistry = (await parent.says("ngày mai con có tiết hóa học không")).text
    assert chemistry.startswith("Minh An học Khoa học tự nhiên:")


async def test_a_whole_week_and_the_week_after(school: House, world: World) -> None:
    await _publish(school, world, NEXT_MONDAY, [lesson(1, "morning", 1, "Chào cờ"), lesson(1, "morning", 2, "TOAN"), lesson(1, "morning", 3, "TOAN")])  # fmt: skip
    parent = talker(school, world.parent.account_id)
    lines = (await parent.says("cả tuần này con học gì")).text.splitlines()
    assert lines[0] == "Tuần 12/10–18/10 Minh An học 27 tiết:" and len(lines) == 7
    assert lines[1].startswith("• thứ Hai 12/10/2026: sáng Chào cờ, Ngữ văn")
    assert lines[6] == "• thứ Bảy 17/10/2026: không có tiết"
    parent.waits(days=3)
    saturday = (await parent.says("cả tuần con học gì")).text
    assert saturday.startswith("Tuần 19/10–25/10"), "nothing is left of this week"
    sunday = (await parent.says("mai con có học không")).text.splitlines()
    assert sunday[0] == "Mai (Chủ nhật 18/10) Minh An không có tiết học nào." and sunday[1].startswith(
        "Ngày kia (thứ Hai 19/10)"
    )
    parent.waits(days=-3)
    after = (await parent.says("tuần sau con học gì")).text.splitlines()
    assert after[:2] == ["Tuần 19/10–25/10 Minh An học 3 tiết:", "• thứ Hai 19/10/2026: sáng Chào cờ, Toán (×2)"]


async def test_days_off_and_changes_are_told(school: House, world: World, owner: asyncpg.Connection) -> None:
    await _change(school, world, SlotOn(THURSDAY, "morning", 2), kind="cancelled", note="Cô đi tập huấn")
    await owner.execute(
        "INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at) VALUES ($1, $2, 'Nghỉ tránh bão', $3, $4)",
        world.school_id, THURSDAY + timedelta(days=1), world.admin.account_id, NOW,
    )  # fmt: skip
    parent = talker(school, world.parent.account_id)
    lines = (await parent.says("mai con học gì")).text.splitlines()
    assert lines[0].startswith("Mai (thứ Năm 15/10) Minh An học 4 tiết buổi sáng: Toán, Ngoại ngữ 1")
    assert lines[1:] == [
        "Khác với thời khoá biểu hằng tuần:",
        "• Tiết 2 sáng: Ngữ văn – nghỉ tiết này (Cô đi tập huấn)",
    ]
    off = (await parent.says("thứ 6 con có học không")).text.splitlines()
    assert off[0] == "Ngày kia (thứ Sáu 16/10) Minh An nghỉ học: Nghỉ tránh bão."
    assert off[1].startswith("Thứ Hai 19/10 Minh An học 5 tiết")


async def test_it_is_the_right_childs_and_nobody_elses(school: House, world: World, owner: asyncpg.Connection) -> None:
    await sibling(owner, world)
    await _publish(school, world, MONDAY, [lesson(4, "morning", 1, "MT")], class_id=world.other_class_id)
    parent = talker(school, world.parent.account_id)
    asked = await parent.says("mai con học môn gì")
    assert {button.label for button in asked.buttons} == {"Nguyễn Minh An (6A1)", "Nguyễn Gia Bình (6A2)"}
    chosen = await parent.presses("Nguyễn Gia Bình (6A2)")
    assert chosen.text.startswith("Mai (thứ Năm 15/10) Gia Bình học 1 tiết buổi sáng: Mĩ thuật")
    assert "Toán" in (await parent.says("còn bé Minh An mai học gì")).text
    other = await talker(school, world.stranger.account_id).says("mai bé Minh An học môn gì")
    assert "Toán" not in other.text


async def test_where_none_is_kept_it_says_so_and_offers_a_person(house: House, world: World) -> None:
    here = dataclasses.replace(house, clock=StoppedClock(NOW))
    parent = talker(here, world.parent.account_id)
    nothing = await parent.says("mai con học môn gì")
    assert "chưa có trong hệ thống này" in nothing.text and nothing.buttons[-1].press == "h"
    await _publish(here, world, NEXT_MONDAY, a_week())
    soon = (await parent.says("mai con học môn gì")).text
    assert soon.endswith("Thời khoá biểu áp dụng từ thứ Hai 19/10/2026.")

"""Coming late and being collected early told in chat, and a day without school remarked on: shown back, sent on a yes, taken back."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import asyncpg
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from bots import hours_words
from bots.hours_words import Hour
from schemas.chat import Answer
from tests.bots.scenes import NOW, Talker, stopped, talker
from tests.factories import EARLY, World


async def _agreed(parent: Talker) -> Answer:
    answer = await parent.presses("Đúng, gửi đi")
    return await parent.presses("Tôi đồng ý, gửi đi") if "nội quy" in answer.text else answer


async def _kept(owner: asyncpg.Connection, world: World) -> list[tuple[str, date, dict[str, Any], str]]:
    rows = await owner.fetch(
        "SELECT kind, from_on, detail::text, state FROM message_requests WHERE school_id = $1 ORDER BY kind",
        world.school_id,
    )
    return [(row["kind"], row["from_on"], json.loads(row["detail"]), row["state"]) for row in rows]


@pytest.fixture
async def lessons(owner: asyncpg.Connection, world: World) -> None:
    """Wednesday from 07:15 to 16:40; no lesson on Saturday."""
    child = world.child
    await owner.execute(
        "INSERT INTO timetables (school_id, class_id, valid_from, source, published_by, published_at) VALUES ($1, $2, $3, 'hand', $4, $5)",
        child.school_id, child.class_id, EARLY, new_id(), NOW,
    )  # fmt: skip
    for session, period, starts, ends in (
        ("morning", 1, time(7, 15), time(8)),
        ("afternoon", 4, time(15, 55), time(16, 40)),
    ):
        await owner.execute(
            "INSERT INTO bell_times (school_id, level, valid_from, session, period, starts_at, ends_at, set_by, set_at)"
            " VALUES ($1, '', $2, $3, $4, $5, $6, $7, $8)",
            child.school_id, EARLY, session, period, starts, ends, new_id(), NOW,
        )  # fmt: skip
        for weekday in range(1, 6):
            await owner.execute(
                "INSERT INTO timetable_lessons (school_id, class_id, valid_from, weekday, session, period, title)"
                " VALUES ($1, $2, $3, $4, $5, $6, 'Học')",
                child.school_id, child.class_id, EARLY, weekday, session, period,
            )  # fmt: skip


async def test_coming_late_is_counted_from_the_first_bell_and_sent_after_a_yes(
    house: House, world: World, owner: asyncpg.Connection, lessons: None
) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    shown = await parent.says("bé đi trễ 30 phút vì kẹt xe")
    assert "Đến muộn: hôm nay (thứ Tư 14/10/2026), khoảng 07:45" in shown.text and "kẹt xe" in shown.text
    assert await _kept(owner, world) == []
    assert "đến muộn hôm nay" in (await _agreed(parent)).text
    detail = {"arrives_at": "07:45", "reason": "kẹt xe"}
    assert await _kept(owner, world) == [("late", date(2026, 10, 14), detail, "waiting")]
    assert "Đã thu hồi" in (await parent.presses("Thu hồi tin này")).text
    assert (await _kept(owner, world))[0][3] == "withdrawn"


async def test_collecting_early_is_sent_with_the_askers_own_name_and_number(
    house: House, world: World, owner: asyncpg.Connection, lessons: None
) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    shown = await parent.says("chiều nay đón con sớm lúc 3h")
    assert "Đón sớm: hôm nay (thứ Tư 14/10/2026), lúc 15:00" in shown.text and "chính bạn" in shown.text
    changed = await parent.says("à 3h30 ạ, đi khám răng")
    assert "15:30" in changed.text and "đi khám răng" in changed.text
    assert "chờ cô thầy xác nhận" in (await _agreed(parent)).text
    (kept,) = await _kept(owner, world)
    row = await owner.fetchrow(
        "SELECT full_name, phone_e164 FROM guardians WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent.person_id,
    )  # fmt: skip
    assert kept[0] == "pickup" and kept[2] == {
        "collector": f"{row['full_name']} (mẹ)", "phone": row["phone_e164"], "leaves_at": "15:30", "reason": "đi khám răng",
    }  # fmt: skip


async def test_without_the_schools_hours_the_hour_is_asked_for(house: House, world: World) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    assert "khoảng mấy giờ" in (await parent.says("mai con đến muộn 15 phút cô nhé")).text
    assert "ngày mai (thứ Năm 15/10/2026), khoảng 08:00" in (await parent.says("8h")).text
    assert "không gửi gì" in (await parent.says("thôi")).text


async def test_another_question_in_between_lets_it_go(house: House, world: World) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    await parent.says("mai con đến muộn 15 phút cô nhé")
    assert (await parent.says("con còn nợ bao nhiêu tiền?")).intent == "my-balance"
    assert parent.chat.memory.absence is None


async def test_a_day_without_school_is_remarked_on_and_another_offered(
    house: House, world: World, owner: asyncpg.Connection, lessons: None
) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    remarked = await parent.says("chủ nhật con nghỉ vì về quê")
    assert "Chủ nhật 18/10/2026" in remarked.text and "không có lịch học." in remarked.text
    assert "Ý bạn là thứ Hai 19/10/2026?" in remarked.text
    shown = await parent.presses("thứ Hai 19/10/2026")
    assert "Nghỉ: thứ Hai 19/10/2026" in shown.text and "về quê" in shown.text
    # A day that is closed, and one without lessons; whoever means it all the same is not asked twice.
    await owner.execute(
        "INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at) VALUES ($1, $2, 'bão', $3, $4)",
        world.school_id, date(2026, 10, 16), new_id(), NOW,
    )  # fmt: skip
    assert "không có lịch học (bão)" in (await parent.says("thứ sáu con nghỉ vì về quê")).text
    remarked = await parent.says("thứ bảy con nghỉ vì về quê")
    assert "không có tiết" in remarked.text
    shown = await parent.presses("thứ Bảy 17/10/2026")
    assert "Nghỉ: thứ Bảy 17/10/2026" in shown.text
    assert "Nghỉ: từ thứ Sáu" in (await parent.says("từ thứ sáu đến thứ hai, vì về quê")).text, "Monday is a school day"


async def test_a_guardian_who_may_only_look_tells_no_hours(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE guardianships SET can_act = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent.person_id,
    )  # fmt: skip
    parent = talker(stopped(house), world.parent.account_id)
    answer = await parent.says("chiều nay đón con sớm lúc 3h")
    assert "không thay mặt" in answer.text and not answer.buttons


@pytest.mark.parametrize(
    ("text", "kind", "hour"),
    [
        ("Cô ơi sáng nay bé An đến muộn khoảng 8h ạ", "late", Hour(at="08:00")),
        ("hôm nay con tới trễ 15p nha cô", "late", Hour(minutes=15)),
        ("Hôm nay con đến lớp muộn một tiết, mong cô thông cảm.", "late", Hour(minutes=45)),
        ("mai em den muon 1h vi ket xe", "late", Hour(minutes=60)),
        ("9h kém 15 con mới đến lớp, hôm nay đến muộn ạ", "late", Hour(at="08:45")),
        ("my son will be 20 minutes late today because of traffic", "late", Hour(minutes=20)),
        ("hôm nay cho con về sớm lúc 15h30 đi khám răng", "pickup", Hour(at="15:30")),
        ("Tôi muốn đón con về sớm lúc 3 giờ chiều nay.", "pickup", Hour(at="15:00")),
        ("hôm nay 4 rưỡi em qua rước bé sớm nhé", "pickup", Hour(at="16:30")),
        ("cho con ra về trước 30 phút hôm nay", "pickup", Hour(minutes=30)),
        ("I will pick him up early at 2:30pm today", "pickup", Hour(at="14:30")),
    ],
)
def test_what_is_told_and_at_what_hour(text: str, kind: str, hour: Hour) -> None:
    assert (hours_words.told(text), hours_words.hour(text)) == (kind, hour)


@pytest.mark.parametrize(
    "text",
    [
        "con hôm nay đi trễ không cô",
        "đi học muộn có bị phạt không",
        "xin cho con về sớm thì làm thế nào",
        "tháng này con đi trễ mấy buổi",
        "mấy giờ thì được đón con sớm",
        "tôi đến muốn gặp cô hôm nay",
        "hôm nay đón con trễ 30 phút nhé cô",
        "mai chú Tú đón con sớm lúc 4h nhé cô",
    ],
)
def test_what_is_asked_or_somebody_elses_is_not_told(text: str) -> None:
    assert hours_words.told(text) is None

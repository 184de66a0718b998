"""An absence told in chat: understood, shown back, sent on a yes as the app sends it, taken back."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from backend.core.house import House
from backend.messages.deciding import announced
from bots import absence_words
from schemas.chat import Answer
from tests.bots.scenes import TODAY, Talker, sibling, stopped, talker
from tests.factories import World


async def _agreed(parent: Talker) -> Answer:
    """Yes to what was shown, and to the rules the first time."""
    answer = await parent.presses("Đúng, gửi đi")
    if "nội quy" in answer.text:
        answer = await parent.presses("Tôi đồng ý, gửi đi")
    return answer


async def _on_the_roll(house: House, world: World, day: date) -> dict[str, str | None]:
    found = await announced(house.database.reader, world.school_id, world.class_id, day, reasons=True)
    return {str(one.pupil_id): one.reason for one in found.values()}


async def test_an_absence_is_shown_back_and_the_roll_shows_it_after_a_yes(house: House, world: World) -> None:
    here = stopped(house)
    parent = talker(here, world.parent.account_id)
    shown = await parent.says("cô ơi mai cháu An bị sốt xin nghỉ học ạ")
    assert "ngày mai (thứ Năm 15/10/2026)" in shown.text and "Lý do: bị sốt" in shown.text
    tomorrow = date(2026, 10, 15)
    assert await _on_the_roll(here, world, tomorrow) == {}
    rules = await parent.presses("Đúng, gửi đi")
    assert "nội quy" in rules.text and await _on_the_roll(here, world, tomorrow) == {}
    sent = await parent.presses("Tôi đồng ý, gửi đi")
    assert "Đã báo cho giáo viên chủ nhiệm" in sent.text
    assert await _on_the_roll(here, world, tomorrow) == {str(world.child.pupil_id): "bị sốt"}
    assert await _on_the_roll(here, world, TODAY) == {}


async def test_pressing_twice_is_telling_once(house: House, world: World, owner: asyncpg.Connection) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    await parent.says("hôm nay con tôi ốm, xin nghỉ")
    await _agreed(parent)
    await parent.says("cảm ơn")
    assert parent.chat.memory.absence is not None
    again = await parent._turn(button=f"y:{parent.chat.memory.absence.key}")
    assert "Đã báo" in again.text
    assert await owner.fetchval("SELECT count(*) FROM message_requests WHERE school_id = $1", world.school_id) == 1


async def test_an_absence_is_taken_back(house: House, world: World) -> None:
    here = stopped(house)
    parent = talker(here, world.parent.account_id)
    await parent.says("hôm nay con tôi ốm, xin nghỉ")
    sent = await _agreed(parent)
    assert await _on_the_roll(here, world, TODAY)
    other = talker(here, world.classmate_parent.account_id)
    assert "đã cũ" in (await other._turn(button=sent.buttons[0].press)).text
    assert "Đã thu hồi" in (await parent.presses("Thu hồi tin báo nghỉ")).text
    assert await _on_the_roll(here, world, TODAY) == {}
    assert "Đã thu hồi" in (await parent._turn(button=sent.buttons[0].press)).text  # twice is once


async def test_what_is_missing_is_asked_for_one_thing_at_a_time(house: House, world: World) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    assert "nghỉ ngày nào" in (await parent.says("báo nghỉ cho con")).text
    assert "lý do" in (await parent.says("từ thứ năm đến thứ sáu")).text
    shown = await parent.says("nhà có đám cưới")
    assert "từ ngày mai (thứ Năm 15/10/2026) đến thứ Sáu 16/10/2026" in shown.text and "đám cưới" in shown.text
    changed = await parent.says("à không, chỉ thứ sáu thôi")
    assert "Nghỉ: thứ Sáu 16/10/2026" in changed.text
    assert "không gửi" in (await parent.says("thôi")).text
    assert parent.chat.memory.absence is None


async def test_another_question_in_between_lets_the_absence_go(house: House, world: World) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    await parent.says("báo nghỉ cho con")
    assert (await parent.says("con còn nợ bao nhiêu tiền?")).intent == "my-balance"
    assert parent.chat.memory.absence is None


async def test_an_older_draft_sends_nothing(house: House, world: World, owner: asyncpg.Connection) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    first = await parent.says("hôm nay con tôi ốm, xin nghỉ")
    await parent.says("mai con nghỉ vì về quê")
    assert "đã cũ" in (await parent._turn(button=first.buttons[0].press)).text
    assert await owner.fetchval("SELECT count(*) FROM message_requests WHERE school_id = $1", world.school_id) == 0


async def test_with_two_children_the_right_one_is_told_of(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    brother = await sibling(owner, world)
    here = stopped(house)
    parent = talker(here, world.parent.account_id)
    assert "bé nào" in (await parent.says("mai con nghỉ vì bị ho")).text
    assert brother.full_name in (await parent.presses("Nguyễn Gia Bình (6A2)")).text
    await _agreed(parent)
    assert await _on_the_roll(here, world, date(2026, 10, 15)) == {}
    found = await announced(
        house.database.reader, world.school_id, world.other_class_id, date(2026, 10, 15), reasons=True
    )
    assert list(found) == [brother.pupil_id]


async def test_days_too_far_are_asked_again(house: House, world: World) -> None:
    parent = talker(stopped(house), world.parent.account_id)
    answer = await parent.says("xin cho con nghỉ học ngày 20/5/2027 vì về quê")
    assert "quá xa" in answer.text and "nghỉ ngày nào" in answer.text


async def test_a_guardian_who_may_only_look_tells_nothing(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE guardianships SET can_act = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent.person_id,
    )
    parent = talker(stopped(house), world.parent.account_id)
    answer = await parent.says("hôm nay con tôi ốm, xin nghỉ")
    assert "không thay mặt báo nghỉ" in answer.text and not answer.buttons
    assert await owner.fetchval("SELECT count(*) FROM message_requests WHERE school_id = $1", world.school_id) == 0


async def test_a_question_about_absences_is_answered_and_offers_the_deed(house: House, world: World) -> None:
    parent = talker(house, world.parent.account_id)
    answer = await parent.says("xin nghỉ học thì làm thế nào")
    assert answer.intent == "absence-request" and "d:absence" in [button.press for button in answer.buttons]
    stranger = talker(house)
    await stranger.says("hôm nay con tôi ốm xin nghỉ")
    assert "liên kết" in (await stranger.presses("Báo nghỉ cho con ngay")).text


@pytest.mark.parametrize(
    ("text", "first", "last", "why"),
    [
        ("mai bé An nghỉ 2 ngày đi khám mắt", "2026-10-15", "2026-10-16", "đi khám mắt"),
        ("xin phép cô cho cháu nghỉ từ thứ 4 đến thứ 6 ạ", "2026-10-14", "2026-10-16", ""),
        ("bé Mai nghỉ thứ hai tuần sau", "2026-10-19", "2026-10-19", ""),
        ("nghỉ từ 15 đến 17/10", "2026-10-15", "2026-10-17", ""),
        ("mai e xin cho con nghi vi chau dau bung a", "2026-10-15", "2026-10-15", "chau dau bung"),
        ("cháu bị sốt nên xin cô cho nghỉ hôm nay và mai", "2026-10-14", "2026-10-15", "bị sốt"),
        ("he will be absent next monday due to a dentist appointment, thanks", "2026-10-19", "2026-10-19",
         "a dentist appointment"),
        ("my daughter is sick today, she can't come to school", "2026-10-14", "2026-10-14", "is sick today"),
        ("cho cháu nghỉ ngày 20", "2026-10-20", "2026-10-20", ""),
    ],
)  # fmt: skip
def test_days_and_reasons_are_read_from_words(text: str, first: str, last: str, why: str) -> None:
    days = absence_words.days(text, TODAY)
    assert days is not None and (days.first.isoformat(), days.last.isoformat()) == (first, last)
    assert absence_words.reason(text) == why and absence_words.is_told(text)


@pytest.mark.parametrize(
    "text",
    [
        "xin nghỉ học thì làm thế nào",
        "Xin nghỉ học thì báo qua đâu ạ?",
        "con nghỉ mấy buổi tháng này",
        "Hôm nay con đến lớp muộn một tiết, mong cô thông cảm.",
        "Tôi muốn đón con về sớm lúc 3 giờ chiều nay.",
        "how do I report an absence",
    ],
)
def test_questions_late_coming_and_leaving_early_are_no_absence(text: str) -> None:
    assert not absence_words.is_told(text)

"""Whoever is given a family's question hears of it; what nobody takes in time wakes the administrators once; what ended is forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from bots import desk, desk_reading, forgetting, waking
from bots.answer_clock import keep_settings
from notifications.channels.email import EmailSender
from notifications.stations import Stations
from schemas.conversations import AssignTo, InboxSettings
from tests.bots.inbox_scenes import CHILD_QUESTION, Writer, linked, the_handoff, word, words_of
from tests.bots.scenes import NOW, TODAY, stopped
from tests.factories import World
from tests.messages.test_alerts import a_phone
from tests.notifications.conftest import fcm, sender, shared_fcm, stations  # noqa: F401
from tests.twins.fcm import FcmTwin
from tests.twins.smtp import SmtpTwin


@pytest.fixture
async def asked(house: House, world: World, owner: asyncpg.Connection) -> tuple[House, Writer, UUID]:
    """07:45 on a Wednesday: a family's question waits for a person."""
    still = stopped(house)
    family = await linked(still, owner, world.parent.account_id)
    await family.asks_for_a_person()
    return still, family, (await the_handoff(owner, world.school_id))["handoff_id"]


def later(house: House, **by: float) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(timedelta(**by))


async def test_who_is_given_a_conversation_is_told_and_who_takes_one_is_not(
    asked: tuple[House, Writer, UUID], world: World, owner: asyncpg.Connection, stations: Stations, fcm: FcmTwin  # noqa: F811
) -> None:  # fmt: skip
    house, _, handoff_id = asked
    phones = [await a_phone(owner, who) for who in (world.teacher, world.admin)]
    await desk.take(house, world.admin.account_id, world.school_id, handoff_id)
    assert await waking.drain(house, stations, world.school_id) == 0
    to = AssignTo(world.teacher.person_id)
    for _ in range(2):
        await desk.assign(house, world.admin.account_id, world.school_id, handoff_id, to)
    assert [await waking.drain(house, stations, world.school_id) for _ in range(2)] == [1, 0]
    [push] = fcm.phones[phones[0]].received
    assert "được giao" in push["notification"]["body"]
    assert str(handoff_id) in str(push) and CHILD_QUESTION not in str(push) and "Hoa" not in str(push)
    assert fcm.phones[phones[1]].received == []


async def test_who_lost_it_meanwhile_and_whoever_is_asleep_are_left_in_peace(
    asked: tuple[House, Writer, UUID], world: World, owner: asyncpg.Connection, stations: Stations, fcm: FcmTwin  # noqa: F811
) -> None:  # fmt: skip
    house, _, handoff_id = asked
    phone = await a_phone(owner, world.teacher)
    later(house, hours=14)  # 21:45: quiet hours
    to = AssignTo(world.teacher.person_id)
    await desk.assign(house, world.admin.account_id, world.school_id, handoff_id, to)
    assert await waking.drain(house, stations, world.school_id) == 0
    await desk.assign(house, world.admin.account_id, world.school_id, handoff_id, AssignTo(world.admin.person_id))
    later(house, hours=10)
    await waking.drain(house, stations, world.school_id)
    assert fcm.phones[phone].received == []
    states = await owner.fetch("SELECT state FROM inbox_alerts WHERE staff_id = $1", world.teacher.person_id)
    assert [row["state"] for row in states] == ["late"]


async def test_a_question_nobody_takes_wakes_the_administrators_once(
    asked: tuple[House, Writer, UUID], world: World, owner: asyncpg.Connection, stations: Stations, fcm: FcmTwin  # noqa: F811
) -> None:  # fmt: skip
    house, _, _ = asked
    admins, teachers = [await a_phone(owner, who) for who in (world.admin, world.teacher)]
    later(house, minutes=119)
    await waking.ring_everywhere(house)
    assert await waking.drain(house, stations, world.school_id) == 0
    for _ in range(3):
        later(house, minutes=60)
        await waking.ring_everywhere(house)
        await waking.drain(house, stations, world.school_id)
    [push] = fcm.phones[admins].received
    assert "chưa ai nhận: 1 câu hỏi" in push["notification"]["body"]
    assert fcm.phones[teachers].received == []


async def test_what_somebody_takes_in_time_wakes_nobody(
    asked: tuple[House, Writer, UUID], world: World, owner: asyncpg.Connection, stations: Stations, fcm: FcmTwin  # noqa: F811
) -> None:  # fmt: skip
    house, _, handoff_id = asked
    phone = await a_phone(owner, world.admin)
    await desk.take(house, world.admin.account_id, world.school_id, handoff_id)
    later(house, hours=9)
    await waking.ring_everywhere(house)
    assert await waking.drain(house, stations, world.school_id) == 0
    assert fcm.phones[phone].received == []


async def test_without_phone_and_chat_it_comes_by_mail(
    asked: tuple[House, Writer, UUID], world: World, owner: asyncpg.Connection
) -> None:
    house, _, handoff_id = asked
    await owner.execute(
        "INSERT INTO account_emails (account_id, email, language, asked_at, confirmed_at) VALUES ($1, 'co.lan@truong.example', 'vi', $2, $2)",
        world.teacher.account_id, NOW,
    )  # fmt: skip
    twin = SmtpTwin()
    await twin.start()
    stations = Stations()  # noqa: F811
    stations.email_sender = EmailSender(host="127.0.0.1", port=twin.port, security="none", sender="nhipcau@truong.example")  # fmt: skip
    try:
        await desk.assign(house, world.admin.account_id, world.school_id, handoff_id, AssignTo(world.teacher.person_id))
        assert await waking.drain(house, stations, world.school_id) == 1
    finally:
        await stations.email_sender.close()
        await twin.stop()
    [letter] = twin.boxes["co.lan@truong.example"]
    assert "được giao" in letter["Subject"] and str(handoff_id) in letter.get_content()
    assert CHILD_QUESTION not in letter.get_content()


async def test_what_ended_long_ago_is_forgotten_and_nothing_else_can_be(
    asked: tuple[House, Writer, UUID], world: World, owner: asyncpg.Connection
) -> None:
    house, _, handoff_id = asked
    await keep_settings(house, world.admin.account_id, world.school_id, InboxSettings(120, kept_days=30))
    await desk.reply(house, world.admin.account_id, world.school_id, handoff_id, word("Dạ được ạ."))
    with pytest.raises(asyncpg.PostgresError):
        await owner.execute("SET ROLE nhipcau_app")
        try:
            await owner.execute("UPDATE chat_words SET body = '' WHERE handoff_id = $1", handoff_id)
        finally:
            await owner.execute("RESET ROLE")
    async with house.database.school(world.school_id) as tx:
        gone = await tx.fetch("DELETE FROM chat_words WHERE school_id = $1 RETURNING number", world.school_id)
        assert gone == [], "what was said in an open conversation cannot be taken away"
    await desk.finish(house, world.admin.account_id, world.school_id, handoff_id, "close")
    later(house, days=29)
    assert await forgetting.forget_old(house) == 0
    later(house, days=2)
    assert [await forgetting.forget_old(house) for _ in range(2)] == [1, 0]
    assert await words_of(owner, handoff_id) == []
    row = await the_handoff(owner, world.school_id)
    assert (row["question"], row["account_id"], row["chat_id"], row["answer"]) == ("", None, "", None)
    assert (row["state"], row["ended_how"]) == ("answered", "closed")
    seen = await desk_reading.handoffs_of(house.database.reader, world.school_id, world.admin.account_id, TODAY)
    assert seen.handoffs == []

"""A person takes over: who has it, what is said, what the bot does meanwhile, and who may see it. On a real database, through the engine."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from backend.core.house import House
from backend.core.problems import FORBIDDEN, Problem
from bots import desk, desk_reading, word_sending
from schemas.conversations import AssignTo
from tests.bots.inbox_scenes import CHILD_QUESTION, Writer, in_app, linked, the_handoff, word, words_of
from tests.bots.scenes import TODAY, somebody
from tests.factories import World
from tests.twins.telegram import Fault, TelegramTwin


async def test_the_bot_is_silent_while_a_person_has_it_and_speaks_when_handed_back(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    family = await linked(house, owner, world.parent.account_id)
    assert "trả lời" in (await family.asks_for_a_person()).text
    asked = await the_handoff(owner, world.school_id)
    answer = await family.says("giờ vào lớp là mấy giờ")
    assert answer is not None and answer.intent, "while nobody has it, the bot goes on answering"
    await desk.take(house, world.admin.account_id, world.school_id, asked["handoff_id"])
    assert await family.says("giờ vào lớp là mấy giờ") is None
    assert family.last is not None and family.last.outcome == "person"
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Dạ 7 giờ ạ.\nMời chị."))
    await desk.finish(house, world.admin.account_id, world.school_id, asked["handoff_id"], "hand_back")
    assert (await family.says("giờ vào lớp là mấy giờ")) is not None
    said = await words_of(owner, asked["handoff_id"])
    assert [side for side, _ in said] == ["family", "family", "house", "family", "school", "house"]
    assert said[0][1] == CHILD_QUESTION and said[4][1] == "Dạ 7 giờ ạ.\nMời chị."
    assert "Thầy Trưởng đã nhận" in said[2][1] and "gặp người thật" in said[5][1]
    ended = await the_handoff(owner, world.school_id)
    assert (ended["state"], ended["ended_how"]) == ("answered", "handed_back")


async def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told_who(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'inbox', now())",
        world.school_id, world.accountant.person_id,
    )  # fmt: skip
    family = await linked(house, owner, world.parent.account_id)
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    both = [world.admin, world.accountant]
    done = await asyncio.gather(
        *(desk.take(house, one.account_id, world.school_id, asked["handoff_id"]) for one in both),
        return_exceptions=True,
    )
    refused = [one for one in done if isinstance(one, Problem)]
    assert len(refused) == 1 and refused[0].kind is desk.TAKEN_ALREADY
    holder = (await the_handoff(owner, world.school_id))["taken_by"]
    winner = next(one for one in both if one.account_id == holder)
    assert refused[0].params["name"] == winner.full_name
    loser = next(one for one in both if one.account_id != holder)
    with pytest.raises(Problem, match="conversation-taken"):
        await desk.reply(house, loser.account_id, world.school_id, asked["handoff_id"], word("Chào chị."))
    assert [side for side, _ in await words_of(owner, asked["handoff_id"])].count("house") == 1


async def test_a_homeroom_teacher_sees_what_was_given_to_her_and_nothing_else(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    for account_id, question in (
        (world.parent.account_id, "Con tôi ngồi bàn mấy?"),
        (world.neighbour.account_id, "Bể bơi?"),
    ):
        await (await linked(house, owner, account_id)).asks_for_a_person(question)
    reader, school, teacher = house.database.reader, world.school_id, world.teacher.account_id
    assert (await desk_reading.handoffs_of(reader, school, teacher, TODAY)).handoffs == []
    both = (await desk_reading.handoffs_of(reader, school, world.admin.account_id, TODAY)).handoffs
    mine = next(one for one in both if "bàn mấy" in one.question)
    with pytest.raises(Problem, match="not-found"):
        await desk_reading.conversation(reader, school, teacher, mine.handoff_id, TODAY)
    with pytest.raises(Problem, match="not-found"):
        await desk.take(house, teacher, school, mine.handoff_id)
    offered = (await desk_reading.assignees(reader, school, world.admin.account_id, mine.handoff_id, TODAY)).staff
    assert (offered[0].staff_id, offered[0].homeroom) == (world.teacher.person_id, True)
    await desk.assign(house, world.admin.account_id, school, mine.handoff_id, AssignTo(world.teacher.person_id))
    seen = (await desk_reading.handoffs_of(reader, school, teacher, TODAY)).handoffs
    assert [one.question for one in seen] == ["Con tôi ngồi bàn mấy?"] and seen[0].mine
    talk = await desk_reading.conversation(reader, school, teacher, mine.handoff_id, TODAY)
    assert talk.pupils == ["Nguyễn Minh An (6A1)"] and talk.phone == world.parent.phone
    await desk.reply(house, teacher, school, mine.handoff_id, word("Bàn ba chị ạ."))
    await owner.execute("UPDATE staff SET status = 'left' WHERE staff_id = $1", world.teacher.person_id)
    with pytest.raises(Problem) as refused:
        await desk.reply(house, teacher, school, mine.handoff_id, word("Còn gì nữa không ạ?"))
    assert refused.value.kind is FORBIDDEN


async def test_the_clock_runs_only_in_the_schools_hours_and_the_promise_says_when_it_opens(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    family = await linked(house, owner, world.parent.account_id)
    family.at += timedelta(days=2, hours=11)  # Friday, 18:45
    told = await family.asks_for_a_person()
    assert "ngoài giờ làm việc" in told.text and "từ 6:30 thứ Hai 19/10" in told.text
    asked = await the_handoff(owner, world.school_id)
    assert asked["due_at"].isoformat() == "2026-10-19T01:30:00+00:00", "two hours after Monday half past six"
    admin, school, handoff_id = world.admin.account_id, world.school_id, asked["handoff_id"]
    found = await desk_reading.waiting(house.database.reader, house.clock, school, admin)
    assert (found.waiting, found.overdue) == (1, int(house.clock.now() > asked["due_at"]))
    await desk.reply(house, admin, school, handoff_id, word("Chào chị."))
    assert (await the_handoff(owner, world.school_id))["due_at"] is None
    family.at += timedelta(days=3)  # Monday evening
    await family.says("Vậy mai con nộp đơn được không ạ?")
    family.at += timedelta(hours=1)
    await family.says("Cô ơi?")
    asked = await the_handoff(owner, world.school_id)
    assert asked["due_at"].isoformat() == "2026-10-20T01:30:00+00:00"


async def test_a_number_to_ring_is_said_even_while_a_person_answers(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE schools SET duty_phone = '0911 222 333' WHERE school_id = $1", world.school_id)
    family = await linked(house, owner, world.parent.account_id)
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    await desk.take(house, world.admin.account_id, world.school_id, asked["handoff_id"])
    assert await family.says("cô cho cháu ngồi bàn đầu nhé") is None
    answer = await family.says("con tôi bị bạn đánh ở trường")
    assert answer is not None and "0911 222 333" in answer.text and len(answer.text.splitlines()) == 1
    assert (await words_of(owner, asked["handoff_id"]))[-1] == ("family", "con tôi bị bạn đánh ở trường")
    for text in ("con tôi mất tích chưa về nhà", "cháu chảy máu nhiều lắm cô ơi", "my son is missing"):
        assert await family.says(text) is not None, text


@pytest.mark.parametrize("how", ["gặp bot", "button"])
async def test_a_family_may_go_back_to_the_bot_by_itself(
    house: House, world: World, owner: asyncpg.Connection, how: str
) -> None:
    family = await linked(house, owner, world.parent.account_id)
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    await desk.take(house, world.admin.account_id, world.school_id, asked["handoff_id"])
    back = await (family.sends(button="b") if how == "button" else family.says(how))
    assert back is not None and "trợ lý" in back.text
    assert (await family.says("giờ vào lớp là mấy giờ")) is not None
    assert (await the_handoff(owner, world.school_id))["ended_how"] == "family"
    with pytest.raises(Problem, match="handoff-already-answered"):
        await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Alo?"))


# -- One conversation, several chats ----------------------------------------------------------------------------------


async def test_all_chats_of_an_account_share_the_conversation_and_the_answer_goes_where_it_wrote_last(
    open_house: House, telegram: TelegramTwin, world: World, owner: asyncpg.Connection
) -> None:
    house = open_house
    first, second = somebody(telegram), somebody(telegram)
    old = await linked(house, owner, world.parent.account_id, str(first.chat_id))
    new = await linked(house, owner, world.parent.account_id, str(second.chat_id))
    app = in_app(house, world.parent.account_id)
    await old.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    await desk.take(house, world.admin.account_id, world.school_id, asked["handoff_id"])
    assert await app.says("Tôi viết từ ứng dụng đây") is None
    assert await new.says("Còn đây là máy của tôi") is None
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Dạ vâng."))
    await word_sending.drain(house, world.school_id, asked["handoff_id"])
    assert "Dạ vâng." in second.heard[-1]["text"] and "Thầy Trưởng" in second.heard[-1]["text"]
    assert [one["text"] for one in first.heard if "Dạ vâng" in one["text"]] == []
    others = Writer(house, "telegram", "somebody-else")
    assert await others.says("giờ vào lớp là mấy giờ") is not None
    assert len(await words_of(owner, asked["handoff_id"])) == 5


async def test_words_leave_once_in_order_and_again_after_trouble(
    open_house: House, telegram: TelegramTwin, world: World, owner: asyncpg.Connection
) -> None:
    house, chat = open_house, somebody(telegram)
    family = await linked(house, owner, world.parent.account_id, str(chat.chat_id))
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    telegram.program("sendMessage", Fault("too_many", retry_after=7))
    for text in ("một", "hai"):
        await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word(text))
    await word_sending.drain(house, world.school_id, asked["handoff_id"])
    assert chat.heard == [], "the first waits for Telegram, and what was said later waits behind it"
    await owner.execute("UPDATE chat_word_sends SET due_at = now() - interval '1 second' WHERE state = 'due'")
    await asyncio.gather(*(word_sending.drain(house, world.school_id, asked["handoff_id"]) for _ in range(3)))
    await word_sending.sweep(house)
    heard = [one["text"] for one in chat.heard]
    assert len(heard) == 3 and "đã nhận" in heard[0] and "một" in heard[1] and "hai" in heard[2]


async def test_what_cannot_be_delivered_is_shown_with_its_reason(
    open_house: House, telegram: TelegramTwin, world: World, owner: asyncpg.Connection
) -> None:
    house, chat = open_house, somebody(telegram)
    family = await linked(house, owner, world.parent.account_id, str(chat.chat_id))
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    chat.blocked = True
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Dạ."))
    await word_sending.drain(house, world.school_id, asked["handoff_id"])
    talk = await desk_reading.conversation(
        house.database.reader, world.school_id, world.admin.account_id, asked["handoff_id"], TODAY
    )
    assert [(one.state, one.outcome) for one in talk.words[-1].sendings] == [("refused", "address_dead")]


async def test_nothing_follows_a_chat_that_was_unlinked(
    open_house: House, telegram: TelegramTwin, world: World, owner: asyncpg.Connection
) -> None:
    house, chat = open_house, somebody(telegram)
    family = await linked(house, owner, world.parent.account_id, str(chat.chat_id))
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    await desk.take(house, world.admin.account_id, world.school_id, asked["handoff_id"])
    await family.says("/unlink")
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Con chị ngồi bàn ba."))
    await word_sending.drain(house, world.school_id, asked["handoff_id"])
    assert chat.heard == []
    assert (await family.says("giờ vào lớp là mấy giờ")) is not None, "an unlinked chat is a stranger's"
    assert all(body != "giờ vào lớp là mấy giờ" for _, body in await words_of(owner, asked["handoff_id"]))


@pytest.mark.parametrize("stop", ["STOP", "dừng", "ngừng gửi tin", "unsubscribe", "/stop"])
async def test_stop_drops_what_is_on_its_way(
    open_house: House, telegram: TelegramTwin, world: World, owner: asyncpg.Connection, stop: str
) -> None:
    house, chat = open_house, somebody(telegram)
    family = await linked(house, owner, world.parent.account_id, str(chat.chat_id))
    await family.asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Dạ."))
    answer = await family.says(stop)
    assert answer is not None and "ứng dụng" in answer.text and "liên kết lại" in answer.text
    await word_sending.drain(house, world.school_id, asked["handoff_id"])
    assert chat.heard == []
    assert (await the_handoff(owner, world.school_id))["ended_how"] == "stopped"
    kept = await owner.fetch("SELECT state, outcome FROM chat_word_sends WHERE handoff_id = $1", asked["handoff_id"])
    assert {tuple(row) for row in kept} == {("dropped", "stopped")}

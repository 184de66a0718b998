"""Telegram in one process: what is no text, groups, limits, blocks, long answers, and the bot's face set by its command."""

from __future__ import annotations

import asyncpg

from bots import profile
from bots.sending import say_to_chat
from notifications.outcomes import Sent
from schemas.chat import Answer
from tests.bots.wired import Wired
from tests.factories import World
from tests.twins.telegram import Fault

LINKED = "SELECT blocked_at IS NOT NULL FROM chat_links WHERE channel = 'telegram' AND chat_id = $1"


async def test_what_is_no_text_is_answered_kindly(wired: Wired) -> None:
    chat = wired.telegram_chat()
    photo = [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]
    for content, said in (
        ({"sticker": {"file_id": "a", "file_unique_id": "a", "type": "regular", "width": 1, "height": 1,
                      "is_animated": False, "is_video": False}}, "cứ viết ra"),
        ({"voice": {"file_id": "a", "file_unique_id": "a", "duration": 3}}, "tin nhắn thoại"),
        ({"photo": photo}, "ảnh"),
        ({"document": {"file_id": "a", "file_unique_id": "a"}}, "tệp"),
        ({"location": {"latitude": 21.0, "longitude": 105.8}}, "vị trí"),
        ({"photo": photo, "caption": "mấy giờ vào học"}, "Giờ"),
    ):  # fmt: skip
        await chat.sends(**content)
        await wired.answered("telegram", chat.chat_id)
        assert said in chat.heard[-1]["text"]


async def test_in_groups_only_a_command_is_kept_and_answered_once(wired: Wired) -> None:
    group = wired.telegram_chat(kind="group")
    group.chat_id = -group.chat_id
    wired.telegram.chats[group.chat_id] = group
    await group.say("con cô Hoa hôm nay nghỉ nhé")
    assert await wired.outcomes("telegram", group.chat_id) == []
    assert "chỉ trò chuyện riêng" in await wired.telegram_hears(group, "/help")


async def test_too_many_is_waited_out_as_telegram_asks(wired: Wired) -> None:
    chat = wired.telegram_chat()
    wired.telegram.program("sendMessage", Fault("too_many", retry_after=9, chat_id=chat.chat_id))
    await chat.say("học phí")
    await chat.say("mấy giờ vào học")
    await wired.answer("telegram", chat.chat_id)
    wired.clock.goes_on(seconds=8)
    await wired.answer("telegram", chat.chat_id)
    assert chat.heard == []
    wired.clock.goes_on(seconds=2)
    await wired.answer("telegram", chat.chat_id)
    assert len(chat.heard) == 2 and "Giờ" in chat.heard[1]["text"]


async def test_a_long_answer_goes_in_parts_as_telegram_counts_letters(wired: Wired) -> None:
    chat = wired.telegram_chat()
    await wired.telegram_hears(chat, "chào cô")
    long = Answer("\n\n".join(f"Mục {number}. " + "chữ 😀 " * 60 for number in range(20)))
    assert isinstance(await say_to_chat(wired.house, "telegram", str(chat.chat_id), long), Sent)
    assert [m["text"].split(".")[0] for m in chat.heard[1:]] == ["Mục 0", "Mục 9", "Mục 18"]


async def test_a_block_rests_the_link_and_an_older_word_of_it_changes_nothing(
    wired: Wired, world: World, owner: asyncpg.Connection
) -> None:
    chat = wired.telegram_chat()
    await wired.telegram_hears(chat, await wired.code(world.parent, "telegram"))
    await chat.block()
    await wired.answer("telegram", chat.chat_id)
    assert await owner.fetchval(LINKED, str(chat.chat_id)) is True
    await chat.block(blocked=False)
    await wired.answer("telegram", chat.chat_id)
    assert await owner.fetchval(LINKED, str(chat.chat_id)) is False
    # Blocked while the answer is on its way.
    chat.blocked = True
    await chat.say("học phí")
    await wired.answer("telegram", chat.chat_id)
    assert await owner.fetchval(LINKED, str(chat.chat_id)) is True
    assert (await wired.outcomes("telegram", chat.chat_id))[-1] == "blocked"


async def test_the_bots_face_is_set_by_a_command_and_only_where_it_differs(wired: Wired) -> None:
    twin = wired.telegram
    status, lines = await profile.run(wired.house.settings, [], name="Trường Hoa Mai")
    assert status == 0 and twin.profile["name", ""] == "Trường Hoa Mai" and twin.menu_button == {"type": "commands"}
    assert [one["command"] for one in twin.commands["en"]] == ["help", "link", "language", "human", "unlink", "stop"]
    assert (
        "trợ lý" in twin.profile["description", ""].lower() and "assistant" in twin.profile["short_description", "en"]
    )
    assert any("oa.zalo.me" in line for line in lines) and any("Bot Trường Hoa Mai" in line for line in lines)
    changes = twin.name_changes
    status, lines = await profile.run(wired.house.settings, ["telegram"], name="Trường Hoa Mai")
    assert (status, lines) == (0, ["telegram: everything stands as it should"]) and twin.name_changes == changes
    # Telegram counts changes of a name: then it is said, and the token stands in no line.
    for number in range(5):
        status, lines = await profile.run(wired.house.settings, ["telegram"], name=f"Tên {number}")
    assert "asked too often" in lines[0] and twin.token not in "".join(lines)

"""A conversation with a person over all messengers: begun in one, gone on in another, and stopped by a word in each."""

from __future__ import annotations

import asyncpg
import pytest

from backend.core.clock import school_day
from bots import desk, desk_reading, word_sending
from tests.bots.inbox_scenes import the_handoff, word, words_of
from tests.bots.wired import Wired
from tests.factories import World


async def test_a_conversation_begun_in_telegram_goes_on_in_zalo_until_its_window_closes(
    wired: Wired, world: World, owner: asyncpg.Connection
) -> None:
    house, school, admin = wired.house, world.school_id, world.admin.account_id
    telegram, zalo = wired.telegram_chat(), wired.zalo_person()
    await wired.telegram_hears(telegram, await wired.code(world.parent, "telegram"))
    await wired.zalo_hears(zalo, await wired.code(world.parent, "zalo"))
    await wired.telegram_hears(telegram, "/human")
    await wired.telegram_hears(telegram, "Con tôi ngồi bàn mấy?")
    asked = await the_handoff(owner, school)
    handoff_id = asked["handoff_id"]
    await desk.take(house, admin, school, handoff_id)
    await word_sending.drain(house, school, handoff_id)
    assert "đã nhận cuộc trò chuyện" in telegram.heard[-1]["text"]
    told = len(zalo.reader.heard)
    await zalo.says("Tôi nhắn từ Zalo nhé")
    await wired.answer("zalo", zalo.user_id)
    assert len(zalo.reader.heard) == told, "the bot is silent in every chat of the family"
    assert (await wired.outcomes("zalo", zalo.user_id))[-1] == "person"
    await desk.reply(house, admin, school, handoff_id, word("Bàn ba chị ạ."))
    await word_sending.drain(house, school, handoff_id)
    assert "Bàn ba chị ạ." in zalo.reader.heard[-1] and "Thầy Trưởng" in zalo.reader.heard[-1]
    assert [side for side, _ in await words_of(owner, handoff_id)] == ["family", "house", "family", "school"]

    wired.clock.goes_on(hours=49)
    await desk.reply(house, admin, school, handoff_id, word("Tuần sau cháu đổi chỗ."))
    await word_sending.drain(house, school, handoff_id)
    today = school_day(house.clock.now())
    talk = await desk_reading.conversation(house.database.reader, school, admin, handoff_id, today)
    assert [(one.channel, one.state, one.outcome) for one in talk.words[-1].sendings] == [
        ("zalo", "refused", "unreachable")
    ]


@pytest.mark.parametrize("stop", ["STOP", "dừng", "ngừng gửi tin", "unsubscribe", "/stop"])
async def test_stop_lets_the_chat_go_in_every_messenger(wired: Wired, world: World, stop: str) -> None:
    telegram, zalo, bot = wired.telegram_chat(), wired.zalo_person(), wired.zalo_bot_chat()
    await wired.telegram_hears(telegram, await wired.code(world.parent, "telegram"))
    await wired.zalo_hears(zalo, await wired.code(world.parent, "zalo"))
    await wired.zalo_bot_hears(bot, await wired.code(world.parent, "zalo_bot"))
    places = {"telegram": telegram.chat_id, "zalo": zalo.user_id, "zalo_bot": bot}
    for channel, chat_id in places.items():
        assert await wired.account_of(channel, chat_id) == world.parent.account_id
    for said in (
        await wired.telegram_hears(telegram, stop),
        await wired.zalo_hears(zalo, stop),
        await wired.zalo_bot_hears(bot, stop),
    ):
        assert said.startswith("Đã dừng.") and "liên kết lại" in said
    for channel, chat_id in places.items():
        assert await wired.account_of(channel, chat_id) is None

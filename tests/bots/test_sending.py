"""Words out to a chat: by the channel's own wire, and what its service says of the chat is kept."""

from __future__ import annotations

import asyncpg

from backend.core.house import House
from backend.core.ids import new_id
from bots.sending import NOT_OPEN, say_to_chat
from notifications.outcomes import Refused, Sent, TryLater
from schemas.chat import Answer, Button
from tests.bots.scenes import somebody
from tests.twins.telegram import Fault, TelegramTwin


async def test_words_reach_the_chat_with_their_buttons(open_house: House, telegram: TelegramTwin) -> None:
    chat = somebody(telegram)
    answer = Answer("Cô chủ nhiệm trả lời: 16 giờ 30.", (Button("Nói chuyện tiếp", "h"),))
    assert isinstance(await say_to_chat(open_house, "telegram", str(chat.chat_id), answer), Sent)
    assert (chat.heard[-1]["text"], chat.buttons()) == (answer.text, ["Nói chuyện tiếp"])


async def test_a_chat_that_is_gone_rests_and_a_busy_service_does_not_end_it(
    open_house: House, telegram: TelegramTwin, owner: asyncpg.Connection
) -> None:
    chat = somebody(telegram)
    await owner.execute(
        "INSERT INTO chat_links (channel, chat_id, account_id, linked_at) VALUES ('telegram', $1, $2, now())",
        str(chat.chat_id), new_id(),
    )  # fmt: skip
    telegram.program("sendMessage", Fault("too_many", retry_after=7))
    busy = await say_to_chat(open_house, "telegram", str(chat.chat_id), Answer("a"))
    assert isinstance(busy, TryLater) and busy.after_seconds == 7
    blocked = "SELECT blocked_at IS NOT NULL FROM chat_links WHERE channel = 'telegram' AND chat_id = $1"
    assert await owner.fetchval(blocked, str(chat.chat_id)) is False
    chat.blocked = True
    gone = await say_to_chat(open_house, "telegram", str(chat.chat_id), Answer("a"))
    assert isinstance(gone, Refused) and gone.why == "address_dead"
    assert await owner.fetchval(blocked, str(chat.chat_id)) is True


async def test_a_channel_that_is_not_open_here_says_so(house: House) -> None:
    assert await say_to_chat(house, "zalo", "1", Answer("a")) == NOT_OPEN

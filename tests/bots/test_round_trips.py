"""What a turn costs the database: at most two waits, one for who asks and one for the answer, whatever is asked."""

from __future__ import annotations

import asyncpg
import pytest

from backend.core.house import House
from bots.chats import Chat, Memory, look
from bots.conversation import turn
from bots.intents import every_intent
from schemas.chat import Incoming
from tests.bots.round_trips import counted
from tests.bots.scenes import NOW, bill, mark, roll, sibling, talker
from tests.factories import World

# Handing a question over is a deed of the school's books: its transaction comes on top of the reading.
WAITS_MAX = 2


async def _waits(house: House, chat: Chat, *, text: str = "", button: str | None = None) -> int:
    here, reader = counted(house)
    incoming = Incoming("telegram", chat.chat_id, "1", NOW, text, button)
    done = await turn(here, chat, incoming)
    assert done.answer is not None and done.answer.text
    return reader.depth


@pytest.fixture
async def parents_chat(house: House, world: World, owner: asyncpg.Connection) -> Chat:
    await roll(owner, world, world.child, "present")
    await mark(owner, world.child, "TOAN", 8.5)
    await bill(owner, world, world.child, "Tiền ăn", 650_000)
    return await look(house, "web", "account:count", world.parent.account_id)


async def test_every_intent_takes_at_most_two_waits(house: House, parents_chat: Chat) -> None:
    stranger = Chat("telegram", "nobody", None, "", Memory(), schools=())
    seen: dict[int, int] = {}
    for intent in every_intent():
        for chat in (parents_chat, stranger):
            waits = await _waits(house, chat, button=f"i:{intent}")
            assert waits <= WAITS_MAX, (intent, waits)
            seen[waits] = seen.get(waits, 0) + 1
    assert seen.get(2, 0) >= 6, "the personal ones read twice; otherwise nothing was counted"


async def test_with_two_children_it_is_no_more(
    house: House, world: World, owner: asyncpg.Connection, parents_chat: Chat
) -> None:
    await sibling(owner, world)
    parent = talker(house, world.parent.account_id)
    parent.chat = parents_chat
    assert await _waits(house, parents_chat, text="hôm nay con có đi học không") == 1
    await parent.says("hôm nay con có đi học không")
    asked = parent.last
    assert asked is not None and asked.answer is not None
    assert await _waits(house, asked.chat, button=asked.answer.buttons[0].press) == WAITS_MAX

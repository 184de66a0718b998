"""What a whole turn costs the database, from the webhook until it is ticked off: counted for every intent, alone and in a stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from backend.core.ids import new_id
from bots import answering, door, gathering
from bots.answers import personal
from bots.intents import every_intent
from bots.webchat import converse
from schemas.chat import ChatMessageIn
from tests.bots.round_trips import Way
from tests.bots.scenes import bill, mark, roll, sibling
from tests.bots.wired import Wired
from tests.factories import World
from tests.twins.telegram import TwinChat

WayOf = Callable[[Awaitable[Any]], Awaitable[Way]]
# The chat lets the account go: a deed with a transaction of its own.
LETS_GO = "sys-stop"
STREAM = 12


async def _press(wired: Wired, chat: TwinChat, data: str) -> None:
    """Any button, also one that was never shown: what it leads to is asked anew."""
    await chat._pressed(chat.heard[-1], data, True)
    await wired.front.doors["telegram"].idle()


@pytest.fixture
async def family(wired: Wired, world: World, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> TwinChat:
    """A linked chat that was confirmed in the app and may ask as often as it likes."""
    monkeypatch.setattr(answering, "_TURNS", 10_000)
    monkeypatch.setattr(door, "_KEPT_AT_ONCE", 10_000)
    await roll(owner, world, world.child, "present")
    await mark(owner, world.child, "TOAN", 8.5)
    await bill(owner, world, world.child, "Tiền ăn", 650_000)
    return await _linked(wired, world, owner)


async def _linked(wired: Wired, world: World, owner: asyncpg.Connection) -> TwinChat:
    chat = wired.telegram_chat()
    await wired.telegram_hears(chat, await wired.code(world.parent, "telegram"))
    await _confirmed(wired, world, owner, chat)
    return chat


async def _linked_at_once(wired: Wired, world: World, owner: asyncpg.Connection) -> TwinChat:
    """As the linking leaves it, without a turn of its own."""
    chat = wired.telegram_chat()
    chat.started = True
    await owner.execute(
        "INSERT INTO chat_links (channel, chat_id, account_id, linked_at) VALUES ('telegram', $1, $2, $3)",
        str(chat.chat_id), world.parent.account_id, wired.clock.now(),
    )  # fmt: skip
    return chat


async def _confirmed(wired: Wired, world: World, owner: asyncpg.Connection, chat: TwinChat) -> None:
    now = wired.clock.now()
    await owner.execute(
        "INSERT INTO chat_confirmations (channel, chat_id, account_id, ask_id, confirmed_at, holds_until)"
        " VALUES ('telegram', $1, $2, $3, $4, $5)",
        str(chat.chat_id), world.parent.account_id, new_id(), now, now + timedelta(hours=1),
    )  # fmt: skip


async def test_every_turn_costs_at_most_two_round_trips_before_its_answer_and_one_after(
    wired: Wired, family: TwinChat, way_of: WayOf
) -> None:
    stranger = wired.telegram_chat()
    await wired.telegram_hears(stranger, "chào cô")
    seen: Counter[tuple[int, int]] = Counter()
    for chat in (family, stranger):
        for intent in sorted(every_intent(), key=lambda intent: intent == LETS_GO):
            way = await way_of(_press(wired, chat, f"i:{intent}"))
            about_child = chat is family and personal.is_personal(intent)
            if chat is family and intent == LETS_GO:
                continue
            assert (len(way.before), len(way.after)) == (2 if about_child else 1, 1), (intent, way)
            seen[len(way.before), len(way.after)] += 1
    assert seen[2, 1] >= 8 and seen[1, 1] >= 200


async def test_with_two_children_it_is_no_more(
    wired: Wired, world: World, owner: asyncpg.Connection, family: TwinChat, way_of: WayOf
) -> None:
    await sibling(owner, world)
    way = await way_of(_press(wired, family, "i:my-marks"))
    assert (len(way.before), len(way.after)) == (1, 1)
    buttons = family.heard[-1]["reply_markup"]["inline_keyboard"]
    way = await way_of(_press(wired, family, buttons[0][0]["callback_data"]))
    assert "8,5" in family.heard[-1]["text"]
    assert (len(way.before), len(way.after)) == (2, 1)


async def test_in_a_stream_of_messages_a_whole_turn_costs_two(
    wired: Wired, world: World, owner: asyncpg.Connection, family: TwinChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives takes along what was finished: each turn's own is the reading of its answer, and what another turn's ending shares."""
    monkeypatch.setattr(gathering, "_COMPANY_SECONDS", 3600.0)
    chats = [family, *[await _linked_at_once(wired, world, owner) for _ in range(STREAM - 1)]]
    book, at_door = gathering.gathering_of(wired.front.database), wired.front.doors["telegram"]
    before = book.statements
    for chat in chats:
        heard = len(chat.heard)
        await chat._pressed({**chat._message(), "text": "chào"}, "i:my-marks", True)
        await chat.hears(heard)
        assert "8,5" in chat.heard[-1]["text"]
    book.go()
    await at_door.idle()
    # Each reads its answer by itself (counted above), so STREAM + 1 here are two a turn and one for the last.
    assert book.statements - before == STREAM + 1
    assert await wired.outcomes("telegram", chats[-1].chat_id) == ["my-marks"]


async def test_zalo_costs_its_window_besides(wired: Wired, world: World, family: TwinChat, way_of: WayOf) -> None:
    """Opened when its reader writes, asked before the answer, counted down after it: a statement each."""
    person = wired.zalo_person()
    await wired.zalo_hears(person, await wired.code(world.parent, "zalo"))

    async def says(text: str) -> None:
        await person.says(text)
        await wired.front.doors["zalo"].idle()

    assert (await way_of(says("mấy giờ vào học"))).whole == 2 + 3
    assert (await way_of(says("hôm nay con có đi học không"))).whole == 3 + 3
    assert world.child.full_name in person.reader.heard[-1]


async def test_the_web_chat_keeps_its_page_besides(wired: Wired, world: World, family: TwinChat, way_of: WayOf) -> None:
    """Answered in the request itself: two lines of the page and the memory are written down, each in a statement."""
    parent = world.parent.account_id

    async def asks(text: str) -> None:
        message = ChatMessageIn(new_id(), text)
        await converse(wired.house, parent, "", message, language="vi", at=wired.clock.now())

    assert (await way_of(asks("mấy giờ vào học"))).whole == 1 + 3
    assert (await way_of(asks("hôm nay con có đi học không"))).whole == 2 + 3

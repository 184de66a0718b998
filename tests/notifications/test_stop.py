"""Stop is obeyed at once: what waits in the outbox for a chat does not leave for it, not even what a batch had already looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from backend.core.house import House
from bots.chats import look
from bots.conversation import turn
from notifications.allowances import Allowance
from notifications.audience import OneClass
from notifications.channels.telegram import TelegramSender
from notifications.chats import ChatStation
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Outcome
from notifications.stations import Stations
from schemas.chat import Incoming
from tests.factories import World
from tests.notifications.conftest import NOW, notice
from tests.twins.telegram import TelegramTwin

TOKEN = "100200301:stopping-twin"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramTwin]:
    twin = TelegramTwin(TOKEN)
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def sender(telegram: TelegramTwin) -> AsyncIterator[TelegramSender]:
    made = TelegramSender(TOKEN, base_url=telegram.base_url)
    await made.open()
    yield made
    await made.close()


async def stop(house: House, chat_id: str, word: str) -> str:
    chat = await look(house, "telegram", chat_id)
    done = await turn(house, chat, Incoming("telegram", chat_id, "1", NOW, word))
    assert done.answer is not None
    return done.answer.text


async def link(owner: asyncpg.Connection, world: World, chat_id: str) -> None:
    for table in ("chat_links", "account_chats"):
        await owner.execute(
            f"INSERT INTO {table} (account_id, channel, chat_id, linked_at) VALUES ($1, 'telegram', $2, $3)",
            world.parent.account_id, chat_id, NOW,
        )  # fmt: skip


async def tell(house: House, world: World) -> None:
    async with house.database.school(world.school_id) as tx:
        await publish(tx, notice(), OneClass(world.class_id))


async def state_of(owner: asyncpg.Connection, world: World) -> str:
    return str(
        await owner.fetchval(
            "SELECT state FROM deliveries WHERE school_id = $1 AND guardian_id = $2 AND channel = 'telegram'",
            world.school_id, world.parent.person_id,
        )
    )  # fmt: skip


@pytest.mark.parametrize("word", ["STOP", "dừng", "ngừng gửi tin", "unsubscribe", "/stop"])
async def test_what_waits_in_the_outbox_does_not_leave_for_a_chat_that_said_stop(
    still_house: House,
    telegram: TelegramTwin,
    sender: TelegramSender,
    world: World,
    owner: asyncpg.Connection,
    word: str,
) -> None:
    chat = telegram.open_chat(next_id())
    chat.started = True
    await link(owner, world, str(chat.chat_id))
    await tell(still_house, world)
    said = await stop(still_house, str(chat.chat_id), word)
    assert "trong ứng dụng" in said and "liên kết lại" in said
    stations = Stations()
    stations.telegram = ChatStation(sender)
    for _ in range(3):
        await drain(still_house, stations, world.school_id)
    assert chat.heard == []
    assert await state_of(owner, world) != "sent"


class StopsFirst:
    """A sender whose reader says stop while the batch is on its way."""

    limit: Allowance | None = None

    def __init__(self, inner: TelegramSender, house: House, other: str, last: str) -> None:
        self._inner, self._house, self._other, self._last = inner, house, other, last

    async def post(self, chat_id: str, text: str) -> Outcome:
        if chat_id == self._other:
            await stop(self._house, self._last, "STOP")
        return await self._inner.post(chat_id, text)


async def test_stop_is_obeyed_in_the_middle_of_a_batch(
    still_house: House, telegram: TelegramTwin, sender: TelegramSender, world: World, owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first, last = telegram.open_chat(next_id()), telegram.open_chat(next_id())
    first.started = last.started = True
    for chat in (first, last):
        await link(owner, world, str(chat.chat_id))
    await tell(still_house, world)
    monkeypatch.setattr("notifications.posting.CONNECTIONS", 1)
    monkeypatch.setattr("notifications.posting.post_all.__kwdefaults__", {"connections": 1})
    monkeypatch.setattr("notifications.posting.post_living.__kwdefaults__", {"connections": 1})
    stations = Stations()
    stations.telegram = ChatStation(StopsFirst(sender, still_house, str(first.chat_id), str(last.chat_id)))
    for _ in range(3):
        await drain(still_house, stations, world.school_id)
    assert len(first.heard) == 1 and last.heard == []


_ids = iter(range(7_100, 8_000))


def next_id() -> int:
    return next(_ids)

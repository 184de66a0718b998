"""Stop is obeyed at once: what waits in the outbox for a chat does not leave for it, not even what a batch had already looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from backend.reaching.actions import preferences_of, set_preferences
from bots.chats import look
from bots.conversation import turn
from bots.links import bind
from notifications.allowances import Allowance
from notifications.audience import OneClass
from notifications.channels.telegram import TelegramSender
from notifications.chats import ChatStation
from notifications.delivery import drain
from notifications.emergencies import declare
from notifications.outbox import publish
from notifications.outcomes import Outcome
from notifications.stations import Stations
from schemas.chat import Channel, Incoming
from schemas.reaching import Preferences
from tests.factories import World
from tests.notifications.conftest import NOW, notice
from tests.notifications.ears import Ear, listening, steps
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


async def stop(house: House, chat_id: str, word: str, channel: Channel = "telegram") -> str:
    chat = await look(house, channel, chat_id)
    done = await turn(house, chat, Incoming(channel, chat_id, "1", NOW, word))
    assert done.answer is not None
    return done.answer.text


async def link(owner: asyncpg.Connection, world: World, chat_id: str, channel: str = "telegram") -> None:
    for table in ("chat_links", "account_chats"):
        await owner.execute(
            f"INSERT INTO {table} (account_id, channel, chat_id, linked_at) VALUES ($1, $2, $3, $4)",
            world.parent.account_id, channel, chat_id, NOW,
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


async def urgent(
    house: House, owner: asyncpg.Connection, world: World, stations: Stations
) -> dict[str, tuple[str, str | None]]:
    """An urgent letter to the mother, who opens nothing: what became of it on each way after three hours."""
    told = notice(urgent=True)
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    for _ in range(8):
        await drain(house, stations, world.school_id)
        house.clock.advance(timedelta(minutes=30))  # type: ignore[attr-defined]
    return await steps(owner, told.notice_id, world.parent)


@pytest.fixture
async def paid_ways(owner: asyncpg.Connection, world: World) -> Stations:
    for channel in ("zns", "sms"):
        await owner.execute(
            "INSERT INTO channel_budgets (school_id, channel, month_cap, set_by, set_at) VALUES ($1, $2, 1000000, $3, $4)",
            world.school_id, channel, new_id(), NOW,
        )  # fmt: skip
    return listening(Ear("push", known=()), Ear("zns", price=300), Ear("sms", price=850))


@pytest.mark.parametrize("channel", ["zalo", "zalo_bot"])
async def test_stop_in_zalo_ends_its_templates_to_the_telephone_as_well_and_the_chain_goes_on(
    still_house: House, owner: asyncpg.Connection, world: World, paid_ways: Stations, channel: Channel
) -> None:
    chat = str(next_id())
    before = await urgent(still_house, owner, world, paid_ways)
    assert before["zns"][0] == "sent" and "sms" not in before
    await link(owner, world, chat, channel)
    said = await stop(still_house, chat, "dừng", channel)
    assert "(ZNS)" in said and "trừ khi khẩn cấp" in said
    after = await urgent(still_house, owner, world, paid_ways)
    assert after["zns"] == ("skipped", "stopped") and after["sms"][0] == "sent"


async def test_an_emergency_takes_every_way_whatever_was_stopped(
    still_house: House, owner: asyncpg.Connection, world: World, paid_ways: Stations
) -> None:
    chat = str(next_id())
    await link(owner, world, chat, "zalo")
    await stop(still_house, chat, "dừng", "zalo")
    told = notice(urgent=True)
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
        await declare(tx, told.notice_id, "Bão số 9", by=new_id(), at=still_house.clock.now())
    for _ in range(4):
        await drain(still_house, paid_ways, world.school_id)
        still_house.clock.advance(timedelta(minutes=10))  # type: ignore[attr-defined]
    assert (await steps(owner, told.notice_id, world.parent))["zns"][0] == "sent"


@pytest.mark.parametrize("back", ["app", "link"])
async def test_what_was_stopped_in_zalo_comes_back_from_the_app_or_by_linking_again(
    still_house: House, owner: asyncpg.Connection, world: World, paid_ways: Stations, back: str
) -> None:
    chat = str(next_id())
    mother = world.parent.account_id
    await link(owner, world, chat, "zalo")
    await stop(still_house, chat, "dừng", "zalo")
    assert (await preferences_of(still_house, mother)).zalo_templates is False
    # Saving the page's other wishes, or an app that knows nothing of this one, does not undo it.
    assert (await set_preferences(still_house, mother, Preferences(digest_at="20:00"))).zalo_templates is False
    if back == "app":
        await set_preferences(still_house, mother, Preferences(zalo_templates=True))
    else:
        async with still_house.database.directory() as tx:
            await bind(tx, await look(still_house, "zalo", chat), mother, NOW)
    assert (await preferences_of(still_house, mother)).zalo_templates is True
    assert (await urgent(still_house, owner, world, paid_ways))["zns"][0] == "sent"


async def test_stop_in_telegram_leaves_zalo_as_it_was(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    chat = str(next_id())
    await link(owner, world, chat)
    assert "ZNS" not in await stop(still_house, chat, "dừng")
    assert (await preferences_of(still_house, world.parent.account_id)).zalo_templates is True


_ids = iter(range(7_100, 8_000))


def next_id() -> int:
    return next(_ids)

"""Notices in linked Telegram chats: only where no push arrives, guarded like a lock screen, with Telegram's answers as values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from notifications import chats
from notifications.audience import OneClass
from notifications.channels.telegram import TelegramSender
from notifications.chats import ChatStation
from notifications.delivery import drain
from notifications.outbox import PupilNotice, publish, publish_each
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.receipts import record
from notifications.stations import Stations
from tests.factories import Person, World
from tests.notifications.conftest import NOW, notice, phone
from tests.twins.fcm import Fault as FcmFault
from tests.twins.fcm import FcmTwin
from tests.twins.telegram import Fault, TelegramTwin, TwinChat

TOKEN = "100200300:notices-twin"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramTwin]:
    twin = TelegramTwin(TOKEN)
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def chat_sender(telegram: TelegramTwin) -> AsyncIterator[TelegramSender]:
    sender = TelegramSender(TOKEN, base_url=telegram.base_url)
    await sender.open()
    yield sender
    await sender.close()


@pytest.fixture
def both(stations: Stations, chat_sender: TelegramSender) -> Stations:
    stations.telegram_sender, stations.telegram = chat_sender, ChatStation(chat_sender)
    return stations


async def linked(owner: asyncpg.Connection, twin: TelegramTwin, person: Person, chat_id: int) -> TwinChat:
    chat = twin.open_chat(chat_id)
    chat.started = True
    for sql in (
        "INSERT INTO chat_links (account_id, channel, chat_id, linked_at) VALUES ($1, 'telegram', $2, $3)",
        "INSERT INTO account_chats (account_id, channel, chat_id, linked_at) VALUES ($1, 'telegram', $2, $3)",
    ):
        await owner.execute(sql, person.account_id, str(chat_id), NOW)
    return chat


async def by_channel(owner: asyncpg.Connection, told: UUID, person: Person) -> dict[str, tuple[str, str | None]]:
    rows = await owner.fetch(
        "SELECT channel, state, reason FROM deliveries WHERE notice_id = $1 AND guardian_id = $2",
        told,
        person.person_id,
    )
    return {row["channel"]: (row["state"], row["reason"]) for row in rows}


async def tell(house: House, world: World, **changes: Any) -> UUID:
    told = notice(**changes)
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    return told.notice_id


async def test_a_family_without_the_app_hears_in_its_chat(
    still_house: House, both: Stations, telegram: TelegramTwin, owner: asyncpg.Connection, world: World
) -> None:
    chat = await linked(owner, telegram, world.parent, 501)
    told = await tell(still_house, world)
    await drain(still_house, both, world.school_id)
    await drain(still_house, both, world.school_id)
    assert await by_channel(owner, told, world.parent) == {"push": ("skipped", "no_device"), "telegram": ("sent", None)}
    (heard,) = chat.heard
    assert "Họp phụ huynh" in heard["text"]
    assert f"https://truong.example/app/{world.school_id}/notices/{told}" in heard["text"]


async def test_a_family_that_a_push_reached_hears_in_its_chat_only_what_it_does_not_read(
    still_house: House, both: Stations, telegram: TelegramTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:  # fmt: skip
    chat = await linked(owner, telegram, world.parent, 502)
    await phone(still_house, world.parent.account_id)
    read, unread = await tell(still_house, world), await tell(still_house, world)
    await drain(still_house, both, world.school_id)
    assert await by_channel(owner, read, world.parent) == {"push": ("sent", None), "telegram": ("due", None)}
    async with still_house.database.school(world.school_id) as tx:
        await record(tx, world.parent.account_id, read, "opened", at=clock.now())
    clock.advance(timedelta(minutes=179))
    assert await drain(still_house, both, world.school_id) == 0
    clock.advance(timedelta(minutes=1))
    await drain(still_house, both, world.school_id)
    assert (await by_channel(owner, read, world.parent))["telegram"] == ("skipped", "already_read")
    assert (await by_channel(owner, unread, world.parent))["telegram"] == ("sent", None)
    assert len(chat.heard) == 1


async def test_a_dead_push_address_climbs_to_the_chat_and_tells_no_more_than_a_lock_screen(
    still_house: House, both: Stations, telegram: TelegramTwin, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    chat = await linked(owner, telegram, world.parent, 503)
    fcm.misbehave(await phone(still_house, world.parent.account_id), FcmFault("unregistered"))
    item = PupilNotice(
        notice_id=new_id(), pupil_id=world.child.pupil_id, kind="invoice", source_kind="invoice", source_id="1",
        params={"fee": "Tiền ăn", "amount": 650_000, "due_on": "2026-12-05"},
    )  # fmt: skip
    async with still_house.database.school(world.school_id) as tx:
        await publish_each(tx, [item], created_by=None, at=NOW)
    for _ in range(2):
        await drain(still_house, both, world.school_id)
    found = await by_channel(owner, item.notice_id, world.parent)
    assert found == {"push": ("refused", "UNREGISTERED"), "telegram": ("sent", None)}
    assert "Minh An" in chat.heard[0]["text"] and "650" not in chat.heard[0]["text"]


async def test_a_chat_that_blocked_the_bot_is_refused_and_kept_for_the_office(
    still_house: House, both: Stations, telegram: TelegramTwin, owner: asyncpg.Connection, world: World
) -> None:
    (await linked(owner, telegram, world.parent, 504)).blocked = True
    told = await tell(still_house, world)
    for _ in range(2):
        await drain(still_house, both, world.school_id)
    assert (await by_channel(owner, told, world.parent))["telegram"] == ("refused", "forbidden")


async def test_a_flood_limit_rests_the_chat_channel_only(
    still_house: House,
    both: Stations,
    telegram: TelegramTwin,
    owner: asyncpg.Connection,
    world: World,
    clock: StoppedClock,
) -> None:
    chat = await linked(owner, telegram, world.parent, 505)
    await phone(still_house, world.parent2.account_id)
    telegram.program("sendMessage", Fault("too_many", retry_after=30))
    told = await tell(still_house, world)
    for _ in range(2):
        await drain(still_house, both, world.school_id)
    assert (await by_channel(owner, told, world.parent))["telegram"] == ("due", "retry_after")
    again = await tell(still_house, world)
    await drain(still_house, both, world.school_id)
    assert (await by_channel(owner, again, world.parent2)) == {"push": ("sent", None)}
    clock.advance(timedelta(seconds=40))
    await drain(still_house, both, world.school_id)
    assert len(chat.heard) == 2


_ANSWERS: list[tuple[str, Outcome]] = [
    ("blocked", Refused("address_dead", "forbidden")),
    ("parse", Refused("our_bug", "bad_request")),
    ("unauthorized", Refused("channel_down", "InvalidToken")),
    ("too_many", TryLater("retry_after", 1.0, pauses_channel=True)),
    ("server", TryLater("network", uncertain=True)),
    ("lost", TryLater("network", uncertain=True)),
]


@pytest.mark.parametrize(("fault", "meaning"), _ANSWERS)
async def test_every_answer_of_telegram_has_one_meaning(
    telegram: TelegramTwin, chat_sender: TelegramSender, fault: str, meaning: Outcome
) -> None:
    telegram.open_chat(601).started = True
    telegram.program("sendMessage", Fault(fault))
    assert await chat_sender.send("601", "Xin chào") == meaning
    assert isinstance(await chat_sender.send("601", "Xin chào"), Sent)


async def test_an_unknown_chat_is_dead_and_not_tried_again(chat_sender: TelegramSender) -> None:
    assert await chat_sender.send("999", "Xin chào") == Refused("address_dead", "chat_not_found")


async def test_a_notice_that_cannot_be_said_does_not_hold_up_the_others(
    still_house: House, both: Stations, telegram: TelegramTwin, owner: asyncpg.Connection, world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    chat = await linked(owner, telegram, world.parent, 506)
    usual = chats.text_of

    def fails_for_one(house: House, batch: Any, row: Any) -> str:
        if row.notice.title == "poison":
            raise ValueError
        return usual(house, batch, row)

    monkeypatch.setattr(chats, "text_of", fails_for_one)
    poison, good = await tell(still_house, world, title="poison"), await tell(still_house, world)
    for _ in range(2):
        await drain(still_house, both, world.school_id)
    assert (await by_channel(owner, poison, world.parent))["telegram"] == ("dead", "our_bug:ValueError")
    assert (await by_channel(owner, good, world.parent))["telegram"] == ("sent", None)
    assert len(chat.heard) == 1


async def test_a_sender_that_fails_is_waited_out_and_does_not_hold_up_the_others(
    still_house: House, both: Stations, telegram: TelegramTwin, owner: asyncpg.Connection, world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await linked(owner, telegram, world.parent, 507)
    assert both.telegram_sender is not None
    usual, failed = both.telegram_sender.post, []

    async def fails_once(chat_id: str, text: str) -> Outcome:
        if not failed:
            failed.append(chat_id)
            raise RuntimeError
        return await usual(chat_id, text)

    monkeypatch.setattr(both.telegram_sender, "post", fails_once)
    first, second = await tell(still_house, world), await tell(still_house, world)
    for _ in range(2):
        await drain(still_house, both, world.school_id)
    found = {(await by_channel(owner, told, world.parent))["telegram"] for told in (first, second)}
    assert found == {("due", "our_bug:RuntimeError"), ("sent", None)}

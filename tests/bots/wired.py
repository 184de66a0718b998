"""All three messengers in one process: twins outside, the application's doors and the worker's wires inside, and a clock that can be moved."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.app import create_app
from backend.core.house import House
from backend.core.settings import Settings
from bots.link_codes import offer_link
from bots.wires import Wires
from notifications.channel_tokens import Pair, authorise
from notifications.opening import zalo_account
from notifications.stations import Stations
from tests.conftest import running, test_settings
from tests.factories import Person
from tests.twins.telegram import TelegramTwin, TwinChat
from tests.twins.zalo import ZaloTwin
from tests.twins.zalo_people import ZaloPerson
from tests.twins.zalobot import ZaloBotTwin

TELEGRAM_TOKEN, TELEGRAM_SECRET = "4244:twin-token-for-wires", "telegram-secret-of-the-wires"
ZALO_BOT_SECRET = "zalo-bot-secret-of-the-wires"
_chat_ids = itertools.count(950_000_000)


class MovedClock:
    """The real time and whatever a test adds to it."""

    def __init__(self) -> None:
        self.moved = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def goes_on(self, **time: float) -> None:
        self.moved += timedelta(**time)


@dataclass
class Wired:
    house: House
    front: House  # the server's, whose doors answer by themselves
    wires: Wires
    http: httpx.AsyncClient
    clock: MovedClock
    telegram: TelegramTwin
    zalo: ZaloTwin
    zalo_bot: ZaloBotTwin
    owner: asyncpg.Connection

    # -- People -------------------------------------------------------------------------------------------------------

    def telegram_chat(self, **how: Any) -> TwinChat:
        return self.telegram.open_chat(next(_chat_ids), **how)

    def zalo_person(self) -> ZaloPerson:
        return ZaloPerson(self.zalo, self.zalo_hook)

    def zalo_bot_chat(self) -> str:
        return f"zb{next(_chat_ids)}"

    # -- Doors --------------------------------------------------------------------------------------------------------

    async def telegram_hook(self, update: dict[str, Any]) -> None:
        headers = {"x-telegram-bot-api-secret-token": TELEGRAM_SECRET}
        answer = await self.http.post("/bots/telegram/webhook", json=update, headers=headers)
        assert answer.status_code == 200, answer.text

    async def zalo_hook(self, body: bytes, headers: dict[str, str]) -> int:
        return (await self.http.post("/bots/zalo/webhook", content=body, headers=headers)).status_code

    async def zalo_bot_hook(self, body: bytes, headers: dict[str, str]) -> int:
        return (await self.http.post("/bots/zalo-bot/webhook", content=body, headers=headers)).status_code

    async def zalo_bot_says(self, chat_id: str, text: str, **how: Any) -> None:
        await self.zalo_bot.post(self.zalo_bot_hook, self.zalo_bot.update(chat_id, text=text, **how))

    # -- The worker ---------------------------------------------------------------------------------------------------

    async def answer(self, channel: str, chat_id: str | int) -> None:
        """Until the door has answered what it took on, and a worker the rest."""
        if (door := self.front.doors.get(channel)) is not None:
            await door.idle()
        await self.wires.answer(channel, str(chat_id))

    async def answered(self, channel: str, chat_id: str | int) -> None:
        """Until nothing waits in the chat. On a busy machine a send may run out of time; then it is tried again, as ever, a little later."""
        await self.answer(channel, chat_id)
        while None in await self.outcomes(channel, chat_id):
            self.clock.goes_on(seconds=6)
            await self.answer(channel, chat_id)

    async def zalo_hears(self, person: ZaloPerson, text: str) -> str:
        await person.says(text)
        await self.answered("zalo", person.user_id)
        return person.reader.heard[-1]

    async def telegram_hears(self, chat: TwinChat, text: str) -> str:
        await chat.say(text)
        await self.answered("telegram", chat.chat_id)
        heard: str = chat.heard[-1]["text"]
        return heard

    async def zalo_bot_hears(self, chat_id: str, text: str) -> str:
        await self.zalo_bot_says(chat_id, text)
        await self.answered("zalo_bot", chat_id)
        return self.zalo_bot.chats[chat_id].heard[-1]

    async def code(self, person: Person, channel: str) -> str:
        """What the app shows to send; for Telegram, what its link carries."""
        link = await offer_link(self.house, person.account_id, channel)
        return link.typed or f"/start {link.url.rpartition('start=')[2]}"

    async def outcomes(self, channel: str, chat_id: str | int) -> list[str | None]:
        rows = await self.owner.fetch(
            "SELECT outcome FROM chat_updates WHERE channel = $1 AND chat_id = $2"
            " ORDER BY sent_at NULLS FIRST, length(update_id), update_id",
            channel, str(chat_id),
        )  # fmt: skip
        return [row["outcome"] for row in rows]

    async def account_of(self, channel: str, chat_id: str | int) -> Any:
        return await self.owner.fetchval(
            "SELECT account_id FROM chat_links WHERE channel = $1 AND chat_id = $2 AND unlinked_at IS NULL",
            channel, str(chat_id),
        )  # fmt: skip

    async def deeds(self, person: Person) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.owner.fetch(
            "SELECT action, detail FROM account_events WHERE account_id = $1 AND action LIKE 'chat.%' ORDER BY happened_at, event_id",
            person.account_id,
        )  # fmt: skip
        return [(row["action"], json.loads(row["detail"])) for row in rows]


def _settings(telegram: TelegramTwin, zalo: ZaloTwin, zalo_bot: ZaloBotTwin) -> Settings:
    return test_settings(
        telegram_token=TELEGRAM_TOKEN,
        telegram_secret=TELEGRAM_SECRET,
        telegram_base_url=telegram.base_url,
        telegram_bot_name=telegram.username,
        zalo_app_id=zalo.app_id,
        zalo_app_secret=zalo.app_secret,
        zalo_oa_id=zalo.oa_id,
        zalo_oa_secret=zalo.oa_secret,
        zalo_base_url=zalo.base_url,
        zalo_oauth_url=zalo.base_url,
        zalo_per_minute=100_000,
        zalo_bot_token=zalo_bot.token,
        zalo_bot_secret=ZALO_BOT_SECRET,
        zalo_bot_link="https://zalo.me/1459232241454765289",
        zalo_bot_base_url=zalo_bot.base_url,
        zalo_bot_per_minute=100_000,
    )


@pytest.fixture(scope="package")
async def wired_once(
    database_url: str, redis_url: str, house: House, owner: asyncpg.Connection
) -> AsyncIterator[Wired]:
    async with AsyncExitStack() as stack:
        telegram, zalo, zalo_bot = TelegramTwin(TELEGRAM_TOKEN), ZaloTwin(), ZaloBotTwin()
        for twin in (telegram, zalo, zalo_bot):
            await twin.start()
            stack.push_async_callback(twin.stop)
        clock = MovedClock()
        zalo.now = lambda: clock.now().timestamp()
        zalo_bot.secret = ZALO_BOT_SECRET
        settings = _settings(telegram, zalo, zalo_bot)
        own = House(settings, house.database, house.queue, clock, house.cipher, redis_url)
        stack.push_async_callback(own.limits.close)
        granted = zalo.grant()
        pair = Pair(granted["access_token"], granted["refresh_token"], int(granted["expires_in"]))
        await authorise(own, zalo_account(own), pair)
        app = create_app(settings, redis_url=redis_url, database_url=database_url, clock=clock)
        await stack.enter_async_context(running(app))
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://testserver"))
        stations = await Stations.open(own)
        stack.push_async_callback(stations.close)
        wires = await Wires.open(own, stations, webhooks=False)
        stack.push_async_callback(wires.close)
        made = Wired(own, app.state.house, wires, http, clock, telegram, zalo, zalo_bot, owner)
        telegram.direct = made.telegram_hook
        yield made


@pytest.fixture
def wired(wired_once: Wired) -> Wired:
    """Whatever the test before has left of faults and time."""
    wired_once.clock.moved = timedelta(0)
    wired_once.telegram.heal()
    wired_once.zalo.misbehave()
    wired_once.zalo_bot.misbehave()
    return wired_once

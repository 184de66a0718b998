"""The messengers that the settings name, opened once a worker, each with its answering. The only place that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import ClassVar

from backend.core.house import House
from bots import contacts
from bots.answering import Answering
from bots.telegram import TelegramBot
from bots.zalo import ZaloAccount
from bots.zalo_bot import ZaloBot
from notifications.channels.zalo_bot import ZaloBotSender
from notifications.chats import ChatStation
from notifications.stations import Stations
from notifications.zalo_station import ZaloStation

# A process that begins looks this far back for numbers that have changed hands, then from one look to the next.
_RELEASES_AT_START = timedelta(days=40)
_COMMITTED_LATE = timedelta(minutes=5)


class Wires:
    # Whose stations they speak through; Telegram's wire has its own.
    CHANNELS: ClassVar = frozenset({"zalo", "zalo_bot"})

    def __init__(self, house: House) -> None:
        self._house = house
        self._answering: dict[str, Answering] = {}
        self._stack = AsyncExitStack()
        self._looked_at: datetime | None = None

    @classmethod
    async def open(cls, house: House, stations: Stations, *, webhooks: bool = True, introduce: bool = True) -> Wires:
        """`introduce`: tell the messengers who we are; where several processes speak for one bot, the worker does."""
        wires = cls(house)
        if house.settings.telegram_token:
            telegram = TelegramBot(house)
            await telegram.open(webhook=webhooks, introduce=introduce)
            wires._stack.push_async_callback(telegram.close)
            wires._add(Answering(house, telegram))
        station = stations.of("zalo")
        if isinstance(station, ZaloStation):
            wires._add(Answering(house, ZaloAccount(house, station.sender)))
        station = stations.of("zalo_bot")
        if isinstance(station, ChatStation) and isinstance(station.sender, ZaloBotSender):
            bot = ZaloBot(house, station.sender)
            await bot.open(webhook=webhooks and introduce)
            wires._stack.push_async_callback(bot.close)
            wires._add(Answering(house, bot))
        return wires

    def _add(self, answering: Answering) -> None:
        self._answering[answering.wire.channel] = answering
        self._stack.callback(answering.close)

    def all(self) -> Sequence[Answering]:
        return tuple(self._answering.values())

    def of(self, channel: str) -> Answering | None:
        return self._answering.get(channel)

    async def answer(self, channel: str, chat_id: str) -> None:
        answering = self.of(channel)
        if answering is not None:
            await answering.answer_waiting(chat_id)

    async def sweep(self) -> None:
        """Chats whose bell was lost."""
        for answering in self._answering.values():
            await answering.sweep()

    async def release_moved_numbers(self) -> None:
        now = self._house.clock.now()
        since = self._looked_at - _COMMITTED_LATE if self._looked_at is not None else now - _RELEASES_AT_START
        await contacts.release_moved(self._house, since=since)
        self._looked_at = now

    async def close(self) -> None:
        await self._stack.aclose()

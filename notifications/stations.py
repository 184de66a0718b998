"""The stations that the settings allow, opened once a worker. A channel without settings has no station, and says so by None."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack, suppress

from backend.core.house import House
from notifications import opening
from notifications.allowances import Allowances
from notifications.calls import CallStation
from notifications.cascade import CHANNELS
from notifications.channel_tokens import ChannelTokens, NoToken
from notifications.channels.email import EmailSender
from notifications.channels.telegram import TelegramSender
from notifications.chats import ChatStation
from notifications.push import PushStation
from notifications.rounds import Station
from notifications.text_gateways import TextGateways

# So many schools at a time may have a second batch under way in this worker (delivery.py).
SPARE_LANES = 4


class Stations:
    """`sms` and `telegram_sender` also carry one-time codes, which are no notices. The order of the channels is cascade.py's."""

    def __init__(self) -> None:
        self.push: PushStation | None = None
        self.telegram: ChatStation | None = None
        self.telegram_sender: TelegramSender | None = None
        self.sms: TextGateways | None = None
        self.email_sender: EmailSender | None = None
        self._others: dict[str, Station] = {"call": CallStation()}
        self.tokens: list[ChannelTokens] = []
        self.spare_lanes = SPARE_LANES
        self._stack = AsyncExitStack()

    def of(self, channel: str) -> Station | None:
        match channel:
            case "push":
                return self.push
            case "telegram":
                return self.telegram
            case _:
                return self._others.get(channel)

    def add(self, station: Station) -> None:
        """A station of a further channel, known by its own name for it."""
        assert station.channel in CHANNELS, "a channel has its place in cascade.CHANNELS"
        self._others[station.channel] = station

    @classmethod
    async def open(cls, house: House, *, only: Collection[str] | None = None) -> Stations:
        """`only`: for a process that needs no other channels."""
        stations = cls()
        allowances = Allowances(house.redis_url)
        stations._stack.push_async_callback(allowances.close)
        for channel, open_one in opening.ALL.items():
            if only is None or channel in only:
                await open_one(house, stations, allowances, stations._stack)
        return stations

    async def renew_tokens(self) -> None:
        """Before they end, also where nothing is sent: an account that is asked for nothing must not fall asleep for good."""
        for tokens in self.tokens:
            with suppress(NoToken):  # said aloud where it happened
                await tokens.access()

    async def close(self) -> None:
        await self._stack.aclose()

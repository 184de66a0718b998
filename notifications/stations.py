"""The stations that the settings allow, opened once a worker. A channel without settings has no station, and says so by None."""

from __future__ import annotations

from contextlib import AsyncExitStack

from backend.core.house import House
from notifications.allowances import Allowances, Quota
from notifications.calls import CallStation
from notifications.cascade import CHANNELS
from notifications.channels.fcm import FcmSender
from notifications.channels.fcm_credentials import FcmCredentials
from notifications.channels.sms import SmsSender
from notifications.channels.telegram import PER_SECOND, TelegramSender
from notifications.chats import ChatStation
from notifications.push import PushStation
from notifications.rounds import Station


class Stations:
    """`sms` and `telegram_sender` also carry one-time codes, which are no notices. The order of the channels is cascade.py's."""

    def __init__(self) -> None:
        self.push: PushStation | None = None
        self.telegram: ChatStation | None = None
        self.telegram_sender: TelegramSender | None = None
        self.sms: SmsSender | None = None
        self._others: dict[str, Station] = {"call": CallStation()}
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
    async def open(cls, house: House) -> Stations:
        stations, settings = cls(), house.settings
        allowances = Allowances(house.redis_url)
        stations._stack.push_async_callback(allowances.close)
        if settings.fcm_project_id and settings.fcm_credentials_file:
            credentials = FcmCredentials(settings.fcm_credentials_file)
            sender = FcmSender(
                credentials,
                project_id=settings.fcm_project_id,
                base_url=settings.fcm_base_url,
                limit=allowances.of("push", settings.fcm_project_id, Quota(settings.fcm_per_minute, 60.0)),
            )
            await sender.open()
            stations._stack.push_async_callback(sender.close)
            stations.push = PushStation(sender)
        if settings.telegram_token:
            telegram = TelegramSender(
                settings.telegram_token,
                base_url=settings.telegram_base_url,
                limit=allowances.of("telegram", settings.telegram_token, Quota(PER_SECOND, 1.0)),
            )
            await telegram.open()
            stations._stack.push_async_callback(telegram.close)
            stations.telegram_sender = telegram
            stations.telegram = ChatStation(telegram)
        if settings.sms_api_key:
            sms = SmsSender(
                api_key=settings.sms_api_key,
                secret_key=settings.sms_secret_key,
                brand=settings.sms_brand,
                base_url=settings.sms_base_url,
                limit=allowances.of("sms", settings.sms_api_key, Quota(settings.sms_per_minute, 60.0)),
            )
            await sms.open()
            stations._stack.push_async_callback(sms.close)
            stations.sms = sms
        return stations

    async def close(self) -> None:
        await self._stack.aclose()

"""Opens the channels that the settings name, each with its account's allowance. A channel without settings is not opened."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from backend.core.house import House
from notifications import zns_templates
from notifications.allowances import Allowances, Quota
from notifications.channel_tokens import ChannelTokens
from notifications.channels.email import EmailSender, Security
from notifications.channels.fcm import FcmSender
from notifications.channels.fcm_credentials import FcmCredentials
from notifications.channels.sms import SmsSender
from notifications.channels.speedsms import SpeedSmsSender
from notifications.channels.telegram import PER_SECOND, TelegramSender
from notifications.channels.webpush import Services, WebPushSender
from notifications.channels.webpush_crypto import house_key
from notifications.channels.wire import Wire
from notifications.channels.zalo import ZaloSender
from notifications.channels.zalo_bot import ZaloBotSender
from notifications.channels.zalo_tokens import ZaloTokenWire
from notifications.channels.zns import ZnsSender
from notifications.chats import ChatStation
from notifications.email_station import EmailStation
from notifications.paid_stations import SmsStation, ZnsStation
from notifications.push import PushStation
from notifications.switches import flag_of
from notifications.text_gateways import TextGateways
from notifications.webpush_station import WebPushStation
from notifications.zalo_station import ZaloStation

if TYPE_CHECKING:
    from notifications.stations import Stations

_MINUTE = 60.0


async def open_push(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    if not (settings.fcm_project_id and settings.fcm_credentials_file):
        return
    sender = FcmSender(
        FcmCredentials(settings.fcm_credentials_file),
        project_id=settings.fcm_project_id,
        base_url=settings.fcm_base_url,
        # Firebase asks whoever was idle to come to the whole rate in no less than a minute.
        limit=allowances.of(
            "push", settings.fcm_project_id, Quota(settings.fcm_per_minute, _MINUTE, ramp_seconds=_MINUTE)
        ),
        held=partial(house.flags.raised, flag_of("push")),
    )
    await sender.open()
    stack.push_async_callback(sender.close)
    stations.push = PushStation(sender)


async def open_telegram(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    if not settings.telegram_token:
        return
    sender = TelegramSender(
        settings.telegram_token,
        base_url=settings.telegram_base_url,
        limit=allowances.of("telegram", settings.telegram_token, Quota(PER_SECOND, 1.0)),
    )
    await sender.open()
    stack.push_async_callback(sender.close)
    stations.telegram_sender = sender
    stations.telegram = ChatStation(sender)


async def open_sms(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    known: dict[str, SmsSender | SpeedSmsSender] = {}
    if settings.sms_api_key:
        known["esms"] = SmsSender(
            api_key=settings.sms_api_key,
            secret_key=settings.sms_secret_key,
            brand=settings.sms_brand,
            base_url=settings.sms_base_url,
            limit=allowances.of("sms", settings.sms_api_key, Quota(settings.sms_per_minute, _MINUTE)),
            callback_url=_report_url(house, "esms"),
        )
    if settings.speedsms_token:
        known["speedsms"] = SpeedSmsSender(
            token=settings.speedsms_token,
            brand=settings.speedsms_brand,
            base_url=settings.speedsms_base_url,
            limit=allowances.of("sms", settings.speedsms_token, Quota(settings.speedsms_per_minute, _MINUTE)),
        )
    order = [name for name in map(str.strip, settings.sms_order.split(",")) if name in known]
    for name in order:
        await known[name].open()
        stack.push_async_callback(known[name].close)
    if order:
        stations.sms = TextGateways(house, [known[name] for name in order])
        stations.add(SmsStation(stations.sms, part_price=settings.sms_part_price))


def _report_url(house: House, gateway: str) -> str:
    settings = house.settings
    return (
        f"{settings.public_url}/hooks/sms/{settings.sms_report_secret}/{gateway}" if settings.sms_report_secret else ""
    )


async def open_zalo(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    if not (settings.zalo_app_id and settings.zalo_app_secret and settings.zalo_oa_id):
        return
    wire = Wire()
    await wire.open()
    stack.push_async_callback(wire.close)
    tokens = ChannelTokens(house, zalo_account(house), zalo_token_wire(house, wire).refresh)
    stations.tokens.append(tokens)
    limit = allowances.of("zalo", settings.zalo_oa_id, Quota(settings.zalo_per_minute, _MINUTE))
    stations.add(ZaloStation(ZaloSender(wire, tokens, base_url=settings.zalo_base_url, limit=limit)))
    if settings.zns_templates_file:
        zns_limit = allowances.of("zns", settings.zalo_oa_id, Quota(settings.zns_per_minute, _MINUTE))
        zns = ZnsSender(wire, tokens, base_url=settings.zns_base_url, limit=zns_limit)
        stations.add(ZnsStation(zns, zns_templates.read(settings.zns_templates_file)))


def zalo_account(house: House) -> str:
    return f"zalo:{house.settings.zalo_oa_id}"


def zalo_token_wire(house: House, wire: Wire) -> ZaloTokenWire:
    settings = house.settings
    return ZaloTokenWire(
        wire, app_id=settings.zalo_app_id, app_secret=settings.zalo_app_secret, base_url=settings.zalo_oauth_url
    )


async def open_zalo_bot(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    if not settings.zalo_bot_token:
        return
    limit = allowances.of("zalo_bot", settings.zalo_bot_token, Quota(settings.zalo_bot_per_minute, _MINUTE))
    sender = ZaloBotSender(settings.zalo_bot_token, base_url=settings.zalo_bot_base_url, limit=limit)
    await sender.open()
    stack.push_async_callback(sender.close)
    stations.add(ChatStation(sender, "zalo_bot"))


async def open_email(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    if not (settings.smtp_host and settings.smtp_sender):
        return
    account = f"{settings.smtp_host}:{settings.smtp_user or settings.smtp_sender}"
    sender = EmailSender(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=msgspec.convert(settings.smtp_security, Security),
        sender=settings.smtp_sender,
        user=settings.smtp_user,
        password=settings.smtp_password,
        limit=allowances.of("email", account, Quota(settings.smtp_per_minute, _MINUTE)),
    )
    stack.push_async_callback(sender.close)
    stations.email_sender = sender
    stations.add(EmailStation(sender))


async def open_webpush(house: House, stations: Stations, allowances: Allowances, stack: AsyncExitStack) -> None:
    settings = house.settings
    if not settings.webpush_contact:
        return
    sender = WebPushSender(
        house_key(house.cipher),
        contact=settings.webpush_contact,
        services=Services(settings.webpush_services),
        limit=allowances.of("webpush", settings.webpush_contact, Quota(settings.webpush_per_minute, _MINUTE)),
    )
    await sender.open()
    stack.push_async_callback(sender.close)
    stations.add(WebPushStation(sender))


ALL = {
    "push": open_push, "telegram": open_telegram, "sms": open_sms, "zalo": open_zalo, "zalo_bot": open_zalo_bot,
    "email": open_email, "webpush": open_webpush,
}  # fmt: skip

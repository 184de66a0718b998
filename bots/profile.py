"""`bot-profile`: each messenger's bot gets its name, description, commands and menu; what a messenger lets only people set is written out."""

from __future__ import annotations

from backend.core.catalogue import say
from backend.core.settings import Settings, variable
from bots import telegram_profile
from notifications.channels.wire import Answer
from notifications.channels.zalo_bot import ZaloBotSender, identity_of

CHANNELS = ("telegram", "zalo", "zalo_bot")
# Titles of the account's menu and what each sends; Zalo shows them below the talk. Its rules: three main entries.
_MENU = ("what_can_i_ask", "how_to_link", "talk_to_person")


async def run(settings: Settings, channels: list[str], *, name: str) -> tuple[int, list[str]]:
    """Exit status and what was done, a line each."""
    lines: list[str] = []
    for channel in channels or CHANNELS:
        lines += await _one(settings, channel, name=name, asked=bool(channels))
    return (1 if any("failed" in line or "is not set" in line for line in lines) else 0), lines


async def _one(settings: Settings, channel: str, *, name: str, asked: bool) -> list[str]:
    needed = {"telegram": "telegram_token", "zalo": "zalo_oa_id", "zalo_bot": "zalo_bot_token"}[channel]
    if not getattr(settings, needed):
        return [f"{channel}: {variable(needed)} is not set"] if asked else [f"{channel}: not opened, left out"]
    match channel:
        case "telegram":
            return await telegram_profile.set_up(settings, name=name)
        case "zalo":
            return _zalo_account()
        case _:
            return await _zalo_bot(settings)


def _zalo_account() -> list[str]:
    """Zalo publishes no call for an account's menu and welcome, so a person enters them once at oa.zalo.me."""
    menu = [f"zalo:   “{say(f'bots.{key}', 'vi')}” → gửi tin nhắn: {_sends(key)}" for key in _MENU]
    return [
        "zalo: Zalo has no call for the menu and the welcome; enter them at oa.zalo.me (Công cụ → Menu, Tin nhắn chào):",
        *menu,
        f"zalo:   tin nhắn chào: {say('bots.followed', 'vi')} {say('bots.profile_zalo_hint', 'vi')}",
    ]


def _sends(key: str) -> str:
    return {
        "what_can_i_ask": "Hỏi được những gì",
        "how_to_link": "LIEN KET",
        "talk_to_person": "Gặp nhân viên nhà trường",
    }[key]


async def _zalo_bot(settings: Settings) -> list[str]:
    """The platform lets nobody set a bot's face by a call; the token is tried, and the rest is said."""
    sender = ZaloBotSender(settings.zalo_bot_token, base_url=settings.zalo_bot_base_url)
    await sender.open()
    try:
        answer = await sender.call("getMe", {})
    finally:
        await sender.close()
    found = identity_of(answer) if isinstance(answer, Answer) else None
    if found is None:
        return ["zalo_bot: failed, the platform does not know this token or is away"]
    return [
        f"zalo_bot: speaks as {found}",
        "zalo_bot: the platform has no call for name, picture or menu; set them in Zalo Bot Creator",
    ]

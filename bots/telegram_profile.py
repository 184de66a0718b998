"""The bot's face at Telegram: name, descriptions, commands and the menu's button, in both languages. Set by a command, not at every start."""

from __future__ import annotations

from typing import Final

from telegram import Bot, BotCommand, MenuButtonCommands
from telegram.error import RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from backend.core.catalogue import say
from backend.core.settings import Settings

COMMANDS: Final = ("help", "link", "language", "human", "unlink", "stop")
_LANGUAGES: Final = ("vi", "en")
NAME_MAX, DESCRIPTION_MAX, SHORT_MAX = 64, 512, 120


async def set_up(settings: Settings, *, name: str) -> list[str]:
    """What was done, a line each. Telegram counts changes of a name by the day, so that what stands already is not set again."""
    request = HTTPXRequest(connection_pool_size=2, read_timeout=20, connect_timeout=10)
    bot = Bot(settings.telegram_token, base_url=f"{settings.telegram_base_url}/bot", request=request)
    await request.initialize()
    try:
        return await _set_up(bot, name[:NAME_MAX])
    except RetryAfter as error:
        return [f"telegram: asked too often, try again in {error.retry_after} s"]
    except TelegramError as error:
        # Not the error's own text: an address with the token in it must not reach a log.
        return [f"telegram: failed ({type(error).__name__})"]
    finally:
        await request.shutdown()


async def _set_up(bot: Bot, name: str) -> list[str]:
    lines = []
    for language in _LANGUAGES:
        code = None if language == "vi" else language
        where = f"telegram ({language})"
        if name and (await bot.get_my_name(code)).name != name:
            await bot.set_my_name(name, code)
            lines.append(f"{where}: name")
        about = say("bots.profile_description", language)[:DESCRIPTION_MAX]
        if (await bot.get_my_description(code)).description != about:
            await bot.set_my_description(about, code)
            lines.append(f"{where}: description")
        short = say("bots.profile_short", language)[:SHORT_MAX]
        if (await bot.get_my_short_description(code)).short_description != short:
            await bot.set_my_short_description(short, code)
            lines.append(f"{where}: short description")
        commands = [BotCommand(command, say(f"bots.command_{command}", language)) for command in COMMANDS]
        if list(await bot.get_my_commands(language_code=code)) != commands:
            await bot.set_my_commands(commands, language_code=code)
            lines.append(f"{where}: {len(commands)} commands")
    if not isinstance(await bot.get_chat_menu_button(), MenuButtonCommands):
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
        lines.append("telegram: menu button")
    return lines or ["telegram: everything stands as it should"]

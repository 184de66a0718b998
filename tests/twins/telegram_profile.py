"""The part of Telegram's Bot API that is a bot's face: name, descriptions, commands, the menu's button, with Telegram's lengths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.twins import telegram_wire as wire
from tests.twins.telegram_wire import Refusal, bad

if TYPE_CHECKING:
    from tests.twins.telegram import TelegramTwin

_LENGTHS = {"name": 64, "description": 512, "short_description": 120}
# Telegram lets a name be changed a few times a day and then asks for hours of patience.
_NAME_CHANGES = 4


def _setter(field: str) -> Any:
    async def set_field(twin: TelegramTwin, fields: dict[str, str]) -> bool:
        text = fields.get(field, "")
        if len(text) > _LENGTHS[field]:
            raise bad(f"{field.replace('_', ' ')} is too long")
        if field == "name":
            twin.name_changes += 1
            if twin.name_changes > _NAME_CHANGES:
                raise Refusal(429, "Too Many Requests: retry after 79200", retry_after=79_200)
        twin.profile[field, fields.get("language_code", "")] = text
        return True

    return set_field


def _getter(field: str) -> Any:
    async def get_field(twin: TelegramTwin, fields: dict[str, str]) -> dict[str, str]:
        """Without an own text in a language, Telegram shows the one for everybody."""
        default = twin.profile.get((field, ""), str(twin.me["first_name"]) if field == "name" else "")
        return {field: twin.profile.get((field, fields.get("language_code", "")), default)}

    return get_field


async def _set_commands(twin: TelegramTwin, fields: dict[str, str]) -> bool:
    commands = json.loads(fields.get("commands", "null"))
    wire.check_commands(commands)
    twin.commands[fields.get("language_code", "")] = commands
    return True


async def _get_commands(twin: TelegramTwin, fields: dict[str, str]) -> list[dict[str, str]]:
    return twin.commands.get(fields.get("language_code", ""), [])


async def _set_menu(twin: TelegramTwin, fields: dict[str, str]) -> bool:
    button = json.loads(fields.get("menu_button", "null")) or {"type": "default"}
    if button.get("type") not in ("commands", "web_app", "default"):
        raise bad("can't parse menu button")
    twin.menu_button = button
    return True


async def _get_menu(twin: TelegramTwin, fields: dict[str, str]) -> dict[str, str]:
    return twin.menu_button


METHODS = {
    "setmyname": _setter("name"),
    "getmyname": _getter("name"),
    "setmydescription": _setter("description"),
    "getmydescription": _getter("description"),
    "setmyshortdescription": _setter("short_description"),
    "getmyshortdescription": _getter("short_description"),
    "setmycommands": _set_commands,
    "getmycommands": _get_commands,
    "setchatmenubutton": _set_menu,
    "getchatmenubutton": _get_menu,
}

"""Sends texts to linked Telegram chats through python-telegram-bot. It knows chat ids and texts, no notice and no table."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from telegram import Bot, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from notifications.allowances import Allowance, turn
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

# Telegram allows a bot about thirty messages a second over all chats; the bot's own answers need some of it.
PER_SECOND = 20
_PATIENCE_SECONDS = 30.0
TEXT_MAX = 4096

BLOCKED = frozenset({"forbidden"})
INVALID = frozenset({"chat_not_found", "chat_migrated"})


class TelegramSender:
    def __init__(self, token: str, *, base_url: str, limit: Allowance | None = None) -> None:
        self._request = HTTPXRequest(connection_pool_size=8, read_timeout=10, connect_timeout=5)
        self._bot = Bot(token, base_url=f"{base_url}/bot", request=self._request)
        self.limit = limit

    async def open(self) -> None:
        # Not the bot's own initialize(): it asks Telegram who we are, and a worker must start while Telegram is away.
        await self._request.initialize()

    async def close(self) -> None:
        await self._request.shutdown()

    async def send(self, chat_id: str, text: str) -> Outcome:
        if not await turn(self.limit, time.monotonic() + _PATIENCE_SECONDS):
            return TryLater("rate_limited")
        return await self.post(chat_id, text)

    async def post(self, chat_id: str, text: str) -> Outcome:
        """In a turn already taken. Telegram has no idempotency key: trying again after a timeout may double it."""
        try:
            message = await self._bot.send_message(
                chat_id=int(chat_id), text=text[:TEXT_MAX], link_preview_options=LinkPreviewOptions(is_disabled=True)
            )
        except TelegramError as error:
            return read_error(error)
        return Sent(str(message.message_id))


def read_error(error: TelegramError) -> Outcome:
    """The order matters: BadRequest and TimedOut are kinds of NetworkError in this library."""
    match error:
        case RetryAfter():
            return TryLater("retry_after", _seconds(error), pauses_channel=True)
        case Forbidden():
            return Refused("address_dead", "forbidden")
        case InvalidToken() | Conflict():
            return Refused("channel_down", type(error).__name__)
        case ChatMigrated():
            return Refused("address_dead", "chat_migrated")
        case BadRequest():
            gone = "chat not found" in error.message.lower() or "user not found" in error.message.lower()
            return Refused("address_dead", "chat_not_found") if gone else Refused("our_bug", "bad_request")
        case TimedOut():
            return TryLater("timeout", uncertain=True)
        case NetworkError():
            return TryLater("network", uncertain=True)
        case _:
            return Refused("unknown", type(error).__name__)


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)

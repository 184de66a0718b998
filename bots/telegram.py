"""The Telegram wire through python-telegram-bot: opening, introducing itself, parts out, polling for development. It knows no intent and no child.

The library's own dispatcher is not used: it swallows errors and drops what is queued when it stops, and here nothing may be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import Conflict, TelegramError
from telegram.request import HTTPXRequest

from backend.core.catalogue import say
from backend.core.house import House
from backend.core.metrics import CHAT_READY
from bots import updates
from bots.hearing import Heard, Limits, Part, Standing
from bots.telegram_reading import read_update
from bots.turns import Arrived, Claimed
from notifications.channels.telegram import read_error
from notifications.outcomes import Outcome, Sent
from schemas.chat import Channel

log = structlog.get_logger()

CHANNEL: Final[Channel] = "telegram"
HOOK_PATH = "/bots/telegram/webhook"
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
# After a failed introduction: soon at first, then every five minutes for as long as Telegram is away.
INTRODUCE_AGAIN_SECONDS = (2, 5, 15, 60, 300)


class TelegramBot:
    """Opened once a process that answers. It starts while Telegram is away, and introduces itself when Telegram is back."""

    channel: Channel = CHANNEL
    greets = False
    limits = Limits(text=4096, caption=1024, buttons=100, label=64, buttons_below_image=True)

    def __init__(self, house: House) -> None:
        settings = house.settings
        self._house = house
        self._request = HTTPXRequest(connection_pool_size=16, read_timeout=10, connect_timeout=5, pool_timeout=5)
        self._polling = HTTPXRequest(connection_pool_size=1, read_timeout=40, connect_timeout=5)
        self.bot = Bot(
            settings.telegram_token,
            base_url=f"{settings.telegram_base_url}/bot",
            base_file_url=f"{settings.telegram_base_url}/file/bot",
            request=self._request,
            get_updates_request=self._polling,
        )
        self._introduction: asyncio.Task[None] | None = None
        self.introduced = asyncio.Event()

    async def open(self, *, webhook: bool = True, introduce: bool = True) -> None:
        # Not the library's own initialize(): it asks Telegram who we are and raises while Telegram is away.
        await self._request.initialize()
        await self._polling.initialize()
        if not introduce:
            return
        CHAT_READY.labels(CHANNEL).set(0)
        self._introduction = asyncio.create_task(self._introduce(webhook=webhook))

    async def close(self) -> None:
        if self._introduction is not None:
            self._introduction.cancel()
            with suppress(asyncio.CancelledError):
                await self._introduction
        await self._polling.shutdown()
        await self._request.shutdown()

    async def _introduce(self, *, webhook: bool) -> None:
        """Who we are and where updates go. Until it succeeds the channel is degraded, not the house."""
        tries = 0
        while True:
            try:
                await self.bot.get_me()
                if webhook:
                    await self._set_webhook()
                CHAT_READY.labels(CHANNEL).set(1)
                self.introduced.set()
                log.info("telegram_ready")
                return
            except TelegramError as error:
                wait = INTRODUCE_AGAIN_SECONDS[min(tries, len(INTRODUCE_AGAIN_SECONDS) - 1)]
                tries += 1
                log.warning("telegram_degraded", error=type(error).__name__, again_in_seconds=wait)
                await asyncio.sleep(wait)

    async def _set_webhook(self) -> None:
        settings = self._house.settings
        if settings.public_url and settings.telegram_secret:
            await self.bot.set_webhook(
                settings.public_url + HOOK_PATH,
                secret_token=settings.telegram_secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=20,
            )

    # -- The wire -----------------------------------------------------------------------------------------------------

    def read(self, claimed: Claimed) -> Heard | Standing | None:
        return read_update(claimed, self.bot)

    async def post(self, chat_id: str, part: Part) -> Outcome:
        """Plain text: names and titles written by people must not turn into markup."""
        try:
            message = await self._send(int(chat_id), part, _markup(part))
        except TelegramError as error:
            return read_error(error)
        return Sent(str(message.message_id))

    async def _send(self, chat_id: int, part: Part, markup: Any) -> Message:
        if part.image is not None:
            return await self.bot.send_photo(
                chat_id=chat_id, photo=part.image, caption=part.text, filename="anh.png", reply_markup=markup
            )
        return await self.bot.send_message(
            chat_id=chat_id,
            text=part.text,
            reply_markup=markup,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    async def picture(self, name: str) -> bytes:
        """Telegram lists a picture's sizes; the largest is at most 2,560 pixels. It gives files of at most 20 MB."""
        file = await self.bot.get_file(name)
        return bytes(await file.download_as_bytearray())

    async def take_receipt(self, receipt: str) -> None:
        """Too late or lost, it is no matter: the answer is out."""
        with suppress(TelegramError):
            await self.bot.answer_callback_query(receipt)

    # -- Polling, for development -------------------------------------------------------------------------------------

    async def poll(self, answer: Callable[[str], Awaitable[None]]) -> None:
        """Fetch and answer until cancelled. The webhook is taken down: Telegram serves one way at a time."""
        await self.introduced.wait()
        await self.bot.delete_webhook()
        offset: int | None = None
        while True:
            try:
                updates = await self.bot.get_updates(offset=offset, timeout=20, allowed_updates=ALLOWED_UPDATES)
            except Conflict:
                log.warning("telegram_polled_elsewhere")
                await asyncio.sleep(5)
                continue
            except TelegramError as error:
                log.warning("telegram_poll_failed", error=type(error).__name__)
                await asyncio.sleep(2)
                continue
            for update in updates:
                offset = update.update_id + 1
                await self._fetched(update, answer)

    async def _fetched(self, update: Update, answer: Callable[[str], Awaitable[None]]) -> None:
        if update.effective_chat is None:
            return
        chat_id, body = str(update.effective_chat.id), update.to_json().encode()
        arrived = Arrived(str(update.update_id), body, self._house.clock.now())
        await updates.keep(self._house, CHANNEL, chat_id, arrived)
        await answer(chat_id)


def _markup(part: Part) -> Any:
    if part.buttons:
        return InlineKeyboardMarkup([[InlineKeyboardButton(b.label, callback_data=b.press)] for b in part.buttons])
    match part.keyboard:
        case "contact":
            own = KeyboardButton(say("bots.share_my_number", "vi"), request_contact=True)
            return ReplyKeyboardMarkup([[own]], one_time_keyboard=True, resize_keyboard=True)
        case "remove":
            return ReplyKeyboardRemove()
        case _:
            return None

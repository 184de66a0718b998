"""The Telegram wire: updates in, answers out, through python-telegram-bot. It knows no intent and no child.

Updates are kept by the webhook's route (or fetched by polling) and answered by the worker, chat by chat and in order. The library's
own dispatcher is not used: it swallows errors and drops what is queued when it stops, and here nothing may be lost.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

import msgspec
import structlog
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.error import Conflict, TelegramError
from telegram.request import HTTPXRequest

from backend.core.catalogue import say
from backend.core.crypto import token_hash
from backend.core.house import House
from backend.core.metrics import CHAT_READY
from backend.core.problems import Problem
from backend.core.ratelimit import Bucket
from bots import chats, links
from bots.chats import Claimed
from bots.conversation import turn
from notifications.channels.telegram import read_error
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from schemas.chat import Answer, Incoming

log = structlog.get_logger()

CHANNEL: Literal["telegram"] = "telegram"
HOOK_PATH = "/bots/telegram/webhook"
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
COMMANDS = ("help", "language", "human", "unlink", "stop")
# After a failed introduction: soon at first, then every five minutes for as long as Telegram is away.
_INTRODUCE_AGAIN_SECONDS = (2, 5, 15, 60, 300)
# What one chat may ask: a lively talk passes, a flood does not, and is told so once a minute.
_TURNS, _TURN_SECONDS = 20, 3.0
_TRY_AGAIN = timedelta(seconds=10)
_TEXT_MAX = 4096
# Words under a picture end earlier; longer ones follow it as a message of their own.
_CAPTION_MAX = 1024


class Membership(msgspec.Struct, frozen=True):
    """The reader blocked the bot or let it in again."""

    blocked: bool


class TelegramBot:
    """Opened once a process that answers. It starts while Telegram is away, and introduces itself when Telegram is back."""

    def __init__(self, house: House) -> None:
        settings = house.settings
        self._house = house
        self._request = HTTPXRequest(connection_pool_size=16, read_timeout=10, connect_timeout=5, pool_timeout=5)
        self._polling = HTTPXRequest(connection_pool_size=1, read_timeout=40, connect_timeout=5)
        self._bot = Bot(
            settings.telegram_token,
            base_url=f"{settings.telegram_base_url}/bot",
            request=self._request,
            get_updates_request=self._polling,
        )
        self._introduction: asyncio.Task[None] | None = None
        self.introduced = asyncio.Event()

    async def open(self, *, webhook: bool = True) -> None:
        # Not the library's own initialize(): it asks Telegram who we are and raises while Telegram is away.
        await self._request.initialize()
        await self._polling.initialize()
        CHAT_READY.labels(CHANNEL).set(0)
        self._house.speakers[CHANNEL] = self.send
        self._introduction = asyncio.create_task(self._introduce(webhook=webhook))

    async def close(self) -> None:
        self._house.speakers.pop(CHANNEL, None)
        if self._introduction is not None:
            self._introduction.cancel()
            with suppress(asyncio.CancelledError):
                await self._introduction
        await self._polling.shutdown()
        await self._request.shutdown()

    async def _introduce(self, *, webhook: bool) -> None:
        """Who we are, which commands the menu shows, and where updates go. Until it succeeds the channel is degraded, not the house."""
        tries = 0
        while True:
            try:
                await self._bot.get_me()
                await self._set_commands()
                if webhook:
                    await self._set_webhook()
                CHAT_READY.labels(CHANNEL).set(1)
                self.introduced.set()
                log.info("telegram_ready")
                return
            except TelegramError as error:
                wait = _INTRODUCE_AGAIN_SECONDS[min(tries, len(_INTRODUCE_AGAIN_SECONDS) - 1)]
                tries += 1
                log.warning("telegram_degraded", error=type(error).__name__, again_in_seconds=wait)
                await asyncio.sleep(wait)

    async def _set_commands(self) -> None:
        for language in ("vi", "en"):
            commands = [BotCommand(name, say(f"bots.command_{name}", language)) for name in COMMANDS]
            await self._bot.set_my_commands(commands, language_code=None if language == "vi" else language)

    async def _set_webhook(self) -> None:
        settings = self._house.settings
        if settings.public_url and settings.telegram_secret:
            await self._bot.set_webhook(
                settings.public_url + HOOK_PATH,
                secret_token=settings.telegram_secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=20,
            )

    # -- Answering ----------------------------------------------------------------------------------------------------

    async def answer_waiting(self, chat_id: str) -> None:
        """Every waiting update of a chat, oldest first. Two workers on one chat do not overtake each other."""
        claimed = await self._next(chat_id)
        while claimed is not None:
            claimed = await self._answer_one(claimed)

    async def sweep(self) -> None:
        """Chats whose bell was lost."""
        for chat_id in await chats.waiting_chats(self._house, CHANNEL):
            await self.answer_waiting(chat_id)

    async def _next(self, chat_id: str) -> Claimed | None:
        return await chats.claim(self._house, CHANNEL, chat_id)

    async def _give_up(self, claimed: Claimed, outcome: str) -> Claimed | None:
        await chats.give_up(self._house, CHANNEL, claimed.chat.chat_id, claimed.update_id, outcome)
        return await self._next(claimed.chat.chat_id)

    async def _try_again(self, claimed: Claimed, after: timedelta) -> Claimed | None:
        """The chat waits with it: what comes later must not be answered before."""
        await chats.try_again(self._house, CHANNEL, claimed.chat.chat_id, claimed.update_id, after=after)
        return None

    async def _answer_one(self, claimed: Claimed) -> Claimed | None:
        """Gives back the chat's next update, where it was claimed on the way."""
        house, chat = self._house, claimed.chat
        update = self._read(claimed)
        if update is None or claimed.attempts > chats.ATTEMPTS_MAX:
            return await self._give_up(claimed, "ignored" if update is None else "gave_up")
        if isinstance(update, Membership):
            await links.mark_blocked(house, CHANNEL, chat.chat_id, blocked=update.blocked)
            return await self._give_up(claimed, "blocked" if update.blocked else "unblocked")
        if chat.blocked:
            await links.mark_blocked(house, CHANNEL, chat.chat_id, blocked=False)
        incoming, query_id = update
        if not await self._may_ask(chat.chat_id):
            await self._say_too_fast(claimed)
            return await self._give_up(claimed, "flood")
        return await self._converse(claimed, incoming, query_id)

    async def _converse(self, claimed: Claimed, incoming: Incoming, query_id: str | None) -> Claimed | None:
        house, chat = self._house, claimed.chat
        try:
            done = await turn(house, chat, incoming)
            answer, chat, outcome = done.answer, done.chat, done.outcome
        except Problem as problem:
            answer, outcome = Answer(problem.sentence(chat.language or "vi")), problem.kind.name
        except Exception:
            log.exception("chat_turn_failed", channel=CHANNEL, attempts=claimed.attempts)
            if claimed.attempts < chats.ATTEMPTS_MAX:
                return await self._try_again(claimed, _TRY_AGAIN)
            answer, outcome = Answer(say("bots.trouble", chat.language or "vi")), "failed"
        sent = await self.send(chat.chat_id, answer) if answer is not None else Sent()
        if query_id is not None:
            await self._quiet(self._bot.answer_callback_query(query_id))
        return await self._note(claimed, sent, chat, outcome)

    async def _note(self, claimed: Claimed, sent: Outcome, chat: chats.Chat, outcome: str) -> Claimed | None:
        match sent:
            case Sent():
                return await chats.finish_and_claim(self._house, chat, claimed.update_id, outcome)
            case TryLater():
                after = timedelta(seconds=sent.after_seconds) if sent.after_seconds else _TRY_AGAIN
                return await self._try_again(claimed, after)
            case Refused(why="address_dead"):
                await links.mark_blocked(self._house, CHANNEL, chat.chat_id, blocked=True)
                return await self._give_up(claimed, "blocked")
            case Refused(why="channel_down"):
                log.error("telegram_refuses_us", code=sent.code)
                return await self._try_again(claimed, chats.LEASE)
            case _:
                log.error("telegram_refuses_answer", code=sent.code)
                return await self._give_up(claimed, sent.code)

    async def _may_ask(self, chat_id: str) -> bool:
        bucket = Bucket(f"chat:{token_hash(CHANNEL + chat_id).hex()[:24]}", _TURNS, _TURN_SECONDS)
        return await self._take(bucket)

    async def _take(self, bucket: Bucket) -> bool:
        try:
            await self._house.limits.take(bucket, now=self._house.clock.now().timestamp())
        except Problem:
            return False
        return True

    async def _say_too_fast(self, claimed: Claimed) -> None:
        """Once a minute, so that a flood is not answered by a flood."""
        if await self._take(Bucket(f"chatslow:{token_hash(CHANNEL + claimed.chat.chat_id).hex()[:24]}", 1, 60.0)):
            await self.send(claimed.chat.chat_id, Answer(say("bots.too_fast", claimed.chat.language or "vi")))

    # -- The wire -----------------------------------------------------------------------------------------------------

    def _read(self, claimed: Claimed) -> tuple[Incoming, str | None] | Membership | None:
        """An update as the library reads it. None for what is no message to us."""
        try:
            update = Update.de_json(msgspec.json.decode(claimed.body), self._bot)
        except (msgspec.DecodeError, TypeError, KeyError, ValueError, AttributeError):
            return None
        if update.my_chat_member is not None:
            return Membership(update.my_chat_member.new_chat_member.status in ("kicked", "left"))
        query = update.callback_query
        chat = update.effective_chat
        if chat is None or (query is None and update.message is None):
            return None
        incoming = Incoming(
            channel=CHANNEL,
            chat_id=str(chat.id),
            update_id=claimed.update_id,
            at=claimed.received_at,
            text=(update.message.text or update.message.caption or "")
            if update.message is not None and query is None
            else "",
            button=query.data if query is not None else None,
            private=chat.type == "private",
        )
        return incoming, query.id if query is not None else None

    async def send(self, chat_id: str, answer: Answer) -> Outcome:
        """Plain text: names and titles written by people must not turn into markup."""
        rows = [[InlineKeyboardButton(b.label, callback_data=b.press)] for b in answer.buttons]
        keyboard = InlineKeyboardMarkup(rows) if rows else None
        try:
            if answer.image is not None and len(answer.text) <= _CAPTION_MAX:
                message = await self._bot.send_photo(int(chat_id), answer.image, answer.text, reply_markup=keyboard)
                return Sent(str(message.message_id))
            if answer.image is not None:
                await self._bot.send_photo(int(chat_id), answer.image, answer.image_alt[:_CAPTION_MAX])
            message = await self._bot.send_message(
                chat_id=int(chat_id),
                text=answer.text[:_TEXT_MAX],
                reply_markup=keyboard,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            return read_error(error)
        return Sent(str(message.message_id))

    async def _quiet(self, call: Any) -> None:
        """A pressed button stops turning. Too late or lost, it is no matter: the answer is out."""
        with suppress(TelegramError):
            await call

    # -- Polling, for development -------------------------------------------------------------------------------------

    async def poll(self) -> None:
        """Fetch and answer until cancelled. The webhook is taken down: Telegram serves one way at a time."""
        await self.introduced.wait()
        await self._bot.delete_webhook()
        offset: int | None = None
        while True:
            try:
                updates = await self._bot.get_updates(offset=offset, timeout=20, allowed_updates=ALLOWED_UPDATES)
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
                await self._fetched(update)

    async def _fetched(self, update: Update) -> None:
        if update.effective_chat is None:
            return
        chat_id, body = str(update.effective_chat.id), update.to_json().encode()
        await chats.keep(self._house, CHANNEL, chat_id, str(update.update_id), body, at=self._house.clock.now())
        await self.answer_waiting(chat_id)

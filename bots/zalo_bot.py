"""The wire of a bot of the Zalo Bot Platform: texts with numbered choices, pictures by their address. It knows no intent and no child.

The platform has no buttons, no profile to set and no receipts; its updates have no numbers, so messages are ordered by their time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog

from backend.core.house import House
from backend.core.metrics import CHAT_READY
from bots import pictures, updates
from bots.hearing import Heard, Kind, Limits, Part
from bots.link_codes import typed_command
from bots.turns import Arrived, Claimed
from notifications.allowances import turn
from notifications.channels.wire import Answer
from notifications.channels.zalo_bot import TEXT_MAX, ZaloBotSender, read_answer
from notifications.outcomes import Outcome, Sent, TryLater
from schemas.chat import Channel, Incoming

log = structlog.get_logger()

CHANNEL: Final[Channel] = "zalo_bot"
HOOK_PATH = "/bots/zalo-bot/webhook"
_PATIENCE_SECONDS = 20.0
_INTRODUCE_AGAIN_SECONDS = (2, 5, 15, 60, 300)
_POLL_SECONDS = 10
_EVENTS: dict[str, Kind] = {
    "message.text.received": "words", "message.link.received": "words", "message.image.received": "picture",
    "message.sticker.received": "sticker", "message.voice.received": "voice",
}  # fmt: skip


class _Chat(msgspec.Struct):
    id: str
    chat_type: str = "PRIVATE"


class _Sender(msgspec.Struct):
    is_bot: bool = False


class _Message(msgspec.Struct):
    message_id: str
    chat: _Chat
    date: int
    sender: _Sender = msgspec.field(name="from", default_factory=_Sender)
    text: str = ""
    caption: str = ""


class Event(msgspec.Struct):
    """`date` in milliseconds. An event of an unknown or protected kind carries no message."""

    event_name: str = ""
    message: _Message | None = None

    @property
    def is_ours(self) -> bool:
        """A person's own message outside of groups; what is said in a group is not even kept."""
        message = self.message
        known = self.event_name in _EVENTS and message is not None
        return known and message is not None and message.chat.chat_type == "PRIVATE" and not message.sender.is_bot


class _Envelope(msgspec.Struct):
    ok: bool = False
    result: Event | None = None


_DECODER = msgspec.json.Decoder(_Envelope)


def decoded(body: bytes) -> Event | None:
    """Raises msgspec.MsgspecError where it is no event of the platform's."""
    return _DECODER.decode(body).result


def arrived(house: House, body: bytes, event: Event) -> tuple[str, Arrived] | None:
    """The chat and what arrived in it; None for what is not the bot's."""
    message = event.message
    if message is None or not event.is_ours:
        return None
    sent_at = datetime.fromtimestamp(message.date / 1000, UTC)
    return message.chat.id, Arrived(message.message_id, body, house.clock.now(), sent_at)


class ZaloBot:
    channel: Channel = CHANNEL
    greets = False
    limits = Limits(text=TEXT_MAX, caption=TEXT_MAX, buttons=0, label=100, buttons_below_image=False)

    def __init__(self, house: House, sender: ZaloBotSender) -> None:
        self._house = house
        self._sender = sender
        self._introduction: asyncio.Task[None] | None = None

    async def open(self, *, webhook: bool = True) -> None:
        CHAT_READY.labels(CHANNEL).set(0)
        settings = self._house.settings
        if webhook and settings.public_url and settings.zalo_bot_secret:
            self._introduction = asyncio.create_task(self._introduce(settings.public_url + HOOK_PATH))

    async def close(self) -> None:
        if self._introduction is not None:
            self._introduction.cancel()
            with suppress(asyncio.CancelledError):
                await self._introduction

    async def _introduce(self, url: str) -> None:
        """Where updates go. Until it succeeds the channel is degraded, not the house."""
        body = {"url": url, "secret_token": self._house.settings.zalo_bot_secret}
        tries = 0
        while True:
            answer = await self._sender.call("setWebhook", body)
            outcome = read_answer(answer) if isinstance(answer, Answer) else answer
            if isinstance(outcome, Sent):
                CHAT_READY.labels(CHANNEL).set(1)
                log.info("zalo_bot_ready")
                return
            wait = _INTRODUCE_AGAIN_SECONDS[min(tries, len(_INTRODUCE_AGAIN_SECONDS) - 1)]
            tries += 1
            log.warning("zalo_bot_degraded", code=outcome.code, again_in_seconds=wait)
            await asyncio.sleep(wait)

    def read(self, claimed: Claimed) -> Heard | None:
        try:
            event = decoded(claimed.body)
        except msgspec.MsgspecError:
            return None
        if event is None or event.message is None or not event.is_ours:
            return None
        words = event.message.text or event.message.caption
        kind = _EVENTS[event.event_name]
        incoming = Incoming(
            channel=CHANNEL,
            chat_id=claimed.chat.chat_id,
            update_id=claimed.update_id,
            at=claimed.received_at,
            text=typed_command(words),
        )
        return Heard(incoming, "words" if words.strip() else ("other" if kind == "words" else kind))

    async def post(self, chat_id: str, part: Part) -> Outcome:
        if not await turn(self._sender.limit, time.monotonic() + _PATIENCE_SECONDS):
            return TryLater("rate_limited", 10.0)
        if part.image is not None and (url := await pictures.show(self._house, part.image)) is not None:
            return await self._sender.post_photo(chat_id, url, part.text)
        return await self._sender.post(chat_id, part.text or "…")

    async def picture(self, name: str) -> bytes:
        raise NotImplementedError("no picture is heard here")

    async def take_receipt(self, receipt: str) -> None:
        """The platform waits for none."""

    # -- Polling, for development -------------------------------------------------------------------------------------

    async def poll(self, answer: Callable[[str], Awaitable[None]]) -> None:
        """Fetch and answer until cancelled. One update a call and none of them told again, so each is kept before anything else."""
        await self._sender.call("deleteWebhook", {})
        while True:
            got = await self._sender.call("getUpdates", {"timeout": _POLL_SECONDS})
            if isinstance(got, TryLater):
                log.warning("zalo_bot_poll_failed", code=got.code)
                await asyncio.sleep(2)
                continue
            try:
                event = decoded(got.body)
            except msgspec.MsgspecError:
                event = None
            if event is None:  # nothing came in the meantime (408), or an answer that is none
                await asyncio.sleep(0.2)
                continue
            if (come := arrived(self._house, got.body, event)) is not None:
                await updates.keep(self._house, CHANNEL, *come)
                await answer(come[0])

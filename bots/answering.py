"""From what was kept to what is said, for every messenger alike: chat by chat, in order, each update answered once. It knows no wire.

Updates are kept by a door (or fetched by polling) and answered by the worker. What fails on the way out is tried again until it is
out or nobody waits for it any more.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec
import structlog

from backend.core.catalogue import say
from backend.core.crypto import token_hash
from backend.core.house import House
from backend.core.problems import Problem
from backend.core.ratelimit import Bucket
from bots import linking, links, picture_hearing, updates
from bots.chats import Chat
from bots.conversation import Turn, turn
from bots.hearing import Heard, Standing, Wire
from bots.parts import chosen, in_parts, offered
from bots.turns import LEASE, Claimed
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from schemas.chat import Answer

log = structlog.get_logger()

# What one chat may ask: a lively talk passes, a flood does not, and is told so once a minute.
_TURNS, _TURN_SECONDS = 20, 3.0
# After the tries of the list every five minutes, for two hours in all: by then the reader has rung the school. Only our own mistake
# is given up sooner, with an excuse.
_AGAIN_SECONDS = (5, 10, 30, 60, 120, 300)
_TRIES_MAX = 28
_MISTAKES_MAX = 3


class Delivered(msgspec.Struct, frozen=True):
    """`parts`: how many parts of the answer are out."""

    outcome: Outcome
    parts: int


class Answering:
    """One a messenger and worker. It hangs its way of speaking in the house for as long as it is open (sending.py)."""

    def __init__(self, house: House, wire: Wire) -> None:
        self._house = house
        self.wire = wire
        self._channel = wire.channel
        house.speakers[self._channel] = self.say

    def close(self) -> None:
        self._house.speakers.pop(self._channel, None)

    async def answer_waiting(self, chat_id: str) -> None:
        """Every waiting update of a chat, oldest first. Two workers on one chat do not overtake each other."""
        claimed = await updates.claim(self._house, self._channel, chat_id)
        if claimed is not None:
            await self.answer(claimed)

    async def answer(self, claimed: Claimed) -> None:
        """What was claimed, and whatever waits behind it."""
        following: Claimed | None = claimed
        while following is not None:
            following = await self._answer_one(following)

    async def sweep(self) -> None:
        """Chats whose bell was lost."""
        for chat_id in await updates.waiting_chats(self._house, self._channel):
            await self.answer_waiting(chat_id)

    async def say(self, chat_id: str, answer: Answer) -> Outcome:
        return (await self._deliver(chat_id, answer)).outcome

    async def _answer_one(self, claimed: Claimed) -> Claimed | None:
        """Gives back the chat's next update, where it was claimed on the way."""
        heard = self.wire.read(claimed)
        if heard is None:
            return await self._end(claimed, "ignored")
        if claimed.attempts > _TRIES_MAX:
            log.error("chat_update_given_up", channel=self._channel, attempts=claimed.attempts)
            return await self._end(claimed, "gave_up")
        if isinstance(heard, Standing):
            return await self._stands(claimed, heard)
        if claimed.chat.blocked:
            await links.mark_blocked(self._house, self._channel, claimed.chat.chat_id, blocked=False)
        # An answer that is half out is not stopped by what was asked meanwhile.
        if claimed.attempts == 1 and not await self._may_ask(claimed.chat.chat_id):
            await self._say_too_fast(claimed)
            chat_id = claimed.chat.chat_id
            await updates.give_up_waiting(self._house, self._channel, chat_id, claimed.received_at, "flood")
            return await self._end(claimed, "flood")
        return await self._converse(claimed, heard)

    async def _stands(self, claimed: Claimed, standing: Standing) -> Claimed | None:
        """Gone: the link rests and nothing is said. Come back: greeted, where the messenger lets us speak first."""
        house, chat = self._house, claimed.chat
        await links.mark_blocked(house, self._channel, chat.chat_id, blocked=standing.blocked, at=standing.at)
        if not standing.blocked and self.wire.greets and chat.account_id is None:
            await self._deliver(chat.chat_id, linking.welcome(chat.language or "vi", self._channel))
        return await self._end(claimed, "blocked" if standing.blocked else "unblocked")

    async def _converse(self, claimed: Claimed, heard: Heard) -> Claimed | None:
        done = await self._turn(claimed, heard)
        if done is None:
            return await self._again(claimed)
        sent = Delivered(Sent(), 0)
        if done.answer is not None:
            sent = await self._deliver(claimed.chat.chat_id, done.answer, skip=claimed.parts_sent, chat=done.chat)
            numbers = offered(done.answer, self.wire.limits)
            memory = msgspec.structs.replace(done.chat.memory, offered=numbers)
            done = Turn(done.answer, msgspec.structs.replace(done.chat, memory=memory), done.outcome)
        if heard.receipt:
            await self.wire.take_receipt(heard.receipt)
        return await self._note(claimed, sent, done)

    async def _turn(self, claimed: Claimed, heard: Heard) -> Turn | None:
        """None: it was our own mistake, and is tried once more."""
        house, chat = self._house, claimed.chat
        heard = _with_button(chat, heard)
        try:
            if (linked := await linking.answer(house, chat, heard)) is not None:
                return linked
            if (passed := await picture_hearing.passed_on(house, self.wire, chat, heard)) is not None:
                return passed
            if heard.kind != "words" and heard.incoming.private and not chat.taken:
                return Turn(Answer(say(f"bots.unread_{heard.kind}", _language(chat))), chat, f"unread_{heard.kind}")
            return await turn(house, chat, heard.incoming)
        except Problem as problem:
            return Turn(Answer(problem.sentence(_language(chat))), chat, problem.kind.name)
        except Exception:
            log.exception("chat_turn_failed", channel=self._channel, attempts=claimed.attempts)
            if claimed.attempts < _MISTAKES_MAX:
                return None
            return Turn(Answer(say("bots.trouble", _language(chat))), chat, "failed")

    async def _deliver(self, chat_id: str, answer: Answer, *, skip: int = 0, chat: Chat | None = None) -> Delivered:
        parts = in_parts(answer, self.wire.limits, _language(chat) if chat is not None else "vi")
        outcome: Outcome = Sent()
        for number, part in enumerate(parts[skip:], skip):
            outcome = await self.wire.post(chat_id, part)
            if not isinstance(outcome, Sent):
                return Delivered(outcome, number)
        return Delivered(outcome, len(parts))

    async def _note(self, claimed: Claimed, sent: Delivered, done: Turn) -> Claimed | None:
        house, chat_id = self._house, claimed.chat.chat_id
        match sent.outcome:
            case Sent():
                return await updates.finish(house, claimed, done.outcome, done.chat)
            case TryLater(after_seconds=seconds):
                return await self._again(claimed, seconds, parts_sent=sent.parts)
            case Refused(why="address_dead"):
                await links.mark_blocked(house, self._channel, chat_id, blocked=True)
                return await self._end(claimed, "blocked")
            case Refused(why="channel_down", code=code):
                log.error("messenger_refuses_us", channel=self._channel, code=code)
                return await self._again(claimed, LEASE.total_seconds(), parts_sent=sent.parts)
            case Refused(why="unreachable", code=code):
                # Asked too long ago to be answered for nothing: the reader's next message opens the way again.
                return await self._end(claimed, code)
            case Refused(code=code):
                log.error("messenger_refuses_answer", channel=self._channel, code=code)
                return await self._end(claimed, code)

    async def _again(self, claimed: Claimed, seconds: float | None = None, *, parts_sent: int = 0) -> Claimed | None:
        """The chat waits with it: what comes later must not be answered before."""
        own = _AGAIN_SECONDS[min(claimed.attempts, len(_AGAIN_SECONDS)) - 1]
        after = timedelta(seconds=seconds if seconds is not None else own)
        await updates.try_again(self._house, claimed, after=after, parts_sent=parts_sent)
        return None

    async def _end(self, claimed: Claimed, outcome: str) -> Claimed | None:
        return await updates.finish(self._house, claimed, outcome)

    async def _may_ask(self, chat_id: str) -> bool:
        return await self._take(Bucket(f"chat:{self._hashed(chat_id)}", _TURNS, _TURN_SECONDS))

    async def _say_too_fast(self, claimed: Claimed) -> None:
        """Once a minute, so that a flood is not answered by a flood."""
        if await self._take(Bucket(f"chatslow:{self._hashed(claimed.chat.chat_id)}", 1, 60.0)):
            await self.say(claimed.chat.chat_id, Answer(say("bots.too_fast", _language(claimed.chat))))

    async def _take(self, bucket: Bucket) -> bool:
        try:
            await self._house.limits.take(bucket, now=self._house.clock.now().timestamp())
        except Problem:
            return False
        return True

    def _hashed(self, chat_id: str) -> str:
        return token_hash(self._channel + chat_id).hex()[:24]


def _language(chat: Chat) -> str:
    return chat.language or ("en" if chat.memory.english else "vi")


def _with_button(chat: Chat, heard: Heard) -> Heard:
    """A bare number answers the list of the last answer, where its messenger has no buttons."""
    incoming = heard.incoming
    if incoming.button is not None or (press := chosen(incoming.text, chat.memory.offered)) is None:
        return heard
    return msgspec.structs.replace(heard, incoming=msgspec.structs.replace(incoming, text="", button=press))

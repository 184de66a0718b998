"""One turn's surroundings: who asks, in which language, about which school, and what the chat remembers. It answers nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.house import House
from bots import intents_own
from bots.answers.asking import Asker
from bots.answers.authority import level_of
from bots.answers.knowledge import title_of
from bots.answers.layers import Knowledge, Told
from bots.chats import Chat, Memory, default_school
from bots.context import Context, OwnChild, of_turn, unpacked
from bots.editor.published import knowledge_of
from bots.normalise import is_english
from bots.schools import schools_of
from schemas.chat import Answer, Button, Incoming

# A short message carries the last question on for this long.
THREAD = timedelta(minutes=10)
_ENGLISH_WORDS_LEAST = 2


@dataclass
class Talk:
    """Mutable while the turn lasts: `remember()` changes the memory, the readers fetch once."""

    house: House
    chat: Chat
    incoming: Incoming
    memory: Memory = field(init=False)
    language: str = field(init=False)
    today: date = field(init=False)
    _context: Context | None = None
    _knowledge: Knowledge | None = None

    def __post_init__(self) -> None:
        self.memory = self.chat.memory
        self.today = school_day(self.incoming.at)
        if self.incoming.text and not self.incoming.text.startswith("/"):
            self.remember(english=_is_english(self.incoming.text, self.memory.english))
        self.language = self.chat.language or ("en" if self.memory.english else "vi")

    def remember(self, **changes: Any) -> None:
        self.memory = msgspec.structs.replace(self.memory, **changes)

    def speak(self, language: str) -> None:
        self.language = language
        self.chat = msgspec.structs.replace(self.chat, language=language)

    def forget_account(self) -> None:
        self.chat = self.chat.now_of(None)
        self.memory = Memory(english=self.memory.english)

    def done(self) -> Chat:
        """The chat as the turn leaves it. Who the family is, the next turn looks up anew."""
        return msgspec.structs.replace(self.chat, memory=self.memory, family=None)

    def say(self, key: str, **params: object) -> str:
        return say(f"bots.{key}", self.language, **params)

    def title(self, intent: str) -> str:
        own = self._knowledge.title(intent, self.language, self.today) if self._knowledge else None
        return own or title_of(intent, self.language, self.today)

    def button(self, key: str, press: str, **params: object) -> Button:
        return Button(self.say(key, **params), press)

    def intent_button(self, intent: str) -> Button:
        return Button(self.title(intent), f"i:{intent}")

    @property
    def previous(self) -> str | None:
        """The intent of the last answer, while the thread has not gone cold."""
        at = self.memory.intent_at
        return self.memory.intent or None if at is not None and self.incoming.at - at <= THREAD else None

    @property
    def last_child(self) -> tuple[int, UUID] | None:
        return self.memory.child if self.previous is not None else None

    def asker(self, account_id: UUID) -> Asker:
        return Asker(self.house, account_id, self.today, self.language, self.confirmed, self.memory.question)

    @property
    def confirmed(self) -> bool:
        """Whether the sensitive may be told here now. The chat on the web is the app itself: it shows the same pages without asking."""
        until = self.chat.confirmed_until
        return self.incoming.channel == "web" or (until is not None and self.incoming.at < until)

    @property
    def key(self) -> str:
        """What the buttons of this turn's answer carry. The same update makes the same, however often it is answered."""
        return blake2b(self.incoming.update_id.encode(), digest_size=5).hexdigest()

    async def context(self) -> Context:
        """At most once a turn. After it no answer needs to ask again who the family is."""
        if self._context is None:
            self._context = await self._looked_up() if self.chat.family is None else unpacked(self.chat.family)
        return self._context

    async def _looked_up(self) -> Context:
        """Where it was not read with the chat: linked or let go in this very turn."""
        reader, account_id = self.house.database.reader, self.chat.account_id
        known = tuple(await schools_of(reader, account_id)) if account_id is not None else ()
        return await of_turn(reader, known, account_id, self.today, default_school=default_school(self.house))

    async def schools(self) -> list[int]:
        """Of the family; none for a stranger."""
        return [] if self.chat.account_id is None else list((await self.context()).facts)

    async def children(self) -> list[OwnChild]:
        """The asker's own children in all schools. Empty for a stranger."""
        return (await self.context()).children

    async def school(self) -> int | None:
        """The school a general question is about: that of the child last spoken of, the family's first, or the house's only one."""
        facts = (await self.context()).facts
        if self.last_child is not None and self.last_child[0] in facts:
            return self.last_child[0]
        return next(iter(facts), None)

    async def facts(self) -> dict[str, str]:
        school_id = await self.school()
        return {} if school_id is None else (await self.context()).facts[school_id]

    async def knowledge(self) -> Knowledge:
        """What the school tells: of its own, of its area's, and what is shipped."""
        if self._knowledge is None:
            self._knowledge = await knowledge_of(self.house.database.reader, await self.facts())
        return self._knowledge

    async def told(self, intent: str, level: str | None) -> Told | None:
        asked = level_of(level, intent, await self.facts())
        return (await self.knowledge()).told(intent, self.language, asked, self.today)

    async def own_question(self, text: str, least: float = intents_own.LIKE) -> str | None:
        """The question of the school's own that the text asks, if it asks one."""
        return intents_own.nearest(text, (await self.knowledge()).questions(self.today), least)

    async def own_rather_than(self, intent: str, text: str) -> str | None:
        """The same where a trained intent is sure: only what is written word for word and unlike all that the intent was taught."""
        return intents_own.nearer_than(intent, text, (await self.knowledge()).questions(self.today))

    def answer(self, text: str, buttons: Sequence[Button] = (), *, intent: str = "") -> Answer:
        return Answer(text, tuple(buttons), intent)


def _is_english(text: str, before: bool) -> bool:
    """Is this written in English? A word or two that both languages use changes nothing."""
    if len(text.split()) < _ENGLISH_WORDS_LEAST:
        return before
    return text.isascii() and is_english(text)

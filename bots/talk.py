"""One turn's surroundings: who asks, in which language, about which school, and what the chat remembers. It answers nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.house import House
from backend.people.queries import children_of_family
from bots import schools
from bots.answers.asking import Asker
from bots.answers.knowledge import title_of
from bots.chats import Chat, Memory
from bots.normalise import is_english
from schemas.chat import Answer, Button, Incoming
from schemas.people import Child

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
    _schools: list[int] | None = None
    _children: list[Child] | None = None
    _facts: dict[str, str] | None = None

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
        self.chat = msgspec.structs.replace(self.chat, account_id=None)
        self.memory = Memory(english=self.memory.english)

    def say(self, key: str, **params: object) -> str:
        return say(f"bots.{key}", self.language, **params)

    def title(self, intent: str) -> str:
        return title_of(intent, self.language, self.today)

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
        return Asker(self.house, account_id, self.today, self.language)

    async def schools(self) -> list[int]:
        if self._schools is None:
            account_id = self.chat.account_id
            self._schools = (
                [] if account_id is None else await schools.schools_of(self.house.database.reader, account_id)
            )
        return self._schools

    async def children(self) -> list[Child]:
        """The asker's own children in all schools. Empty for a stranger."""
        if self._children is None:
            self._children = []
            if self.chat.account_id is not None:
                reader = self.house.database.reader
                for school_id in await self.schools():
                    self._children += await children_of_family(reader, school_id, self.chat.account_id, self.today)
        return self._children

    async def school(self) -> int | None:
        """The school a general question is about: that of the child last spoken of, the family's first, or the house's only one."""
        if self.last_child is not None:
            return self.last_child[0]
        own = await self.schools()
        return own[0] if own else await schools.school_for_strangers(self.house)

    async def facts(self) -> dict[str, str]:
        if self._facts is None:
            self._facts = await schools.facts_of(self.house.database.reader, await self.school())
        return self._facts

    def answer(self, text: str, buttons: Sequence[Button] = (), *, intent: str = "") -> Answer:
        return Answer(text, tuple(buttons), intent)


def _is_english(text: str, before: bool) -> bool:
    """Is this written in English? A word or two that both languages use changes nothing."""
    if len(text.split()) < _ENGLISH_WORDS_LEAST:
        return before
    return text.isascii() and is_english(text)

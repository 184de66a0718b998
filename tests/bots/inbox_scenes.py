"""Scenes for conversations with a person: a family that writes from several chats, each read from the database as a channel does."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from backend.core.house import House
from backend.core.ids import new_id
from bots import chats
from bots.conversation import Turn, turn
from bots.weblines import chat_of
from schemas.chat import Answer, Incoming
from schemas.conversations import NewWord
from tests.bots.scenes import NOW

_numbers = itertools.count(500_000)
CHILD_QUESTION = "Con tôi cần chuyển chỗ ngồi vì mắt kém."


@dataclass
class Writer:
    """One chat. None is silence."""

    house: House
    channel: str
    chat_id: str
    account_id: UUID | None = None
    at: datetime = NOW
    last: Turn | None = None

    async def says(self, text: str) -> Answer | None:
        return await self.sends(text=text)

    async def sends(self, *, text: str = "", button: str | None = None) -> Answer | None:
        chat = await chats.look(
            self.house, self.channel, self.chat_id, self.account_id if self.channel == "web" else None
        )
        incoming = Incoming(self.channel, self.chat_id, str(next(_numbers)), self.at, text, button)  # type: ignore[arg-type]
        self.last = await turn(self.house, chat, incoming)
        await chats.remember(self.house, self.last.chat)
        return self.last.answer

    async def asks_for_a_person(self, question: str = CHILD_QUESTION) -> Answer:
        await self.says("/human")
        answer = await self.says(question)
        assert answer is not None
        return answer


async def linked(
    house: House, owner: asyncpg.Connection, account_id: UUID, chat_id: str | None = None, channel: str = "telegram"
) -> Writer:
    chat_id = chat_id or str(next(_numbers))
    for statement in (
        "INSERT INTO chat_links (channel, chat_id, account_id, linked_at) VALUES ($1, $2, $3, $4)",
        "INSERT INTO account_chats (channel, chat_id, account_id, linked_at) VALUES ($1, $2, $3, $4)",
    ):
        await owner.execute(statement, channel, chat_id, account_id, NOW)
    return Writer(house, channel, chat_id, account_id)


def in_app(house: House, account_id: UUID) -> Writer:
    return Writer(house, "web", chat_of(account_id), account_id)


async def the_handoff(owner: asyncpg.Connection, school_id: int) -> asyncpg.Record:
    rows = await owner.fetch("SELECT * FROM chat_handoffs WHERE school_id = $1", school_id)
    assert len(rows) == 1, rows
    return rows[0]


async def words_of(owner: asyncpg.Connection, handoff_id: UUID) -> list[tuple[str, str]]:
    rows = await owner.fetch("SELECT side, body FROM chat_words WHERE handoff_id = $1 ORDER BY number", handoff_id)
    return [(row["side"], row["body"]) for row in rows]


def word(text: str) -> NewWord:
    return NewWord(new_id(), text)

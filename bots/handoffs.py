"""A family's question for people: handed over, joined from any of its chats, added to, and ended by the family. It owns chat_handoffs.

What the school does with it stands in desk.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.house import House
from backend.files import actions as files
from backend.files.content import Content
from bots import with_person, words
from bots.answer_clock import Due, due_for
from bots.chats import Chat
from bots.with_person import Person
from bots.words import Place
from schemas.conversations import Ending

QUESTION_MAX = 2000


class Opened(msgspec.Struct, frozen=True):
    """taken: a person has it already, and what was asked now has gone there."""

    handoff_id: UUID
    due: Due
    taken: bool


async def hand_over(
    house: House, school_id: int, chat: Chat, update_id: str, question: str, *, language: str, at: datetime
) -> Opened:
    """Open a conversation, or say it in the one that is open. The same update says it once, however often it is answered."""
    word_id = words.id_of(chat.channel, chat.chat_id, update_id)
    async with house.database.school(school_id) as tx:
        due = await due_for(tx, school_id, at)
        row = await _open_one(tx, chat)
        if row is None:
            row = await _begin(tx, chat, word_id, question[:QUESTION_MAX], language, at)
        place = _place(row, chat)
        await words.family_said(tx, house.cipher, place, word_id, question[:QUESTION_MAX], at=at)
        await _waits(tx, place, due.due_at, at)
        await point(tx, place, taken=row["state"] == "taken", at=at)
    return Opened(place.handoff_id, due, row["state"] == "taken")


_OPEN = """
SELECT h.handoff_id, h.language, h.state, h.waiting_since
  FROM chat_handoffs h
 WHERE h.school_id = $1
   AND h.state IN ('waiting', 'taken')
   AND (h.account_id = $2
        OR $2::uuid IS NULL AND h.account_id IS NULL AND h.channel = $3 AND h.chat_id = $4)
 ORDER BY h.asked_at DESC
 LIMIT 1
   FOR UPDATE
"""


async def _open_one(tx: SchoolTx, chat: Chat) -> Any:
    return await tx.fetchrow(_OPEN, tx.school_id, chat.account_id, chat.channel, chat.chat_id)


_BEGIN = """
INSERT INTO chat_handoffs AS h (school_id, handoff_id, channel, chat_id, account_id, question, asked_at, state, language)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)
    ON CONFLICT (school_id, handoff_id) DO UPDATE SET language = h.language
RETURNING handoff_id, language, state, waiting_since
"""


async def _begin(tx: SchoolTx, chat: Chat, handoff_id: UUID, question: str, language: str, at: datetime) -> Any:
    return await tx.fetchrow(
        _BEGIN, tx.school_id, handoff_id, chat.channel, chat.chat_id, chat.account_id, question, at, language
    )


def _place(row: Any, chat: Chat) -> Place:
    return Place(row["handoff_id"], chat.channel, chat.chat_id, chat.account_id, row["language"])


async def _waits(tx: SchoolTx, place: Place, due_at: datetime | None, at: datetime) -> None:
    """The clock runs from the first word that nobody has answered; a further one does not set it back."""
    await tx.execute(
        """
        UPDATE chat_handoffs h
           SET channel = $3, chat_id = $4, family_typing_at = NULL,
               due_at = CASE WHEN h.waiting_since IS NULL THEN $5 ELSE h.due_at END,
               waiting_since = coalesce(h.waiting_since, $6)
         WHERE h.school_id = $1
           AND h.handoff_id = $2
           AND h.state IN ('waiting', 'taken')
        """,
        tx.school_id,
        place.handoff_id,
        place.channel,
        place.chat_id,
        due_at,
        at,
    )


async def point(tx: SchoolTx, place: Place, *, taken: bool, at: datetime) -> None:
    """From now on the chats of the asker lead to this conversation."""
    await with_person.point(
        tx,
        school_id=tx.school_id,
        handoff_id=place.handoff_id,
        account_id=place.account_id,
        channel=place.channel,
        chat_id=place.chat_id,
        taken=taken,
        at=at,
    )


# -- While it is open -------------------------------------------------------------------------------------------------

_STILL_OPEN = """
SELECT h.handoff_id, h.language, h.state, h.waiting_since
  FROM chat_handoffs h
 WHERE h.school_id = $1
   AND h.handoff_id = $2
   AND h.account_id IS NOT DISTINCT FROM $3
   AND h.state IN ('waiting', 'taken')
   FOR UPDATE
"""


async def heard(
    house: House,
    chat: Chat,
    person: Person,
    update_id: str,
    text: str,
    *,
    at: datetime,
    picture: Content | None = None,
) -> str | None:
    """Keep a word of the family for the person; the conversation's state, or None when it has just ended.

    The answer of a conversation goes to the chat where the family wrote last.
    """
    async with house.database.school(person.school_id) as tx:
        row = await tx.fetchrow(_STILL_OPEN, person.school_id, person.handoff_id, chat.account_id)
        if row is None:
            await with_person.let_go(tx, person.handoff_id)
            return None
        place = _place(row, chat)
        word_id = words.id_of(chat.channel, chat.chat_id, update_id)
        kept = await _kept(tx, chat, word_id, picture, at) if picture is not None else None
        if await words.family_said(tx, house.cipher, place, word_id, text[:QUESTION_MAX], at=at, picture=kept):
            due_at = None
            if row["waiting_since"] is None:
                due_at = (await due_for(tx, person.school_id, at)).due_at
            await _waits(tx, place, due_at, at)
    state: str = row["state"]
    return state


async def _kept(tx: SchoolTx, chat: Chat, file_id: UUID, picture: Content, at: datetime) -> words.Picture:
    """The picture has the word's id: however often the update is read, it is one file."""
    assert chat.account_id is not None, "a file belongs to somebody"
    await files.keep_prepared(tx, picture, file_id=file_id, made_by=chat.account_id, at=at)
    await files.hang(tx, [file_id], by=chat.account_id, at=at)
    return words.Picture(file_id, picture.small.data if picture.small is not None else picture.data)


async def add_to(house: House, school_id: int, handoff_id: UUID, text: str) -> None:
    """What a stranger adds to the question itself, such as a phone number, while nobody has answered yet."""
    async with house.database.school(school_id) as tx:
        await tx.execute(
            """
            UPDATE chat_handoffs h
               SET question = left(h.question || E'\\n' || $3, $4)
             WHERE h.school_id = $1
               AND h.handoff_id = $2
               AND h.state = 'waiting'
            """,
            school_id,
            handoff_id,
            text,
            QUESTION_MAX,
        )


async def family_types(house: House, person: Person, *, at: datetime) -> None:
    async with house.database.school(person.school_id) as tx:
        await tx.execute(
            """
            UPDATE chat_handoffs h
               SET family_typing_at = $3
             WHERE h.school_id = $1
               AND h.handoff_id = $2
               AND h.state = 'taken'
            """,
            person.school_id,
            person.handoff_id,
            at,
        )


# -- The end ----------------------------------------------------------------------------------------------------------

_END = """
UPDATE chat_handoffs h
   SET state = CASE WHEN EXISTS (SELECT
                                   FROM chat_words w
                                  WHERE w.school_id = $1
                                    AND w.handoff_id = $2
                                    AND w.side = 'school') THEN 'answered' ELSE 'closed' END,
       ended_how = $3, answered_at = $4, answered_by = $5, waiting_since = NULL, due_at = NULL, family_typing_at = NULL
 WHERE h.school_id = $1
   AND h.handoff_id = $2
   AND h.state IN ('waiting', 'taken')
RETURNING h.state
"""


async def end(tx: SchoolTx, handoff_id: UUID, how: Ending, *, by: UUID | None, at: datetime) -> str | None:
    """answered, when somebody of the school has said something; None when it was over already. The bot speaks again."""
    state: str | None = await tx.fetchval(_END, tx.school_id, handoff_id, how, at, by)
    if state is not None:
        await with_person.let_go(tx, handoff_id)
    return state


async def end_by_family(house: House, person: Person, how: Ending, *, at: datetime) -> None:
    """Back to the bot, or no message any more: then nothing that is on its way leaves."""
    async with house.database.school(person.school_id) as tx:
        await end(tx, person.handoff_id, how, by=None, at=at)
        if how == "stopped":
            await tx.execute(
                """
                UPDATE chat_word_sends s
                   SET state = 'dropped', outcome = 'stopped', finished_at = $3
                 WHERE s.school_id = $1
                   AND s.handoff_id = $2
                   AND s.state = 'due'
                """,
                person.school_id,
                person.handoff_id,
                at,
            )

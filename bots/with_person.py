"""Which chats are in which conversation with a person: noted at the chats, so that it is read with the chat itself.

It writes these columns of chat_states.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Tx
from bots.weblines import chat_of


class Person(msgspec.Struct, frozen=True):
    """The conversation with a person of the school that a chat is in: waiting for somebody, or taken."""

    school_id: int
    handoff_id: UUID
    account_id: UUID | None
    taken: bool


def person_of(row: Any) -> Person | None:
    if row["person_handoff_id"] is None:
        return None
    return Person(row["person_school_id"], row["person_handoff_id"], row["person_account_id"], row["person_taken"])


async def point(
    tx: Tx, *, school_id: int, handoff_id: UUID, account_id: UUID | None, channel: str, chat_id: str, taken: bool, at: datetime
) -> None:  # fmt: skip
    """All chats of the account share the conversation; a stranger's is in its own only."""
    places = {(channel, chat_id)}
    if account_id is not None:
        rows = await tx.fetch(
            """
            SELECT c.channel, c.chat_id
              FROM account_chats c
             WHERE c.account_id = $1
             ORDER BY c.linked_at DESC
             LIMIT 20
            """,
            account_id,
        )
        places |= {(row["channel"], row["chat_id"]) for row in rows} | {("web", chat_of(account_id))}
    await tx.executemany(
        """
        INSERT INTO chat_states AS s (channel, chat_id, language, updated_at, person_school_id, person_handoff_id, person_account_id, person_taken)
        VALUES ($1, $2, '', $3, $4, $5, $6, $7)
            ON CONFLICT (channel, chat_id)
            DO UPDATE SET person_school_id = $4, person_handoff_id = $5, person_account_id = $6, person_taken = $7
        """,
        [(*place, at, school_id, handoff_id, account_id, taken) for place in sorted(places)],
    )


async def let_go(tx: Tx, handoff_id: UUID) -> None:
    """The conversation is over: the bot answers again in all its chats."""
    await tx.execute(
        """
        UPDATE chat_states s
           SET person_school_id = NULL, person_handoff_id = NULL, person_account_id = NULL, person_taken = false
         WHERE s.person_handoff_id = $1
        """,
        handoff_id,
    )


async def join(tx: Tx, *, channel: str, chat_id: str, account_id: UUID) -> None:
    """A chat that has just been linked takes part in what the account is talking about with the school."""
    row = await tx.fetchrow(
        """
        SELECT s.person_school_id, s.person_handoff_id, s.person_taken, s.updated_at
          FROM chat_states s
         WHERE s.channel = 'web'
           AND s.chat_id = $1
           AND s.person_account_id = $2
        """,
        chat_of(account_id),
        account_id,
    )
    if row is not None:
        await point(
            tx,
            school_id=row["person_school_id"],
            handoff_id=row["person_handoff_id"],
            account_id=account_id,
            channel=channel,
            chat_id=chat_id,
            taken=row["person_taken"],
            at=row["updated_at"],
        )


async def leave(tx: Tx, *, channel: str, chat_id: str) -> None:
    """A chat that was let go is in nobody's conversation any more, and remembers nothing of the account's talk."""
    await tx.execute(
        """
        UPDATE chat_states s
           SET state = '{}', person_school_id = NULL, person_handoff_id = NULL, person_account_id = NULL, person_taken = false
         WHERE s.channel = $1
           AND s.chat_id = $2
        """,
        channel,
        chat_id,
    )

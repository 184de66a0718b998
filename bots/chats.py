"""What a chat said and where the talk stands: updates are kept first and answered once, in order, one at a time per chat.

It owns chat_updates and chat_states and knows no meaning of any message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.house import House

JOB = "answer_chat"
LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 6
KEPT_DAYS = 30
_SWEEP_AFTER = timedelta(seconds=5)
_SWEEP_MAX = 200


class Memory(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where the talk stands. Ids only; what was answered is not kept."""

    intent: str = ""
    intent_at: datetime | None = None
    child: tuple[int, UUID] | None = None
    asked: str = ""  # the intent that waits for the child or the level to be named
    slots: dict[str, str | int] = {}
    children: tuple[tuple[int, UUID], ...] = ()  # the order of the children's buttons
    unsure: int = 0
    question: str = ""  # what was not understood, for the note to the school
    noting: bool = False  # the next message is the question for the school
    handoff: tuple[int, UUID] | None = None  # a note whose asker is unknown: a phone number may follow
    english: bool = False  # the reader wrote in English; a chosen language overrides


class Claimed(msgspec.Struct, frozen=True):
    """An update to answer now, with all that is known of its chat."""

    update_id: str
    body: bytes
    received_at: datetime
    attempts: int
    chat: Chat


class Chat(msgspec.Struct, frozen=True):
    """language is "" until the reader chose one."""

    channel: str
    chat_id: str
    account_id: UUID | None
    language: str
    memory: Memory
    blocked: bool = False
    wrong_codes: int = 0
    paused_until: datetime | None = None


async def keep(house: House, channel: str, chat_id: str, update_id: str, body: bytes, *, at: datetime) -> bool:
    """Keep what arrived; True when it is new. One statement, then the bell."""
    row = await house.database.keep(
        """
        INSERT INTO chat_updates (channel, chat_id, update_id, body, received_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (channel, chat_id, update_id) DO NOTHING
     RETURNING true
        """,
        channel,
        chat_id,
        update_id,
        body,
        at,
    )
    if row is not None:
        await house.queue.ring(JOB, channel, chat_id)
    return row is not None


# The oldest waiting update of the chat, unless somebody is just answering one: then that one rings on. Telegram counts its updates,
# so that order is by number, shorter numbers first.
_CLAIM = """
    WITH claimed AS (
    UPDATE chat_updates u
       SET leased_until = $4, attempts = u.attempts + 1
     WHERE u.channel = $1
       AND u.chat_id = $2
       AND u.answered_at IS NULL
       AND (u.leased_until IS NULL OR u.leased_until < $3)
       AND u.update_id = (SELECT w.update_id
                            FROM chat_updates w
                           WHERE w.channel = $1
                             AND w.chat_id = $2
                             AND w.answered_at IS NULL
                           ORDER BY length(w.update_id), w.update_id
                           LIMIT 1
                             FOR UPDATE)
 RETURNING u.update_id, u.body, u.received_at, u.attempts
    )
    SELECT c.update_id, c.body, c.received_at, c.attempts, coalesce(s.language, '') AS language, coalesce(s.state, '{}')::text AS memory,
           coalesce(s.wrong_codes, 0) AS wrong_codes, s.paused_until, l.account_id, l.blocked_at
      FROM claimed c
      LEFT JOIN chat_states s
        ON s.channel = $1
       AND s.chat_id = $2
      LEFT JOIN chat_links l
        ON l.channel = $1
       AND l.chat_id = $2
       AND l.unlinked_at IS NULL
"""


async def claim(house: House, channel: str, chat_id: str) -> Claimed | None:
    now = house.clock.now()
    row = await house.database.keep(_CLAIM, channel, chat_id, now, now + LEASE)
    if row is None:
        return None
    return Claimed(row["update_id"], row["body"], row["received_at"], row["attempts"], _chat(channel, chat_id, row))


async def look(house: House, channel: str, chat_id: str) -> Chat:
    """The chat as it stands, for channels that answer in the same request."""
    row = await house.database.reader.fetchrow(
        """
        SELECT coalesce(s.language, '') AS language, coalesce(s.state, '{}')::text AS memory,
               coalesce(s.wrong_codes, 0) AS wrong_codes, s.paused_until, l.account_id, l.blocked_at
          FROM (VALUES ($1::text, $2::text)) AS me (channel, chat_id)
          LEFT JOIN chat_states s
            ON s.channel = me.channel
           AND s.chat_id = me.chat_id
          LEFT JOIN chat_links l
            ON l.channel = me.channel
           AND l.chat_id = me.chat_id
           AND l.unlinked_at IS NULL
        """,
        channel,
        chat_id,
    )
    assert row is not None
    return _chat(channel, chat_id, row)


def _chat(channel: str, chat_id: str, row: Any) -> Chat:
    try:
        memory = msgspec.json.decode(row["memory"], type=Memory)
    except msgspec.MsgspecError:
        memory = Memory()  # an older shape of it; a talk may lose its thread, never its answer
    return Chat(
        channel=channel,
        chat_id=chat_id,
        account_id=row["account_id"],
        language=row["language"],
        memory=memory,
        blocked=row["blocked_at"] is not None,
        wrong_codes=row["wrong_codes"],
        paused_until=row["paused_until"],
    )


_REMEMBER = """
INSERT INTO chat_states AS s (channel, chat_id, language, state, updated_at)
VALUES ($1, $2, $3, $4::jsonb, $5)
    ON CONFLICT (channel, chat_id)
    DO UPDATE SET language = excluded.language, state = excluded.state, updated_at = excluded.updated_at
"""


async def finish(house: House, chat: Chat, update_id: str, outcome: str) -> None:
    """The answer is out: remember where the talk stands and tick the update off, in one statement."""
    await house.database.keep(
        """
        WITH done AS (
        UPDATE chat_updates u
           SET answered_at = $5, outcome = $7, leased_until = NULL
         WHERE u.channel = $1
           AND u.chat_id = $2
           AND u.update_id = $6
        )
        INSERT INTO chat_states AS s (channel, chat_id, language, state, updated_at)
        VALUES ($1, $2, $3, $4::jsonb, $5)
            ON CONFLICT (channel, chat_id)
            DO UPDATE SET language = excluded.language, state = excluded.state, updated_at = excluded.updated_at
        """,
        chat.channel,
        chat.chat_id,
        chat.language,
        msgspec.json.encode(chat.memory).decode(),
        house.clock.now(),
        update_id,
        outcome,
    )


async def remember(house: House, chat: Chat) -> None:
    memory = msgspec.json.encode(chat.memory).decode()
    await house.database.keep(_REMEMBER, chat.channel, chat.chat_id, chat.language, memory, house.clock.now())


async def give_up(house: House, channel: str, chat_id: str, update_id: str, outcome: str) -> None:
    """Nothing will be answered: the reader blocked us, it came from a group, or it failed too often."""
    await house.database.keep(
        """
        UPDATE chat_updates u
           SET answered_at = $4, outcome = $5, leased_until = NULL
         WHERE u.channel = $1
           AND u.chat_id = $2
           AND u.update_id = $3
        """,
        channel,
        chat_id,
        update_id,
        house.clock.now(),
        outcome,
    )


async def try_again(house: House, channel: str, chat_id: str, update_id: str, *, after: timedelta) -> None:
    """Weather outside: the update stays waiting, and its chat with it, until then."""
    await house.database.keep(
        """
        UPDATE chat_updates u
           SET leased_until = $4
         WHERE u.channel = $1
           AND u.chat_id = $2
           AND u.update_id = $3
        """,
        channel,
        chat_id,
        update_id,
        house.clock.now() + after,
    )


async def waiting_chats(house: House, channel: str) -> list[str]:
    """Chats with an update whose bell was lost or whose lease ran out."""
    now = house.clock.now()
    rows = await house.database.reader.fetch(
        """
        SELECT w.chat_id, min(w.received_at) AS since
          FROM chat_updates w
         WHERE w.channel = $1
           AND w.answered_at IS NULL
           AND w.received_at < $2
           AND (w.leased_until IS NULL OR w.leased_until < $3)
         GROUP BY w.chat_id
         ORDER BY since
         LIMIT $4
        """,
        channel,
        now - _SWEEP_AFTER,
        now,
        _SWEEP_MAX,
    )
    return [row["chat_id"] for row in rows]


async def forget_old(house: House) -> None:
    """What families wrote is not kept longer than it takes to look into a complaint."""
    await house.database.keep(
        "DELETE FROM chat_updates WHERE received_at < $1", house.clock.now() - timedelta(days=KEPT_DAYS)
    )

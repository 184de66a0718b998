"""What a chat said and where the talk stands: updates are kept first and answered once, in order, one at a time per chat.

It owns chat_updates and chat_states and knows no meaning of any message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.house import House
from bots.carrying import ELSEWHERE, carried
from bots.memory import Memory as Memory
from bots.with_person import Person, person_of

JOB = "answer_chat"
LEASE = timedelta(seconds=60)


# What is known of a chat, in one look: `me` is its channel and id, `l` its link to an account, `s` where the talk stands.
_KNOWN = f"""
{ELSEWHERE.rstrip()},
           coalesce(s.language, '') AS language, coalesce(s.state, '{{}}')::text AS memory,
           coalesce(s.wrong_codes, 0) AS wrong_codes, s.paused_until, who.account_id, l.blocked_at,
           CASE WHEN g.account_id = who.account_id THEN g.holds_until END AS confirmed_until,
           s.person_school_id, s.person_handoff_id, s.person_account_id, coalesce(s.person_taken, false) AS person_taken,
           array(SELECT DISTINCT p.school_id
                   FROM account_persons p
                  WHERE p.account_id = who.account_id
                    AND p.person_kind = 'guardian'
                  ORDER BY p.school_id
                  LIMIT 20) AS schools
"""
_JOINED = """
      LEFT JOIN chat_states s
        ON s.channel = $1
       AND s.chat_id = $2
      LEFT JOIN chat_links l
        ON l.channel = $1
       AND l.chat_id = $2
       AND l.unlinked_at IS NULL
      LEFT JOIN chat_confirmations g
        ON g.channel = $1
       AND g.chat_id = $2
"""


class Claimed(msgspec.Struct, frozen=True):
    """An update to answer now, with all that is known of its chat."""

    update_id: str
    body: bytes
    received_at: datetime
    attempts: int
    chat: Chat
    parts_sent: int = 0


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
    # Where the account is somebody's guardian; None: not looked up yet. It says where to ask, not what may be read.
    schools: tuple[int, ...] | None = None
    confirmed_until: datetime | None = None  # the family has shown in the app that it is the family (confirming.py)
    person: Person | None = None

    @property
    def with_person(self) -> Person | None:
        """Only the account that asked is in its conversation: a chat that was linked or let go since then is not."""
        return self.person if self.person is not None and self.person.account_id == self.account_id else None

    @property
    def taken(self) -> bool:
        """A person has it, and the bot is silent."""
        return self.with_person is not None and self.with_person.taken


async def keep(
    house: House,
    channel: str,
    chat_id: str,
    update_id: str,
    body: bytes,
    *,
    at: datetime,
    sent_at: datetime | None = None,
) -> bool:
    """Keep what arrived; True when it is new. One statement, then the bell.

    `sent_at`: when the messenger says it was written, for those whose update ids have no order.
    """
    row = await house.database.keep(
        """
        INSERT INTO chat_updates (channel, chat_id, update_id, body, received_at, sent_at)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (channel, chat_id, update_id) DO NOTHING
     RETURNING true
        """,
        channel,
        chat_id,
        update_id,
        body,
        at,
        sent_at,
    )
    if row is not None:
        await house.queue.ring(JOB, channel, chat_id)
    return row is not None


# The oldest waiting update of the chat, unless somebody is just answering one, be it a newer one: then that one rings on. Telegram
# counts its updates, so that order is by number, shorter numbers first; Zalo tells the time. $1 channel, $2 chat, $3 now; `lease` is
# until when it is ours, `done` an update that is being ticked off in the same statement.
_CLAIMED = """
    UPDATE chat_updates u
       SET leased_until = {lease}, attempts = u.attempts + 1
     WHERE u.channel = $1
       AND u.chat_id = $2
       AND u.answered_at IS NULL
       AND (u.leased_until IS NULL OR u.leased_until < $3)
       AND NOT EXISTS (SELECT 1
                         FROM chat_updates o
                        WHERE o.channel = $1
                          AND o.chat_id = $2
                          AND o.answered_at IS NULL
                          AND o.update_id IS DISTINCT FROM {done}
                          AND o.leased_until >= $3)
       AND u.update_id = (SELECT w.update_id
                            FROM chat_updates w
                           WHERE w.channel = $1
                             AND w.chat_id = $2
                             AND w.answered_at IS NULL
                             AND w.update_id IS DISTINCT FROM {done}
                           ORDER BY w.sent_at NULLS FIRST, length(w.update_id), w.update_id
                           LIMIT 1
                             FOR UPDATE)
 RETURNING u.update_id, u.body, u.received_at, u.attempts, u.parts_sent
"""
_WHAT_AND_WHO = f"""
           c.update_id, c.body, c.received_at, c.attempts, c.parts_sent,
{_KNOWN}
      FROM claimed c
{_JOINED}
     CROSS JOIN LATERAL (SELECT l.account_id) AS who
"""
_CLAIM = f"""
    WITH claimed AS ({_CLAIMED.format(lease="$4", done="NULL::text")})
    SELECT {_WHAT_AND_WHO}
"""


async def claim(house: House, channel: str, chat_id: str) -> Claimed | None:
    now = house.clock.now()
    row = await house.database.keep(_CLAIM, channel, chat_id, now, now + LEASE)
    if row is None:
        return None
    return _claimed(row, _chat(channel, chat_id, row, now))


def _claimed(row: Any, chat: Chat) -> Claimed:
    return Claimed(
        row["update_id"], row["body"], row["received_at"], row["attempts"], chat, parts_sent=row["parts_sent"]
    )


# $3: the account that is signed in, where the wire knows one.
_LOOK = f"""
    SELECT
{_KNOWN}
      FROM (VALUES (1)) AS me
{_JOINED}
     CROSS JOIN LATERAL (SELECT coalesce($3::uuid, l.account_id) AS account_id) AS who
"""


async def look(house: House, channel: str, chat_id: str, account_id: UUID | None = None) -> Chat:
    """The chat as it stands, for channels that answer in the same request."""
    row = await house.database.reader.fetchrow(_LOOK, channel, chat_id, account_id)
    assert row is not None
    return _chat(channel, chat_id, row, house.clock.now())


def _chat(channel: str, chat_id: str, row: Any, now: datetime) -> Chat:
    try:
        memory = msgspec.json.decode(row["memory"], type=Memory)
    except msgspec.MsgspecError:
        memory = Memory()  # an older shape of it; a talk may lose its thread, never its answer
    memory, language = carried(memory, row["language"], row, now)
    return Chat(
        channel=channel,
        chat_id=chat_id,
        account_id=row["account_id"],
        language=language,
        memory=memory,
        blocked=row["blocked_at"] is not None,
        wrong_codes=row["wrong_codes"],
        paused_until=row["paused_until"],
        schools=tuple(row["schools"]),
        confirmed_until=row["confirmed_until"],
        person=person_of(row),
    )


# $1 channel, $2 chat, $3 now, $4 language, $5 where the talk stands.
_REMEMBER = """
        INSERT INTO chat_states AS s (channel, chat_id, language, state, updated_at)
        VALUES ($1, $2, $4, $5::jsonb, $3)
            ON CONFLICT (channel, chat_id)
            DO UPDATE SET language = excluded.language, state = excluded.state, updated_at = excluded.updated_at
"""
_FINISH = f"""
    WITH done AS (
    UPDATE chat_updates u
       SET answered_at = $3, outcome = $7, leased_until = NULL
     WHERE u.channel = $1
       AND u.chat_id = $2
       AND u.update_id = $6
    ),
         kept AS ({_REMEMBER}),
         claimed AS ({_CLAIMED.format(lease="$8", done="$6")})
    SELECT {_WHAT_AND_WHO}
"""


async def finish_and_claim(house: House, chat: Chat, update_id: str, outcome: str) -> Claimed | None:
    """The answer is out: remember where the talk stands, tick the update off, and take the chat's next one, in one statement.

    Whoever calls it must answer what it gives back.
    """
    now = house.clock.now()
    row = await house.database.keep(
        _FINISH, chat.channel, chat.chat_id, now, chat.language, _as_json(chat.memory), update_id, outcome, now + LEASE
    )
    if row is None:
        return None
    # The statement saw the state as it was before it wrote it.
    known = msgspec.structs.replace(
        _chat(chat.channel, chat.chat_id, row, now), language=chat.language, memory=chat.memory
    )
    return _claimed(row, known)


async def remember(house: House, chat: Chat) -> None:
    """Where the talk stands, for channels whose updates are not kept."""
    now = house.clock.now()
    await house.database.keep(_REMEMBER, chat.channel, chat.chat_id, now, chat.language, _as_json(chat.memory))


def _as_json(memory: Memory) -> str:
    return msgspec.json.encode(memory).decode()

"""What is known of a chat: whose it is, where the talk stands, where its family's children go to school. It knows no meaning of any message.

It owns chat_states. Whose turn it is in a chat, and what it said, is turns.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from bots.carrying import ELSEWHERE, carried
from bots.context import FAMILY
from bots.memory import Memory as Memory
from bots.with_person import Person, person_of

# What is known of a chat, in one look. `me` is its channel, id, the school's day and the school that strangers ask about; `who` the
# account behind it, `l` its link to one, `s` where the talk stands.
KNOWN = f"""
{ELSEWHERE.rstrip()},
           coalesce(s.language, '') AS language, coalesce(s.state, '{{}}')::text AS memory,
           coalesce(s.wrong_codes, 0) AS wrong_codes, s.paused_until, who.account_id, l.blocked_at,
           CASE WHEN g.account_id = who.account_id THEN g.holds_until END AS confirmed_until,
           s.person_school_id, s.person_handoff_id, s.person_account_id, coalesce(s.person_taken, false) AS person_taken,
{FAMILY}
"""
JOINED = """
      LEFT JOIN chat_states s
        ON s.channel = me.channel
       AND s.chat_id = me.chat_id
      LEFT JOIN chat_links l
        ON l.channel = me.channel
       AND l.chat_id = me.chat_id
       AND l.unlinked_at IS NULL
      LEFT JOIN chat_confirmations g
        ON g.channel = me.channel
       AND g.chat_id = me.chat_id
"""


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
    # The family's schools and children as they were when the turn began (context.py), still packed; None: not looked up.
    # It says whom and where to ask, not what may be read.
    family: str | None = None
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

    def now_of(self, account_id: UUID | None) -> Chat:
        """Linked or let go in this very turn: whose family that is was not looked up yet."""
        return msgspec.structs.replace(self, account_id=account_id, family=None)


# $3: the account that is signed in, where the wire knows one. $4 the school's day, $5 the school that strangers ask about.
_LOOK = f"""
    SELECT
{KNOWN}
      FROM (SELECT $1::text AS channel, $2::text AS chat_id, $4::date AS today, $5::bigint AS default_school) AS me
{JOINED}
     CROSS JOIN LATERAL (SELECT coalesce($3::uuid, l.account_id) AS account_id) AS who
"""


async def look(house: House, channel: str, chat_id: str, account_id: UUID | None = None) -> Chat:
    """The chat as it stands, for channels that answer in the same request."""
    now = house.clock.now()
    row = await house.database.reader.fetchrow(
        _LOOK, channel, chat_id, account_id, school_day(now), default_school(house)
    )
    assert row is not None
    return chat_of(channel, chat_id, row, now)


def default_school(house: House) -> int | None:
    """What a stranger asks about; None: the house's only school, if it has just one."""
    return house.settings.chat_school_id or None


def chat_of(channel: str, chat_id: str, row: Any, now: datetime) -> Chat:
    """`row` has the columns of KNOWN."""
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
        family=row["family"] or "[]",
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


async def remember(house: House, chat: Chat) -> None:
    """Where the talk stands, for channels whose updates are not kept."""
    now = house.clock.now()
    await house.database.keep(_REMEMBER, chat.channel, chat.chat_id, now, chat.language, packed(chat.memory))


def packed(memory: Memory) -> str:
    return msgspec.json.encode(memory).decode()

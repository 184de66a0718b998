"""What a page that lies open is told of its conversation: that something changed, and not what. One look a second, however many watch.

Each side has its own look: the family's counts only readings that may be told by now, so that a stream betrays no evening either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.clock import Clock
from backend.core.database import Reader
from backend.messages.entitled import Party

_STATE = """
SELECT (SELECT count(*)
          FROM message_texts x
         WHERE x.school_id = $1
           AND x.message_id IN (SELECT m.message_id
                                  FROM messages m
                                 WHERE m.school_id = $1
                                   AND m.thread_id = $2)) AS texts,
       (SELECT count(q.decided_at)
          FROM messages m
          JOIN message_requests q
            ON q.school_id = m.school_id
           AND q.message_id = m.message_id
         WHERE m.school_id = $1
           AND m.thread_id = $2) AS decided,
       (SELECT count(*)
          FROM messages m
          JOIN message_reads r
            ON r.school_id = m.school_id
           AND r.message_id = m.message_id
           AND r.reader_kind = $3
           AND r.shown_at <= $4
         WHERE m.school_id = $1
           AND m.thread_id = $2
           AND m.side = $5) AS read
"""


def key_of(who: Party) -> str:
    return f"thread:{who.school_id}:{who.thread_id}:{who.side}"


def look_of(reader: Reader, clock: Clock, who: Party) -> Callable[[], Awaitable[str]]:
    async def look() -> str:
        return await state(reader, who, clock.now())

    return look


async def state(reader: Reader, who: Party, now: datetime) -> str:
    other: str = "staff" if who.side == "family" else "guardian"
    thread_id: UUID = who.thread_id
    row = await reader.fetchrow(_STATE, who.school_id, thread_id, other, now, who.side)
    assert row is not None, "a row of counts"
    return msgspec.json.encode(dict(row)).decode()

"""Sends what a person of the school said into the messenger where the family wrote: in order, once, again after trouble.

It writes what becomes of chat_word_sends. A word is leased before it leaves and ticked off after; whoever dies in between leaves it to the sweep.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from backend.core.across_schools import schools_with_chat_words
from backend.core.catalogue import say
from backend.core.house import House
from backend.files.queries import read
from backend.messages.names import teacher_name
from bots import words
from bots.sending import say_to_chat
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from schemas.chat import Answer

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
# After the last of these the school is told that it did not arrive, and calls.
AGAIN_SECONDS = (5, 30, 120, 600, 3600)
_AT_ONCE = 50
_SCHOOLS_MAX = 200
_QUOTED_MAX = 200


class _Leaving(msgspec.Struct, frozen=True):
    number: int
    channel: str
    chat_id: str
    attempts: int


async def drain(house: House, school_id: int, handoff_id: UUID) -> None:
    for _ in range(_AT_ONCE):
        leaving = await _claim(house, school_id, handoff_id)
        if leaving is None:
            return
        await _send(house, school_id, handoff_id, leaving)


async def sweep(house: House) -> None:
    """Words whose bell was lost, whose lease ran out, or whose next try has come."""
    now = house.clock.now()
    reader = house.database.reader
    for school_id in await schools_with_chat_words(reader, now, limit=_SCHOOLS_MAX):
        rows = await reader.fetch(_WAITING, school_id, now, _SCHOOLS_MAX)
        for row in rows:
            await drain(house, school_id, row["handoff_id"])


_WAITING = """
SELECT s.handoff_id
  FROM chat_word_sends s
 WHERE s.school_id = $1
   AND s.state = 'due'
   AND s.due_at <= $2
 GROUP BY s.handoff_id
 ORDER BY min(s.due_at)
 LIMIT $3
"""

# The first of its chat: what was said later waits behind it. Materialised, since a lock with a limit must be taken once.
_CLAIM = """
WITH first AS MATERIALIZED (
SELECT n.number, n.channel, n.chat_id
  FROM chat_word_sends n
 WHERE n.school_id = $1
   AND n.handoff_id = $2
   AND n.state = 'due'
   AND n.due_at <= $3
   AND NOT EXISTS (SELECT
                     FROM chat_word_sends e
                    WHERE e.school_id = $1
                      AND e.handoff_id = $2
                      AND e.channel = n.channel
                      AND e.chat_id = n.chat_id
                      AND e.state = 'due'
                      AND e.number < n.number)
 ORDER BY n.number
 LIMIT 1
   FOR UPDATE
)
UPDATE chat_word_sends s
   SET attempts = s.attempts + 1, due_at = $4
  FROM first
 WHERE s.school_id = $1
   AND s.handoff_id = $2
   AND s.number = first.number
   AND s.channel = first.channel
   AND s.chat_id = first.chat_id
RETURNING s.number, s.channel, s.chat_id, s.attempts
"""


async def _claim(house: House, school_id: int, handoff_id: UUID) -> _Leaving | None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await tx.fetchrow(_CLAIM, school_id, handoff_id, now, now + LEASE)
    return None if row is None else _Leaving(*row)


async def _send(house: House, school_id: int, handoff_id: UUID, leaving: _Leaving) -> None:
    """No transaction is held while the messenger thinks."""
    row = await house.database.reader.fetchrow(_WORD, school_id, handoff_id, leaving.number)
    assert row is not None, "a word on its way has been said"
    if not await _still_theirs(house, leaving, row["account_id"]):
        await _note(house, school_id, handoff_id, leaving, "dropped", "unlinked")
        return
    image = None if row["file_id"] is None else (await read(house.database.reader, school_id, row["file_id"])).content
    sent = await _spoken(house, leaving, _text(row), image)
    await _became(house, school_id, handoff_id, leaving, sent)


async def _spoken(house: House, leaving: _Leaving, text: str, image: bytes | None) -> Outcome:
    """A sender that fails where it should have answered must not keep other schools' words from leaving."""
    try:
        return await say_to_chat(house, leaving.channel, leaving.chat_id, Answer(text, image=image))
    except Exception as error:
        log.error("sender_failed", kind=type(error).__name__, exc_info=True)
        return TryLater(f"our_bug:{type(error).__name__}")


_WORD = """
SELECT w.body, w.side, w.file_id, h.language, h.account_id, h.question, speaker.full_name,
       w.side = 'school'
       AND NOT EXISTS (SELECT
                         FROM chat_words e
                        WHERE e.school_id = $1
                          AND e.handoff_id = $2
                          AND e.side = 'school'
                          AND e.number < w.number) AS first
  FROM chat_words w
  JOIN chat_handoffs h
    ON h.school_id = w.school_id
   AND h.handoff_id = w.handoff_id
  LEFT JOIN LATERAL (SELECT t.full_name
                       FROM staff t
                      WHERE t.school_id = $1
                        AND t.account_id = w.account_id
                      LIMIT 1) AS speaker
    ON true
 WHERE w.school_id = $1
   AND w.handoff_id = $2
   AND w.number = $3
"""


def _text(row: Any) -> str:
    """The first answer says to which question, since it may come a day later."""
    language = row["language"]
    name = teacher_name(row["full_name"], language) if row["full_name"] else say("bots.the_school", language)
    body: str = words.signed(row["side"], row["body"], name, language)
    if row["first"]:
        return say("bots.answer_from_school", language, question=row["question"][:_QUOTED_MAX], answer=body)
    return body


async def _still_theirs(house: House, leaving: _Leaving, account_id: UUID | None) -> bool:
    """A chat that was unlinked, or belongs to somebody else by now, gets nothing of an account's conversation."""
    if account_id is None:
        return True
    holder = await house.database.reader.fetchval(
        """
        SELECT l.account_id
          FROM chat_links l
         WHERE l.channel = $1
           AND l.chat_id = $2
           AND l.unlinked_at IS NULL
        """,
        leaving.channel,
        leaving.chat_id,
    )
    return bool(holder == account_id)


async def _became(house: House, school_id: int, handoff_id: UUID, leaving: _Leaving, sent: Outcome) -> None:
    match sent:
        case Sent():
            await _note(house, school_id, handoff_id, leaving, "sent", None)
        case TryLater() | Refused(why="channel_down") if leaving.attempts <= len(AGAIN_SECONDS):
            asked = sent.after_seconds if isinstance(sent, TryLater) else None
            wait = timedelta(seconds=asked or AGAIN_SECONDS[leaving.attempts - 1])
            await _note(house, school_id, handoff_id, leaving, "due", None, due_at=house.clock.now() + wait)
        case TryLater():
            await _note(house, school_id, handoff_id, leaving, "refused", "gave_up")
        case Refused():
            log.warning("chat_word_refused", channel=leaving.channel, why=sent.why, code=sent.code)
            await _note(house, school_id, handoff_id, leaving, "refused", sent.why)


async def _note(
    house: House,
    school_id: int,
    handoff_id: UUID,
    leaving: _Leaving,
    state: str,
    outcome: str | None,
    *,
    due_at: datetime | None = None,
) -> None:
    """What was dropped meanwhile, because the family wants no message any more, stays dropped."""
    async with house.database.school(school_id) as tx:
        await tx.execute(
            """
            UPDATE chat_word_sends s
               SET state = $6, outcome = $7, due_at = coalesce($8, s.due_at), finished_at = $9
             WHERE s.school_id = $1
               AND s.handoff_id = $2
               AND s.number = $3
               AND s.channel = $4
               AND s.chat_id = $5
               AND s.state = 'due'
            """,
            school_id,
            handoff_id,
            leaving.number,
            leaving.channel,
            leaving.chat_id,
            state,
            outcome,
            due_at,
            None if state == "due" else house.clock.now(),
        )

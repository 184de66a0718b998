"""Conversations that ended long ago go: words, pictures, who asked, and from where. That there was a question, and how it ended, stays.

It writes chat_handoffs with handoffs.py, and takes chat_words and chat_word_sends away. How long is the school's (inbox_settings).
"""

from __future__ import annotations

from datetime import datetime

from backend.core.across_schools import schools_with_old_conversations
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.files import actions as files
from bots.answer_clock import KEPT_DAYS

_AT_ONCE = 200

# The mark comes first: only then may the words go (core/tables.py, FADING).
_MARK = """
UPDATE chat_handoffs h
   SET forgotten_at = $2, question = '', answer = NULL, account_id = NULL, chat_id = ''
  FROM (SELECT o.handoff_id
          FROM chat_handoffs o
         WHERE o.school_id = $1
           AND o.state IN ('answered', 'closed')
           AND o.forgotten_at IS NULL
           AND o.answered_at < $2::timestamptz - make_interval(days => coalesce((SELECT s.kept_days
                                                                                   FROM inbox_settings s
                                                                                  WHERE s.school_id = $1), $3::int))
         ORDER BY o.answered_at, o.handoff_id
         LIMIT $4
           FOR UPDATE) AS old
 WHERE h.school_id = $1
   AND h.handoff_id = old.handoff_id
RETURNING h.handoff_id
"""
_SENDS_GO = """
DELETE FROM chat_word_sends
 WHERE school_id = $1
   AND handoff_id = ANY ($2::uuid[])
"""
_WORDS_GO = """
DELETE FROM chat_words
 WHERE school_id = $1
   AND handoff_id = ANY ($2::uuid[])
RETURNING file_id
"""


async def forget_old(house: House) -> int:
    """A nightly job; how many were forgotten."""
    now, forgotten = house.clock.now(), 0
    for school_id in await schools_with_old_conversations(house.database.reader, now, KEPT_DAYS):
        while True:
            async with house.database.school(school_id) as tx:
                done = await _forget(tx, now)
            forgotten += done
            if done < _AT_ONCE:
                break
    return forgotten


async def _forget(tx: SchoolTx, now: datetime) -> int:
    old = [row["handoff_id"] for row in await tx.fetch(_MARK, tx.school_id, now, KEPT_DAYS, _AT_ONCE)]
    await tx.execute(_SENDS_GO, tx.school_id, old)
    gone = await tx.fetch(_WORDS_GO, tx.school_id, old)
    await files.forget(tx, [row["file_id"] for row in gone if row["file_id"] is not None])
    return len(old)

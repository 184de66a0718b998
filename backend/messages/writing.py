"""Keeping a message: its row, its text as version one, its request, and the state of its thread. It owns messages and message_texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.problems import CONFLICT
from backend.messages import search
from backend.messages.entitled import Party
from backend.messages.typed import Asked


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    message_id: UUID
    body: str
    kind: str = "text"
    folded: bool = False
    asked: Asked | None = None
    urgent_reason: str | None = None
    urgent_to: UUID | None = None
    file_ids: Sequence[UUID] = ()
    promised_at: datetime | None = None
    awaits_answer: bool = False


_MESSAGE = """
INSERT INTO messages (school_id, message_id, thread_id, side, guardian_id, staff_id, account_id, kind, folded,
                      urgent_reason, urgent_to, file_ids, sent_at, promised_at, awaits_answer)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (school_id, message_id) DO NOTHING
RETURNING true
"""

_TEXT = """
INSERT INTO message_texts (school_id, message_id, version, thread_id, state, body, folded_line, marked_line, terms,
                           written_by, written_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, array_to_tsvector($9::text[]), $10, $11)
"""

_REQUEST = """
INSERT INTO message_requests (school_id, message_id, pupil_id, kind, from_on, to_on, detail, state)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, 'waiting')
"""

# The newest message, and since when the school's side owes an answer: the oldest of the family's messages after the last answer that
# is no nod, was not taken back, and asks for nothing that has been decided. A message to all is no answer. And what the school asked
# last and the family has not answered: a nod is an answer, too.
_STATE = """
UPDATE threads t
   SET last_message_id = (SELECT m.message_id
                            FROM messages m
                           WHERE m.school_id = $1
                             AND m.thread_id = t.thread_id
                           ORDER BY m.sent_at DESC, m.message_id DESC
                           LIMIT 1),
       last_at = (SELECT max(m.sent_at)
                    FROM messages m
                   WHERE m.school_id = $1
                     AND m.thread_id = t.thread_id),
       waiting_since = (SELECT min(m.sent_at)
                          FROM messages m
                         WHERE m.school_id = $1
                           AND m.thread_id = t.thread_id
                           AND m.side = 'family'
                           AND NOT m.folded
                           AND (m.sent_at, m.message_id) > (SELECT coalesce(max(a.sent_at), '-infinity'),
                                                                   '00000000-0000-0000-0000-000000000000'::uuid
                                                              FROM messages a
                                                             WHERE a.school_id = $1
                                                               AND a.thread_id = t.thread_id
                                                               AND a.side = 'school'
                                                               AND a.group_message_id IS NULL)
                           AND NOT EXISTS (SELECT
                                             FROM message_requests q
                                            WHERE q.school_id = $1
                                              AND q.message_id = m.message_id
                                              AND q.state <> 'waiting')
                           AND NOT EXISTS (SELECT
                                             FROM message_texts x
                                            WHERE x.school_id = $1
                                              AND x.message_id = m.message_id
                                              AND x.state IN ('withdrawn', 'hidden')
                                              AND x.version = (SELECT max(y.version)
                                                                 FROM message_texts y
                                                                WHERE y.school_id = $1
                                                                  AND y.message_id = m.message_id))),
       (asked_message_id, asked_at) =
                         (SELECT m.message_id, m.sent_at
                            FROM messages m
                           WHERE m.school_id = $1
                             AND m.thread_id = t.thread_id
                             AND m.awaits_answer
                             AND NOT EXISTS (SELECT
                                               FROM messages a
                                              WHERE a.school_id = $1
                                                AND a.thread_id = t.thread_id
                                                AND a.side = 'family'
                                                AND (a.sent_at, a.message_id) > (m.sent_at, m.message_id))
                             AND NOT EXISTS (SELECT
                                               FROM message_texts x
                                              WHERE x.school_id = $1
                                                AND x.message_id = m.message_id
                                                AND x.state IN ('withdrawn', 'hidden')
                                                AND x.version = (SELECT max(y.version)
                                                                   FROM message_texts y
                                                                  WHERE y.school_id = $1
                                                                    AND y.message_id = m.message_id))
                           ORDER BY m.sent_at DESC, m.message_id DESC
                           LIMIT 1)
 WHERE t.school_id = $1
   AND t.thread_id = ANY ($2::uuid[])
"""


async def keep_message(tx: SchoolTx, who: Party, account_id: UUID, draft: Draft, at: datetime) -> None:
    """The caller holds the thread's row and has looked whether the id is taken; raises CONFLICT where it was taken meanwhile."""
    made = await tx.fetchval(
        _MESSAGE,
        tx.school_id,
        draft.message_id,
        who.thread_id,
        who.side,
        who.guardian_id,
        who.staff_id,
        account_id,
        draft.kind,
        draft.folded,
        draft.urgent_reason,
        draft.urgent_to,
        list(draft.file_ids),
        at,
        draft.promised_at,
        draft.awaits_answer,
    )
    if not made:
        raise CONFLICT()
    await keep_text(tx, draft.message_id, 1, who.thread_id, "written", draft.body, account_id, at)
    if draft.asked is not None:
        detail = msgspec.json.encode(draft.asked.detail).decode()
        await tx.execute(
            _REQUEST,
            tx.school_id,
            draft.message_id,
            who.pupil_id,
            draft.asked.kind,
            draft.asked.from_on,
            draft.asked.to_on,
            detail,
        )
    await settle_threads(tx, [who.thread_id])


async def keep_text(
    tx: SchoolTx, message_id: UUID, version: int, thread_id: UUID, state: str, body: str | None, by: UUID, at: datetime
) -> None:
    """A new version; the older ones stay. `body` None is a tombstone."""
    await tx.execute(
        _TEXT,
        tx.school_id,
        message_id,
        version,
        thread_id,
        state,
        body,
        search.folded_line(body or ""),
        search.marked_line(body or ""),
        search.terms_of(tx.school_id, body or ""),
        by,
        at,
    )


async def settle_threads(tx: SchoolTx, thread_ids: Sequence[UUID]) -> None:
    """The caller holds their rows."""
    await tx.execute(_STATE, tx.school_id, list(thread_ids))

"""What the school sees of the families' conversations. Whoever runs the school or keeps its inbox sees all; anybody else what was given to them.

It owns no table; the right stands in every statement.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import msgspec

from backend.core.clock import Clock, school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import NOT_FOUND
from backend.identity.entitlement import STANDING, standing_of
from bots.weblines import TYPING
from schemas.chat import Handoff, Handoffs
from schemas.conversations import Assignee, Assignees, Conversation

_SHOWN_MAX = 200
_WORDS_MAX = 500
_HANDOFFS = msgspec.json.Decoder(list[Handoff])
_CONVERSATION = msgspec.json.Decoder(Conversation)
_ASSIGNEES = msgspec.json.Decoder(list[Assignee])

# $2 is the account; `who` and `h` are at hand.
# What was forgotten is nobody's to see.
MAY_SEE = "((who.roles && ARRAY['school_admin', 'inbox'] OR h.taken_by = $2) AND h.forgotten_at IS NULL)"

_ASKER = """
          LEFT JOIN LATERAL (SELECT g.full_name, g.phone_e164
                               FROM guardians g
                              WHERE g.school_id = $1
                                AND g.account_id = h.account_id
                              ORDER BY g.guardian_id
                              LIMIT 1) AS asker
            ON true
          LEFT JOIN LATERAL (SELECT t.full_name
                               FROM staff t
                              WHERE t.school_id = $1
                                AND t.account_id = h.taken_by
                              LIMIT 1) AS taker
            ON true
"""

_LIST = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       (SELECT coalesce(json_agg(json_build_object('handoff_id', h.handoff_id, 'channel', h.channel, 'question', h.question,
                                                   'asked_at', h.asked_at, 'state', h.state, 'asked_by', asker.full_name,
                                                   'phone', asker.phone_e164, 'taken_by', h.taken_by, 'answer', said.body,
                                                   'answered_at', h.answered_at, 'language', h.language, 'due_at', h.due_at,
                                                   'taken_by_name', taker.full_name, 'mine', h.taken_by IS NOT DISTINCT FROM $2,
                                                   'last_words', last.body, 'words', h.words)
                                 ORDER BY h.state IN ('waiting', 'taken') DESC,
                                          h.due_at,
                                          CASE WHEN h.state IN ('waiting', 'taken') THEN h.asked_at END,
                                          h.answered_at DESC), '[]'::json)
          FROM (SELECT h.*
                  FROM chat_handoffs h
                 WHERE h.school_id = $1
                   AND {MAY_SEE}
                 ORDER BY h.state IN ('waiting', 'taken') DESC, h.asked_at DESC
                 LIMIT $5) AS h
{_ASKER}
          LEFT JOIN LATERAL (SELECT w.body
                               FROM chat_words w
                              WHERE w.school_id = $1
                                AND w.handoff_id = h.handoff_id
                                AND w.side = 'school'
                              ORDER BY w.number DESC
                              LIMIT 1) AS said
            ON true
          LEFT JOIN LATERAL (SELECT w.body
                               FROM chat_words w
                              WHERE w.school_id = $1
                                AND w.handoff_id = h.handoff_id
                                AND w.side = 'family'
                              ORDER BY w.number DESC
                              LIMIT 1) AS last
            ON true)::text AS handoffs
  FROM (SELECT 1) AS one
  LEFT JOIN who
    ON true
"""


async def handoffs_of(reader: Reader, school_id: int, account_id: UUID, on: date) -> Handoffs:
    """Open ones first, the earliest promise first; then what ended last. Raises FORBIDDEN for who does not work here."""
    row = await reader.fetchrow(_LIST, school_id, account_id, None, on, _SHOWN_MAX)
    standing_of(row)
    assert row is not None
    return Handoffs(_HANDOFFS.decode(row["handoffs"]))


_ONE = f"""
WITH who AS ({STANDING})
SELECT json_build_object(
         'handoff_id', h.handoff_id, 'channel', h.channel, 'language', h.language, 'question', h.question,
         'asked_at', h.asked_at, 'state', h.state, 'ended_how', h.ended_how, 'ended_at', h.answered_at,
         'waiting_since', h.waiting_since, 'due_at', h.due_at, 'asked_by', asker.full_name, 'phone', asker.phone_e164,
         'taken_by', h.taken_by, 'taken_by_name', taker.full_name, 'mine', h.taken_by IS NOT DISTINCT FROM $2,
         'pupils', array(SELECT p.full_name || coalesce(' (' || c.name || ')', '')
                           FROM guardians g
                           JOIN guardianships bond
                             ON bond.school_id = g.school_id
                            AND bond.guardian_id = g.guardian_id
                            AND bond.can_view
                            AND bond.valid_from <= $4
                            AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
                           JOIN pupils p
                             ON p.school_id = bond.school_id
                            AND p.pupil_id = bond.pupil_id
                           LEFT JOIN enrolments seat
                             ON seat.school_id = p.school_id
                            AND seat.pupil_id = p.pupil_id
                            AND seat.from_on <= $4
                            AND (seat.to_on IS NULL OR seat.to_on >= $4)
                           LEFT JOIN classes c
                             ON c.school_id = seat.school_id
                            AND c.class_id = seat.class_id
                          WHERE g.school_id = $1
                            AND g.account_id = h.account_id
                          GROUP BY p.full_name, p.sort_key, c.name
                          ORDER BY p.sort_key
                          LIMIT 20),
         'words', (SELECT coalesce(json_agg(json_build_object(
                            'number', w.number, 'side', w.side, 'channel', w.channel, 'said_by', speaker.full_name, 'text', w.body,
                            'said_at', w.said_at,
                            'picture', (SELECT json_build_object('file_id', f.file_id, 'name', f.name, 'media_type', f.media_type,
                                                                 'size', f.size, 'width', f.width, 'height', f.height)
                                          FROM files f
                                         WHERE f.school_id = $1
                                           AND f.file_id = w.file_id),
                            'sendings', (SELECT coalesce(json_agg(json_build_object('channel', s.channel, 'state', s.state,
                                                                                    'outcome', s.outcome)
                                                                  ORDER BY s.channel), '[]'::json)
                                           FROM chat_word_sends s
                                          WHERE s.school_id = $1
                                            AND s.handoff_id = h.handoff_id
                                            AND s.number = w.number)) ORDER BY w.number), '[]'::json)
                     FROM (SELECT *
                             FROM chat_words v
                            WHERE v.school_id = $1
                              AND v.handoff_id = h.handoff_id
                            ORDER BY v.number DESC
                            LIMIT $6) AS w
                     LEFT JOIN LATERAL (SELECT t.full_name
                                          FROM staff t
                                         WHERE t.school_id = $1
                                           AND t.account_id = w.account_id
                                           AND w.side = 'school'
                                         LIMIT 1) AS speaker
                       ON true))::text AS conversation
  FROM who
  JOIN chat_handoffs h
    ON h.school_id = $1
   AND h.handoff_id = $5
   AND {MAY_SEE}
{_ASKER}
"""


async def conversation(reader: Reader, school_id: int, account_id: UUID, handoff_id: UUID, on: date) -> Conversation:
    """Raises NOT_FOUND for what is not there, and for what was not given to whoever asks."""
    row = await reader.fetchrow(_ONE, school_id, account_id, None, on, handoff_id, _WORDS_MAX)
    if row is None:
        raise NOT_FOUND()
    return _CONVERSATION.decode(row["conversation"])


_PICTURE = f"""
WITH who AS ({STANDING})
SELECT true
  FROM who
  JOIN chat_handoffs h
    ON h.school_id = $1
   AND h.handoff_id = $5
   AND {MAY_SEE}
  JOIN chat_words w
    ON w.school_id = $1
   AND w.handoff_id = $5
   AND w.file_id = $6
"""


async def require_picture(
    reader: Reader, school_id: int, account_id: UUID, handoff_id: UUID, file_id: UUID, on: date
) -> None:
    """Raises NOT_FOUND for whatever stands in no conversation that the reader may see."""
    if not await reader.fetchval(_PICTURE, school_id, account_id, None, on, handoff_id, file_id):
        raise NOT_FOUND()


_STAFF = f"""
WITH who AS ({STANDING})
SELECT (SELECT coalesce(json_agg(json_build_object('staff_id', t.staff_id, 'full_name', t.full_name, 'homeroom', home.homeroom)
                                 ORDER BY home.homeroom DESC, t.sort_key), '[]'::json)
          FROM staff t
         CROSS JOIN LATERAL (SELECT EXISTS (SELECT
                                              FROM guardians g
                                              JOIN guardianships bond
                                                ON bond.school_id = g.school_id
                                               AND bond.guardian_id = g.guardian_id
                                              JOIN enrolments seat
                                                ON seat.school_id = bond.school_id
                                               AND seat.pupil_id = bond.pupil_id
                                               AND seat.from_on <= $4
                                               AND (seat.to_on IS NULL OR seat.to_on >= $4)
                                              JOIN assignments a
                                                ON a.school_id = seat.school_id
                                               AND a.class_id = seat.class_id
                                               AND a.kind = 'homeroom'
                                               AND a.staff_id = t.staff_id
                                               AND a.from_on <= $4
                                               AND (a.to_on IS NULL OR a.to_on >= $4)
                                             WHERE g.school_id = $1
                                               AND g.account_id = h.account_id) AS homeroom) AS home
         WHERE t.school_id = $1
           AND t.status = 'active'
           AND t.account_id IS NOT NULL
           AND t.account_id IS DISTINCT FROM h.taken_by)::text AS staff
  FROM who
  JOIN chat_handoffs h
    ON h.school_id = $1
   AND h.handoff_id = $5
   AND {MAY_SEE}
"""


async def assignees(reader: Reader, school_id: int, account_id: UUID, handoff_id: UUID, on: date) -> Assignees:
    """To whom it may be given: the homeroom teachers of the family's children first."""
    row = await reader.fetchrow(_STAFF, school_id, account_id, None, on, handoff_id)
    if row is None:
        raise NOT_FOUND()
    return Assignees(_ASSIGNEES.decode(row["staff"]))


async def my_name(reader: Reader, school_id: int, account_id: UUID) -> str:
    name: str | None = await reader.fetchval(
        "SELECT t.full_name FROM staff t WHERE t.school_id = $1 AND t.account_id = $2", school_id, account_id
    )
    return name or ""


# -- Live -------------------------------------------------------------------------------------------------------------

_INBOX_STATE = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, seen.*
  FROM who
 CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE h.state = 'waiting') AS waiting,
                            count(*) FILTER (WHERE h.due_at < $5) AS overdue,
                            count(*) FILTER (WHERE h.taken_by = $2) AS mine,
                            count(h.taken_by) AS taken,
                            coalesce(sum(h.words), 0)::bigint AS words
                       FROM chat_handoffs h
                      WHERE h.school_id = $1
                        AND h.state IN ('waiting', 'taken')
                        AND {MAY_SEE}) AS seen
"""


class Waiting(msgspec.Struct, frozen=True):
    """How many wait for a person, how many past their time, how many lie with the reader."""

    waiting: int
    overdue: int
    mine: int
    taken: int
    words: int


async def waiting(reader: Reader, clock: Clock, school_id: int, account_id: UUID) -> Waiting:
    now = clock.now()
    row = await reader.fetchrow(_INBOX_STATE, school_id, account_id, None, school_day(now), now)
    standing_of(row)
    assert row is not None
    return Waiting(row["waiting"], row["overdue"], row["mine"], row["taken"], row["words"])


def inbox_look(house: House, school_id: int, account_id: UUID) -> Callable[[], Awaitable[str]]:
    async def look() -> str:
        found = await waiting(house.database.reader, house.clock, school_id, account_id)
        return msgspec.json.encode(found).decode()

    return look


_STATE = f"""
WITH who AS ({STANDING})
SELECT h.words, h.state, h.taken_by::text AS taken_by, coalesce(h.family_typing_at > $6, false) AS typing,
       (SELECT count(s.finished_at)
          FROM chat_word_sends s
         WHERE s.school_id = $1
           AND s.handoff_id = $5) AS sent
  FROM who
  JOIN chat_handoffs h
    ON h.school_id = $1
   AND h.handoff_id = $5
   AND {MAY_SEE}
"""


def conversation_look(house: House, school_id: int, account_id: UUID, handoff_id: UUID) -> Callable[[], Awaitable[str]]:
    """Raises NOT_FOUND as conversation does: from the moment a right ends, the page hears nothing more."""

    async def look() -> str:
        now = house.clock.now()
        row = await house.database.reader.fetchrow(
            _STATE, school_id, account_id, None, school_day(now), handoff_id, now - TYPING
        )
        if row is None:
            raise NOT_FOUND()
        return msgspec.json.encode(dict(row)).decode()

    return look

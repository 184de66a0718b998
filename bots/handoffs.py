"""Questions handed to people: what the bot could not answer waits here for the school. It owns chat_handoffs."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

import msgspec

from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import FORBIDDEN, NOT_FOUND, problem
from backend.identity import audit
from backend.identity.entitlement import STANDING, require_role, standing_of
from bots.chats import Chat
from schemas.chat import Handoff, HandoffAnswered, Handoffs

ALREADY_ANSWERED = problem(
    "handoff-already-answered",
    409,
    vi="Câu hỏi này đã có người trả lời.",
    en="Somebody has answered this question already.",
)
SEND_JOB = "send_handoff_answer"
QUESTION_MAX = 2000
_SHOWN_MAX = 200
_NAMESPACE = UUID("6b0b4f3e-3f0e-4f64-9a35-0f3f2f1a9d11")
_HANDOFFS = msgspec.json.Decoder(list[Handoff])


async def hand_over(house: House, school_id: int, chat: Chat, update_id: str, question: str) -> UUID:
    """Leave a note for the school. The same update leaves one note, however often it is answered."""
    handoff_id = uuid5(_NAMESPACE, f"{chat.channel}/{chat.chat_id}/{update_id}")
    async with house.database.school(school_id) as tx:
        await tx.execute(
            """
            INSERT INTO chat_handoffs (school_id, handoff_id, channel, chat_id, account_id, question, asked_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting')
                ON CONFLICT (school_id, handoff_id) DO NOTHING
            """,
            school_id,
            handoff_id,
            chat.channel,
            chat.chat_id,
            chat.account_id,
            question[:QUESTION_MAX],
            house.clock.now(),
        )
    return handoff_id


async def add_to(house: House, school_id: int, handoff_id: UUID, text: str) -> None:
    """What the asker adds, such as a phone number, while nobody has answered yet."""
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


_LIST = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       (SELECT coalesce(json_agg(json_build_object('handoff_id', h.handoff_id, 'channel', h.channel, 'question', h.question,
                                                   'asked_at', h.asked_at, 'state', h.state, 'asked_by', asker.full_name,
                                                   'phone', asker.phone_e164, 'taken_by', h.taken_by, 'answer', h.answer,
                                                   'answered_at', h.answered_at)
                                 ORDER BY h.state IN ('waiting', 'taken') DESC,
                                          CASE WHEN h.state IN ('waiting', 'taken') THEN h.asked_at END,
                                          h.asked_at DESC), '[]'::json)
          FROM (SELECT *
                  FROM chat_handoffs
                 WHERE school_id = $1
                 ORDER BY state IN ('waiting', 'taken') DESC, asked_at DESC
                 LIMIT $5) AS h
          LEFT JOIN LATERAL (SELECT g.full_name, g.phone_e164
                               FROM guardians g
                              WHERE g.school_id = $1
                                AND g.account_id = h.account_id
                              ORDER BY g.guardian_id
                              LIMIT 1) AS asker
            ON true)::text AS handoffs
  FROM (SELECT 1) AS one
  LEFT JOIN who
    ON true
"""


async def handoffs_of(reader: Reader, school_id: int, account_id: UUID, on: date) -> Handoffs:
    """For the people who run the school. Teachers are sent their own class's questions by the school."""
    row = await reader.fetchrow(_LIST, school_id, account_id, None, on, _SHOWN_MAX)
    if row is None or not standing_of(row).admin:
        raise FORBIDDEN()
    return Handoffs(_HANDOFFS.decode(row["handoffs"]))


async def answer(
    house: House, school_id: int, account_id: UUID, handoff_id: UUID, text: str, on: date
) -> HandoffAnswered:
    """Answer or close a question. The answer is a promise in the row; the bell sends it after the commit."""
    now = house.clock.now()
    words = text.strip()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=on)
        row = await tx.fetchrow(
            """
            UPDATE chat_handoffs h
               SET state = CASE WHEN $3 <> '' THEN 'answered' ELSE 'closed' END,
                   answer = nullif($3, ''), answered_at = $4, answered_by = $5
             WHERE h.school_id = $1
               AND h.handoff_id = $2
               AND h.state IN ('waiting', 'taken')
         RETURNING h.state, h.channel
            """,
            school_id,
            handoff_id,
            words,
            now,
            account_id,
        )
        if row is None:
            known = await tx.fetchval(
                "SELECT true FROM chat_handoffs WHERE school_id = $1 AND handoff_id = $2", school_id, handoff_id
            )
            raise ALREADY_ANSWERED() if known else NOT_FOUND()
        await audit.record(tx, f"handoff.{row['state']}", "handoff", handoff_id, at=now, actor=account_id)
        will_be_sent = row["state"] == "answered" and row["channel"] == "telegram"
        if will_be_sent:
            tx.ring(SEND_JOB, school_id, str(handoff_id))
    return HandoffAnswered(handoff_id, row["state"], will_be_sent)


class ToSend(msgspec.Struct, frozen=True):
    chat_id: str
    question: str
    answer: str


async def to_send(house: House, school_id: int, handoff_id: UUID) -> ToSend | None:
    """The answer that still has to go out to a Telegram chat; None when it is out already."""
    row = await house.database.reader.fetchrow(
        """
        SELECT h.chat_id, h.question, h.answer
          FROM chat_handoffs h
         WHERE h.school_id = $1
           AND h.handoff_id = $2
           AND h.channel = 'telegram'
           AND h.state = 'answered'
           AND h.sent_at IS NULL
        """,
        school_id,
        handoff_id,
    )
    return None if row is None else ToSend(row["chat_id"], row["question"], row["answer"])


async def sent(house: House, school_id: int, handoff_id: UUID) -> None:
    async with house.database.school(school_id) as tx:
        await tx.execute(
            "UPDATE chat_handoffs SET sent_at = $3 WHERE school_id = $1 AND handoff_id = $2",
            school_id,
            handoff_id,
            house.clock.now(),
        )

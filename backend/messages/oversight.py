"""The heads' look at a conversation that is not theirs: for a reason, whole, and recorded before anything is shown."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from schemas.messages import Overseen, OverseenMessage, TextVersion

_REASON = ("Xin nêu lý do xem, ít nhất 10 chữ cái.", "Please give the reason for looking, at least 10 letters.")
_REASON_MIN = 10
_MESSAGES_MAX = 2000

_WRITTEN = """
SELECT m.message_id, m.side, coalesce(g.full_name, s.full_name, '') AS author, m.sent_at,
       x.version, x.state, x.body, x.written_at,
       coalesce((SELECT min(b.full_name) FROM guardians b WHERE b.school_id = $1 AND b.account_id = x.written_by),
                (SELECT min(b.full_name) FROM staff b WHERE b.school_id = $1 AND b.account_id = x.written_by)) AS written_by
  FROM messages m
  JOIN message_texts x
    ON x.school_id = m.school_id
   AND x.message_id = m.message_id
  LEFT JOIN guardians g
    ON g.school_id = m.school_id
   AND g.guardian_id = m.guardian_id
  LEFT JOIN staff s
    ON s.school_id = m.school_id
   AND s.staff_id = m.staff_id
 WHERE m.school_id = $1
   AND m.thread_id = $2
 ORDER BY m.sent_at DESC, m.message_id DESC, x.version
 LIMIT $3
"""


async def oversee(house: House, account_id: UUID, school_id: int, thread_id: UUID, reason: str) -> Overseen:
    """For the administrator. The record and the look are one transaction: no look without its line."""
    now = house.clock.now()
    why = clean(reason)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        if len(why) < _REASON_MIN:
            raise INVALID(FieldError("?reason", *_REASON))
        pupil_name = await tx.fetchval(
            """
            SELECT p.full_name
              FROM threads t
              JOIN pupils p
                ON p.school_id = t.school_id
               AND p.pupil_id = t.pupil_id
             WHERE t.school_id = $1
               AND t.thread_id = $2
            """,
            school_id,
            thread_id,
        )
        if pupil_name is None:
            raise NOT_FOUND()
        rows = await tx.fetch(_WRITTEN, school_id, thread_id, _MESSAGES_MAX)
        detail = {"thread": str(thread_id), "reason": why[:300]}
        await record(tx, "messages.overseen", "thread", thread_id, at=now, actor=account_id, detail=detail)
    return Overseen(thread_id, pupil_name, _messages(rows))


def _messages(rows: list[Any]) -> list[OverseenMessage]:
    """Oldest first, each with all its versions."""
    versions: dict[UUID, list[TextVersion]] = defaultdict(list)
    heads: dict[UUID, Any] = {}
    for row in rows:
        heads.setdefault(row["message_id"], row)
        versions[row["message_id"]].append(
            TextVersion(row["version"], row["state"], row["body"], row["written_by"], row["written_at"])
        )
    return [
        OverseenMessage(row["message_id"], row["side"], row["author"], row["sent_at"], versions[message_id])
        for message_id, row in reversed(heads.items())
    ]

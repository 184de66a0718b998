"""What a family asked for is taken note of: an absence, a pick-up, a medicine, or not. It owns message_requests.

The roll itself stays the attendance room's: an absence that was announced is a suggestion there, and a person confirms it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import FORBIDDEN, NOT_FOUND, problem
from backend.core.text import clean
from backend.core.versions import touch_families
from backend.identity.audit import record
from backend.messages.entitled import AT_DESK, IS_HOMEROOM, ME, PUPIL_OF_THREAD
from backend.messages.telling import tell_decision
from backend.messages.writing import settle_threads
from schemas.messages import Decision

ALREADY_DECIDED = problem(
    "message-request-decided",
    409,
    vi="Tin này đã được xử lý hoặc gia đình đã thu hồi.",
    en="This has been dealt with already, or the family has withdrawn it.",
)


class Decided(msgspec.Struct, frozen=True):
    """What the roll wants to know afterwards."""

    kind: str
    pupil_id: UUID
    class_id: UUID | None
    from_on: date
    to_on: date


# Whoever sits at the desk decides, and so do the pupil's homeroom teacher and the administrators: an absence told to one is told to all.
_REQUEST = f"""
SELECT q.kind, q.state, q.from_on, q.to_on, q.pupil_id, t.thread_id, seat.class_id, me.staff_id, me.full_name, t.only_guardian_id,
       (coalesce(me.admin, false)
        OR {AT_DESK}
        OR {IS_HOMEROOM}) AS may_decide
  FROM message_requests q
  JOIN messages m
    ON m.school_id = q.school_id
   AND m.message_id = q.message_id
  JOIN threads t
    ON t.school_id = m.school_id
   AND t.thread_id = m.thread_id
{PUPIL_OF_THREAD}
{ME}
 WHERE q.school_id = $1
   AND q.message_id = $4
   FOR NO KEY UPDATE OF q, t
"""


async def decide(house: House, account_id: UUID, school_id: int, message_id: UUID, decision: Decision) -> Decided:
    """Twice the same is once; raises ALREADY_DECIDED where something else was decided."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await tx.fetchrow(_REQUEST, school_id, account_id, school_day(now), message_id)
        if row is None:
            raise NOT_FOUND()
        if not row["may_decide"]:
            raise FORBIDDEN()
        if row["state"] not in ("waiting", decision.state):
            raise ALREADY_DECIDED()
        if row["state"] == "waiting":
            await tx.execute(
                """
                UPDATE message_requests
                   SET state = $3, decided_by = $4, decided_at = $5, note = $6
                 WHERE school_id = $1
                   AND message_id = $2
                """,
                school_id,
                message_id,
                decision.state,
                account_id,
                now,
                clean(decision.note) or None,
            )
            await settle_threads(tx, [row["thread_id"]])
            await touch_families(tx, [row["pupil_id"]])
            await tell_decision(tx, row, message_id, account_id, now)
            await record(tx, f"messages.request_{decision.state}", "message", message_id, at=now, actor=account_id)
        return Decided(row["kind"], row["pupil_id"], row["class_id"], row["from_on"], row["to_on"])


class Announced(msgspec.Struct, frozen=True):
    """What a family told for a day of the roll. The reason is for the homeroom teacher and the administrators."""

    pupil_id: UUID
    message_id: UUID
    kind: str
    reason: str | None
    arrives_at: str | None
    state: str


_ANNOUNCED = """
SELECT q.pupil_id, q.message_id, q.kind, q.detail ->> 'reason' AS reason, q.detail ->> 'arrives_at' AS arrives_at, q.state
  FROM enrolments e
  JOIN message_requests q
    ON q.school_id = e.school_id
   AND q.pupil_id = e.pupil_id
 WHERE e.school_id = $1
   AND e.class_id = $2
   AND e.from_on <= $3
   AND (e.to_on IS NULL OR e.to_on >= $3)
   AND q.kind IN ('absent', 'late')
   AND q.from_on <= $3
   AND q.to_on >= $3
   AND q.state IN ('waiting', 'confirmed')
 ORDER BY q.pupil_id, q.state, q.message_id
"""


async def announced(
    reader: Reader, school_id: int, class_id: UUID, day: date, *, reasons: bool
) -> dict[UUID, Announced]:
    """By pupil. The caller has asked whether the reader may read the class; `reasons`, whether also why."""
    rows: list[Any] = await reader.fetch(_ANNOUNCED, school_id, class_id, day)
    return {
        row["pupil_id"]: Announced(
            row["pupil_id"],
            row["message_id"],
            row["kind"],
            row["reason"] if reasons else None,
            row["arrives_at"],
            row["state"],
        )
        for row in rows
    }


class Today(msgspec.Struct, frozen=True):
    """What stands for a day at one's desks: who is collected by whom, which medicine is due."""

    message_id: UUID
    thread_id: UUID
    pupil_name: str
    kind: str
    from_on: date
    to_on: date
    detail: dict[str, str | list[str] | None]
    state: str


_TODAY = f"""
SELECT q.message_id, t.thread_id, p.full_name, q.kind, q.from_on, q.to_on, q.detail::text AS detail, q.state
  FROM message_requests q
  JOIN messages m
    ON m.school_id = q.school_id
   AND m.message_id = q.message_id
  JOIN threads t
    ON t.school_id = m.school_id
   AND t.thread_id = m.thread_id
{PUPIL_OF_THREAD}
{ME}
 WHERE q.school_id = $1
   AND q.to_on >= $3
   AND (q.from_on <= $3 OR q.state = 'waiting')
   AND q.state IN ('waiting', 'confirmed')
   AND ({AT_DESK}
        OR {IS_HOMEROOM})
 ORDER BY q.state DESC, q.from_on, p.sort_key, q.message_id
 LIMIT 100
"""
_DETAIL = msgspec.json.Decoder(dict[str, str | list[str] | None])


async def standing_today(reader: Reader, school_id: int, account_id: UUID, at: datetime) -> list[Today]:
    rows = await reader.fetch(_TODAY, school_id, account_id, school_day(at))
    return [
        Today(
            row["message_id"],
            row["thread_id"],
            row["full_name"],
            row["kind"],
            row["from_on"],
            row["to_on"],
            _DETAIL.decode(row["detail"]),
            row["state"],
        )
        for row in rows
    ]

"""Who is woken for a family's question: whoever was given it, and once the administrators when nobody took it in time. It owns inbox_alerts.

An alert is a promise in the row, due when the person's own quiet hours end. It names no family and says no word of the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from backend.core.across_schools import schools_with_inbox_alerts, schools_with_untaken_questions
from backend.core.catalogue import say
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.messages.hours import hours_of_each
from backend.messages.shield import quiet_ends
from backend.messages.staff_word import USEFUL_FOR, StaffWord, tell
from notifications.outcomes import Outcome, Refused, Sent
from notifications.stations import Stations

log = structlog.get_logger()

JOB = "wake_for_inbox"
_LEASE = timedelta(minutes=1)
# After the last one the alert is given up: the question itself waits in the inbox.
RETRY_AFTER = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
_AT_ONCE = 50
_SCHOOLS_MAX = 200

_INSERT = """
INSERT INTO inbox_alerts (school_id, staff_id, made_at, why, handoff_id, questions, state, send_after)
VALUES ($1, $2, $3, $4, $5, $6, 'due', $7)
    ON CONFLICT DO NOTHING
"""
_STAFF_OF = """
SELECT s.staff_id
  FROM staff s
 WHERE s.school_id = $1
   AND s.account_id = $2
   AND s.status = 'active'
 LIMIT 1
"""
_ADMINISTRATORS = """
SELECT s.staff_id
  FROM staff s
  JOIN staff_roles r
    ON r.school_id = s.school_id
   AND r.staff_id = s.staff_id
   AND r.role = 'school_admin'
 WHERE s.school_id = $1
   AND s.status = 'active'
   AND s.account_id IS NOT NULL
 ORDER BY s.staff_id
 LIMIT 20
"""
_UNTAKEN = """
UPDATE chat_handoffs h
   SET rung_at = $2
  FROM (SELECT w.handoff_id
          FROM chat_handoffs w
         WHERE w.school_id = $1
           AND w.state = 'waiting'
           AND w.rung_at IS NULL
           AND w.due_at < $2
         ORDER BY w.due_at, w.handoff_id
         LIMIT 500
           FOR UPDATE SKIP LOCKED) AS late
 WHERE h.school_id = $1
   AND h.handoff_id = late.handoff_id
RETURNING h.handoff_id, h.due_at
"""


async def given(tx: SchoolTx, handoff_id: UUID, to: UUID, at: datetime) -> None:
    """In the transaction that gives a conversation to an account."""
    staff_id = await tx.fetchval(_STAFF_OF, tx.school_id, to)
    if staff_id is not None:
        await _promise(tx, [staff_id], "assigned", handoff_id, 1, at)


async def ring_everywhere(house: House) -> None:
    """Every minute: a question that nobody took within its time wakes the administrators once, several of one minute together."""
    now = house.clock.now()
    for school_id in await schools_with_untaken_questions(house.database.reader, now, limit=_SCHOOLS_MAX):
        async with house.database.school(school_id) as tx:
            late = sorted(await tx.fetch(_UNTAKEN, school_id, now), key=lambda row: row["due_at"])
            if late:
                admins = [row["staff_id"] for row in await tx.fetch(_ADMINISTRATORS, school_id)]
                await _promise(tx, admins, "overdue", late[0]["handoff_id"], len(late), now)


async def _promise(
    tx: SchoolTx, staff: Sequence[UUID], why: str, handoff_id: UUID, questions: int, at: datetime
) -> None:
    shields = await hours_of_each(tx, tx.school_id, staff, at)
    for staff_id in staff:
        send_after = quiet_ends(at, *shields[staff_id])
        if send_after is None:
            continue
        await tx.execute(_INSERT, tx.school_id, staff_id, at, why, handoff_id, questions, send_after)
        if send_after <= at:
            tx.ring(JOB, tx.school_id)


# -- Sending ----------------------------------------------------------------------------------------------------------

# Who has lost the conversation meanwhile, or whose questions somebody took, is left in peace.
_TAKE = """
UPDATE inbox_alerts a
   SET send_after = $3, attempts = a.attempts + 1
  FROM (SELECT d.staff_id, d.made_at, d.why, d.handoff_id
          FROM inbox_alerts d
         WHERE d.school_id = $1
           AND d.state = 'due'
           AND d.send_after <= $2
         ORDER BY d.send_after, d.staff_id, d.made_at
         LIMIT $4
           FOR UPDATE SKIP LOCKED) AS due
  JOIN staff s
    ON s.school_id = $1
   AND s.staff_id = due.staff_id
  JOIN schools c
    ON c.school_id = $1
  JOIN chat_handoffs h
    ON h.school_id = $1
   AND h.handoff_id = due.handoff_id
 WHERE a.school_id = $1
   AND a.staff_id = due.staff_id
   AND a.made_at = due.made_at
   AND a.why = due.why
   AND a.handoff_id = due.handoff_id
RETURNING a.staff_id, a.made_at, a.why, a.handoff_id, a.questions, a.attempts, s.account_id, s.status, c.name AS school_name,
          CASE a.why WHEN 'assigned' THEN h.state = 'taken' AND h.taken_by = s.account_id
                     ELSE h.state = 'waiting' OR a.questions > 1 END AS still
"""
_DONE = """
UPDATE inbox_alerts
   SET state = $6, sent_at = $7, outcome = $8, send_after = coalesce($9, send_after)
 WHERE school_id = $1
   AND staff_id = $2
   AND made_at = $3
   AND why = $4
   AND handoff_id = $5
   AND state = 'due'
"""


async def drain(house: House, stations: Stations, school_id: int) -> int:
    """What is due in a school; how many were sent. No transaction is held while a provider answers."""
    sent = 0
    while True:
        now = house.clock.now()
        async with house.database.school(school_id) as tx:
            rows = await tx.fetch(_TAKE, school_id, now, now + _LEASE, _AT_ONCE)
        for row in rows:
            outcome = await _tell(house, stations, school_id, row)
            sent += isinstance(outcome, Sent)
            await _keep(house, school_id, row, outcome)
        if len(rows) < _AT_ONCE:
            return sent


async def sweep(house: House) -> None:
    """For bells that nobody heard, and for what became due when quiet hours ended."""
    for school_id in await schools_with_inbox_alerts(house.database.reader, house.clock.now(), limit=_SCHOOLS_MAX):
        await house.queue.ring(JOB, school_id)


async def _tell(house: House, stations: Stations, school_id: int, row: Any) -> Outcome | None:
    """None where nobody has to be woken any more."""
    if not row["still"]:
        return None
    if row["status"] != "active" or row["account_id"] is None:
        return Refused("unknown", "no_account")
    alone = row["why"] == "assigned" or row["questions"] == 1
    inbox = f"/console/{school_id}/inbox"
    word = StaffWord(
        key=f"inbox-{row['why']}-{row['staff_id'].hex[-12:]}-{int(row['made_at'].timestamp() * 1000)}",
        account_id=row["account_id"],
        school_id=school_id,
        school_name=row["school_name"],
        words=partial(_words, row["why"], row["questions"]),
        path=f"{inbox}/{row['handoff_id']}" if alone else inbox,
        at=row["made_at"],
        urgent=row["why"] == "overdue",
    )
    return await tell(house, stations, word)


def _words(why: str, questions: int, language: str) -> str:
    return say(f"bots.wake_{why}", language, count=questions)


async def _keep(house: House, school_id: int, row: Any, outcome: Outcome | None) -> None:
    now = house.clock.now()
    state, code, again = _judged(outcome, row, now)
    if state == "failed":
        log.warning("inbox_alert_given_up", school_id=school_id, why=row["why"], code=code)
    key = (school_id, row["staff_id"], row["made_at"], row["why"], row["handoff_id"])
    async with house.database.school(school_id) as tx:
        await tx.execute(_DONE, *key, state, now if state == "sent" else None, code, again)


def _judged(outcome: Outcome | None, row: Any, now: datetime) -> tuple[str, str | None, datetime | None]:
    if outcome is None:
        return "late", None, None
    if isinstance(outcome, Sent):
        return "sent", None, None
    given_up = row["attempts"] > len(RETRY_AFTER) or now > row["made_at"] + 2 * USEFUL_FOR
    if isinstance(outcome, Refused) or given_up:
        return "failed", outcome.code, None
    return "due", outcome.code, now + RETRY_AFTER[row["attempts"] - 1]

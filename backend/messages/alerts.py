"""What wakes a member of staff: one alert for all that came in quiet hours, at their end; at once for what is urgent. It owns staff_alerts.

An alert is a promise in the row. The worker sends it to the devices and chats of the account, with no word of what was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.messages.entitled import Party
from backend.messages.hours import hours_of_each
from backend.messages.shield import quiet_ends

JOB = "alert_staff"

_ALERT = """
INSERT INTO staff_alerts AS a (school_id, staff_id, due_at, urgent, thread_id, messages, state, send_after)
VALUES ($1, $2, $3, $4, $5, 1, 'due', $3)
    ON CONFLICT (school_id, staff_id, due_at, urgent) DO UPDATE
   SET messages = a.messages + 1, thread_id = $5
"""

# Who is woken at a desk without a name of its own: $2 class, $3 the school's day. The homeroom teachers, or else those who run the school.
_AT_DESK = """
WITH home AS (
     SELECT s.staff_id
       FROM assignments a
       JOIN staff s
         ON s.school_id = a.school_id
        AND s.staff_id = a.staff_id
        AND s.status = 'active'
      WHERE a.school_id = $1
        AND a.class_id = $2
        AND a.kind = 'homeroom'
        AND a.from_on <= $3
        AND (a.to_on IS NULL OR a.to_on >= $3)),
     admin AS (
     SELECT s.staff_id
       FROM staff s
       JOIN staff_roles r
         ON r.school_id = s.school_id
        AND r.staff_id = s.staff_id
        AND r.role = 'school_admin'
      WHERE s.school_id = $1
        AND s.status = 'active')
SELECT staff_id
  FROM home
 UNION
SELECT staff_id
  FROM admin
 WHERE NOT EXISTS (SELECT FROM home)
 ORDER BY staff_id
 LIMIT 10
"""


async def wake(tx: SchoolTx, who: Party, at: datetime, *, urgent_to: UUID | None = None) -> None:
    """After a family wrote. Nobody is woken in quiet hours, save by what is urgent."""
    if urgent_to is not None:
        await _alert(tx, who, urgent_to, at, urgent=True)
        tx.ring(JOB, tx.school_id)
        return
    woken = await _woken(tx, who, school_day(at))
    shields = await hours_of_each(tx, tx.school_id, woken, at)
    for staff_id in woken:
        hours, closed = shields[staff_id]
        due_at = quiet_ends(at, hours, closed)
        if due_at is not None:
            await _alert(tx, who, staff_id, due_at, urgent=False)
            if due_at <= at:
                tx.ring(JOB, tx.school_id)


async def _woken(tx: SchoolTx, who: Party, on: date) -> Sequence[UUID]:
    if who.desk == "teacher":
        return [who.other_staff_id] if who.other_staff_id else []
    class_id = who.class_id if who.desk == "homeroom" else None
    return [row["staff_id"] for row in await tx.fetch(_AT_DESK, tx.school_id, class_id, on)]


async def _alert(tx: SchoolTx, who: Party, staff_id: UUID, due_at: datetime, *, urgent: bool) -> None:
    await tx.execute(_ALERT, tx.school_id, staff_id, due_at, urgent, who.thread_id)

"""Who is meant by an audience at the moment a letter leaves. Whether its writer may write to them is audiences.py. It owns no table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from backend.core.problems import INVALID, FieldError
from backend.forms.queries import PUPILS_WITHOUT_ANSWER
from notifications.audience import PUPILS_MAX, Audience, Grade, OneClass, SomePupils, WholeSchool
from payments.owing import owing_pupils
from schemas.announcements import (
    To,
    ToAbsent,
    ToClass,
    ToGrade,
    ToGroup,
    ToPupils,
    ToUnacknowledged,
    ToUnanswered,
    ToUnpaid,
)

_TOO_MANY = (
    "Quá nhiều học sinh cho một lần gửi; hãy gửi theo lớp hay khối.",
    "Too many pupils for one letter; write to classes or grades.",
)


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> Any: ...


async def resolved(door: Door, school_id: int, to: To, today: date) -> Audience:
    """Who is meant at this moment."""
    match to:
        case ToClass(class_id):
            return OneClass(class_id)
        case ToGrade(grade):
            return Grade(grade)
        case ToPupils(pupil_ids):
            return SomePupils(tuple(dict.fromkeys(pupil_ids)))
        case ToGroup(group_id):
            return SomePupils(await _column(door, _MEMBERS, school_id, group_id), personal=False)
        case ToAbsent(class_id):
            return SomePupils(await _column(door, _ABSENT, school_id, today, class_id))
        case ToUnpaid(class_id):
            return SomePupils(bounded(await owing_pupils(door, school_id, class_id=class_id, on=today)))
        case ToUnacknowledged(announcement_id, class_id):
            found = await _column(door, _UNACKNOWLEDGED, school_id, announcement_id, class_id, today)
            return SomePupils(found, personal=False)
        case ToUnanswered(form_id, class_id):
            return SomePupils(await _column(door, _UNANSWERED, school_id, form_id, class_id, today), personal=False)
    return WholeSchool()


async def _column(door: Door, sql: str, *arguments: Any) -> tuple[UUID, ...]:
    return bounded([row[0] for row in await door.fetch(sql, *arguments)])


def bounded(pupil_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Whoever is left out would not know: too long a list is refused, never cut."""
    if len(pupil_ids) > PUPILS_MAX:
        raise INVALID(FieldError("/audience", *_TOO_MANY))
    return tuple(pupil_ids)


_MEMBERS = f"""
SELECT m.pupil_id
  FROM pupil_group_members m
  JOIN pupil_groups g
    ON g.school_id = m.school_id
   AND g.group_id = m.group_id
   AND g.closed_at IS NULL
  JOIN pupils p
    ON p.school_id = m.school_id
   AND p.pupil_id = m.pupil_id
   AND p.status = 'enrolled'
 WHERE m.school_id = $1
   AND m.group_id = $2
 ORDER BY p.sort_key
 LIMIT {PUPILS_MAX + 1}
"""

# Absent from a session of the day, whichever way; who came late was there.
_ABSENT = f"""
SELECT m.pupil_id
  FROM roll_marks m
 WHERE m.school_id = $1
   AND m.held_on = $2
   AND m.mark IN ('excused', 'unexcused')
   AND ($3::uuid IS NULL OR m.class_id = $3)
 GROUP BY m.pupil_id
 ORDER BY m.pupil_id
 LIMIT {PUPILS_MAX + 1}
"""

# $3 narrows to the pupils who sit in one class.
_IN_CLASS = """
   AND ($3::uuid IS NULL
        OR EXISTS (SELECT
                     FROM enrolments seat
                    WHERE seat.school_id = $1
                      AND seat.pupil_id = asked.pupil_id
                      AND seat.class_id = $3
                      AND (seat.to_on IS NULL OR seat.to_on >= $4)))
"""

_UNACKNOWLEDGED = f"""
SELECT asked.pupil_id
  FROM announcements n
  JOIN notice_recipients r
    ON r.school_id = n.school_id
   AND r.notice_id = n.notice_id
 CROSS JOIN LATERAL unnest(r.pupil_ids) AS asked (pupil_id)
 WHERE n.school_id = $1
   AND n.announcement_id = $2
{_IN_CLASS}
 GROUP BY asked.pupil_id
HAVING count(r.acknowledged_at) = 0
 ORDER BY asked.pupil_id
 LIMIT {PUPILS_MAX + 1}
"""

_UNANSWERED = f"""
SELECT asked.pupil_id
  FROM ({PUPILS_WITHOUT_ANSWER.format(form="$2", today="$4::date")}) AS asked (pupil_id)
 WHERE true
{_IN_CLASS}
 ORDER BY asked.pupil_id
 LIMIT {PUPILS_MAX + 1}
"""

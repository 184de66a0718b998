"""What is kept, class by class: since when which week counts, and a week as it could be published again. It writes nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.identity.entitlement import STANDING, Standing, standing_of
from schemas.timetable import ClassVersions, LessonIn

_VERSIONS = msgspec.json.Decoder(list[ClassVersions])
_ALL_VERSIONS = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       (SELECT coalesce(json_agg(json_build_object('class_id', c.class_id, 'name', c.name, 'grade', c.grade,
                                   'in_force', (SELECT max(v.valid_from)
                                                  FROM timetables v
                                                 WHERE v.school_id = $1
                                                   AND v.class_id = c.class_id
                                                   AND v.valid_from <= $4),
                                   'coming', array(SELECT v.valid_from
                                                     FROM timetables v
                                                    WHERE v.school_id = $1
                                                      AND v.class_id = c.class_id
                                                      AND v.valid_from > $4
                                                    ORDER BY v.valid_from))
                                 ORDER BY c.grade, length(c.name), c.name), '[]'::json)
          FROM school_years y
          JOIN classes c
            ON c.school_id = y.school_id
           AND c.school_year = y.school_year
         WHERE y.school_id = $1
           AND y.is_current
           AND $3::uuid IS NULL)::text AS classes
  FROM who
"""


async def versions(
    reader: Reader, school_id: int, account_id: UUID, *, today: date
) -> tuple[Standing, list[ClassVersions]]:
    """Every class of the current year: since when its week is in force, and which ones begin later."""
    row = await reader.fetchrow(_ALL_VERSIONS, school_id, account_id, None, today)
    who = standing_of(row)
    assert row is not None
    return who, _VERSIONS.decode(row["classes"])


class KeptWeek(msgspec.Struct, frozen=True):
    valid_from: date | None
    lessons: list[LessonIn]


_WEEK_OF_CLASS = """
SELECT v.valid_from, l.weekday, l.session, l.period, l.subject_code, l.title, l.staff_id, l.teacher, l.room
  FROM timetables v
  LEFT JOIN timetable_lessons l
    ON l.school_id = v.school_id
   AND l.class_id = v.class_id
   AND l.valid_from = v.valid_from
 WHERE v.school_id = $1
   AND v.class_id = $2
   AND v.valid_from = (SELECT max(o.valid_from)
                         FROM timetables o
                        WHERE o.school_id = $1
                          AND o.class_id = $2
                          AND o.valid_from <= $3)
 ORDER BY l.weekday, l.session DESC, l.period
"""


async def week_of_class(reader: Reader, school_id: int, class_id: UUID, on: date) -> KeptWeek:
    """The week in force on a day as it could be published again; no right is asked."""
    rows = await reader.fetch(_WEEK_OF_CLASS, school_id, class_id, on)
    lessons = [
        LessonIn(**{name: value for name, value in row.items() if name != "valid_from"})
        for row in rows
        if row["weekday"] is not None
    ]
    return KeptWeek(rows[0]["valid_from"] if rows else None, lessons)

"""What a writer of homework has on the desk: the class's subjects and pupils, parallel classes, the days of the next lessons."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.homework.looking import calendar
from backend.homework.rules import may_write
from backend.identity.entitlement import STANDING, Standing, standing_of
from backend.timetable.days import day_of, days_from
from backend.timetable.queries import facts_of_class

_AHEAD_DAYS = 14


class Subject(msgspec.Struct, frozen=True):
    code: str
    vi: str
    en: str


class Pupil(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str


class Parallel(msgspec.Struct, frozen=True):
    """Another class of the grade that the writer teaches; among the subjects the empty one is homeroom."""

    class_id: UUID
    name: str
    subjects: list[str]

    def takes(self, code: str | None) -> bool:
        return code is None or "" in self.subjects or code in self.subjects


class Ahead(msgspec.Struct, frozen=True):
    """`next_day` is the class's next day of school; `lessons` the next lesson of each subject, as the timetable has it."""

    next_day: date
    lessons: dict[str, date]


class Desk(msgspec.Struct, frozen=True):
    """`own` are the subjects that the writer teaches here, `others` those it may write for besides."""

    class_id: UUID
    class_name: str
    own: list[Subject]
    others: list[Subject]
    pupils: list[Pupil]
    parallel: list[Parallel]
    ahead: Ahead


# $1 school, $2 account, $3 class, $4 today.
_DESK = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, c.name,
       (SELECT coalesce(json_agg(json_build_object('code', s.subject_code, 'vi', s.name_vi, 'en', s.name_en)
                                 ORDER BY s.position), '[]'::json)
          FROM class_subjects k
          JOIN subjects s
            ON s.subject_code = k.subject_code
         WHERE k.school_id = $1
           AND k.class_id = c.class_id)::text AS taught,
       (SELECT coalesce(json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name)
                                 ORDER BY p.sort_key, p.pupil_id), '[]'::json)
          FROM enrolments e
          JOIN pupils p
            ON p.school_id = e.school_id
           AND p.pupil_id = e.pupil_id
           AND p.status = 'enrolled'
         WHERE e.school_id = $1
           AND e.class_id = c.class_id
           AND e.from_on <= $4
           AND (e.to_on IS NULL OR e.to_on >= $4))::text AS pupils,
       (SELECT coalesce(json_agg(json_build_object('class_id', o.class_id, 'name', o.name, 'subjects', o.subjects)
                                 ORDER BY o.name_fold), '[]'::json)
          FROM (SELECT other.class_id, other.name, other.name_fold, array_agg(a.subject_code) AS subjects
                  FROM classes other
                  JOIN assignments a
                    ON a.school_id = other.school_id
                   AND a.class_id = other.class_id
                   AND a.staff_id = who.staff_id
                   AND a.from_on <= $4
                   AND (a.to_on IS NULL OR a.to_on >= $4)
                 WHERE other.school_id = $1
                   AND other.school_year = c.school_year
                   AND other.grade = c.grade
                   AND other.class_id <> c.class_id
                 GROUP BY other.class_id, other.name, other.name_fold) AS o)::text AS parallel
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""
_SUBJECTS = msgspec.json.Decoder(list[Subject])
_PUPILS = msgspec.json.Decoder(list[Pupil])
_PARALLEL = msgspec.json.Decoder(list[Parallel])


async def desk_of_class(reader: Reader, school_id: int, account_id: UUID, class_id: UUID, today: date) -> Desk:
    """For whoever teaches the class and the administrator."""
    row = await reader.fetchrow(_DESK, school_id, account_id, class_id, today)
    if row is None:
        raise NOT_FOUND()
    who = standing_of(row)
    if not who.of_class:
        raise FORBIDDEN()
    own, others = _split(who, _SUBJECTS.decode(row["taught"]))
    ahead = await ahead_of(reader, school_id, class_id, today)
    pupils, parallel = _PUPILS.decode(row["pupils"]), _PARALLEL.decode(row["parallel"])
    return Desk(class_id, row["name"], own, others, pupils, parallel, ahead)


def _split(who: Standing, taught: list[Subject]) -> tuple[list[Subject], list[Subject]]:
    own = [one for one in taught if one.code in who.subjects]
    return own, [one for one in taught if one not in own and may_write(who, one.code)]


async def ahead_of(reader: Reader, school_id: int, class_id: UUID, today: date) -> Ahead:
    """From the timetable where one is kept, otherwise from the calendar alone. No right is asked: for who has asked for one."""
    days = days_from(today + timedelta(days=1), _AHEAD_DAYS)
    facts = await facts_of_class(reader, school_id, class_id, days[0], days[-1])
    first: date | None = None
    lessons: dict[str, date] = {}
    for on in days:
        held = [slot.now for slot in day_of(facts, on).slots if slot.now is not None]
        first = first or (on if held else None)
        for lesson in held:
            if lesson.code is not None:
                lessons.setdefault(lesson.code, on)
    if first is None:
        first = (await calendar(reader, school_id, class_id, today)).next_day(today)
    return Ahead(first, lessons)

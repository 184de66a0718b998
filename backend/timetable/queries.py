"""Reads of the timetable: everything that some days depend on, in one statement. What a family reads carries its right to read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader, SchoolTx
from backend.core.problems import NOT_FOUND
from backend.identity.entitlement import STANDING, Standing, standing, standing_of
from backend.timetable.days import (
    Facts,
    day_of,
    days_from,
    told_day,
    told_week,
)
from schemas.timetable import DayLessons, Lesson, Week

_FACTS_DECODER = msgspec.json.Decoder(Facts)

# $1 school, $2 and $3 the first and the last day asked about. `seats` (class_id, from_on, to_on) says whose classes;
# {lessons} narrows the lessons read. Names of subjects come in both languages, so that one reading serves every reader.
_JSON = """
       json_build_object(
         'rooms', (SELECT coalesce(json_agg(json_build_object('class_id', c.class_id, 'name', c.name,
                            'level', CASE WHEN c.grade = 0 THEN 'preschool' WHEN c.grade < 6 THEN 'primary'
                                          WHEN c.grade < 10 THEN 'lower_secondary' ELSE 'upper_secondary' END,
                            'year', y.school_year, 'from_on', s.from_on, 'to_on', s.to_on,
                            'starts_on', y.starts_on, 'ends_on', y.ends_on)), '[]'::json)
                     FROM seats s
                     JOIN classes c
                       ON c.school_id = $1
                      AND c.class_id = s.class_id
                     JOIN school_years y
                       ON y.school_id = c.school_id
                      AND y.school_year = c.school_year),
         'versions', (SELECT coalesce(json_agg(json_build_object('class_id', v.class_id, 'valid_from', v.valid_from, 'lessons',
                               (SELECT coalesce(json_agg(json_build_object('weekday', l.weekday, 'session', l.session,
                                         'period', l.period, 'code', l.subject_code, 'vi', coalesce(j.name_vi, l.title),
                                         'en', coalesce(j.name_en, l.title), 'staff_id', l.staff_id,
                                         'teacher', coalesce(t.full_name, l.teacher), 'room', l.room)), '[]'::json)
                                  FROM timetable_lessons l
                                  LEFT JOIN subjects j
                                    ON j.subject_code = l.subject_code
                                  LEFT JOIN staff t
                                    ON t.school_id = l.school_id
                                   AND t.staff_id = l.staff_id
                                 WHERE l.school_id = $1
                                   AND l.class_id = v.class_id
                                   AND l.valid_from = v.valid_from{lessons}))), '[]'::json)
                        FROM timetables v
                       WHERE v.school_id = $1
                         AND v.class_id IN (SELECT s.class_id FROM seats s)
                         AND v.valid_from <= $3
                         AND v.valid_from >= coalesce((SELECT max(w.valid_from)
                                                         FROM timetables w
                                                        WHERE w.school_id = $1
                                                          AND w.class_id = v.class_id
                                                          AND w.valid_from <= $2), v.valid_from)),
         'changes', (SELECT coalesce(json_agg(json_build_object('class_id', x.class_id, 'on', x.held_on, 'session', x.session,
                              'period', x.period, 'kind', x.kind, 'code', x.subject_code,
                              'vi', coalesce(j.name_vi, x.title), 'en', coalesce(j.name_en, x.title), 'staff_id', x.staff_id,
                              'teacher', coalesce(t.full_name, x.teacher), 'room', x.room, 'note', x.note,
                              'other', CASE WHEN x.other_on IS NOT NULL
                                            THEN json_build_object('on', x.other_on, 'session', x.other_session,
                                                                   'period', x.other_period) END,
                              'on_day_off', x.on_day_off)), '[]'::json)
                       FROM lesson_changes x
                       LEFT JOIN subjects j
                         ON j.subject_code = x.subject_code
                       LEFT JOIN staff t
                         ON t.school_id = x.school_id
                        AND t.staff_id = x.staff_id
                      WHERE x.school_id = $1
                        AND x.class_id IN (SELECT s.class_id FROM seats s)
                        AND x.held_on BETWEEN $2 AND $3),
         'holidays', (SELECT coalesce(json_agg(json_build_object('on', d.off_on, 'vi', d.vi, 'en', d.en) ORDER BY d.rank), '[]'::json)
                        FROM (SELECT k.closed_on AS off_on, k.reason AS vi, k.reason AS en, 1 AS rank
                                FROM closed_days k
                               WHERE k.school_id = $1
                                 AND k.closed_on BETWEEN $2 AND $3
                               UNION ALL
                              SELECT h.holiday_on, h.name_vi, h.name_en, 2
                                FROM public_holidays h
                               WHERE h.holiday_on BETWEEN $2 AND $3) AS d),
         'bells', (SELECT coalesce(json_agg(json_build_object('level', b.level, 'valid_from', b.valid_from, 'session', b.session,
                            'period', b.period, 'starts_at', to_char(b.starts_at, 'HH24:MI'),
                            'ends_at', to_char(b.ends_at, 'HH24:MI'))), '[]'::json)
                     FROM bell_times b
                    WHERE b.school_id = $1
                      AND b.valid_from <= $3
                      AND b.valid_from >= coalesce((SELECT max(o.valid_from)
                                                      FROM bell_times o
                                                     WHERE o.school_id = $1
                                                       AND o.level = b.level
                                                       AND o.valid_from <= $2), b.valid_from)),
         'next_from', (SELECT min(v.valid_from)
                         FROM timetables v
                        WHERE v.school_id = $1
                          AND v.class_id IN (SELECT s.class_id FROM seats s)
                          AND v.valid_from > $3))::text AS facts
"""

_OF_FAMILY = f"""
WITH seats AS (SELECT e.class_id, e.from_on, e.to_on
                 FROM enrolments e
                WHERE e.school_id = $1
                  AND e.pupil_id = $5
                  AND e.from_on <= $3
                  AND (e.to_on IS NULL OR e.to_on >= $2))
SELECT right(family.guardian_id::text, 8) || '.' || coalesce(n.version, 0) AS version,
{_JSON.format(lessons="")}
  FROM guardians family
  JOIN guardianships bond
    ON bond.school_id = family.school_id
   AND bond.guardian_id = family.guardian_id
   AND bond.can_view
   AND bond.valid_from <= $6
   AND (bond.valid_to IS NULL OR bond.valid_to >= $6)
  LEFT JOIN family_versions n
    ON n.school_id = family.school_id
   AND n.guardian_id = family.guardian_id
 WHERE family.school_id = $1
   AND family.account_id = $4
   AND bond.pupil_id = $5
 ORDER BY family.guardian_id
 LIMIT 1
"""


async def facts_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, first: date, last: date, *, today: date
) -> tuple[str, Facts] | None:
    """Behind the family's version, as family.versions.pupil_version gives it. None for other people's children."""
    row = await reader.fetchrow(_OF_FAMILY, school_id, first, last, account_id, pupil_id, today)
    return None if row is None else (row["version"], _FACTS_DECODER.decode(row["facts"]))


async def week_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, monday: date, *, today: date, language: str
) -> tuple[str, Week] | None:
    days = days_from(monday)
    found = await facts_for_family(reader, school_id, account_id, pupil_id, days[0], days[-1], today=today)
    return None if found is None else (found[0], told_week(found[1], monday, days, language))


_OF_CLASS = f"""
WITH seats AS (SELECT $4::uuid AS class_id, NULL::date AS from_on, NULL::date AS to_on)
SELECT
{_JSON.format(lessons="")}
"""


async def facts_of_class(door: Reader | SchoolTx, school_id: int, class_id: UUID, first: date, last: date) -> Facts:
    """No right is asked: for the room itself and for who has asked for one."""
    return _FACTS_DECODER.decode(await door.fetchval(_OF_CLASS, school_id, first, last, class_id))


_STANDING_AND_NAME = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, c.name
  FROM who
  LEFT JOIN classes c
    ON c.school_id = $1
   AND c.class_id = $3
"""


async def class_week(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, monday: date, *, today: date, language: str
) -> tuple[Standing, Week]:
    """A class's week, for everybody who works in the school: it says nothing of any child."""
    row: Any = await reader.fetchrow(_STANDING_AND_NAME, school_id, account_id, class_id, today)
    who = standing_of(row)
    if row["name"] is None:
        raise NOT_FOUND()
    days = days_from(monday)
    facts = await facts_of_class(reader, school_id, class_id, days[0], days[-1])
    return who, told_week(facts, monday, days, language)


# The classes in which somebody teaches in a week of theirs or on a single day; of the weeks only the own lessons are read.
_OF_TEACHER = f"""
WITH seats AS (SELECT l.class_id, NULL::date AS from_on, NULL::date AS to_on
                 FROM timetable_lessons l
                 JOIN classes c
                   ON c.school_id = l.school_id
                  AND c.class_id = l.class_id
                 JOIN school_years y
                   ON y.school_id = c.school_id
                  AND y.school_year = c.school_year
                  AND y.starts_on <= $3
                  AND y.ends_on >= $2
                WHERE l.school_id = $1
                  AND l.staff_id = $4
                UNION
               SELECT x.class_id, NULL::date, NULL::date
                 FROM lesson_changes x
                WHERE x.school_id = $1
                  AND x.staff_id = $4
                  AND x.held_on BETWEEN $2 AND $3)
SELECT
{_JSON.format(lessons=" AND l.staff_id = $4")}
"""


async def teachers_week(
    reader: Reader, school_id: int, account_id: UUID, monday: date, *, today: date, language: str
) -> Week:
    """The reader's own lessons over all classes, with those that somebody else holds for them marked."""
    days = days_from(monday)
    who = await standing(reader, school_id, account_id, on=today)
    facts = _FACTS_DECODER.decode(await reader.fetchval(_OF_TEACHER, school_id, days[0], days[-1], who.staff_id))
    shown = [_teachers_day(facts, on, who.staff_id, language) for on in days]
    return Week(starts_on=monday, days=shown, next_from=facts.next_from)


def _teachers_day(facts: Facts, on: date, staff_id: UUID | None, language: str) -> DayLessons:
    lessons: list[Lesson] = []
    closed = None
    kept = False
    for room in facts.rooms:
        day = day_of(facts, on, room)
        shown = told_day(facts, day, language)
        closed, kept = closed or shown.closed, kept or day.kept
        for held, lesson in zip(day.slots, shown.lessons, strict=True):
            mine = held.now is not None and held.now.staff_id == staff_id
            was_mine = held.was is not None and held.was.staff_id == staff_id
            if mine or was_mine:
                away = not mine and held.now is not None
                lesson = msgspec.structs.replace(lesson, held=lesson.held and not away)
                lessons.append(msgspec.structs.replace(lesson, class_name=room.name, class_id=room.class_id))
    lessons.sort(key=lambda one: (one.session != "morning", one.period, one.class_name))
    return DayLessons(on, kept, closed if not lessons else None, lessons)


def next_monday(on: date) -> date:
    return on + timedelta(days=7 - on.weekday())

"""Reads of the roll-call. What a family reads carries the right to read in the statement; None means no such right."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.attendance.days import closed_because
from backend.core.database import Reader
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.identity.entitlement import STANDING, standing_of
from schemas.attendance import ClassDay, DayMark, PupilDay, PupilMonth, SessionTaken

_DAY = msgspec.json.Decoder(list[DayMark])
_MONTH = msgspec.json.Decoder(PupilMonth)
_TAKEN = msgspec.json.Decoder(list[SessionTaken])
_PUPILS = msgspec.json.Decoder(list[PupilDay])


async def day_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, on: date
) -> list[DayMark] | None:
    """What the roll says about a child on a day, morning first. Empty before the roll; None: not their child."""
    found = await reader.fetchval(
        """
        SELECT (SELECT coalesce(json_agg(json_build_object('on', m.held_on, 'session', m.session, 'mark', m.mark,
                                                           'note', m.note, 'at', m.marked_at)
                                         ORDER BY m.session DESC), '[]'::json)
                  FROM roll_marks m
                 WHERE m.school_id = $1
                   AND m.pupil_id = bond.pupil_id
                   AND m.held_on = $4)::text
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $4
           AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
    )
    return None if found is None else _DAY.decode(found)


async def month_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, month: date, on: date
) -> PupilMonth | None:
    """The month that holds the day `month`; `on` is today, for the right to read. None for other people's children."""
    found = await versioned_month_json_for_family(reader, school_id, account_id, pupil_id, month, on)
    return None if found is None else _MONTH.decode(found[1])


async def versioned_month_json_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, month: date, on: date
) -> tuple[str, str] | None:
    """The same as ready JSON behind the family's version, as family.versions.pupil_version gives it."""
    first = month.replace(day=1)
    row = await reader.fetchrow(
        """
        SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0),
               json_build_object(
                 'pupil_id', bond.pupil_id,
                 'month', to_char($5::date, 'YYYY-MM'),
                 'marks', (SELECT coalesce(json_agg(json_build_object('on', m.held_on, 'session', m.session,
                                                                      'mark', m.mark, 'note', m.note, 'at', m.marked_at)
                                                    ORDER BY m.held_on, m.session DESC), '[]'::json)
                             FROM roll_marks m
                            WHERE m.school_id = $1
                              AND m.pupil_id = bond.pupil_id
                              AND m.held_on BETWEEN $5 AND $6),
                 'totals', (SELECT json_build_object('present', count(*) FILTER (WHERE m.mark = 'present'),
                                                     'late', count(*) FILTER (WHERE m.mark = 'late'),
                                                     'excused', count(*) FILTER (WHERE m.mark = 'excused'),
                                                     'unexcused', count(*) FILTER (WHERE m.mark = 'unexcused'),
                                                     'left_early', count(*) FILTER (WHERE m.mark = 'left_early'))
                              FROM roll_marks m
                             WHERE m.school_id = $1
                               AND m.pupil_id = bond.pupil_id
                               AND m.held_on BETWEEN $5 AND $6),
                 'year', (SELECT json_build_object('present', count(*) FILTER (WHERE m.mark = 'present'),
                                                   'late', count(*) FILTER (WHERE m.mark = 'late'),
                                                   'excused', count(*) FILTER (WHERE m.mark = 'excused'),
                                                   'unexcused', count(*) FILTER (WHERE m.mark = 'unexcused'),
                                                   'left_early', count(*) FILTER (WHERE m.mark = 'left_early'))
                            FROM school_years y
                            JOIN roll_marks m
                              ON m.school_id = y.school_id
                             AND m.held_on BETWEEN y.starts_on AND y.ends_on
                           WHERE y.school_id = $1
                             AND y.is_current
                             AND m.pupil_id = bond.pupil_id))::text
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $4
           AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
          LEFT JOIN family_versions v
            ON v.school_id = family.school_id
           AND v.guardian_id = family.guardian_id
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         ORDER BY family.guardian_id
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
        first,
        _last_day(first),
    )
    return None if row is None else (row[0], row[1])


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


# What follows is for staff: each statement carries who is asking (STANDING: $1 school, $2 account, $3 class, $4 today).
_CLASS_DAY = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       c.name, c.sessions, h.name_vi, h.name_en, d.reason,
       (SELECT coalesce(json_agg(json_build_object('session', r.session, 'revision', r.revision,
                                                   'taken_at', r.taken_at,
                                                   'taken_by', (SELECT min(t.full_name)
                                                                  FROM staff t
                                                                 WHERE t.school_id = $1
                                                                   AND t.account_id = r.taken_by))
                                 ORDER BY r.session DESC), '[]'::json)
          FROM roll_calls r
         WHERE r.school_id = $1
           AND r.class_id = $3
           AND r.held_on = $5)::text AS taken,
       (SELECT coalesce(json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name, 'born_on', p.born_on,
                                                   'marks', coalesce(m.marks, '[]'::json))
                                 ORDER BY p.sort_key, p.pupil_id), '[]'::json)
          FROM enrolments e
          JOIN pupils p
            ON p.school_id = e.school_id
           AND p.pupil_id = e.pupil_id
          LEFT JOIN (SELECT k.pupil_id, json_agg(json_build_object('session', k.session, 'mark', k.mark, 'note', k.note)
                                                 ORDER BY k.session DESC) AS marks
                       FROM roll_marks k
                      WHERE k.school_id = $1
                        AND k.class_id = $3
                        AND k.held_on = $5
                      GROUP BY k.pupil_id) AS m
            ON m.pupil_id = e.pupil_id
         WHERE e.school_id = $1
           AND e.class_id = $3
           AND e.from_on <= $5
           AND (e.to_on IS NULL OR e.to_on >= $5)
           AND (p.status = 'enrolled' OR e.to_on IS NOT NULL))::text AS pupils
  FROM classes c
  LEFT JOIN who
    ON true
  LEFT JOIN public_holidays h
    ON h.holiday_on = $5
  LEFT JOIN closed_days d
    ON d.school_id = c.school_id
   AND d.closed_on = $5
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def class_day(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, day: date, *, today: date, language: str = "vi"
) -> ClassDay:
    """A class on a day, for whoever teaches it or runs the school."""
    row = await reader.fetchrow(_CLASS_DAY, school_id, account_id, class_id, today, day)
    if row is None:
        raise NOT_FOUND()
    if not standing_of(row).of_class:
        raise FORBIDDEN()
    holiday = (row["name_vi"], row["name_en"]) if row["name_vi"] else None
    closed = closed_because(day, holiday, row["reason"])
    return ClassDay(
        class_id=class_id,
        class_name=row["name"],
        on=day,
        sessions=row["sessions"],
        closed=closed[language == "en"] if closed else None,
        taken=_TAKEN.decode(row["taken"]),
        pupils=_PUPILS.decode(row["pupils"]),
    )


_CLASS_MONTH = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       json_build_object(
         'class_id', c.class_id,
         'class_name', c.name,
         'month', to_char($5::date, 'YYYY-MM'),
         'held', (SELECT coalesce(json_agg(json_build_object('on', r.held_on, 'session', r.session, 'revision', r.revision)
                                           ORDER BY r.held_on, r.session DESC), '[]'::json)
                    FROM roll_calls r
                   WHERE r.school_id = $1
                     AND r.class_id = $3
                     AND r.held_on BETWEEN $5 AND $6),
         'pupils', (SELECT coalesce(json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name,
                                                               'exceptions', coalesce(m.exceptions, '[]'::json),
                                                               'totals', json_build_object(
                                                                   'present', coalesce(m.present, 0),
                                                                   'late', coalesce(m.late, 0),
                                                                   'excused', coalesce(m.excused, 0),
                                                                   'unexcused', coalesce(m.unexcused, 0),
                                                                   'left_early', coalesce(m.left_early, 0)))
                                             ORDER BY p.sort_key, p.pupil_id), '[]'::json)
                      FROM pupils p
                      LEFT JOIN (SELECT k.pupil_id,
                                        json_agg(json_build_object('on', k.held_on, 'session', k.session, 'mark', k.mark)
                                                 ORDER BY k.held_on, k.session DESC)
                                            FILTER (WHERE k.mark <> 'present') AS exceptions,
                                        count(*) FILTER (WHERE k.mark = 'present') AS present,
                                        count(*) FILTER (WHERE k.mark = 'late') AS late,
                                        count(*) FILTER (WHERE k.mark = 'excused') AS excused,
                                        count(*) FILTER (WHERE k.mark = 'unexcused') AS unexcused,
                                        count(*) FILTER (WHERE k.mark = 'left_early') AS left_early
                                   FROM roll_marks k
                                  WHERE k.school_id = $1
                                    AND k.class_id = $3
                                    AND k.held_on BETWEEN $5 AND $6
                                  GROUP BY k.pupil_id) AS m
                        ON m.pupil_id = p.pupil_id
                     WHERE p.school_id = $1
                       AND (m.pupil_id IS NOT NULL
                            OR EXISTS (SELECT
                                         FROM enrolments e
                                        WHERE e.school_id = $1
                                          AND e.pupil_id = p.pupil_id
                                          AND e.class_id = $3
                                          AND e.from_on <= $6
                                          AND (e.to_on IS NULL OR e.to_on >= $5)))))::text AS month
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def class_month_json(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, month: date, *, today: date
) -> str:
    """The monthly register as ready JSON (schemas.attendance.ClassMonth), for whoever teaches the class or runs the school."""
    first = month.replace(day=1)
    row = await reader.fetchrow(_CLASS_MONTH, school_id, account_id, class_id, today, first, _last_day(first))
    if row is None:
        raise NOT_FOUND()
    if not standing_of(row).of_class:
        raise FORBIDDEN()
    found: str = row["month"]
    return found


_ROLL_HISTORY = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       json_build_object(
         'class_id', c.class_id,
         'on', $5::date,
         'changes', (SELECT coalesce(json_agg(json_build_object('pupil_id', t.pupil_id, 'full_name', p.full_name,
                                                                'session', t.session, 'old_mark', t.old_mark,
                                                                'new_mark', t.new_mark, 'changed_at', t.changed_at,
                                                                'changed_by', (SELECT min(s.full_name)
                                                                                 FROM staff s
                                                                                WHERE s.school_id = $1
                                                                                  AND s.account_id = t.changed_by))
                                              ORDER BY t.changed_at DESC, p.sort_key), '[]'::json)
                       FROM roll_marks k
                       JOIN roll_history t
                         ON t.school_id = k.school_id
                        AND t.pupil_id = k.pupil_id
                        AND t.held_on = k.held_on
                        AND t.session = k.session
                       JOIN pupils p
                         ON p.school_id = t.school_id
                        AND p.pupil_id = t.pupil_id
                      WHERE k.school_id = $1
                        AND k.class_id = $3
                        AND k.held_on = $5))::text AS history
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def roll_history_json(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, day: date, *, today: date
) -> str:
    """Every correction of a class's roll on a day as ready JSON (schemas.attendance.RollHistory)."""
    row = await reader.fetchrow(_ROLL_HISTORY, school_id, account_id, class_id, today, day)
    if row is None:
        raise NOT_FOUND()
    if not standing_of(row).of_class:
        raise FORBIDDEN()
    found: str = row["history"]
    return found

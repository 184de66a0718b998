"""Reads of the roll-call. What a family reads carries the right to read in the statement; None means no such right."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.core.database import Reader
from schemas.attendance import DayMark, PupilMonth

_DAY = msgspec.json.Decoder(list[DayMark])
_MONTH = msgspec.json.Decoder(PupilMonth)


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
    found = await month_json_for_family(reader, school_id, account_id, pupil_id, month, on)
    return None if found is None else _MONTH.decode(found)


async def month_json_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, month: date, on: date
) -> str | None:
    """The same as ready JSON (schemas.attendance.PupilMonth)."""
    first = month.replace(day=1)
    found: str | None = await reader.fetchval(
        """
        SELECT json_build_object(
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
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
        first,
        _last_day(first),
    )
    return found


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

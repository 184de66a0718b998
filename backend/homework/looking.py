"""What its writer should look at before homework goes out: a child exposed, children compared, a day without school. It refuses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.attendance.days import Reason
from backend.core.clock import school_day
from backend.core.database import Reader
from backend.feed.checking import context_of, found_in
from backend.homework.rules import AHEAD_DAYS_MAX, Calendar
from backend.identity.entitlement import standing
from schemas.homework import HomeworkLine, HomeworkLook, LineFindings

# Days ahead on which there is no school, and whether the class was there on one of the last Saturdays.
_CALENDAR = """
SELECT (SELECT coalesce(json_agg(json_build_array(off.closed_on, off.vi, off.en)), '[]'::json)
          FROM (SELECT h.holiday_on AS closed_on, h.name_vi AS vi, h.name_en AS en
                  FROM public_holidays h
                 WHERE h.holiday_on BETWEEN $3 AND $4
                 UNION ALL
                SELECT d.closed_on, d.reason, d.reason
                  FROM closed_days d
                 WHERE d.school_id = $1
                   AND d.closed_on BETWEEN $3 AND $4) AS off)::text AS closed,
       EXISTS (SELECT
                 FROM roll_calls r
                WHERE r.school_id = $1
                  AND r.class_id = $2
                  AND r.held_on >= $3::date - 28
                  AND extract(isodow FROM r.held_on) = 6) AS saturdays
"""
_CLOSED = msgspec.json.Decoder(list[tuple[date, str, str]])


async def calendar(reader: Reader, school_id: int, class_id: UUID | None, today: date) -> Calendar:
    row = await reader.fetchrow(_CALENDAR, school_id, class_id, today, today + timedelta(days=AHEAD_DAYS_MAX))
    assert row is not None, "without a FROM there is always one row"
    closed = {day: Reason(vi, en) for day, vi, en in _CLOSED.decode(row["closed"])}
    return Calendar(closed, row["saturdays"])


async def look(
    reader: Reader, account_id: UUID, school_id: int, lines: Sequence[HomeworkLine], at: datetime, language: str
) -> HomeworkLook:
    """Only the lines with something to look at. For staff of the school."""
    today = school_day(at)
    await standing(reader, school_id, account_id, on=today)
    context = await context_of(reader, school_id)
    days = await calendar(reader, school_id, None, today)
    found = []
    for number, line in enumerate(lines):
        findings = found_in("\n".join(part for part in (line.body, line.bring) if part), context, at, language)
        reason = days.closed_on(line.due_on) if line.due_on else None
        if findings or reason:
            closed = None if reason is None else reason.en if language == "en" else reason.vi
            found.append(LineFindings(number, findings, closed))
    return HomeworkLook(found)

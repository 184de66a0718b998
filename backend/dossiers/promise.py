"""The day on which an answer is promised, counted in working days: Monday to Friday, no public holiday, no day the school is closed.

The clock stands while the family's papers are waited for, and goes on with the days that were left.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Protocol

_SATURDAY = 5
# Sixty working days and the longest holidays lie well within.
LOOKED_AHEAD = timedelta(days=200)


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> list[Any]: ...


async def closed_days(door: Door, school_id: int, today: date) -> frozenset[date]:
    rows = await door.fetch(
        """
        SELECT h.holiday_on AS closed_on
          FROM public_holidays h
         WHERE h.holiday_on BETWEEN $2 AND $3
         UNION
        SELECT d.closed_on
          FROM closed_days d
         WHERE d.school_id = $1
           AND d.closed_on BETWEEN $2 AND $3
        """,
        school_id,
        today,
        today + LOOKED_AHEAD,
    )
    return frozenset(row["closed_on"] for row in rows)


def is_working_day(day: date, closed: Collection[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in closed


def promised(today: date, working_days: int, closed: Collection[date]) -> date:
    """The day of receipt does not count."""
    day, left = today, working_days
    while left > 0:
        day += timedelta(days=1)
        left -= is_working_day(day, closed)
    return day


def days_left(today: date, promised_on: date, closed: Collection[date]) -> int:
    """Working days after today until the promise, at least one: whoever brings papers on the last day leaves one to work with."""
    days = (promised_on - today).days
    return max(1, sum(is_working_day(today + timedelta(days=n), closed) for n in range(1, days + 1)))

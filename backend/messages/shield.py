"""The shield of a teacher's evening, as pure rules over hours and closed days: what is quiet, when quiet ends, what a parent is promised.

Instants are UTC; hours are those of the school's clock. It reads no table and no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from backend.core.clock import SCHOOL_ZONE

# How far ahead an open hour is looked for: longer than the summer holidays.
DAYS_AHEAD = 120
# Somebody who writes ten minutes before the promised hour is promised the next school day's.
NOTICE = timedelta(hours=2)


class Hours(msgspec.Struct, frozen=True):
    """Quiet from `quiet_from` to `quiet_to` (over midnight when the first is later; never, when they are equal) and on whole
    `quiet_weekdays` (Monday is 0). Answers usually come before `answer_by` of a school day."""

    quiet_from: time = time(17, 30)
    quiet_to: time = time(6, 30)
    quiet_weekdays: frozenset[int] = frozenset({5, 6})
    answer_by: time = time(17, 0)


def is_quiet(at: datetime, hours: Hours, closed: frozenset[date]) -> bool:
    here = at.astimezone(SCHOOL_ZONE)
    return _quiet_day(here.date(), hours, closed) or _quiet_hour(here.time(), hours)


def quiet_ends(at: datetime, hours: Hours, closed: frozenset[date]) -> datetime | None:
    """`at` itself when nothing is quiet; None when no open hour comes in the days looked at."""
    if not is_quiet(at, hours, closed):
        return at
    for instant in _borders(at, hours):
        if instant > at and not is_quiet(instant, hours, closed):
            return instant
    return None


def promised_by(at: datetime, hours: Hours, closed: frozenset[date]) -> datetime | None:
    """Until when whoever writes at `at` usually has an answer: the first `answer_by` of an open day that leaves time to give one."""
    opens = quiet_ends(at, hours, closed)
    if opens is None:
        return None
    for day in _days(opens):
        promise = _instant(day, hours.answer_by)
        if promise - opens >= NOTICE and not _quiet_day(day, hours, closed):
            return promise
    return None


def shown_from(read_at: datetime, hours: Hours, closed: frozenset[date]) -> datetime:
    """When the family may see that a message was read: at once, or when the quiet in which it was read is over."""
    opens = quiet_ends(read_at, hours, closed)
    return opens if opens is not None else read_at + timedelta(days=DAYS_AHEAD)


def _quiet_day(day: date, hours: Hours, closed: frozenset[date]) -> bool:
    return day in closed or day.weekday() in hours.quiet_weekdays


def _quiet_hour(clock: time, hours: Hours) -> bool:
    if hours.quiet_from <= hours.quiet_to:
        return hours.quiet_from <= clock < hours.quiet_to
    return clock >= hours.quiet_from or clock < hours.quiet_to


def _borders(at: datetime, hours: Hours) -> Iterator[datetime]:
    """Quiet can only end at midnight, when a quiet day is over, or when the quiet hours are."""
    for day in _days(at):
        yield _instant(day, time(0))
        yield _instant(day, hours.quiet_to)


def _days(at: datetime) -> Iterator[date]:
    first = at.astimezone(SCHOOL_ZONE).date()
    return (first + timedelta(days=n) for n in range(DAYS_AHEAD))


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SCHOOL_ZONE).astimezone(UTC)

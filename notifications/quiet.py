"""Quiet hours: when a family is not woken. Pure; minutes of the Vietnamese day, and instants from the caller."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import SCHOOL_ZONE

_SPREAD_SECONDS = 10 * 60


class Hours(msgspec.Struct, frozen=True):
    """From the first minute until before the second; equal minutes are no quiet at all."""

    from_minute: int
    until_minute: int

    def end(self, now: datetime) -> datetime | None:
        """When the quiet that holds now is over, or None outside of it."""
        here = now.astimezone(SCHOOL_ZONE)
        minute = here.hour * 60 + here.minute
        if self.from_minute <= self.until_minute:
            quiet = self.from_minute <= minute < self.until_minute
        else:
            quiet = minute >= self.from_minute or minute < self.until_minute
        return at_minute(self.until_minute, after=now) if quiet else None


def at_minute(minute: int, *, after: datetime) -> datetime:
    """The next time that the Vietnamese day reaches this minute, later than `after`. The country has no summer time."""
    here = after.astimezone(SCHOOL_ZONE)
    then = here.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return (then if then > here else then + timedelta(days=1)).astimezone(after.tzinfo)


def spread(instant: datetime, whose: UUID) -> datetime:
    """A little later, for each person always the same little: a thousand families do not wake up in the same second."""
    return instant + timedelta(seconds=whose.int % _SPREAD_SECONDS)


def read_hours(text: str) -> Hours | None:
    """`21:00-06:30`, as the setting is written; empty is no quiet. ValueError for anything else."""
    if not text:
        return None
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError("quiet hours are written 21:00-06:30")
    return Hours(read_minute(first), read_minute(last))


def read_minute(text: str) -> int:
    """`HH:MM` as a minute of the day."""
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(hour) < 24 and int(minute) < 60):  # fmt: skip
        raise ValueError("a time of the day is written HH:MM")
    return int(hour) * 60 + int(minute)


def write_minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

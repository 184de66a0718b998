"""The one clock. Instants are UTC; a school's day is the day in Asia/Ho_Chi_Minh (UTC+7, no daylight saving)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SCHOOL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class StoppedClock:
    """A clock that tests move by hand."""

    def __init__(self, at: datetime) -> None:
        assert at.tzinfo is not None, "instants carry a zone"
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


def school_day(at: datetime) -> date:
    return at.astimezone(SCHOOL_ZONE).date()

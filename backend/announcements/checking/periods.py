"""What a careful reader takes a period without a date for: this week, the coming month, in March. It finds none itself."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = ("hai", "ba", "bay", "tam", "chin", "muoi", "muoi mot", "muoi hai")


def _month(told: str) -> int:
    if told.isdigit():
        return int(told)
    return (2, 3, 7, 8, 9, 10, 11, 12)[_MONTHS.index(told)] if told in _MONTHS else 0


def period(m: re.Match[str], today: date) -> tuple[date | None, date | None]:
    monday = today - timedelta(today.weekday())
    if m["week"] or m["nextweek"]:
        later = (m["wwhich"] or "") in ("sau", "toi", "ke tiep", "tiep theo", "ke") or "next" in (m["nextweek"] or "")
        monday += timedelta(7 * later)
        return monday, monday + timedelta(6)
    if m["weekend"]:
        return monday, monday + timedelta(14)
    if m["nmonth"] or m["eom"] or m["month"]:
        if number := _month(m["month"] or ""):
            first = date(today.year + (number < today.month - 3), number, 1)
        else:
            first = today.replace(day=1)
            if "sau" in m.group() or "toi" in m.group() or "next" in m.group():
                first = (first + timedelta(32)).replace(day=1)
        return first, (first + timedelta(32)).replace(day=1) - timedelta(1)
    if m["soon"]:
        return today, today + timedelta(21)
    return None, None

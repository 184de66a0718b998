"""What a careful reader takes a period without a date for: this week, the coming month, in March. It finds none itself."""

from __future__ import annotations

import re
from datetime import date, timedelta

from backend.announcements.checking.reading import Reading

_MONTHS = {
    "gieng": 0, "chap": 0, "mot": 0, "hai": 2, "ba": 3, "tu": 4, "nam": 5, "bay": 7, "tam": 8, "chin": 9, "muoi": 10, "muoi mot": 11, "muoi hai": 12,
}  # fmt: skip
_AHEAD = ("sau", "toi", "ke", "next", "tiep")
_WEEKS_AHEAD = {"mot": 1, "hai": 2, "ba": 3, "bon": 4}
Span = tuple[date | None, date | None]


def period(m: re.Match[str], reading: Reading, today: date) -> Span:
    said = m.group()
    if m["week"] or m["nextweek"]:
        return _week(today, int(any(word in said for word in _AHEAD)))
    if m["weekend"]:
        return (
            _week(today, 1)
            if said.startswith(("sang", "qua", "vo", "vao", "ra"))
            else (_week(today, 0)[0], _week(today, 1)[1])
        )
    if m["after"]:
        return _after(said, today)
    if m["month"]:
        return _month(reading, m.start("month"), m["month"], today)
    if m["hmonth"]:
        return _month(reading, m.start("number"), m["number"], today)
    if m["nmonth"] or m["eom"]:
        return _near_month(said, today)
    if m["soon"]:
        return today, today + timedelta(21)
    return None, None


def _week(today: date, ahead: int) -> tuple[date, date]:
    monday = today - timedelta(today.weekday()) + timedelta(7 * ahead)
    return monday, monday + timedelta(6)


def _after(said: str, today: date) -> Span:
    if "thang" in said:
        return today, today + timedelta(75)
    first = said.split()[0]
    weeks = int(first) if first.isdigit() else _WEEKS_AHEAD.get(first, 1)
    return today, _week(today, weeks)[1]


def _month(reading: Reading, place: int, told: str, today: date) -> Span:
    """`tháng sáu` is June, `tháng sau` the next one; lunar months are nobody's."""
    if told == "sau":
        if not reading.marked or reading.shown[place : place + 3].lower() == "sau":
            return _near_month("thang sau", today)
        number = 6
    else:
        number = int(told) if told.isdigit() else _MONTHS[told]
    if not number:
        return None, None
    first = date(today.year + (number < today.month - 5), number, 1)
    if number > today.month + 6:
        first = first.replace(year=today.year - 1)
    return first, _end_of(first)


def _near_month(said: str, today: date) -> Span:
    first = today.replace(day=1)
    if any(word in said for word in (*_AHEAD, "sang", "qua ", "ra ")):
        first = _end_of(first) + timedelta(1)
    return first, _end_of(first)


def _end_of(first: date) -> date:
    return (first + timedelta(32)).replace(day=1) - timedelta(1)

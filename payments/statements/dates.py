"""What a bank prints for a day → the day and, where it stands there, the time. Day first, never month first."""

from __future__ import annotations

import datetime as dt
import re

import msgspec

from backend.spreadsheets.cells import Cell, is_blank, text_of

_TIME = r"(?P<hour>[01]?[0-9]|2[0-3])[:h](?P<minute>[0-5][0-9])(?:[:m](?P<second>[0-5][0-9])(?:\.[0-9]+)?)?s?"
_DAY_FIRST = r"(?P<day>[0-9]{1,2})(?P<mark>[/.\-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|[0-9]{2})"
_YEAR_FIRST = r"(?P<year>[0-9]{4})(?P<mark>[/.\-])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
_FORMS = tuple(
    re.compile(form)
    for day in (_DAY_FIRST, _YEAR_FIRST)
    for form in (rf"{day}(?:[\sT]+{_TIME}(?:\+07:?(?:00)?)?)?", rf"{_TIME}\s+{day}")
)
# A day with something behind it: Vietcombank prints date and document number in one cell, many blanks between.
_WITH_TAIL = re.compile(rf"({_DAY_FIRST}|{_YEAR_FIRST.replace('?P<', '?P<y_').replace('P=', 'P=y_')})\s+(?P<tail>\S.*)", re.DOTALL)  # fmt: skip
_SERIAL = re.compile(r"[2-7][0-9]{4}(?:[.,][0-9]+)?")
_EPOCH = dt.datetime(1899, 12, 30)
_YEARS = range(2000, 2101)


class Day(msgspec.Struct, frozen=True):
    """`typed`: the spreadsheet holds a date, not text, and may have mistaken month for day when it was made."""

    on: dt.date
    at: dt.time | None = None
    typed: bool = False


def read_day(cell: Cell, serial_shift: int = 0) -> Day | str | None:
    """None for an empty cell, else the day or a code of the reasons."""
    if cell is None or is_blank(cell):
        return None
    if isinstance(cell, dt.datetime):
        return _within(Day(cell.date(), cell.time() if cell.time() != dt.time() else None, typed=True))
    if isinstance(cell, dt.date):
        return _within(Day(cell, typed=True))
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return "date_unreadable"
    if isinstance(cell, int | float):
        return _of_serial(float(cell), serial_shift)
    text = text_of(cell)
    if _SERIAL.fullmatch(text):
        return _of_serial(float(text.replace(",", ".")), serial_shift)
    return _of_text(text)


def split_day(cell: Cell) -> tuple[Cell, str]:
    """A date and what stands behind it in the same cell; a cell that holds only a date comes back whole."""
    if not isinstance(cell, str):
        return cell, ""
    found = _WITH_TAIL.fullmatch(cell.strip().lstrip("'"))
    if found is None or isinstance(read_day(cell), Day):
        return cell, ""
    return found[1], " ".join(found["tail"].split())


def _of_serial(number: float, shift: int) -> Day | str:
    if not 20_000 <= number < 80_000:
        return "date_unreadable"
    moment = _EPOCH + dt.timedelta(days=number + shift)
    at = (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return _within(Day(at.date(), None if number == int(number) else at.time()))


def _of_text(text: str) -> Day | str:
    for form in _FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            if len(parts["year"]) == 2:
                return "date_short_year"
            try:
                on = dt.date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
            except ValueError:
                return "date_impossible"
            at = dt.time(int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)) if parts["hour"] else None
            return _within(Day(on, at))
    return "date_unreadable"


def _within(day: Day) -> Day | str:
    return day if day.on.year in _YEARS else "date_impossible"

"""Birth dates in all the ways that class lists hold them. One cell says what it can; the whole column settles day and month."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from backend.core.text import strip_marks
from backend.spreadsheets.cells import Cell, is_blank, text_of

# How a cell came to its date. "excel" passed through Excel's hands as a real date and may have been swapped there.
Kind = Literal["excel", "day_first", "month_first", "either", "certain"]

_DAY_WORD = re.compile(r"^(?:sinh )?ngày\s*:?\s*(?=\d+\s*[/\-.])", re.IGNORECASE)
_THREE = re.compile(r"(\d{1,4})\s*[/\-.,\\|_ ]\s*(\d{1,2})\s*[/\-.,\\|_ ]\s*(\d{1,4})")
_TWO = re.compile(r"\d{1,2}\s*[/\-.,]\s*(\d{4})")
_TIME = re.compile(r"[T ]\s*\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*([AP]M|Z|SA|CH)?$|\s*([+-]\d{2}:\d{2})$", re.IGNORECASE)
_WORDS = re.compile(r"(?:ngay)?\s*(\d{1,2})\s*(?:thang|thg|th)\s*\.?\s*(\d{1,2})\s*,?\s*(?:nam)?\s*(\d{4})")
_MONTH_NAME = re.compile(r"(\d{1,2})[\s\-/.]*([a-z]{3,9})\.?[\s\-/.,]*(\d{2,4})")
_MONTH_NAME_FIRST = re.compile(r"([a-z]{3,9})\.?\s*(\d{1,2})\s*,?\s*(\d{4})")
_VIETNAMESE_SHORT = re.compile(r"(\d{1,2})\s*[\-/ ]\s*(?:thg|thang|th|t)\s*\.?\s*(\d{1,2})\s*[\-/ ,]\s*(\d{2,4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIALS = range(25_000, 55_000)  # 1968 to 2050
_YEARS = range(1900, 2101)
_PIVOT_YEARS_AHEAD = 1
# Chances below which a column that looks swapped is surely swapped, and below which it is at least doubtful.
_NO_ACCIDENT = 1e-4
_SUSPECT = 0.05


@dataclass(slots=True)
class DateReading:
    """`value` as written day first (or as stored); `kind` says how sure that is. `year` is known even when the day is not."""

    value: dt.date | None = None
    kind: Kind = "certain"
    year: int | None = None
    problem: str | None = None

    @property
    def swapped(self) -> dt.date | None:
        """Day and month exchanged, when that is a date."""
        return _date(self.value.year, self.value.day, self.value.month) if self.value else None


def read_date(cell: Cell, today: dt.date) -> DateReading | None:
    """None for an empty cell."""
    if is_blank(cell):
        return None
    if isinstance(cell, dt.datetime):
        return _stored(cell.date())
    if isinstance(cell, dt.date):
        return _stored(cell)
    if isinstance(cell, bool | dt.time | dt.timedelta):
        return DateReading(problem="date_unreadable")
    text = text_of(cell).rstrip(".,;")
    if text in ("", "0"):
        return None
    if text.isascii() and text.isdigit():
        return _from_digits(text)
    if isinstance(cell, float) or re.fullmatch(r"\d{5}\.\d+", text):
        number = float(text)
        return _serial(int(number)) if int(number) in _SERIALS else DateReading(problem="date_unreadable")
    return _from_text(text, today)


def _stored(value: dt.date) -> DateReading:
    return DateReading(value, "excel", value.year) if value.year in _YEARS else DateReading(problem="date_impossible")


def _from_digits(text: str) -> DateReading:
    number = int(text)
    if len(text) == 4 and number in _YEARS:
        return DateReading(year=number, problem="date_year_only")
    if len(text) == 5 and number in _SERIALS:
        return _serial(number)
    if len(text) in (7, 8):
        # 25042013 without separators; as a number the first zero is gone. 20130425 cannot be read the other way.
        padded = text.zfill(8)
        day_first = _date(int(padded[4:]), int(padded[2:4]), int(padded[:2]))
        year_first = _date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 else None
        found = [value for value in (day_first, year_first) if value and value.year in _YEARS]
        if len(found) == 1:
            return DateReading(found[0], "certain", found[0].year)
    return DateReading(problem="date_unreadable")


def _serial(number: int) -> DateReading:
    return _stored(dt.date(1899, 12, 30) + dt.timedelta(days=number))


def _from_text(text: str, today: dt.date) -> DateReading:
    text = _DAY_WORD.sub("", _TIME.sub("", _TIME.sub("", text))).strip()
    if match := _THREE.fullmatch(text):
        return _three_numbers(match[1], match[2], match[3], today)
    folded = strip_marks(text).casefold().strip()
    if match := _WORDS.fullmatch(folded) or _VIETNAMESE_SHORT.fullmatch(folded):
        return _certain(_full_year(match[3], today), int(match[2]), int(match[1]))
    if match := _MONTH_NAME.fullmatch(folded):
        if match[2][:3] in _MONTHS:
            return _certain(_full_year(match[3], today), _MONTHS.index(match[2][:3]) + 1, int(match[1]))
    elif (match := _MONTH_NAME_FIRST.fullmatch(folded)) and match[1][:3] in _MONTHS:
        return _certain(int(match[3]), _MONTHS.index(match[1][:3]) + 1, int(match[2]))
    if match := _TWO.fullmatch(text):
        return DateReading(year=int(match[1]) if int(match[1]) in _YEARS else None, problem="date_incomplete")
    if re.fullmatch(r"[\d?x\-_. ]*[/\-.][\d?x\-_. ]*([/\-.]\s*(19|20)\d\d)?", text, re.IGNORECASE):
        year = re.search(r"(19|20)\d\d$", text)
        return DateReading(year=int(year[0]) if year else None, problem="date_incomplete")
    return DateReading(problem="date_unreadable")


def _three_numbers(first: str, second: str, third: str, today: dt.date) -> DateReading:
    if len(first) == 4 and len(third) <= 2:
        reading = _certain(int(first), int(second), int(third))
        # Year first is how programs write a stored date out, so it shares a stored date's doubts.
        return DateReading(reading.value, "excel", reading.year, reading.problem)
    if len(first) > 2 or len(third) == 3 or len(third) == 1:
        return DateReading(problem="date_unreadable")
    year = _full_year(third, today)
    if year not in _YEARS:
        return DateReading(problem="date_impossible")
    one, two = int(first), int(second)
    day_first, month_first = _date(year, two, one), _date(year, one, two)
    if day_first and month_first and day_first != month_first:
        return DateReading(day_first, "either", year)
    if day_first:
        return DateReading(day_first, "certain" if one == two else "day_first", year)
    if month_first:
        return DateReading(month_first, "month_first", year)
    return DateReading(year=year, problem="date_impossible")


def _certain(year: int, month: int, day: int) -> DateReading:
    value = _date(year, month, day)
    known = year if year in _YEARS else None
    return (
        DateReading(value, "certain", known) if value and known else DateReading(year=known, problem="date_impossible")
    )


def _full_year(text: str, today: dt.date) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return 2000 + year if year <= (today.year + _PIVOT_YEARS_AHEAD) % 100 else 1900 + year


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def from_parts(day: Cell, month: Cell, year: Cell, today: dt.date) -> DateReading | None:
    """Three columns. A missing day or month leaves the year."""
    texts = [re.sub(r"\D", "", text_of(part)) if not is_blank(part) else "" for part in (day, month, year)]
    if not any(texts):
        return None
    known = _full_year(texts[2], today) if len(texts[2]) in (2, 4) else None
    if known is None or known not in _YEARS:
        return DateReading(problem="date_incomplete" if not texts[2] else "date_unreadable")
    if not texts[0] and not texts[1]:
        return DateReading(year=known, problem="date_year_only")
    if not texts[0] or not texts[1]:
        return DateReading(year=known, problem="date_incomplete")
    if len(texts[0]) > 2 or len(texts[1]) > 2:
        return DateReading(year=known, problem="date_unreadable")
    return _certain(known, int(texts[1]), int(texts[0]))


def month_first(reading: DateReading) -> DateReading:
    """The header says mm/dd/yyyy: what could be either is that, and what cannot be that is an error."""
    if reading.kind == "either" and reading.value:
        return DateReading(reading.swapped, "certain", reading.year)
    if reading.kind == "day_first":
        return DateReading(None, "certain", reading.year, "date_order")
    return DateReading(reading.value, "certain", reading.year) if reading.kind == "month_first" else reading


def settle(columns: list[list[DateReading]]) -> None:
    """Decide day and month for the columns of one file, in place. What cannot be decided becomes a problem, never a guess."""
    for readings in columns:
        _settle_texts(readings)
    _settle_stored(columns)


def _settle_texts(readings: list[DateReading]) -> None:
    day_first = sum(r.kind == "day_first" for r in readings)
    month_first = [r for r in readings if r.kind == "month_first"]
    either = [r for r in readings if r.kind == "either"]
    if not month_first:
        return
    if not day_first and len(month_first) >= 3:
        for reading in either:
            reading.value = reading.swapped
        return
    for reading in month_first:
        reading.value, reading.problem = None, "date_order"
    if len(month_first) * 20 > day_first:
        for reading in either:
            reading.value, reading.problem = None, "date_ambiguous"


def _settle_stored(columns: list[list[DateReading]]) -> None:
    """An American Excel turns 03/04/2013 into 4 March and leaves 25/04/2013 as text. The trace: every stored date has a day
    up to 12 and every text one above; twelve days of thirty are that small, so a handful of cells tell chance from habit.
    Columns of one file were mostly typed on one machine, so they speak together unless one of them contradicts."""
    suspects = [readings for readings in columns if _all_small(readings)]
    if not suspects:
        return
    contradicted = any(_not_swapped(readings) for readings in columns)
    pooled = [reading for readings in suspects for reading in readings]
    for readings in suspects:
        chance = _chance(readings) if contradicted else _chance(pooled)
        if chance < _NO_ACCIDENT:
            _swap(readings)
        elif not contradicted or chance < _SUSPECT:
            _doubt(readings)


def _all_small(readings: list[DateReading]) -> bool:
    stored, texts = _stored_and_texts(readings)
    return bool(stored and texts) and all(v.day <= 12 for v in stored) and all(r.kind == "day_first" for r in texts)


def _not_swapped(readings: list[DateReading]) -> bool:
    stored, texts = _stored_and_texts(readings)
    return any(v.day > 12 for v in stored) or bool(stored and any(r.kind == "either" for r in texts))


def _chance(readings: list[DateReading]) -> float:
    stored, texts = _stored_and_texts(readings)
    return float(0.4 ** len(stored) * 0.6 ** len(texts))


def _stored_and_texts(readings: list[DateReading]) -> tuple[list[dt.date], list[DateReading]]:
    stored = [r.value for r in readings if r.kind == "excel" and r.value]
    return stored, [r for r in readings if r.kind in ("day_first", "either", "month_first")]


def _swap(readings: list[DateReading]) -> None:
    for reading in readings:
        if reading.kind == "excel" and reading.value:
            reading.value = reading.swapped


def _doubt(readings: list[DateReading]) -> None:
    for reading in readings:
        if reading.kind == "excel" and reading.value and reading.value.day != reading.value.month:
            reading.value, reading.problem = None, "date_ambiguous"

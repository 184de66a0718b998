"""Calendar days in a Vietnamese text: every notation, ranges, lists, relative days; and what only looks like a day. Knows no deed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from backend.announcements.checking.no_days import NO_DAY_AFTER, is_lunar, is_no_day, names_else
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.relative_days import relative_days

Kind = Literal["date", "relative", "lunar"]


class Day(msgspec.Struct, frozen=True):
    """A named day; `on` is None for lunar days and days no calendar has. `until` is the end of the range it begins."""

    start: int
    end: int
    on: date | None
    kind: Kind = "date"
    year_told: bool = False
    until: date | None = None


_D = r"(?:0?[1-9]|[12]\d|3[01])"
_M = r"(?:0?[1-9]|1[0-2])"
_Y = r"(?:20\d\d|19\d\d|\d\d(?!\d))"
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_ENGLISH = "|".join(sorted(_MONTHS, key=len, reverse=True))

_ISO = re.compile(r"(?<!\d)(20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?!\d)")
_FULL = re.compile(rf"(?<![\d/.,])({_D})(\s?[/.-]\s?)({_M})\s?[/.-]\s?({_Y})(?![\d])(?!/)")
_SPOKEN = re.compile(
    rf"(?<![\d/.,])({_D})\s*,?\s*(?:thang|thg|thag)\.?\s*({_M}|gieng|chap|mot|hai|ba|tu|nam|sau|bay|tam"
    rf"|chin|muoi(?: mot| hai)?)\b"
    rf"(?!\s*(?:trieu|tr\b|k\b))(?:\s*(?:,|/|-|nam)\s*(?:nam\s+)?(20\d\d|19\d\d))?"
)
_SHORT = re.compile(rf"(?<![\d/.,:])({_D})\s?/\s?({_M})(?![\d/]|\s?/\s?\d|[.,]\d)")
_DASHED = re.compile(
    rf"(?:\bngay|\b(?:thu|t)\s?(?:[2-7]|hai|ba|tu|nam|sau|bay)|\bcn|\bchu nhat|\btruoc|\bhan"
    rf"|\bhet)[\s,:(]*\s?({_D})\s?[.-]\s?({_M})(?![\d/h:]|[.,-]\d|\s?(?:tr\b|trieu|k\b))"
)
_ENGLISH_DAY = re.compile(rf"\b({_D})(?:st|nd|rd|th)?(?: of)?[ -]({_ENGLISH})\b\.?(?:,? (20\d\d))?")
_ENGLISH_MONTH = re.compile(rf"\b({_ENGLISH})\.? ({_D})(?:st|nd|rd|th)?\b(?!:)(?:,? (20\d\d))?")
_BARE = re.compile(
    rf"\b(?:ngay|mung|mong|hom)\s+({_D})(?![\d/.:-]|\s*(?:/|thang|thg|h\b|gio|-\s*\d|hang thang|moi thang"
    rf"|hoc|cong|nghi|lam|lien|(?:va|,|&|den|toi)\s*(?:ngay\s*)?\d{{1,2}}\s*(?:/|thang)))(?:\s*(toi|nay|tay))?"
)
_LUNAR_WORDS = re.compile(
    r"\b(?:mung|mong)\s+(?:\d{1,2}|mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|muoi)(?:\s*(?:,|-|va"
    r"|den)\s*(?:mung |mong )?\d{1,2})*\s+(?:tet|thang gieng|thang chap|am lich|al\b)"
    r"|\bram\s+(?:thang\s+\S+|trung thu)|\b(?:\d{1,2}|mot|hai ba|ong cong ong tao)\s+(?:thang\s+)?(?:chap"
    r"|gieng)\b|\b(?:2[0-9]|30)\s+tet\b|\bdem giao thua\b"
)
_SPOKEN_MONTHS = {
    "mot": 1, "hai": 2, "ba": 3, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10, "muoi mot": 11, "muoi hai": 12,
}  # fmt: skip

_JOINED_BEFORE = re.compile(
    rf"(?<![\w/.:])({_D})\s*(?:-|~|den(?: het)?|toi|va|&|to|and|,|;)\s*(?:ngay\s+|het ngay\s+|het\s+|thu \w+,?\s+)?$"
)
_LIST_HEAD = re.compile(r"(?:\bngay|\bcac ngay|\btu|\(|\bsang|\bchieu|\btoi|\bhai ngay|\bba ngay|:)\s*$")
_RANGE_BETWEEN = re.compile(
    r"\s*\)?\s*(?:-|~|->|den|toi|to|until|till|→|=>)\s*(?:het\s+)?(?:cuoi\s+)?(?:ngay\s+)?(?:\(?(?:thu \w+"
    r"|t[2-7]|cn|chu nhat)\)?[\s,]*)?(?:ngay\s+)?\(?\s*$"
)
_HOURS_BETWEEN = re.compile(r"\d{1,2}\s?(?:h|g|gio|:)\s?\d{0,2}\s?")


def days(reading: Reading, today: date, slashed: frozenset[str] = frozenset()) -> list[Day]:
    """Every day the text names, ranges and lists spread into their named ends. `slashed` are grades whose classes are written `7/3`."""
    found: list[Day] = []
    taken: list[tuple[int, int]] = []
    for day in _candidates(reading, today, slashed):
        if all(day.end <= start or end <= day.start for start, end in taken[-400:]):
            taken.append((day.start, day.end))
            found.append(day)
    found.sort(key=lambda day: day.start)
    return _with_ranges(reading, _spread(reading, found, today))


def _candidates(reading: Reading, today: date, slashed: frozenset[str]) -> Iterator[Day]:
    plain = reading.plain
    for m in _LUNAR_WORDS.finditer(plain):
        yield Day(m.start(), m.end(), None, "lunar")
    for m in _ISO.finditer(plain):
        yield Day(m.start(), m.end(), _real(int(m[1]), int(m[2]), int(m[3])), year_told=True)
    for m in _FULL.finditer(plain):
        yield from _numeric(plain, m.start(), m.end(), int(m[1]), int(m[3]), _year(m[4]), today, m.start())
    for m in _SPOKEN.finditer(plain):
        month = int(m[2]) if m[2].isdigit() else _SPOKEN_MONTHS.get(m[2], 0)
        if month:
            yield from _numeric(plain, m.start(), m.end(), int(m[1]), month, int(m[3]) if m[3] else None, today, None)
        else:
            yield Day(m.start(), m.end(), None, "lunar")
    for m in _DASHED.finditer(plain):
        yield from _numeric(plain, m.start(1), m.end(), int(m[1]), int(m[2]), None, today, None)
    no_day = -9
    for m in _SHORT.finditer(plain):
        listed = m.start() - no_day < 9 and re.fullmatch(r"\s*(?:,|va|hoac|hay|;|-)\s*", plain[no_day : m.start()])
        found = (
            [] if listed else list(_numeric(plain, m.start(), m.end(), int(m[1]), int(m[2]), None, today, m.start()))
        )
        if not found or names_else(reading, m, slashed):
            no_day = m.end()
        else:
            yield from found
    for m in _ENGLISH_DAY.finditer(plain):
        if m[2] == "may" and reading.shown[m.start(2) : m.end(2)] != "May":
            continue
        yield _guessed(m.start(), m.end(), int(m[1]), _MONTHS[m[2]], int(m[3]) if m[3] else None, today)
    for m in _ENGLISH_MONTH.finditer(plain):
        if m[1] != "may" or reading.shown[m.start(1) : m.end(1)] == "May":
            yield _guessed(m.start(), m.end(), int(m[2]), _MONTHS[m[1]], int(m[3]) if m[3] else None, today)
    for start, end, ahead in relative_days(reading):
        yield Day(start, end, today + timedelta(ahead), "relative")
    for m in _BARE.finditer(plain):
        if not NO_DAY_AFTER.match(plain, m.end()):
            lunar = m.group().startswith(("mung", "mong"))
            yield Day(m.start(1), m.end(), None if lunar else _next(int(m[1]), today), "lunar" if lunar else "date")


def _numeric(
    plain: str, start: int, end: int, day: int, month: int, year: int | None, today: date, guard: int | None
) -> Iterator[Day]:
    before = plain[max(0, start - 24) : start]
    if is_lunar(plain, start, end, before, year):
        yield Day(start, end, None, "lunar")
        return
    if (day, month) == (10, 3) and re.search(r"gio to|hung vuong", plain[max(0, start - 60) : end + 60]):
        yield Day(start, end, None, "lunar")
        return
    if guard is not None and year is None and is_no_day(plain, start, end, before, day, month):
        return
    yield _guessed(start, end, day, month, year, today)


def _guessed(start: int, end: int, day: int, month: int, year: int | None, today: date) -> Day:
    if year is not None:
        return Day(start, end, _real(year, month, day), year_told=True)
    return Day(start, end, nearest(day, month, today))


def nearest(day: int, month: int, today: date) -> date | None:
    """The year a reader adds: the nearest such day, up to five months back, otherwise ahead. 15/1 read on 28 December is next year's."""
    choices = [on for year in (today.year - 1, today.year, today.year + 1) if (on := _real(year, month, day))]
    near = [on for on in choices if -150 <= (on - today).days <= 215]
    return min(near or choices, key=lambda on: abs((on - today).days), default=None)


def _next(day: int, today: date) -> date | None:
    for ahead in range(62):
        if (today + timedelta(ahead)).day == day:
            return today + timedelta(ahead)
    return None


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(written: str) -> int:
    return int(written) if len(written) == 4 else 2000 + int(written)


def _spread(reading: Reading, found: list[Day], today: date) -> list[Day]:
    """`1-5/12`, `4, 5 và 6/12`, `từ 30/11 đến 4/12`: the numbers before a day that borrow its month."""
    spread: list[Day] = []
    for day in found:
        borrowed: list[Day] = []
        start = day.start
        while day.on is not None and day.kind == "date" and len(borrowed) < 8:
            window = max(0, start - 28)
            m = _JOINED_BEFORE.search(reading.plain[window:start])
            if not m or (spread and window + m.start() < spread[-1].end):
                break
            number, place = int(m[1]), window + m.start()
            before = reading.plain[max(0, place - 12) : place]
            ranged = re.search(r"-|~|den|toi|to\b", m.group())
            if re.search(
                r"\b(?:lop|khoi|phong|tiet|bai|trang|tuan|tang|nam hoc|luc|cau|so|p|hk|hoc ky|ca|khu|day|grades?"
                r"|tu bai)[\s.]*$",
                before,
            ):
                break
            if (
                not ranged
                and not (_LIST_HEAD.search(before) or _JOINED_BEFORE.search(before))
                and not re.search(r"\d\s*,\s*$", before)
            ):
                break
            later = borrowed[-1].on if borrowed else day.on
            assert later is not None
            on = _real(later.year, later.month, number)
            if on is None or on >= later:
                break
            borrowed.append(
                Day(place, place + len(m[1]), on, year_told=day.year_told, until=day.on if ranged else None)
            )
            start = place
        spread.extend(reversed(borrowed))
        spread.append(day)
    return spread


def _with_ranges(reading: Reading, found: list[Day]) -> list[Day]:
    joined: list[Day] = []
    for day, after in zip(found, [*found[1:], None], strict=False):
        if after and day.on and after.on and day.until is None and after.start - day.end < 60:
            between = _HOURS_BETWEEN.sub("", reading.plain[day.end : after.start])
            if _RANGE_BETWEEN.fullmatch(between):
                began = day.on
                if not day.year_told and after.year_told and began > after.on:
                    began = _real(after.on.year, began.month, began.day) or began
                    began = began if began <= after.on else _real(after.on.year - 1, began.month, began.day) or began
                elif not day.year_told and after.year_told:
                    same = _real(after.on.year, began.month, began.day)
                    began = same if same and same <= after.on else began
                day = msgspec.structs.replace(day, on=began, until=after.on)
        joined.append(day)
    return joined

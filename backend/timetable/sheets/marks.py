"""What a cell beside the lessons says: a weekday, a period, a session, a first day. Pure; it knows no layout."""

from __future__ import annotations

import re
from datetime import date

from backend.spreadsheets.cells import Cell, fold, text_of
from schemas.timetable import Session

_WEEKDAYS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6}
_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(r"(?:thu|t)\s?([2-8])\b.*|thu (hai|ba|tu|nam|sau|bay)\b.*")
_SUNDAY = re.compile(r"(?:chu nhat|cn)\b.*")
_PERIOD = re.compile(r"(?:tiet|t)?\s?(10|[1-9])(?:\s.*)?")
_LABELS = {
    "thu": "weekday", "ngay": "weekday", "thu ngay": "weekday", "ngay thu": "weekday", "day": "weekday", "tiet": "period", "tiet hoc": "period",
    "tiet so": "period", "tiet thu": "period", "period": "period", "buoi": "session", "buoi hoc": "session", "ca": "session", "session": "session",
    "lop": "class", "class": "class", "gio": "clock", "thoi gian": "clock", "gio hoc": "clock", "stt": "number", "tt": "number",
}  # fmt: skip
_SUB_LABELS = {
    "mon": "subject", "mon hoc": "subject", "subject": "subject", "gv": "teacher", "giao vien": "teacher",
    "gvbm": "teacher", "teacher": "teacher", "ten gv": "teacher",
}  # fmt: skip
_MORNING = re.compile(r"\b(?:buoi )?sang\b|\bmorning\b|\bca sang\b")
_AFTERNOON = re.compile(r"\b(?:buoi )?chieu\b|\bafternoon\b|\bca chieu\b")
_FROM = re.compile(r"(?:ap dung|thuc hien|bat dau|tu)\b[^0-9]{0,30}?(\d{1,2}) (\d{1,2}) (20\d\d)")


def label_of(cell: Cell) -> str | None:
    """`Thứ`, `Tiết`, `Buổi` and their like over a column; `Thứ/Tiết` over a corner is the first of the two."""
    words = fold(text_of(cell))
    if words in ("thu tiet", "tiet thu", "thu tiet lop", "tiet lop", "thu lop"):
        return "corner"
    return _LABELS.get(words)


def sub_label_of(cell: Cell) -> str | None:
    return _SUB_LABELS.get(fold(text_of(cell)))


def weekday_of(cell: Cell, *, bare: bool = False) -> int | None:
    """1 for Monday. `bare`: under a heading that says so, `2` is thứ Hai and `8` Sunday."""
    words = fold(text_of(cell))
    if not words:
        return None
    if match := _WEEKDAY.fullmatch(words):
        return int(match[1]) - 1 if match[1] else _WEEKDAYS[match[2]]
    if _SUNDAY.fullmatch(words):
        return 7
    if words.startswith(_ENGLISH) and (words[:3] in _ENGLISH) and words.endswith(("day", *_ENGLISH)):
        return _ENGLISH.index(words[:3]) + 1
    if bare and words in _WEEKDAYS:
        return _WEEKDAYS[words]
    return int(words) - 1 if bare and re.fullmatch(r"[2-8]", words) else None


def period_of(cell: Cell) -> int | None:
    """`1`, `Tiết 1`, `Tiết 1 (7h00-7h45)`."""
    match = _PERIOD.fullmatch(fold(text_of(cell)))
    return int(match[1]) if match else None


def session_of(cell: Cell) -> Session | None:
    words = fold(text_of(cell))
    if words in ("s", "sang", "buoi sang", "ca sang", "morning", "am"):
        return "morning"
    return "afternoon" if words in ("c", "chieu", "buoi chieu", "ca chieu", "afternoon", "pm") else None


def session_in(text: str) -> Session | None:
    """A title or the name of a sheet that speaks of one session and not of the other."""
    words = fold(text)
    morning, afternoon = _MORNING.search(words), _AFTERNOON.search(words)
    if bool(morning) == bool(afternoon):
        return None
    return "morning" if morning else "afternoon"


def first_day_in(text: str) -> date | None:
    """`Áp dụng từ ngày 30/11/2026`."""
    match = _FROM.search(fold(text))
    try:
        return date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None

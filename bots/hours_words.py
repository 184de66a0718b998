"""Coming late and leaving early as families tell it: whether it is told at all or only asked about, and the hour. Pure; it knows no child."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from backend.core.text import clean
from bots import absence_words
from bots.absence_words import flat

Kind = Literal["late", "pickup"]

# Without marks “muộn” (late) is “muốn” (want): what follows tells them apart.
_WANT: Final = r"(?! (?:xin|don|ruoc|hoi|biet|gap|nho|cho|dang|tim|xem|dong|lay|mua|chuyen))"
_LATE: Final = re.compile(
    rf"""\b(?:
      (?:den|toi|vao|di|len|qua)\ (?:hoc\ |lop\ |truong\ |noi\ )?(?:se\ |hoi\ |bi\ |co\ the\ )?(?:muon|tre){_WANT}
    | (?:tre|muon)\ (?:hoc|gio|khoang|tam|chung|mat|\d)
    | (?:be|is|are|arriv\w+|run\w*|com\w+|get\w*)\ (?:\d+\ (?:min\w*|hours?)\ )?(?:a\ (?:bit|little)\ )?late
    )\b""",
    re.VERBOSE,
)
_EARLY: Final = re.compile(
    r"""\b(?:
      (?:don|ruoc)\b(?:\ \w+){0,4}\ som
    | (?:ve|nghi|ra\ ve|tan\ hoc)\ som
    | (?:xin|cho)\ (?:\w+\ ){0,4}(?:ve|ra\ ve)\ (?:truoc|luc)
    | ra\ ve\ truoc
    | (?:pick\w*|collect\w*|fetch\w*)\ (?:\w+\ ){1,3}(?:up\ )?early
    | leav\w+\ (?:school\ )?early
    )\b""",
    re.VERBOSE,
)
# Whoever is to be let in to collect a child is named in the app, by the rules of that; here only the asker comes.
_SOMEBODY_ELSE: Final = re.compile(
    r"\b(?:ong|ba (?:noi|ngoai)|chu|di|bac|cau|mo|thim|duong|anh|chi|nguoi (?:nha|quen|khac)|hang xom|giup viec|tai xe|xe om|"
    r"grand\w+|aunt|uncle|neighbou?r|driver)"
    r"\b(?: \w+){0,3} (?:don|ruoc|pick|collect|fetch|will|is going)\b"
)
# The parent's own delay, and a question whether the child was late.
_LATE_TO_COLLECT: Final = re.compile(r"\b(?:don|ruoc)\b(?: \w+){0,3} (?:tre|muon)\b|\blate to (?:pick|collect|fetch)")
_WHETHER: Final = re.compile(r"\b(?:khong|ko|k|chua|hong)(?: (?:co|thay|a|vay|the|nhi|em|ban))*\W*$")
_OF_HOURS: Final = re.compile(r"\b(?:may gio|luc nao|bao gio|khi nao|what time|when)\b")
_COUNTED: Final = re.compile(r"\b(?:may|bao nhieu|\d+) (?:buoi|lan|hom|ngay|times)\b")

_NOT_TOLD: Final = (_WHETHER, _OF_HOURS, _COUNTED, _SOMEBODY_ELSE, _LATE_TO_COLLECT)

_CLOCK: Final = re.compile(
    r"\b(?P<hour>\d{1,2})\s*(?:(?:h|g|gio|:)\s*(?P<minute>[0-5]\d)?(?P<half>\s*ruoi)?|(?P<bare>ruoi))\s*(?:phut\b)?\s*(?P<less>kem (?P<by>\d{1,2}))?"
    r"\s*(?P<part>sang|trua|chieu|toi|am|pm|a m|p m)?(?![a-z0-9])"
)
_ENGLISH_CLOCK: Final = re.compile(r"\b(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))?\s*(?P<part>am|pm|a m|p m)\b")
_MINUTES: Final = re.compile(r"\b(\d{1,3})\s*(?:p|ph|phut|min|mins|minutes?)\b")
_HALF_HOUR: Final = re.compile(r"\b(?:nua (?:tieng|gio)|half an hour)\b")
_HOURS: Final = re.compile(
    r"(?:\b(?P<n>\d|mot|hai|ba) (?:tieng|gio dong ho|hours?)\b|(?:tre|muon) (?:khoang |tam |chung )?(?P<h>[12])\s*h\b)"
    r"(?P<half> ruoi)?(?!\s*(?:sang|chieu))"
)
_LESSONS: Final = re.compile(r"\b(\d|mot|hai|ba) tiet\b")
_NUMBERS: Final = {"mot": 1, "hai": 2, "ba": 3}
_LESSON_MINUTES: Final = 45
_FROM, _TO = 5, 20


class Hour(msgspec.Struct, frozen=True):
    """`at` on the clock (HH:MM), or `minutes` after school begins or before it ends. Neither: not said."""

    at: str = ""
    minutes: int = 0


def told(text: str) -> Kind | None:
    """What the words announce; None for a question, for what is past, and for what somebody else is to do."""
    words = flat(clean(text))
    if absence_words.asks(text) or any(shape.search(words) for shape in _NOT_TOLD):
        return None
    said = hour(text)
    if not (said.at or said.minutes or absence_words.names_a_day(words) or absence_words.reason(text)):
        return None
    if _EARLY.search(words):
        return "pickup"
    late = _LATE.search(words)
    return "late" if late is not None and "muốn" not in clean(text).lower()[slice(*late.span())] else None


def hour(text: str) -> Hour:
    words = flat(clean(text))
    if (minutes := _length(words)) > 0:
        return Hour(minutes=minutes)
    found = _CLOCK.search(words) or _ENGLISH_CLOCK.search(words)
    return Hour() if found is None else Hour(at=_on_the_clock(found.groupdict()))


def _on_the_clock(said: dict[str, str | None]) -> str:
    """Schools are open from morning to evening: three is in the afternoon."""
    at, minute, part = int(said["hour"] or 0), int(said["minute"] or 0), (said.get("part") or "").replace(" ", "")
    if said.get("half") or said.get("bare"):
        minute = 30
    if (part in ("chieu", "toi", "pm", "trua") and at < 11) or (not part and 1 <= at < _FROM + 1):
        at += 12
    if said.get("less"):
        at, minute = at - 1, 60 - int(said["by"] or 0)
    return f"{at:02d}:{minute:02d}" if _FROM <= at < _TO and 0 <= minute < 60 else ""


def _length(words: str) -> int:
    if _HALF_HOUR.search(words):
        return 30
    if (minutes := _MINUTES.search(words)) and "kem" not in words and not re.search(r"\d\s*(?:h|gio)\s*\d", words):
        return int(minutes[1])
    if hours := _HOURS.search(words):
        return _number(hours["n"] or hours["h"]) * 60 + (30 if hours["half"] else 0)
    lessons = _LESSONS.search(words)
    return _number(lessons[1]) * _LESSON_MINUTES if lessons else 0


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]

"""An absence as families tell it: which days, why, and whether it is told at all or only asked about. Pure; it knows no child."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import msgspec

from backend.core.text import clean, strip_marks

_REASON_MAX: Final = 300
_AROUND_DAYS: Final = 60

_NUMBERS: Final = {
    "mot": 1, "a": 1, "one": 1, "hai": 2, "two": 2, "ba": 3, "three": 3, "bon": 4, "four": 4, "nam": 5, "five": 5,
    "sau": 6, "six": 6, "bay": 7, "seven": 7, "tam": 8, "chin": 9, "muoi": 10, "ten": 10,
}  # fmt: skip
_WEEKDAYS: Final = {
    "hai": 1, "2": 1, "ba": 2, "3": 2, "tu": 3, "4": 3, "nam": 4, "5": 4, "sau": 5, "6": 5, "bay": 6, "7": 6,
    "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7,
}  # fmt: skip
# A child may be called Mai, and "đứa thứ hai" counts children.
_NOT_A_CHILD: Final = r"(?<!be\ )(?<!con\ )(?<!chau\ )(?<!em\ )(?<!ban\ )(?<!dua\ )"
_DAY: Final = re.compile(
    rf"""
    \b(?:
      (?P<after>day\ after\ tomorrow|ngay\ kia|ngay\ mot|bua\ mot|mai\ mot)
    | (?P<tomorrow>ngay\ mai|sang\ mai|trua\ mai|chieu\ mai|toi\ mai|bua\ mai|tomorrow|{_NOT_A_CHILD}mai)
    | (?P<yesterday>hom\ qua|ngay\ qua|yesterday)
    | (?P<today>hom\ nay|bua\ nay|bua\ ni|ngay\ nay|sang\ nay|trua\ nay|chieu\ nay|today|this\ morning|this\ afternoon)
    | (?P<date>(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})(?:[/.-](?P<y>\d{{2,4}}))?)
    | ngay\ (?P<dd>\d{{1,2}})(?!\d|[/.-]\d)(?:\ thang\ (?P<mm>\d{{1,2}}))?
    | {_NOT_A_CHILD}(?:thu\ |t)(?P<weekday>hai|ba|tu|nam|sau|bay|[2-7])(?P<next>\ tuan\ (?:sau|toi))?
    | (?P<sunday>chu\ nhat|cn)(?P<next_sunday>\ tuan\ (?:sau|toi))?
    | (?P<next_english>next\ )?(?P<english>monday|tuesday|wednesday|thursday|friday|saturday|sunday)
    )\b""",
    re.VERBOSE,
)
_PLAIN_RANGE: Final = re.compile(r"\b(\d{1,2})\s*(?:-|den|toi|to)\s*(?:ngay )?(\d{1,2})[/.](\d{1,2})\b")
_LASTS: Final = re.compile(
    r"\b(?<!thu )(\d{1,2}|mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi|a|one|two|three|four|five|six|seven|ten) (ngay|hom|bua|days?|tuan|weeks?)\b"
    r"(?! (?:thang|sau|toi|truoc|/))"
)
_HALF: Final = (
    (
        "morning",
        re.compile(r"\b(?:sang nay|sang mai|buoi sang|sang thu|this morning|tomorrow morning|in the morning)\b"),
    ),
    ("afternoon", re.compile(r"\b(?:chieu nay|chieu mai|buoi chieu|chieu thu|this afternoon|in the afternoon)\b")),
)

_BECAUSE: Final = re.compile(
    r"\b(?:vi ly do|voi ly do|ly do la|ly do|boi vi|tai vi|vi|do|tai|because of|because|due to|reason)\b[\s:]+(?P<why>[^.?!\n;]+)"
)
_HAPPENED: Final = re.compile(
    r"\b(?P<why>(?:(?:dang |moi |lai |bi |hoi |has |is |have )*"
    r"(?:sot|om|benh|dau|ho|(?<!thong )cam|cum|met|non|tieu chay|thuy dau|soi|viem|te|nga|nhap vien|nam vien|kham|di kham|di vien|mo mat|chay mau|"
    r"di tiem|tiem|ve que|viec gia dinh|viec nha|viec rieng|gia dinh co viec|nha co viec|co viec|dam cuoi|dam tang|dam gio|an cuoi|gio ong|gio ba|"
    r"di choi xa|di xa|di thi|thi dau|sick|ill|unwell|fever|a fever|cold|a cold|flu|cough|doctor|dentist|hospital|appointment|"
    r"travel|travelling|funeral|wedding|family matter|family business))\b[^.?!\n;]*)"
)
_ENDS: Final = re.compile(
    r"\s*(?:,|\b(?:nen (?:cho|xin|toi|em|gia dinh|chau|con|be|khong|k)|xin (?:co|thay|phep|cho|nghi|nha truong)|"
    r"cho (?:chau|con|be|em|toi) (?:xin )?nghi|mong (?:co|thay)|nho (?:co|thay)|kinh mong|so (?:he|she) (?:can|will|won)|so i)\b).*$"
)
_POLITE: Final = re.compile(
    r"(?:\s+(?:a|ah|nhe|nha|nhe co|co a|thay a|co nhe|co|thay|voi a|please|thanks|thank you))+$"
)

_HOW: Final = re.compile(
    r"\b(?:the nao|lam sao|ra sao|ntn|nhu nao|o dau|qua dau|cho nao|can gi|can nhung gi|giay gi|giay to|mau don|don xin|viet don|thu tuc|"
    r"quy dinh|may ngay|bao nhieu|bao lau|phai lam gi|bao ai|hoi ai|gap ai|co phai|co bi|co can|how|what|where|who|which|form|do i need|must i)\b"
)
# Late coming and leaving early, and stopping something other than school.
_OTHER: Final = re.compile(
    r"\b(?:muon|tre|ve som|don som|ra ve truoc|xin ve|late|early|leave school)\b(?! con)|\bnghi (?:an|com|ban tru|xe|bus|hoc them|hoc he)\b"
)
_ASKED: Final = re.compile(
    r"\?\s*$|\b(?:gi|nao|may|ai|sao|bao gio|khi nao|why|when|whose)\b(?: a| vay| the| co| thay)*\W*$"
)
_PLEADS: Final = re.compile(r"\b(?:xin|xin phep|cho phep)\b.*\bnghi\b")
_WHETHER: Final = re.compile(r"\b(?:chua|khong|ko|k)\b(?: a)?\W*$")
_TOLD: Final = re.compile(
    r"\b(?:nghi|vang|khong (?:di|den) (?:hoc|lop|truong)|k (?:di|den) (?:hoc|lop|truong)|ko (?:di|den) (?:hoc|lop|truong)|"
    r"absent|absence|off school|stay(?:ing)? (?:at )?home|not come|not be (?:at|in|coming)|miss(?:ing)? (?:school|class)|day off|days off|"
    r"can t come|cannot come|won t be|leave)\b"
)
_A_CHILD_STAYS_AWAY: Final = re.compile(r"\b(?:con|be|chau|em|bon nho|cu)\b(?: \w+){0,4} nghi\b")
_REPORTS: Final = re.compile(
    r"^(?:(?:da|vang|co oi|thay oi|cho|giup|toi|em|minh|me|ba|bo|muon|xin|phep|can|please|i want to|i would like to|i d like to) )*"
    r"(?:bao (?:nghi|vang)|report (?:an |the )?absence)\b"
)


class Days(msgspec.Struct, frozen=True):
    first: date
    last: date


def flat(text: str) -> str:
    """Lower case without marks, as long as the text itself, so that a place in the one is a place in the other."""
    return "".join(strip_marks(letter).lower()[:1] or " " for letter in text).replace("'", " ").replace("’", " ")


def is_told(text: str) -> bool:
    """An absence that is announced, not a question about how one is announced. "Được không ạ?" is politeness."""
    words = flat(clean(text))
    if _HOW.search(words) or _OTHER.search(words):
        return False
    return bool(
        _REPORTS.search(words) or (_TOLD.search(words) and (_DAY.search(words) or _LASTS.search(words) or reason(text)))
    )


def reports(text: str) -> bool:
    """ "Báo nghỉ cho con": the wish to tell it, with or without the particulars. "Báo nghỉ chưa?" asks about the school's own."""
    words = flat(clean(text))
    return bool(_REPORTS.search(words)) and not _HOW.search(words) and not _WHETHER.search(words)


def pleads(text: str) -> bool:
    """ "Xin cho con nghỉ …" with a day: so plainly told that a date of the calendar beside it changes nothing."""
    return is_told(text) and bool(_PLEADS.search(flat(clean(text))))


def plainly(text: str) -> bool:
    """A child, staying away, a day and a reason, and no question: “chủ nhật con nghỉ vì về quê”."""
    return is_told(text) and bool(_A_CHILD_STAYS_AWAY.search(flat(clean(text))) and reason(text)) and not asks(text)


def asks(text: str) -> bool:
    """A question, whatever about. "Được không ạ?" is none."""
    words = flat(clean(text))
    polite = re.search(r"\bduoc (?:khong|ko|k)\b", words)
    return bool(_HOW.search(words) or _ASKED.search(words) or (_WHETHER.search(words) and not polite))


def days(text: str, today: date) -> Days | None:
    """The first and the last day away. None where no day is named. What was read is shown back before it counts."""
    words = flat(clean(text))
    if (plain := _PLAIN_RANGE.search(words)) is not None:
        first, last = (_near(int(day), int(plain[3]), None, today) for day in (plain[1], plain[2]))
        if first and last and first <= last:
            return Days(first, last)
    named = list(_named(words, today))
    lasts = _length(words)
    if not named:
        return None if lasts is None else Days(today, today + timedelta(days=lasts - 1))
    first, last = min(named), max(named)
    if len(named) == 1 and lasts is not None:
        last = first + timedelta(days=lasts - 1)
    return Days(first, last)


def names_a_day(words: str) -> bool:
    """`words` flat."""
    return _DAY.search(words) is not None


def _named(words: str, today: date) -> Iterator[date]:
    for match in _DAY.finditer(words):
        found = match.groupdict()
        if found["after"]:
            yield today + timedelta(days=2)
        elif found["tomorrow"]:
            yield today + timedelta(days=1)
        elif found["yesterday"]:
            yield today - timedelta(days=1)
        elif found["today"]:
            yield today
        elif found["d"] or found["dd"]:
            day = _near(int(found["d"] or found["dd"]), int(found["m"] or found["mm"] or 0), found["y"], today)
            if day is not None:
                yield day
        else:
            weekday = 7 if found["sunday"] else _WEEKDAYS[found["weekday"] or found["english"]]
            yield _weekday(
                weekday, today, next_week=bool(found["next"] or found["next_sunday"] or found["next_english"])
            )


def _near(day: int, month: int, year: str | None, today: date) -> date | None:
    """Without a year the nearest such day; without a month the nearest such day that is not long past."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        if month:
            around = [date(one, month, day) for one in (today.year - 1, today.year, today.year + 1)]
            return min(around, key=lambda one: abs((one - today).days))
    except ValueError:
        return None
    ahead = (today + timedelta(days=after) for after in range(-3, _AROUND_DAYS))
    return next((one for one in ahead if one.day == day), None)


def _weekday(weekday: int, today: date, *, next_week: bool) -> date:
    """The next such day, today included; "tuần sau" is the week after this one."""
    if next_week:
        monday = today + timedelta(days=7 - today.weekday())
        return monday + timedelta(days=weekday - 1)
    return today + timedelta(days=(weekday - today.isoweekday()) % 7)


def _length(words: str) -> int | None:
    match = _LASTS.search(words)
    if match is None:
        return None
    number = int(match[1]) if match[1].isdigit() else _NUMBERS[match[1]]
    return number * (7 if match[2].startswith(("tuan", "week")) else 1) or None


def half(text: str) -> str | None:
    """`morning` or `afternoon`, where only that is named. The roll knows sessions, an announced absence days; so it is told as words."""
    words = flat(clean(text))
    found = [name for name, shape in _HALF if shape.search(words)]
    return found[0] if len(found) == 1 else None


def reason(text: str) -> str:
    """The reason in the family's own words, marks and all; empty where none is read."""
    said = clean(text)
    words = flat(said)
    match = _BECAUSE.search(words) or _HAPPENED.search(words)
    if match is None or len(words) != len(said):
        return ""
    start, end = match.span("why")
    kept = _ENDS.sub("", words[start:end])
    kept = _POLITE.sub("", kept.rstrip(" ,.:"))
    return said[start : start + len(kept)].strip(" ,.:")[:_REASON_MAX]

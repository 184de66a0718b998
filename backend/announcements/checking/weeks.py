"""Weekdays, weeks, months and seasons without a date, and which date says them exactly. `thứ 6 hằng tuần` is a habit and no defect."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec

from backend.announcements.checking.days import Day
from backend.announcements.checking.periods import period
from backend.announcements.checking.reading import Reading


class Weekday(msgspec.Struct, frozen=True):
    start: int
    end: int
    number: int  # Monday 0
    pointed: bool  # said with này, tới, sau: one certain week is meant
    habit: bool
    past: bool
    day: Day | None = None


class Vague(msgspec.Struct, frozen=True):
    """A period said without a date; `first` … `last` is what a careful reader takes it for, None where nobody can know."""

    start: int
    end: int
    first: date | None = None
    last: date | None = None
    past: bool = False


_NUMBERS = {
    "hai": 0,
    "ba": 1,
    "tu": 2,
    "nam": 3,
    "sau": 4,
    "bay": 5,
    "2": 0,
    "3": 1,
    "4": 2,
    "5": 3,
    "6": 4,
    "7": 5,
    "chu nhat": 6,
    "cn": 6,
}
_NUMBERS |= {
    name: n
    for n, names in enumerate(
        (
            "monday mon",
            "tuesday tue tues",
            "wednesday wed",
            "thursday thu thurs",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
_WEEKDAY = re.compile(
    r"(?<![\w/])(?:(?P<thu>thu)\s?(?P<n>[2-7](?![\d.,/]\d|\d|\s?(?:k|tr|trieu|nghin|ngan|%|khoan)\b)|hai"
    r"|ba|tu|nam|sau|bay)"
    r"|(?P<t>t)\.?(?P<tn>[2-7])(?!\d|/\d)|(?P<cn>chu nhat|cn)|(?P<en>monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|mon|tues?|wed|thurs?|fri|sat|sun))\b"
)
_POINTED = re.compile(
    r"\s*,?\s*(?:\(?(?:ngay )?\s*(?:nay|toi|sau|tuan nay|tuan sau|tuan toi|toi day|sap toi|tuan|ke tiep)\b"
    r"|of (?:this|next) week|next week)"
)
_POINTED_BEFORE = re.compile(
    r"\b(?:this|next|coming)\s+$|\b(?:tuan nay|tuan sau|tuan toi)[\s,(:]*(?:vao|la|ngay|sang|chieu|toi)?\s*$"
)
_PAST_AFTER = re.compile(r"\s*(?:tuan\s+)?(?:vua (?:roi|qua)|truoc\b|hom truoc|tuan (?:truoc|roi|qua)|rui|roi\b|qua\b)")
_PAST_BEFORE = re.compile(r"\b(?:last|vua qua,?)\s+$")
_HABIT = re.compile(
    r"\b(?:hang tuan|moi tuan|moi thu|hang thu|cac thu|thu hang|vao cac|cac ngay|cac buoi|moi (?:sang"
    r"|chieu|toi)|every|weekly|lich hoc|thoi khoa bieu|tkb|lich sinh hoat|gio lam viec|gio mo cua|dinh ky"
    r"|nhu thuong le|1 tuan|mot tuan \d|tiet/tuan|buoi/tuan|hoc them|/buoi|/thang|clb|cau lac bo"
    r"|lop (?:boi|vo|ve|nang khieu|hoc them)|moi)\b"
)
_NO_WEEKDAY_BEFORE = re.compile(
    r"\b(?:mon thi|mon|khoan|lan|bai|cau|tap|quyen|con|giai|hang|vi tri|dung|xep|mua|buoi|mon|kcn|gv|lop|tiet|nhom|de"
    r"|ly|chu de|bo mon|cap|hoc ky|cong nghe)\s*$"
)
_FILL = re.compile(
    r"(?:[\s,;:()\-.\[/|]|\bngay\b|\bnay\b|\btoi\b|\bsau\b|\btuan\b|\bla\b|\bbuoi\b|\bsang\b|\bchieu\b"
    r"|\btrua\b|\bvao\b|\bluc\b|\btu\b|\bden\b|\btuc\b|\bthoi gian\b|\bthe\b|\bof\b|\bon\b|\bat\b"
    r"|\bmorning\b"
    r"|\bafternoon\b|\bevening\b|\bdem\b|\bhom\b|\d{1,2}\s?(?:h|g|gio)\s?\d{0,2}(?:\s?(?:phut|p))?"
    r"|\d{1,2}:\d\d|\b[ap]m\b|ruoi)*"
)
# `Học bù theo thời khóa biểu thứ Năm` names the lessons, not the day.
_TIMETABLE = re.compile(r"\b(?:thoi khoa bieu|tkb|lich hoc)(?: cua)?(?: ngay)?\s+$")
_FILL_BACK = re.compile(r"[\s,(\-\[/]*(?:(?:la|tuc|nham|vao)\s+)?(?:ngay\s+)?")

_PERIODS = re.compile(
    r"\b(?:(?P<edge>dau|giua|cuoi|trong|het)\s+)?(?P<week>tuan|week)\s*(?:le\s+)?(?P<wwhich>nay|sau|toi"
    r"|ke tiep|tiep theo|ke)\b"
    r"|\b(?P<weekend>cuoi tuan|dau tuan|giua tuan|this weekend|next weekend|weekend)\b"
    r"|\b(?P<nextweek>next week|this week|later this week)\b"
    r"|\b(?:(?P<medge>dau|giua|cuoi|trong|khoang|vao|sang)\s+)(?:khoang\s+)?thang\s*(?P<month>1[0-2]"
    r"|0?[1-9]|nay|sau|toi|hai|ba|bay|tam|chin|muoi(?: mot| hai)?)\b(?!/?\d*\s*(?:am lich|tet))"
    r"|(?<!\d )\b(?P<nmonth>thang\s+(?:sau|toi|nay|ke tiep)|next month|this month)\b|\b(?P<eom>(?:cuoi|dau"
    r"|giua) thang(?!\s*\d)|end of (?:the|this|next) month)\b"
    r"|\b(?P<season>(?:sau|truoc|ra|qua|dip|vao dip|trong dip|trong|vao|ky nghi|nghi)\s+(?:dip\s+"
    r"|ky nghi\s+|nghi\s+|mua\s+)?(?:le\s+|ki nghi\s+)?(?:tet(?! (?:duong|trung thu|thieu nhi))"
    r"|he)(?:\s+(?:nay|toi|sau))?|he (?:nay|toi|sau)|mua he (?:nay|toi|sau)|(?:vao|khoang|den|trong|tu"
    r"|sang|luc) (?:dau|cuoi) (?:nam hoc|hoc ky"
    r"|hoc ki|hk\d?)(?:\s+(?:nay|toi|sau))?"
    r"|(?:mua xuan|mua thu|mua dong) (?:nay|toi|sau)|(?:dau|cuoi|giua) (?:mua )?(?:xuan|ha"
    r"|dong)(?! \d)|(?:ra|qua) gieng|after tet|this summer|next term)\b"
    r"|\b(?P<soon>vai (?:ngay|hom|tuan) (?:toi|nua)|may (?:hom|ngay|bua) (?:toi|nua)|it hom nua|nay mai"
    r"|mot ngay gan day|in the coming days|hom nao do|it bua nua|sang tuan|qua tuan)\b"
)
_FORMS = {
    "nay": ("này",), "qua": ("qua",), "he": ("hè",), "tet": ("tết",), "sang": ("sang",), "dau": ("đầu",), "cuoi": ("cuối",),
    "thang": ("tháng",), "tuan": ("tuần",), "xuan": ("xuân",), "ha": ("hạ",), "dong": ("đông",), "gieng": ("giêng",), "ra": ("ra",),
}  # fmt: skip
_PERIOD_PAST = re.compile(r"\s*(?:vua qua|vua roi|truoc|qua\b)")
_GREETING = re.compile(r"\b(?:chuc|vui ve|nhe nhang|an lanh|vui ve nhe|have a|enjoy|happy)\b")
_REVIEW = re.compile(
    r"\b(?:nhan xet|tong ket|thi dua|ket qua|tuyen duong|bao cao|diem danh|nhat ky|hinh anh"
    r"|explored|learn(?:ed|t)|enjoyed|visited|made|worked|studied|was|were|have been|de nghi cac em tiep tuc"
    r"|ne nep|so ket|chu de|tinh hinh|review|recap|highlights|top|diem|xep)\b[^.\n]{0,60}$"
)
_CONTEXT_OF_SEASON = re.compile(
    r"\b(?:tien thuong|phuc|ao|trang phuc|do dung|banh|hoi cho|ve sinh|bai tap|sach|vo|kham pha|qua|tui"
    r"|an toan|dam bao|dich|thoi tiet|khong khi|hoat canh|tiet muc|chuc)\b[^.\n]{0,18}$"
)


def weekdays(reading: Reading, found: list[Day]) -> list[Weekday]:
    """Weekdays with the date they are said with, if any."""
    named: list[Weekday] = []
    for m in _WEEKDAY.finditer(reading.plain):
        if _is_weekday(reading, m):
            named.append(_weekday(reading, m, found))
    return _lists_are_habits(reading, named)


def _is_weekday(reading: Reading, m: re.Match[str]) -> bool:
    before = reading.plain[max(0, m.start() - 18) : m.start()]
    if m["thu"] and not m["en"]:
        word = reading.shown[m.start() : m.start() + 3].lower()
        if reading.marked and word != "thứ":
            return False
        # `thứ hai, thứ ba` also count: lần thứ hai, giải thứ ba, đứng thứ 5.
        return not _NO_WEEKDAY_BEFORE.search(before)
    if m["cn"] == "cn":
        return not _NO_WEEKDAY_BEFORE.search(before) and reading.plain[m.end() : m.end() + 2] not in ("/h",)
    if m["t"]:
        return not re.search(r"\b(?:phong|day|nha|khu|toa|tang|lop|tiet|size)\s*$", before)
    if m["en"] in ("thu", "sun", "sat", "mon", "wed", "fri", "tue", "thurs", "tues"):
        return (
            not reading.marked
            and reading.shown[m.start()].isupper()
            and (m["en"] not in ("mon", "thu") or bool(re.match(r",? \d|\.", reading.plain[m.end() : m.end() + 3])))
        )
    return True


def _weekday(reading: Reading, m: re.Match[str], found: list[Day]) -> Weekday:
    plain = reading.plain
    number = _NUMBERS[m["n"] or m["tn"] or m["cn"] or m["en"]]
    start, end = m.span()
    first, last = reading.line_at(start)
    around = plain[max(first, start - 60) : min(last, end + 40)]
    pointed = bool(_POINTED.match(plain, end) or _POINTED_BEFORE.search(plain[max(0, start - 24) : start]))
    past = bool(_PAST_AFTER.match(plain, end) or _PAST_BEFORE.search(plain[max(0, start - 10) : start]))
    if _TIMETABLE.search(plain, max(0, start - 24), start):
        return Weekday(start, end, number, False, True, past)
    habit = not pointed and bool(_HABIT.search(around))
    return Weekday(start, end, number, pointed, habit, past, _said_with(plain, start, end, found))


def _said_with(plain: str, start: int, end: int, found: list[Day]) -> Day | None:
    for day in found:
        if 0 <= day.start - end <= 45 and _FILL.fullmatch(plain, end, day.start):
            return day if day.kind == "date" or day.start - end < 12 else None
        if day.start > end + 45:
            break
    for day in reversed(found):
        if (
            0 <= start - day.end <= 12
            and _FILL_BACK.fullmatch(plain, day.end, start)
            and "\n" not in plain[day.end : start]
        ):
            return day
    return None


_LASTING = re.compile(r"\b(?:ap dung (?:tu|ke tu)|thoi khoa bieu|tkb|hang tuan|moi tuan|lau dai)\b")


def _lists_are_habits(reading: Reading, named: list[Weekday]) -> list[Weekday]:
    """Two and more bare weekdays in one breath are a timetable: `thứ 3, thứ 5`, `từ thứ 2 đến thứ 6`."""
    kept: list[Weekday] = []
    for place, one in enumerate(named):
        neighbours = [
            other
            for other in named[max(0, place - 3) : place + 4]
            if other is not one and abs(other.start - one.start) < 70
        ]
        bare = [other for other in neighbours if not other.pointed and other.day is None]
        moved = re.search(
            r"\b(?:doi|doi sang|chuyen|lui|thay (?:bang|the|cho)|hoan)\b",
            reading.plain[max(0, one.start - 45) : one.end + 30],
        )
        listed = (
            bool(bare)
            and not moved
            and not one.pointed
            and one.day is None
            and any(o.number != one.number for o in bare)
        )
        after = re.match(r"\s*(?:,|va|-|&)\s*(?:[2-7]|cn)\b(?!\s*/)", reading.plain[one.end : one.end + 8])
        listed = listed or (after is not None and one.day is None and not one.pointed)
        kept.append(msgspec.structs.replace(one, habit=one.habit or listed))
    return kept


def vagues(reading: Reading, today: date) -> list[Vague]:
    """Periods without a date, except in wishes, reviews and what has been."""
    plain, found = reading.plain, []
    for m in _PERIODS.finditer(plain):
        start, end = m.span()
        if not reading.means(start, end, _FORMS):
            continue
        first, _ = reading.sentence_at(start)
        before = plain[max(first, start - 90) : start]
        if m["weekend"] and (_GREETING.search(before) or _GREETING.search(plain[end : end + 25])):
            continue
        if (
            (m["week"] or m["nmonth"] or m["nextweek"] or m["weekend"])
            and _REVIEW.search(before)
            and not re.search(r"\b(?:sau|toi|next)\b", m.group())
        ):
            continue
        if (
            m["week"]
            and m["wwhich"] == "nay"
            and re.search(r"cac (?:ngay|buoi) trong", plain[max(0, start - 10) : end])
        ):
            continue
        if plain[end : end + 1] == ":" and not re.search(r"\b(?:sau|toi|next)\b", m.group()):
            continue
        if m["season"] and _CONTEXT_OF_SEASON.search(before):
            continue
        if m["weekend"] and m.group() == "cuoi tuan" and re.search(r"\bdau tuan\b", plain[end : end + 120]):
            continue
        if m["weekend"] and re.search(r"\b(?:hang|moi) tuan\b", plain[first : reading.sentence_at(start)[1]]):
            continue
        if m["weekend"] and re.search(r"\b(?:hang|moi|cac|nhung|ngay|buoi) +$", plain[max(0, start - 8) : start]):
            continue
        # Meals and fees of a month name what is paid, not when: `tiền ăn tháng này`.
        if (m["nmonth"]) and re.search(r"\b(?:tien|phi|an|khoan|thu|ban tru|hoc|thuc don|boi|xe)\s*$", before):
            continue
        # Booked into a month is no day to keep: `trừ vào tháng 11`.
        if m["month"] and re.search(r"\b(?:tru|tinh|cong(?: don)?|chuyen|bu tru|cong bo|tra)\s*$", before):
            continue
        past = bool(_PERIOD_PAST.match(plain, end))
        found.append(Vague(start, end, *period(m, today), past))
    return found


def resolved(weekday: Weekday, reading: Reading, today: date) -> date:
    """The day a careful person takes `thứ 6 này` for: this week's, or the next one when it has passed or `sau`/`tuần sau` is said."""
    tail = reading.plain[weekday.end : weekday.end + 12]
    head = reading.plain[max(0, weekday.start - 14) : weekday.start]
    on = today + timedelta((weekday.number - today.weekday()) % 7)
    next_week = re.match(r"\s*,?\s*(?:tuan (?:sau|toi)|sau\b)", tail) or re.search(r"tuan (?:sau|toi)|next\s$", head)
    if next_week:
        on = today - timedelta(today.weekday()) + timedelta(7 + weekday.number)
    return on

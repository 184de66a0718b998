"""Weekdays, the date they are said with, and the day a careful reader takes them for. `thứ 6 hằng tuần` is a habit and no defect."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec

from backend.announcements.checking.days import Day
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.untimed import is_habit, is_wish


class Weekday(msgspec.Struct, frozen=True):
    start: int
    end: int
    number: int  # Monday 0
    pointed: bool  # said with này, tới, sau: one certain week is meant
    habit: bool
    past: bool
    day: Day | None = None


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
    "chu nhut": 6,
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
    r"|(?P<t>t)\.?(?P<tn>[2-7])(?!\d|/\d)|(?P<cn>chu nh[au]t|cn)|(?P<en>monday|tuesday|wednesday|thursday"
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
    r"|lop (?:boi|vo|ve|nang khieu|hoc them))\b"
)
_NO_WEEKDAY_BEFORE = re.compile(
    r"\b(?:dieu|tuan|muc|chuong|phan|y|nguoi|dua|thanh vien|diem|buoc|viec|nam|ngay|vong|lop|ghe|o|con|mon thi"
    r"|mon|khoan|lan|bai|cau|tap|quyen|con|giai|hang|vi tri|dung|xep|mua|buoi|mon|kcn|gv|lop|tiet|nhom|de"
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
        if reading.shown[m.start() : m.end()].endswith(_CAPITALS) and not reading.shouting:
            return True  # `tập thứ Ba` is a day, `tập thứ ba` a volume
        return not _NO_WEEKDAY_BEFORE.search(before) and not _counts_up(reading, m)
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


_CAPITALS = (" Hai", " Ba", " Tư", " Năm", " Sáu", " Bảy", " Bẩy", " Tu", " Nam", " Sau", " Bay")
_ITEM = re.compile(r"\s*(?:,|:|la\b)")


def _counts_up(reading: Reading, m: re.Match[str]) -> bool:
    """`Thứ nhất, … Thứ hai, …`: items of a list."""
    return bool(
        _ITEM.match(reading.plain, m.end())
        and reading.plain.find("thu nhat", max(0, m.start() - 2000), m.start()) >= 0
        and not reading.plain[reading.sentence_at(m.start())[0] : m.start()].strip(" -*+")
    )


def _weekday(reading: Reading, m: re.Match[str], found: list[Day]) -> Weekday:
    plain = reading.plain
    number = _NUMBERS[m["n"] or m["tn"] or m["cn"] or m["en"]]
    start, end = m.span()
    pointed = bool(_POINTED.match(plain, end) or _POINTED_BEFORE.search(plain[max(0, start - 24) : start]))
    past = bool(_PAST_AFTER.match(plain, end) or _PAST_BEFORE.search(plain[max(0, start - 10) : start]))
    if _TIMETABLE.search(plain, max(0, start - 24), start):
        return Weekday(start, end, number, False, True, past)
    habit = not pointed and (
        _is_habit_said(reading, start, end) or is_habit(reading, start, end) or is_wish(reading, start, end)
    )
    past = past or (not pointed and _has_been(reading, start, end))
    return Weekday(start, end, number, pointed, habit, past, _said_with(plain, start, end, found))


# `Chuyển từ chiều thứ Ba sang sáng thứ Tư, áp dụng từ ngày 12/10`.
_LASTING = re.compile(r"\b(?:ap dung (?:tu|ke tu)|lau dai)\b")


def _is_habit_said(reading: Reading, start: int, end: int) -> bool:
    first, last = reading.line_at(start)
    head, tail = reading.sentence_at(start)
    if _LASTING.search(reading.plain, max(head, start - 200), min(tail, end + 200)):
        return True
    return bool(_HABIT.search(reading.plain, max(first, start - 60), min(last, end + 40)))


_HOM = re.compile(r"\b(?:hom|bua|hoi)(?: (?:sang|chieu|toi|trua))? $")
_PICTURED = re.compile(r"\b(?:anh|hinh|clip|video) $")  # `em gửi ảnh thứ Bảy các con trồng rau`
_DONE = re.compile(r"\b(?:da|duoc|vua|cam on|khen|qua)\b")


def _has_been(reading: Reading, start: int, end: int) -> bool:
    """`Hôm thứ Ba lớp mình được khen`."""
    first, last = reading.sentence_at(start)
    if _PICTURED.search(reading.plain, max(first, start - 8), start):
        return True
    return bool(_HOM.search(reading.plain, max(first, start - 16), start)) and bool(
        _DONE.search(reading.plain, end, min(last, end + 200))
    )


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


def resolved(weekday: Weekday, reading: Reading, today: date) -> date:
    """The day a careful person takes `thứ 6 này` for: this week's, or the next one when it has passed or `sau`/`tuần sau` is said."""
    tail = reading.plain[weekday.end : weekday.end + 12]
    head = reading.plain[max(0, weekday.start - 14) : weekday.start]
    on = today + timedelta((weekday.number - today.weekday()) % 7)
    next_week = re.match(r"\s*,?\s*(?:tuan (?:sau|toi|ke)|sau\b)", tail) or re.search(
        r"tuan (?:sau|toi|ke)|next\s$", head
    )
    if next_week:
        on = today - timedelta(today.weekday()) + timedelta(7 + weekday.number)
    return on

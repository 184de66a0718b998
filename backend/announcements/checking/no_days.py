"""Two numbers that look like a day and are none: a street, an exercise, a class, a share; and the moon's days. It knows no calendar."""

from __future__ import annotations

import re

from backend.announcements.checking.reading import Reading

_LUNAR_BEFORE = re.compile(r"(?:(?<!chuc )(?<!chao )(?<!don )mung|mong|ram|am lich|\bal)[\s:,]*$")
_LUNAR_AFTER = re.compile(
    r"\s*,?\s*(?:\(?\s*(?:am lich|a\.?l\b|am\b(?! nhac)|lich am|tet\b|ta\b(?= |$))|nam (?:binh|dinh|mau|ky|canh|tan"
    r"|nham|quy|giap|at)\b)"
)
# Before or after the two numbers: then they are a street, an exercise, a class, a mark, a share.
_NO_DAY_BEFORE = re.compile(
    r"(?:\b(?:duong|pho|hem|ngo|ngach|kiet|so nha|nha so|so|bai(?: (?:doc|hoc|viet|toan|van|tap doc|luyen"
    r"|so))?|bt|bai tap|cau|trang|tr|tiet|lop|phong|p"
    r"|muc|chuong|de|diem|dat|duoc|si so|ti so|ty so|ty le|ti le"
    r"|phan so|to|nhom|khu|cong vien|quang truong|mam non|mn|thcs|thpt|tieu hoc|th|san van dong|svd|km|toa"
    r"|nha|thua|lan thu|quoc lo|ql|co mat|vang|ban|gan|khoang|hon"
    r"|chi|chiem|street|st|ton that|class|grade|exercise|page|bao danh|khoi|dot|ho so|the|kt|lo|cap|cung"
    r"|con|kip|uong|bung|hoa|an)\s*[:.]?|[=x+*]\s*)\s*$"
)
NO_DAY_AFTER = re.compile(
    r"\s*(?:trang \d|trong (?:workbook|vo|sach)|so (?:keo|hoc|dan|ban|tien|cam|tao|bong)|coc\b|chen\b"
    r"|lit\b|kg\b|ly\b|hop\b(?! (?:phu|ph|lop|ban|luc|cha|tai|hoi|truc))|trai\b|cu\b|lat\b"
    r"|diem|hoc sinh|hs\b|em\b(?! (?:de|gui|da|xin|chup|up|dang|moi|nho|thay)\b)|ban\b"
    r"|be\b|chau\b|phu huynh|ph\b|phhs|gia dinh|cau\b|tre\b|muong|thia"
    r"|con\b|tiet\b|giao vien|gv\b|lop\b(?! )|to giay|cai\b|ngay\b"
    r"|dan\b|thanh vien|tiet hoc|%|suat|qd\b|-?qd|/qd|muc tieu|street|buoi\b|quyen\b|duong\b|hoc ky|hk"
    r"|thoi gian\b|so hs|so hoc sinh|[=+*×]|-\s*\d{1,2}/\d{1,2}\s*=)"
)
# In a school of classes 7/1, 7/2 only a day word or an hour makes a date of 7/3.
_AN_HOUR = re.compile(
    r"(?:\b(?:ngay|thu \w+|t[2-7]|cn|chu nhat|han|truoc|het|sang|trua|chieu|toi|hom|den|tu"
    r"|vao|le|mung|dip)|\d\s?(?:h|g|gio)\s?\d{0,2})[\s,:(]*$|;\s*$"
)
# `Em Bin 2/3`, `bé Lê Ngọc Hân 1/4`: a child and its class.
_PUPIL = re.compile(r"\b(?:[Ee]m|[Bb]é|[Bb]ạn|[Cc]háu|HS|[Hh]ọc sinh)(?: [A-ZĐÀ-Ỹ][a-zà-ỹ]+){1,4} $")
_STREET = re.compile(r" [^\W\d_]{2,} [^\W\d_]{2,}")
_DAY_WORD = re.compile(r"\b(?:ngay|sang|trua|chieu|toi|thu \w+|t[2-7]|cn|chu nhat|han|truoc|het|hom|vao)[\s,:(]*$")


def names_else(reading: Reading, m: re.Match[str], slashed: frozenset[str]) -> bool:
    """A house in a lane, a child's class, or a class of a school that writes them `7/3`."""
    return (
        _is_address(reading, m)
        or bool(_PUPIL.search(reading.shown, max(0, m.start() - 48), m.start()))
        or (m[1] in slashed and not _AN_HOUR.search(reading.plain[max(0, m.start() - 12) : m.start()]))
    )


def _is_address(reading: Reading, m: re.Match[str]) -> bool:
    """`25/7 Nguyễn Trãi`: a house in a lane."""
    street = None if reading.shouting else _STREET.match(reading.shown, m.end())
    named = street and all(word[0].isupper() for word in street.group().split())
    return bool(named) and not _DAY_WORD.search(reading.plain[max(0, m.start() - 24) : m.start()])


def is_no_day(plain: str, start: int, end: int, before: str, day: int, month: int) -> bool:
    """A street, an exercise, a class, a mark, round the clock: unless a word for a day stands before it."""
    if _DAY_WORD.search(before):
        return False
    return bool(_NO_DAY_BEFORE.search(before) or NO_DAY_AFTER.match(plain, end) or (day, month) in ((24, 7), (1, 2)))


def is_lunar(plain: str, start: int, end: int, before: str, year: int | None) -> bool:
    """`Mùng 9/10` may be any month's; around Tết, or in its two months, it is the moon's."""
    if _LUNAR_AFTER.match(plain, end):
        return True
    if not (m := _LUNAR_BEFORE.search(before)):
        return False
    if not m.group().startswith(("mung", "mong")) or year is not None:
        return year is None or not m.group().startswith(("mung", "mong"))
    return bool(_TET.search(plain, max(0, start - 60), end + 60)) or bool(
        re.search(r"(?:/|thang)\s*(?:0?1|12)$", plain[start:end])
    )


_TET = re.compile(r"\b(?:tet|am lich|gieng|chap|giao thua|dau xuan)\b")

"""Who is addressed: the audience a caller names in any shape, and the classes, grades and schools a text speaks to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec

from backend.announcements.checking.reading import Reading
from backend.announcements.checking.shapes import Audience
from backend.core.text import clean, fold

_G = r"(?:1[0-2]|[1-9])"
# 6A1, 6/1, 6.1, 10 Toán 1; without `lớp` before it only a form that can be nothing else.
_CLASS = re.compile(
    rf"(?<![\w/.,])(?:(?P<word>lop|class"
    rf"|l)\s?:?\s?)?(?P<grade>{_G})(?:(?P<form>\s?(?P<letter>[a-np-t])\s?(?P<no>\d{{1,2}})?)"
    rf"|(?P<slash>\s?[/.\-_]\s?\d{{1,2}}(?![\d/]))"
    rf"|\s(?P<special>toan|tin|ly|hoa|sinh|van|su|dia|anh|phap|trung|nhat|chuyen)\s?(?P<sno>\d)?)(?![\w])(?!/\d)"
)
_NEXT_CLASS = re.compile(rf"\s*(?:,|va|&|-|;|\+)\s*(?P<grade>{_G})(?P<tail>[a-np-t]\s?\d{{0,2}}|/\d{{1,2}})(?![\w/])")
_KINDERGARTEN = re.compile(
    r"\b(?:lop\s+)?(?P<name>(?:mam|choi|la|nha tre|mau giao|mg|nt|mgl|mgn|mgb|be|nho"
    r"|lon)\s?(?:\d{1,2}[a-z]?|[a-z]\d{0,2}))\b|\blop\s+(?P<plain>mam|choi|la|nha tre)\b(?! non)"
)
_NAMED = re.compile(r"\b(?:lop|class)\s+(?=([A-ZĐ][\wÀ-ỹ]*(?:\s[A-ZĐ0-9][\wÀ-ỹ]*){0,2}))", re.IGNORECASE)
_GRADES = re.compile(
    rf"\b(?:khoi(?: lop)?|grades?|year|k)\s?(?P<first>{_G})(?!\d|[a-z]|/\d)(?P<more>(?:\s?(?:,|-|va|den|&"
    rf"|\+|and|to)\s?(?:khoi\s?|lop\s?)?{_G}(?!\d|h|g|/|[a-z]))*)|\blop\s?(?P<alone>{_G})(?![\w/.\-]"
    rf"|\s?[/.\-]?\s?\d|\s(?:toan|tin|ly|hoa|sinh|van|su|dia|anh|phap|trung|nhat)\b)(?! (?:buoi|tiet|ban|em"
    rf"|hoc sinh|giai|suat|phan|nguoi|dai dien|doi|tiet muc|bai|lan|cuon|quyen|cay"
    rf"|to)\b)(?P<amore>(?:\s?(?:,|va"
    rf"|den)\s?(?:lop\s?)?{_G}(?!\w|/))*)|\bkhoi\s(?P<kg>mam|choi|la|nha tre|mau giao|lon|nho|be)\b"
)
_SCHOOL = re.compile(
    r"\b(?:truong\s+)?(?P<level>tieu hoc(?: va (?:thcs|trung hoc co so))?|th(?:\s?(?:&|va|-)\s?thcs)?"
    r"|thcs(?:\s?(?:&|va|-)\s?thpt)?|thpt|trung hoc co so|trung hoc pho thong|mam non|mn|mau giao|ptdtbt"
    r"|pho thong|lien cap|quoc te)\s+(?=(?P<first>\w))"
)
_LEVELS = {
    "mam non": "preschool",
    "mn": "preschool",
    "mau giao": "preschool",
    "tieu hoc": "primary",
    "th": "primary",
    "thcs": "lower_secondary",
    "trung hoc co so": "lower_secondary",
    "thpt": "upper_secondary",
    "trung hoc pho thong": "upper_secondary",
}
_PRIVATE = re.compile(
    r"\b(?:tu thuc|dan lap|quoc te|international|song ngu|bilingual|ngoai cong lap|tu lap|truong tu"
    r"|private|academy|montessori|steiner|vinschool|kindergarten|preschool|trung tam|lien cap|iSchool"
    r"|ischool|nhom tre|edu(?:cation)? group|he thong giao duc|he thong truong)\b"
)
_ONE = re.compile(
    r"\b(?:em|be|chau|con|bạn)\s+[a-z]|\b(?:ca nhan|rieng|mot gia dinh|1 gia dinh|one family|student|pupil"
    r"|individual|guardian|parents? of|gia dinh (?:em|be|chau|hs|hoc sinh)|ph em|me be|ba be|1 phu huynh"
    r"|mot phu huynh|hoc sinh [a-z]+ [a-z]+|single|family)\b"
)
_MANY = re.compile(
    r"\b(?:toan truong|ca truong|lop|khoi|nhom|cac|tat ca|families|students|pupils|moi|class|grade|school|truong)\b"
)
_ONE_KINDS = (
    "pupil",
    "student",
    "individual",
    "family",
    "guardian",
    "parent",
    "person",
    "child",
    "private",
    "one",
    "hoc sinh",
    "ca nhan",
    "gia dinh",
    "direct",
)


class Mention(msgspec.Struct, frozen=True):
    """A class or grade the text names. `grade` is None for kindergartens' own names."""

    start: int
    end: int
    grade: str | None
    name: str | None


def audience(told: Any) -> Audience:
    """Any shape a caller may give: `lớp 6A1`, `khối 6-7`, `toàn trường`, {"kind": "class", "name": "6A1"}, or a list of these."""
    if told is None or told == "" or told == [] or told == {}:
        return Audience()
    if isinstance(told, list):
        parts = [audience(one) for one in told]
        return _together(parts)
    if isinstance(told, dict):
        return _of_object(told)
    text = clean(str(told))
    found = _of_text(text)
    return msgspec.structs.replace(found, key=fold(text) or "school")


def _together(parts: list[Audience]) -> Audience:
    return Audience(
        key="+".join(sorted(part.key for part in parts)),
        whole_school=any(part.whole_school for part in parts),
        grades=frozenset().union(*(part.grades for part in parts)),
        classes=frozenset().union(*(part.classes for part in parts)),
        school=next((part.school for part in parts if part.school), None),
        levels=frozenset().union(*(part.levels for part in parts)),
        one_family=len(parts) == 1 and parts[0].one_family,
        private=next((part.private for part in parts if part.private is not None), None),
    )


def _of_object(told: dict[str, Any]) -> Audience:
    kind = fold(str(told.get("kind") or told.get("type") or told.get("scope") or ""))
    words: list[str] = []
    for key, value in told.items():
        if key in ("kind", "type", "scope", "id", "school_id", "class_id", "ownership", "public") or value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            text = str(one.get("name") or "") if isinstance(one, dict) else str(one)
            head = (
                "khối "
                if key.startswith("grade") and text[:1].isdigit()
                else "lớp "
                if key.startswith("class") or (kind == "class" and key in ("name", "value", "label"))
                else ""
            )
            head = "khối " if kind == "grade" and key in ("name", "value") and text[:1].isdigit() else head
            words.append(head + text if not fold(text).startswith(("lop", "khoi", "class", "grade")) else text)
    found = _of_text(clean(" ; ".join(words)), named_class=kind == "class")
    pupils = told.get("pupils") or told.get("pupil_ids") or told.get("students")
    one = kind.rstrip("s") in _ONE_KINDS and not (isinstance(pupils, list) and len(pupils) > 1)
    many = kind in ("school", "class", "grade", "group", "commune", "province", "all")
    ownership = fold(str(told.get("ownership") or ""))
    private = (
        True
        if ownership in ("private", "tu thuc", "dan lap") or told.get("public") is False
        else False
        if ownership in ("public", "cong lap")
        else found.private
    )
    return msgspec.structs.replace(
        found,
        key=fold(kind + " " + " ".join(words)) or "school",
        one_family=one or (found.one_family and not many),
        private=private,
    )


def _of_text(text: str, *, named_class: bool = False) -> Audience:
    reading = Reading(text)
    plain = reading.plain
    bare = re.match(rf"^\s*(?:class|lop|c)?\s*[:\-_ ]?\s*({_G})\s?([a-n]\s?\d{{0,2}}|[/.\-]\d{{1,2}})\s*$", plain)
    mentions = list(mentioned(reading))
    classes = {m.name for m in mentions if m.name}
    grades = {m.grade for m in mentions if m.grade and not m.name}
    if bare:
        classes, grades = {_class_name(bare[1], bare[2])}, set()
    elif m := re.match(rf"^\s*(?:grade|khoi|k|year)\s*[:\-_ ]?\s*({_G})\s*$", plain):
        classes, grades = set(), {m[1]}
    if named_class and not classes:
        classes = {fold(text)}
    one = (
        bool(_ONE.search(plain))
        and not re.search(r"\b(?:cac (?:con|em|be|chau)|toan truong|ca lop|moi)\b", plain)
        and not re.match(r"\s*(?:ph|phu huynh|phhs|cmhs)?\s*(?:hoc sinh )?(?:lop|khoi)\b", plain)
    )
    return Audience(
        key=fold(text) or "school",
        whole_school=not classes and not grades and not one,
        grades=frozenset(grades),
        classes=frozenset(classes),
        school=next((name for _, name, _ in schools(reading)), None),
        levels=frozenset(level for level, _, _ in schools(reading) if level),
        one_family=one,
        private=True if says_private(reading) else None,
    )


def says_private(reading: Reading) -> bool:
    return bool(_PRIVATE.search(reading.plain))


def mentioned(reading: Reading) -> Iterator[Mention]:
    """Classes and grades the text names, whatever for."""
    plain = reading.plain
    position = 0
    for m in _CLASS.finditer(plain):
        if m.start() < position or not _is_class(reading, m):
            continue
        tail = m["form"] or m["slash"] or (m["special"] or "") + (m["sno"] or "")
        yield Mention(m.start(), m.end(), m["grade"], _class_name(m["grade"], tail))
        position = m.end()
        while more := _NEXT_CLASS.match(plain, position):
            yield Mention(more.start("grade"), more.end(), more["grade"], _class_name(more["grade"], more["tail"]))
            position = more.end()
    for m in _GRADES.finditer(plain):
        if m["kg"]:
            yield Mention(m.start(), m.end(), m["kg"], None)
            continue
        if m.group().startswith("k") and not m.group().startswith("khoi") and not re.match(r"k\d", m.group()):
            continue
        first, others = (m["first"], m["more"]) if m["first"] else (m["alone"], m["amore"])
        for grade in _grades(first, others or ""):
            yield Mention(m.start(), m.end(), grade, None)
    for m in _KINDERGARTEN.finditer(plain):
        name = m["name"] or m["plain"]
        if (
            m["plain"]
            or m.group().startswith("lop")
            or (reading.shown[m.start("name")].isupper() and not m["name"].startswith(("be", "nho", "lon")))
        ):
            age = re.match(r"mam|choi|la|nha tre", name)
            bare = not re.search(r"\d|\s[a-z]$", name)
            yield Mention(
                m.start(), m.end(), age[0] if age else None, None if bare and age else re.sub(r"\s", "", name)
            )
    if not reading.shouting:
        for m in _NAMED.finditer(reading.shown):
            first = m[1][0]
            if first.isupper() and not re.match(
                rf"{_G}|Mầm|Chồi|Lá|Nhà|Mam|Choi|La\b|Trưởng|Học|Em|Con|Chúng|Mình|Ta\b|Một|Hai|I\b|V", m[1]
            ):
                yield Mention(m.start(), m.start() + len(m.group()) + len(m[1]), None, fold(m[1]))


def _is_class(reading: Reading, m: re.Match[str] | None) -> bool:
    if m is None:
        return False
    if m["word"]:
        return m["word"] != "l" or bool(m["letter"])
    if m["slash"] or m["special"]:
        return False
    before = reading.plain[max(0, m.start() - 10) : m.start()]
    if re.search(r"\b(?:bai|cau|phong|p\.?|so|trang|tiet|giay|kho|de|ma)\s*$", before):
        return False
    letter = reading.shown[m.start("letter")]
    if m["no"]:
        if letter.isupper():
            return m["letter"] not in "gh"
        return " " not in m["form"] and m["letter"] not in "ghkmn"
    return (
        letter.isupper()
        and m["letter"] in "abcde"
        and " " not in m["form"]
        and not re.match(r"\s?\d", reading.plain[m.end() : m.end() + 2])
    )


def _class_name(grade: str, tail: str) -> str:
    return f"{int(grade)}{re.sub(r'[^a-z0-9]', '/', re.sub(r'[ _]', '', tail)).replace('//', '/')}"


def _grades(first: str, more: str) -> list[str]:
    numbers = [int(first), *(int(n) for n in re.findall(r"\d+", more))]
    if re.search(r"-|den|to\b", more) and len(numbers) == 2 and numbers[0] < numbers[1]:
        return [str(n) for n in range(numbers[0], numbers[1] + 1)]
    return [str(n) for n in numbers]


def schools(reading: Reading) -> list[tuple[str | None, str, int]]:
    """(level, folded proper name, place) of every school named."""
    found = []
    for m in _SCHOOL.finditer(reading.plain):
        name = _proper(reading, m.start("first"))
        if name and (
            m.group().startswith("truong") or m["level"] not in ("th", "mn", "quoc te", "pho thong", "lien cap")
        ):
            found.append((_LEVELS.get(m["level"]), fold(name), m.start()))
    return found


def _proper(reading: Reading, start: int) -> str:
    words = []
    for m in re.finditer(r"\S+", reading.shown[start : start + 60]):
        word = m.group()
        bare = word.strip(".,;:!?()\"'“”-–")
        if not bare or not (bare[0].isupper() or bare[0].isdigit()) or fold(bare) in _NO_NAME:
            break
        words.append(unicodedata.normalize("NFC", bare))
        if word[-1:] in ".,;:!?)" or len(words) == 5:
            break
    if reading.shouting:
        words = words[:3]
    return " ".join(words)


_NO_NAME = frozenset(
    [
        "thong",
        "kinh",
        "tran",
        "phu",
        "phhs",
        "ph",
        "cmhs",
        "quy",
        "so",
        "nam",
        "lop",
        "khoi",
        "hieu",
        "ngay",
        "thu",
        "v",
        "to",
        "va",
        "o",
        "cong",
        "cộng",
        "giay",
    ]
) - {"tran", "phu"}

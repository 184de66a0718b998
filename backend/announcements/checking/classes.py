"""The classes, grades and schools a text names, whatever for. It knows no audience."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from backend.announcements.checking.reading import Reading
from backend.core.text import fold

GRADE = r"(?:1[0-2]|[1-9])"
# 6A1, 6/1, 6.1, 10 Toán 1; without `lớp` before it only a form that can be nothing else.
_CLASS = re.compile(
    rf"(?<![\w/.,])(?:(?P<word>lop|class"
    rf"|l)\s?:?\s?)?(?P<grade>{GRADE})(?:(?P<form>\s?(?P<letter>[a-np-t])\s?(?P<no>\d{{1,2}})?)"
    rf"|(?P<slash>\s?[/.\-_]\s?\d{{1,2}}(?![\d/]))"
    rf"|\s(?P<special>toan|tin|ly|hoa|sinh|van|su|dia|anh|phap|trung|nhat|chuyen)\s?(?P<sno>\d)?)(?![\w])(?!/\d)"
)
_NEXT_CLASS = re.compile(
    rf"\s*(?:,|va|&|-|;|\+)\s*(?P<grade>{GRADE})(?P<tail>[a-np-t]\s?\d{{0,2}}|/\d{{1,2}})(?![\w/])"
)
_KINDERGARTEN = re.compile(
    r"\b(?:lop\s+)?(?P<name>(?:mam|choi|la(?![a-z])|nha tre|mau giao|mg|nt|mgl|mgn|mgb|be|nho"
    r"|lon)\s?(?:\d{1,2}[a-z]?|[a-z]\d{0,2}))\b|\blop\s+(?P<plain>mam|choi|la|nha tre)\b(?! non)"
)
_NAMED = re.compile(r"\b(?:lop|class)\s+(?=([A-ZĐ][\wÀ-ỹ]*(?:\s[A-ZĐ0-9][\wÀ-ỹ]*){0,2}))", re.IGNORECASE)
_GRADES = re.compile(
    rf"\b(?:khoi(?: lop)?|grades?|year|k)\s?(?P<first>{GRADE})(?!\d|[a-z]|/\d)(?P<more>(?:\s?(?:,|-|va|den|&"
    rf"|\+|and|to)\s?(?:khoi\s?|lop\s?)?{GRADE}(?!\d|h|g|/|[a-z]))*)|\blop\s?(?P<alone>{GRADE})(?![\w/.\-]"
    rf"|\s?[/.\-]?\s?\d|\s(?:toan|tin|ly|hoa|sinh|van|su|dia|anh|phap|trung|nhat)\b)(?! (?:buoi|tiet|ban|em"
    rf"|hoc sinh|giai|suat|phan|nguoi|dai dien|doi|tiet muc|bai|lan|cuon|quyen|cay"
    rf"|to)\b)(?P<amore>(?:\s?(?:,|va"
    rf"|den)\s?(?:lop\s?)?{GRADE}(?!\w|/))*)|\bkhoi\s(?P<kg>mam|choi|la|nha tre|mau giao|lon|nho|be)\b"
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


class Mention(msgspec.Struct, frozen=True):
    """A class or grade the text names. `grade` is None for kindergartens' own names."""

    start: int
    end: int
    grade: str | None
    name: str | None


def says_private(reading: Reading) -> bool:
    return bool(_PRIVATE.search(reading.plain))


def mentioned(reading: Reading, slashed: frozenset[str] = frozenset()) -> Iterator[Mention]:
    """Classes and grades the text names, whatever for."""
    plain = reading.plain
    position = 0
    for m in _CLASS.finditer(plain):
        if m.start() < position or not (_is_class(reading, m) or (m["slash"] and _is_slashed(reading, m, slashed))):
            continue
        tail = m["form"] or m["slash"] or (m["special"] or "") + (m["sno"] or "")
        yield Mention(m.start(), m.end(), m["grade"], class_name(m["grade"], tail))
        position = m.end()
        while more := _NEXT_CLASS.match(plain, position):
            yield Mention(more.start("grade"), more.end(), more["grade"], class_name(more["grade"], more["tail"]))
            position = more.end()
    named = [] if reading.shouting else list(_GRADE_NAMED.finditer(reading.shown))
    for m in _GRADES.finditer(plain):
        if any(m.start() <= one.start("grade") < m.end() for one in named):
            continue
        if m["kg"]:
            yield Mention(m.start(), m.end(), m["kg"], None)
            continue
        if m.group().startswith("k") and not m.group().startswith("khoi") and not re.match(r"k\d", m.group()):
            continue
        first, others = (m["first"], m["more"]) if m["first"] else (m["alone"], m["amore"])
        for grade in _grades(first, others or ""):
            yield Mention(m.start(), m.end(), grade, None)
    for m in _GRADE_IN_WORDS.finditer(plain):
        if (
            reading.shown[m.start(1)].isupper()
            and reading.means(m.start(1), m.end(1), _GRADE_FORMS)
            and not reading.shouting
        ):
            yield Mention(m.start(), m.end(), str(_GRADE_WORDS.index(m[1]) + 1), None)
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
        for m in named:
            yield Mention(m.start("grade"), m.end(), m["grade"], fold(f"{m['grade']} {m['name']}"))
        for m in _NAMED.finditer(reading.shown):
            first = m[1][0]
            if first.isupper() and not re.match(
                rf"{GRADE}|Mầm|Chồi|Lá|Nhà|Mam|Choi|La\b|Trưởng|Học|Em|Con|Chúng|Mình|Ta\b|Một|Hai|I\b|V", m[1]
            ):
                yield Mention(m.start(), m.start() + len(m.group()) + len(m[1]), None, fold(m[1]))


# `Học sinh lớp Năm`.
_GRADE_WORDS = ("mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot", "muoi hai")
_GRADE_IN_WORDS = re.compile(
    r"\b(?:lop|khoi(?: lop)?) (mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi(?: mot"
    r"| hai)?)\b(?! \w* ?(?:hoc sinh|em|tiet))"
)
_GRADE_FORMS = {
    "mot": ("một",),
    "nam": ("năm",),
    "sau": ("sáu",),
    "bay": ("bảy",),
    "tam": ("tám",),
    "chin": ("chín",),
    "bon": ("bốn",),
    "muoi": ("mười",),
}


def _is_slashed(reading: Reading, m: re.Match[str], slashed: frozenset[str]) -> bool:
    """`ph 7/4`, where the audience's own class is written 7/3."""
    return m["grade"] in slashed and bool(_SPOKEN_TO.search(reading.plain[max(0, m.start() - 16) : m.start()]))


# `Ba mẹ 4 Saturn`: a grade and the class's own name.
_GRADE_NAMED = re.compile(
    r"(?:^|\n|(?i:mẹ|lớp|huynh|nhà|class|year|parents|families|con"
    rf"|em) )(?P<grade>{GRADE}) (?P<name>[A-Z][a-z]{{2,}})\b"
)
_SPOKEN_TO = re.compile(
    r"(?:^|[\n\[(]|\b(?:ph|phhs|cmhs|phu huynh|ba me|bo me|cha me|hs|hoc sinh|gia dinh|gui|chao|nha"
    r"|cac (?:con|em|ban)|lop))[\s:]*$"
)


def _is_class(reading: Reading, m: re.Match[str]) -> bool:
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
    spoken_to = bool(_SPOKEN_TO.search(reading.plain[max(0, m.start() - 16) : m.start()].rstrip("\n") or "x"))
    return (
        letter.isupper()
        and (m["letter"] in "abcde" or spoken_to)
        and " " not in m["form"]
        and not re.match(r"\s?\d", reading.plain[m.end() : m.end() + 2])
    )


def class_name(grade: str, tail: str) -> str:
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
    (
        "thong", "kinh", "phhs", "ph", "cmhs", "quy", "so", "nam", "lop", "khoi", "hieu", "ngay", "thu", "v", "to",
        "va", "o", "cong", "giay",
    )
)  # fmt: skip

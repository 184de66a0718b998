"""The particulars of a question: level, grade, subject, term, day, sum, which child. It reads words and knows nobody's data."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from bots.normalise import PHONE, THOUSANDS, Normal

Slots = dict[str, str | int]

_LEVEL_OF_GRADE: Final = {
    **dict.fromkeys(range(1, 6), "primary"),
    **dict.fromkeys(range(6, 10), "lower-secondary"),
    **dict.fromkeys(range(10, 13), "upper-secondary"),
}
_GRADE_WORDS: Final = {
    "mot": 1,
    "hai": 2,
    "ba": 3,
    "bon": 4,
    "tu": 4,
    "nam": 5,
    "sau": 6,
    "bay": 7,
    "tam": 8,
    "chin": 9,
    "muoi": 10,
}
_LEVELS: Final = (
    (
        "preschool",
        re.compile(r"\b(?:mam non|mau giao|nha tre|lop mam|lop choi|lop la|preschool|kindergarten|nursery)\b"),
    ),
    ("primary", re.compile(r"\b(?:tieu hoc|primary)\b")),
    ("lower-secondary", re.compile(r"\b(?:thcs|middle school|lower secondary)\b")),
    ("upper-secondary", re.compile(r"\b(?:thpt|upper secondary)\b")),
)
_GRADE: Final = re.compile(
    r"\b(?:lop|khoi|grade)\s+(\d{1,2}|mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|muoi(?: mot| hai)?)\b(?! tuoi| thang(?! sau| nay| truoc| toi| \d))"
)

# Folded wording → the code of the subjects table. Longer wordings come first.
_SUBJECTS: Final = (
    ("toan", "TOAN"), ("math", "TOAN"), ("ngu van", "VAN"), ("tieng viet", "TV"), ("tieng anh", "NN1"), ("english", "NN1"),
    ("ngoai ngu", "NN1"), ("vat ly", "VL"), ("vat li", "VL"), ("physics", "VL"), ("hoa hoc", "HH"), ("chemistry", "HH"),
    ("sinh hoc", "SH"), ("biology", "SH"), ("lich su va dia li", "LSDL"), ("lich su dia ly", "LSDL"), ("su dia", "LSDL"),
    ("lich su", "LS"), ("history", "LS"), ("dia ly", "DL"), ("dia li", "DL"), ("geography", "DL"), ("tin hoc", "TH"),
    ("cong nghe", "CN"), ("khoa hoc tu nhien", "KHTN"), ("khtn", "KHTN"),
    ("giao duc cong dan", "GDCD"), ("gdcd", "GDCD"), ("cong dan", "GDCD"), ("giao duc kinh te phap luat", "KTPL"), ("the duc", "GDTC"),
    ("giao duc the chat", "GDTC"), ("giao duc quoc phong", "QPAN"), ("quoc phong", "QPAN"), ("my thuat", "MT"), ("mi thuat", "MT"),
    ("am nhac", "AN"), ("nghe thuat", "NT"), ("trai nghiem", "HDTN"),
)  # fmt: skip
# One-word names that are also other words count only after "mon", "diem", "bai", "tiet", or before "hoc ky".
_SHORT_SUBJECTS: Final = {
    "van": "VAN",
    "anh": "NN1",
    "ly": "VL",
    "li": "VL",
    "hoa": "HH",
    "sinh": "SH",
    "su": "LS",
    "dia": "DL",
    "tin": "TH",
    "nhac": "AN",
}
_SHORT_SUBJECT: Final = re.compile(
    r"\b(?:mon|diem|bai|bai tap|tiet|tra|thi|binh|ket|co|thay|day)\s+(van|anh|ly|li|hoa|sinh|su|dia|tin|nhac)\b"
    r"(?! (?:con|chua|dang|lam)\b)"  # "bài tập vẫn chưa xong", "bài tập anh làm chưa"
)

_TERM: Final = re.compile(r"\bhoc ky\s+([12])\b|\b(?:term|semester)\s+([12])\b")
_DAYS: Final = (
    ("day-after-tomorrow", re.compile(r"\b(?:ngay kia|hom kia sau|ngay mot|bua mot|mai mot|day after tomorrow)\b")),
    ("tomorrow", re.compile(r"\b(?:ngay mai|mai|tomorrow|sang mai|chieu mai)\b(?! sau)")),
    ("yesterday", re.compile(r"\b(?:hom qua|yesterday)\b")),
    ("today", re.compile(r"\b(?:hom nay|sang nay|chieu nay|trua nay|toi nay|today|bay gio|gio nay)\b")),
)
_WEEKDAYS: Final = {
    "hai": 1,
    "2": 1,
    "ba": 2,
    "3": 2,
    "tu": 3,
    "4": 3,
    "nam": 4,
    "5": 4,
    "sau": 5,
    "6": 5,
    "bay": 6,
    "7": 6,
}
# "đứa thứ hai", "lần thứ ba", "nguyện vọng thứ 2" count; they are no days.
_WEEKDAY: Final = re.compile(
    r"(?<!dua )(?<!con )(?<!be )(?<!chau )(?<!lan )(?<!vong )(?<!dot )(?<!mon )\bthu (hai|ba|tu|nam|sau|bay|[2-7])\b(?! (?:may|trong))"
)
_SUNDAY: Final = re.compile(r"\bchu nhat\b")
_ENGLISH_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DATE: Final = re.compile(r"(?<![\d/])(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2,4}))?(?![\d/])")
_MONTH: Final = re.compile(r"\bthang\s+(1[0-2]|[1-9])\b")
_MONTH_WORDS: Final = (
    ("last", re.compile(r"\bthang truoc|last month\b")),
    ("this", re.compile(r"\bthang nay|this month\b")),
)
_SPANS: Final = (
    ("next-week", re.compile(r"\b(?:tuan sau|tuan toi|tuan ke|next week|next tuan)\b")),
    ("this-week", re.compile(r"\b(?:tuan nay|this week|this tuan)\b")),
    (
        "week",
        re.compile(
            r"\b(?:ca tuan|nguyen tuan|trong tuan|hang tuan|mot tuan|(?:whole|all|full|every) (?:week|tuan)|weekly)\b"
        ),
    ),
)
_SESSIONS: Final = (
    ("morning", re.compile(r"\b(?:sang nay|sang mai|buoi sang|sang thu|sang ngay|(?:mai|nay|[2-7]) sang|morning)\b")),
    (
        "afternoon",
        re.compile(r"\b(?:chieu nay|chieu mai|buoi chieu|chieu thu|chieu ngay|(?:mai|nay|[2-7]) chieu|afternoon)\b"),
    ),
)
_EXAM: Final = (
    ("mid-term", re.compile(r"\b(?:giua (?:hoc )?ky|midterms?|mid terms?)\b")),
    ("end-term", re.compile(r"\b(?:cuoi ky|hoc ky|final)\b")),
    ("mock", re.compile(r"\bthi thu\b")),
)

_AMOUNT: Final = (
    (re.compile(r"(\d{1,3}(?:[.,]\d{3})+)\s?(?:đ|d|vnd|vnđ|đồng|dong)?", re.I), 1),
    (re.compile(r"(\d+(?:[.,]\d)?)\s?(?:tr|triệu|trieu|củ)(\d)?(?![a-zà-ỹ])", re.I), 1_000_000),
    (THOUSANDS, 1_000),
    (re.compile(r"(\d+)\s?(?:nghìn|nghin|ngàn|ngan)(?![a-zà-ỹ])", re.I), 1_000),
)
FEE_ITEMS: Final = (
    ("lunch", re.compile(r"\b(?:tien an|ban tru|an trua|lunch)\b")),
    ("tuition", re.compile(r"\b(?:hoc phi|tuition)\b")),
    ("insurance", re.compile(r"\b(?:bao hiem|insurance)\b")),
    ("uniform", re.compile(r"\b(?:dong phuc|uniform)\b")),
    ("bus", re.compile(r"\b(?:xe dua don|tien xe|school bus)\b")),
    ("fund", re.compile(r"\bquy\b")),
)

_ORDER: Final = (
    (
        "youngest",
        re.compile(
            r"\b(?:con|be|dua|chau|thang|cau)\s+(?:ut|nho nhat|be nhat|em)\b|\bdua nho\b|\bdua em\b|\bnho nhat\b|\byoungest\b|\byounger\b|\bcau ut\b"
        ),
    ),
    (
        "oldest",
        re.compile(
            r"\b(?:con|be|dua|chau|thang)\s+(?:ca|lon|dau|dau long|lon nhat)\b(?! (?:lop|nam|hai|tuan|thang))"
            r"|\bdua anh\b|\bdua chi\b|\boldest\b|\bolder\b"
        ),
    ),
    (
        "second",
        re.compile(r"\b(?:con|dua|be|chau)\s+(?:thu hai|thu 2|giua|ke)\b|\bsecond (?:son|daughter|child|kid)\b"),
    ),
    (
        "third",
        re.compile(r"\b(?:con|dua|be|chau)\s+(?:thu ba|thu 3)\b|\bthird (?:son|daughter|child|kid)\b"),
    ),
)
# "bé Na", "cháu Minh Anh": a capital letter after a word for a child. Small letters prove nothing.
_NAME: Final = re.compile(
    r"\b(?:bé|cháu|con|em|nhỏ|thằng|cu|son|daughter|kid)\s+(?:gái |trai |út |cả |bé |nhỏ |tôi |tui |mình |nhà |là |tên )*((?:\w+)(?:\s\w+){0,3})",
    re.IGNORECASE,
)
_NAME_WORDS_MAX: Final = 4


def read(normal: Normal) -> Slots:
    """Every particular that can be read with certainty; nothing is guessed."""
    words = " ".join(normal.words)
    slots: Slots = {}
    _read_level(words, slots)
    _read_subject(words, slots)
    _read_when(words, normal.text, slots)
    for name, shapes in (
        ("exam", _EXAM),
        ("fee_item", FEE_ITEMS),
        ("child_order", _ORDER),
        ("span", _SPANS),
        ("session", _SESSIONS),
    ):
        for value, shape in shapes:
            if shape.search(words):
                slots[name] = value
                break
    if (amount := read_amount(normal.text)) is not None:
        slots["amount"] = amount
    if (child := _child_named(normal.text)) is not None:
        slots["child"] = child
    return slots


def _child_named(text: str) -> str | None:
    """The capitalised words right after a word for a child. A text all in capitals names nobody."""
    if text.isupper():
        return None
    for match in _NAME.finditer(text):
        name = list(takewhile(_is_capitalised, match[1].split()))
        if name:
            return " ".join(name[:_NAME_WORDS_MAX])
    return None


def _is_capitalised(word: str) -> bool:
    return word[:1].isupper() and (len(word) == 1 or word[1:].islower())


def _read_level(words: str, slots: Slots) -> None:
    for level, shape in _LEVELS:
        if shape.search(words):
            slots["level"] = level
    if match := _GRADE.search(words):
        grade = _grade(match[1])
        if grade in _LEVEL_OF_GRADE:
            slots["grade"] = grade
            slots.setdefault("level", _LEVEL_OF_GRADE[grade])


def _grade(word: str) -> int:
    if word.isdigit():
        return int(word)
    head, _, tail = word.partition(" ")
    return _GRADE_WORDS[head] + (_GRADE_WORDS[tail] if tail else 0)


def _read_subject(words: str, slots: Slots) -> None:
    padded = f" {words} "
    for wording, code in _SUBJECTS:
        if f" {wording} " in padded:
            slots["subject"] = code
            return
    if match := _SHORT_SUBJECT.search(words):
        slots["subject"] = _SHORT_SUBJECTS[match[1]]


def _read_when(words: str, text: str, slots: Slots) -> None:
    if match := _TERM.search(words):
        slots["term"] = int(match[1] or match[2])
    elif re.search(r"\bca nam\b|\bwhole year\b", words):
        slots["term"] = 0
    for name, shape in _DAYS:
        if shape.search(words):
            slots["day"] = name
            break
    else:
        if match := _WEEKDAY.search(words):
            slots["day"] = f"weekday-{_WEEKDAYS[match[1]]}"
        elif _SUNDAY.search(words):
            slots["day"] = "weekday-7"
        elif found := next((place for place, day in enumerate(_ENGLISH_WEEKDAYS, 1) if day in words), None):
            slots["day"] = f"weekday-{found}"
        elif (match := _DATE.search(text)) and 1 <= int(match[1]) <= 31 and 1 <= int(match[2]) <= 12:
            slots["day"] = f"{int(match[1]):02d}/{int(match[2]):02d}" + (f"/{match[3]}" if match[3] else "")
    if match := _MONTH.search(words):
        slots["month"] = int(match[1])
    else:
        for name, shape in _MONTH_WORDS:
            if shape.search(words):
                slots["month"] = name


def read_amount(text: str) -> int | None:
    """A sum of đồng as people type it: 1.200.000đ, 500k, 1tr2, 2,5 triệu."""
    for shape, unit in _AMOUNT:
        if match := shape.search(text):
            if unit == 1:
                return int(re.sub(r"\D", "", match[1]))
            whole = round(float(match[1].replace(",", ".")) * unit)
            tail = match[2] if match.re.groups > 1 and match[2] else ""
            return whole + (int(tail) * unit // 10 if tail else 0)
    return None


def read_phone(text: str) -> str | None:
    """A Vietnamese telephone number in a text, as typed."""
    match = PHONE.search(text)
    return match[0] if match else None

"""Class names: `Lớp 6A1`, `6 A1` and `6a1` are one class; `6/1` and `6.1` stay as the school writes them."""

from __future__ import annotations

import datetime as dt
import re

from backend.core.text import strip_marks
from backend.people.roster.names import in_name_case
from backend.spreadsheets.cells import Cell, fold, is_blank, text_of

_LENGTH_MAX = 40
_PREFIX = re.compile(r"^(?:lop|lớp|lop hoc|l)\s*[.:]?\s*(?=[\dA-Za-zĐ])", re.IGNORECASE)
_SUFFIX = re.compile(r"\s*(?:\([^)]*\)|-\s*(?:gvcn|năm học|nh).*|:.*)$", re.IGNORECASE)
_LETTERED = re.compile(r"(\d{1,2})\s*([A-ZĐ]{1,2})\s*(\d{0,2})")
_SEPARATED = re.compile(r"(\d{1,2})\s*([./\-_])\s*([A-ZĐ]{0,3})\s*(\d{0,2})")
_NUMBER = re.compile(r"\d{1,2}")
_SUBJECT_CLASS = re.compile(
    r"(?:chuyen |chon )?(?:toan|ly|li|vat ly|hoa|sinh|tin|van|su|dia|anh|phap|nga|trung|nhat|han|chuyen|chon|clc)(?: ?\d{1,2})?"
)
_WITH_WORD = re.compile(r"(\d{1,2})\s*(\D.*)")
_PRESCHOOL = re.compile(r"\b(?:la|choi|mam|nha tre|nhom tre|mau giao|tuoi|thang|be)\b")
_TITLE = re.compile(
    r"\bLOP\s*:?\s*("
    r"(?:NHA TRE|MAM|CHOI|LA)\s*[A-Z0-9]{0,3}"
    r"|\d{1,2}\s+(?:CHUYEN\s+|CHON\s+)?(?:TOAN|LY|LI|VAT LY|HOA|SINH|TIN|VAN|SU|DIA|ANH|PHAP|NGA|TRUNG|NHAT|HAN|CHUYEN|CHON)(?:\s?\d)?"
    r"|\d{1,2}\s*[./\-]\s*[A-Z]{0,2}\d{0,2}"
    r"|\d{1,2}(?:[A-Z]{1,2}|\s[A-Z])(?:\d{1,2}|\s\d)?(?:[./]\d{1,2})?"
    r"|\d{1,2})(?![A-Z0-9/])"
)
_OPEN_END = re.compile(r"^\d{1,2}$|[A-Z]{3}$|\sLY$|\sLI$|\sSU$")
# After a bare grade or a subject these words begin something else; any other word may belong to the class's name.
_AFTER_GRADE = re.compile(
    r"\s*(?:$|[^\sA-Z]|(?:NAM|NH|HK|HOC|TRUONG|SI SO|TS|GVCN|GV|CO|KY|KI|BUOI|TONG|THANG|PHONG)\b)"
)
_SHEET = re.compile(
    r"^(?:ds|danh sach|dshs|hs|hoc sinh|lop|l)?\s*(?:ds|hs|hoc sinh)?\s*(?:lop)?\s*(?=\d)", re.IGNORECASE
)


def read_class(cell: Cell) -> tuple[str | None, str | None]:
    """(canonical name, problem)."""
    if is_blank(cell):
        return None, "class_missing"
    if isinstance(cell, dt.date | dt.datetime):
        return None, "class_became_date"
    if isinstance(cell, bool | dt.time | dt.timedelta):
        return None, "class_unreadable"
    text = text_of(cell)
    if re.fullmatch(r"\d{1,2}[-/ ](?:thg|tháng|th)\s?\d{1,2}|\d{1,2}-[A-Za-z]{3}", text):
        return None, "class_became_date"
    name = _canonical(text)
    return (name, None) if name else (None, "class_unreadable")


def _canonical(text: str) -> str | None:
    text = _SUFFIX.sub("", _PREFIX.sub("", text)).strip(" .*")
    if not text or len(text) > _LENGTH_MAX or not any(c.isalnum() for c in text) or text[0] in "=+@-#":
        return None
    upper = text.upper()
    if match := _LETTERED.fullmatch(upper):
        return "".join(match.groups()) if _is_grade(match[1]) else None
    if match := _SEPARATED.fullmatch(upper):
        return "".join(match.groups()) if _is_grade(match[1]) and (match[3] or match[4]) else None
    if _NUMBER.fullmatch(text):
        return str(int(text)) if _is_grade(text) else None
    if text.replace(".", "").isdigit():
        return None
    if match := _WITH_WORD.fullmatch(text):
        return text if _is_grade(match[1]) else None
    return in_name_case(text) if _PRESCHOOL.search(fold(text)) else text


def _is_grade(digits: str) -> bool:
    return 1 <= int(digits) <= 12


def grade_of(name: str) -> int | None:
    """The grade a class name begins with; 0 for the preschool's names."""
    if _PRESCHOOL.search(fold(name)):
        return 0
    match = re.match(r"\d{1,2}", name)
    return int(match[0]) if match and _is_grade(match[0]) else None


def class_key(name: str) -> tuple[str, ...]:
    """Spellings of one class agree on this: `6A1`, `6.A1`; `6/1`, `6.1`, `6-1`."""
    return tuple(
        part.lstrip("0") or "0" if part.isdigit() else part for part in re.findall(r"\d+|[^\W\d_]+", name.upper())
    )


def join_grade(grade: Cell, name: Cell) -> str | None:
    """Grade and letter in columns of their own: 6 and "A1" → 6A1. None when the name already carries its grade."""
    number, letter = re.sub(r"\D", "", text_of(grade)), text_of(name)
    letter = _PREFIX.sub("", letter)
    if not number or not _is_grade(number[:2]):
        return None
    if re.fullmatch(r"[A-Za-zĐđ]{1,2}\s*\d{0,2}", letter):
        return _canonical(number + letter)
    if re.fullmatch(_SUBJECT_CLASS, fold(letter)):
        return _canonical(f"{number} {letter}")
    # "6" and "/1", "6" and ".2"
    return _canonical(number + letter) if re.fullmatch(r"[./\-]\s*[A-Za-zĐđ]{0,2}\d{1,2}", letter) else None


def class_in_title(text: str) -> str | None:
    """The one class that a title names: `DANH SÁCH HỌC SINH LỚP 6A1 – NĂM HỌC …`. None for none, several, or a whole grade."""
    # Letter for letter as long as the original, so that Đ is found again there.
    bare = strip_marks(text).upper()
    if len(bare) != len(text) or "KHOI LOP" in bare or "CAC LOP" in bare:
        return None
    found = list(_TITLE.finditer(bare))
    names = {name for match in found if (name := _canonical(_in_title_case(text[match.start(1) : match.end(1)])))}
    if len(names) != 1:
        return None
    # "lớp 6A1, 6A2": the second name stands without the word.
    rest = bare[found[-1].end() :]
    if _OPEN_END.search(found[-1][1]) and not _AFTER_GRADE.match(rest):
        return None
    return None if re.match(r"\s*(?:,|VA|;|&|\+)\s*\d{1,2}\s*[A-Z./]", rest) else names.pop()


def _in_title_case(name: str) -> str:
    """A title in capitals says "LỚP 10 TOÁN" for a class that every other place calls 10 Toán."""
    number, _, word = name.partition(" ")
    subject = number.isdigit() and word.isupper() and len(word) > 2 and re.fullmatch(_SUBJECT_CLASS, fold(word))
    return f"{number} {in_name_case(word)}" if subject else name


def class_in_sheet_name(name: str) -> str | None:
    """`6A1`, `Lớp 6A1`, `DS lop 6A1 (35)`. A bare number is a page, not a class, unless the word stands before it."""
    text = text_of(name)
    bare = strip_marks(text)
    if len(bare) != len(text):
        return None
    match = _SHEET.match(bare.strip())
    rest = text.strip()[match.end() :] if match else text.strip()
    rest = re.sub(r"\s*\(.*?\)\s*$", "", rest).strip()
    rest = re.sub(r"[\s_-]+(?:\d{2,4}[-_]\d{2,4}|20\d\d)$", "", rest)
    has_word = bool(re.match(r"(?i).*\bl(?:op)?\b", bare))
    if re.fullmatch(r"\d{1,2}", rest):
        return _canonical(rest) if has_word else None
    if _LETTERED.fullmatch(rest.upper()) or _SEPARATED.fullmatch(rest.upper()):
        return _canonical(rest)
    subject = _WITH_WORD.fullmatch(rest)
    if subject and _SUBJECT_CLASS.fullmatch(fold(subject[2])):
        return _canonical(rest)
    return None

"""The 12-digit personal number (số định danh cá nhân) and the ministry's pupil code. Reads, restores lost zeros where provable, doubts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from backend.people.roster.names import says_nobody
from backend.people.roster.numbers import LostDigits, digits_text
from backend.spreadsheets.cells import Cell, is_blank
from schemas.roster import Sex

# The 63 province codes before July 2025; numbers given under them stay valid for life.
_PROVINCE_LIST = """
    01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 45 46 48 49 51 52 54 56
    58 60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96
"""
PROVINCES = frozenset(_PROVINCE_LIST.split())
_GAPS = re.compile(r"[\s.\-'`]")
# 2.14215E+10 written out again: six digits and zeros. Hardly any number is so by nature.
_ROUNDED, _SIGNIFICANT = "00000", 6
_OFFICIAL_LENGTH = 12
_MINISTRY_LENGTH = 10


@dataclass(frozen=True, slots=True)
class IdReading:
    value: str | None
    problem: str | None = None
    note: str | None = None


def read_personal_id(cell: Cell, born_year: int | None, sex: Sex | None) -> IdReading:
    if is_blank(cell):
        return IdReading(None)
    try:
        digits = _GAPS.sub("", digits_text(cell))
    except LostDigits:
        return IdReading(None, "personal_id_lost_digits")
    if digits in ("", "0") or says_nobody(cell):
        return IdReading(None)
    if not (digits.isascii() and digits.isdigit()):
        return IdReading(None, "personal_id_length")
    if len(digits) in (10, 11, 12) and len(digits.strip("0")) <= _SIGNIFICANT:
        return IdReading(None, "personal_id_lost_digits")
    if len(digits) == _OFFICIAL_LENGTH:
        if not has_known_origin(digits):
            return IdReading(None, "personal_id_province")
        return IdReading(digits, None, None if agrees(digits, born_year, sex) else "personal_id_mismatch")
    # Excel ate one zero of 024…, or both of 001… (Hà Nội); where a zero is left in front, something else is missing.
    # Only birth year and sex together can vouch for them.
    padded = digits.zfill(_OFFICIAL_LENGTH)
    if len(digits) in (10, 11) and digits[0] != "0" and has_known_origin(padded):
        if born_year is not None and sex is not None and agrees(padded, born_year, sex):
            return IdReading(padded)
        return IdReading(None, "personal_id_zero")
    return IdReading(None, "personal_id_length")


def has_known_origin(digits: str) -> bool:
    """A Vietnamese province of the 63, or (not starting with 0) the country of a birth registered abroad."""
    return digits[1:3] in PROVINCES if digits[0] == "0" else True


def agrees(digits: str, born_year: int | None, sex: Sex | None) -> bool:
    """Digit 4 holds century and sex, digits 5–6 the year. Unknown facts do not disagree."""
    century, odd = divmod(int(digits[3]), 2)
    if sex is not None and odd != (sex == "female"):
        return False
    return born_year is None or 1900 + 100 * century + int(digits[4:6]) == born_year


def looks_personal(digits: str) -> bool:
    return len(digits) == _OFFICIAL_LENGTH and digits.isdigit() and has_known_origin(digits)


def read_ministry_id(cell: Cell, habit: Counter[str]) -> IdReading:
    """`habit` counts the first two digits of the column's full codes: they are the province, the same for most of a school."""
    if is_blank(cell):
        return IdReading(None)
    try:
        digits = _GAPS.sub("", digits_text(cell))
    except LostDigits:
        return IdReading(None, "moedu_id_lost_digits")
    if digits in ("", "0") or says_nobody(cell):
        return IdReading(None)
    if not (digits.isascii() and digits.isdigit()):
        return IdReading(None, "moedu_id_unreadable")
    # A school's first code may end in zeros; several that do were rounded.
    if digits.endswith(_ROUNDED) and habit[_ROUNDED] >= 3:
        return IdReading(None, "moedu_id_lost_digits")
    if len(digits) in (_MINISTRY_LENGTH, _OFFICIAL_LENGTH):
        return IdReading(digits)
    if len(digits) == _MINISTRY_LENGTH - 1 and (padded := "0" + digits)[:2] in PROVINCES and habit[padded[:2]]:
        return IdReading(padded)
    return IdReading(None, "moedu_id_unreadable")


def ministry_habit(column: list[Cell]) -> Counter[str]:
    """The provinces that the column's codes begin with. Nine digits throughout mean that Excel ate the zero of all of them."""
    full: Counter[str] = Counter()
    short: Counter[str] = Counter()
    for cell in column:
        try:
            digits = _GAPS.sub("", digits_text(cell))
        except LostDigits:
            continue
        if digits.endswith(_ROUNDED):
            full[_ROUNDED] += 1
        if len(digits) == _MINISTRY_LENGTH:
            full[digits[:2]] += 1
        elif len(digits) == _MINISTRY_LENGTH - 1:
            short["0" + digits[:1]] += 1
    for prefix, count in short.items():
        if count >= 3 and count * 5 >= 4 * (sum(short.values()) + sum(full.values())):
            full[prefix] += count
    return full

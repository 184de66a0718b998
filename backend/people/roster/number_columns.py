"""Which columns hold which number of the pupil: the person's, the ministry's, the school's. Digits overrule headers."""

from __future__ import annotations

import datetime as dt
import re

from backend.people.roster.header_block import Heading
from backend.people.roster.headers import Owner
from backend.people.roster.numbers import LostDigits, digits_text
from backend.people.roster.personal_ids import looks_personal
from backend.spreadsheets.cells import Cell, fold, is_blank, text_of

Columns = dict[str, list[int]]
Sample = list[list[Cell]]
_SINGLE_LIST = "moedu_id school_code sex female_mark male_mark status row_no grade"


def choose_number_columns(
    columns: Columns, headings: list[Heading], contexts: list[Owner], sample: Sample, today: dt.date, unmapped: list[str]
) -> None:  # fmt: skip
    heard = list(columns.get("personal_id", []))
    _personal_ids(columns, headings, contexts, sample, today)
    _codes(columns, headings, sample, unmapped)
    for name in _SINGLE_LIST.split():
        if len(found := columns.get(name, [])) > 1:
            unmapped += [_label(headings, c) for c in found[1:]]
            columns[name] = found[:1]
    _exchanged(columns, heard, sample, today)
    if "personal_id" not in columns:
        _personal_by_digits(columns, headings, contexts, sample, today)
    columns.pop("other", None)
    columns.pop("pupil_phone", None)


def _label(headings: list[Heading], column: int) -> str:
    return " ".join(headings[column].label.split()) if column < len(headings) else ""


def _digits(cell: Cell) -> str:
    """The digits as far as they are left: 4.82E+10 still begins with a child's province, century and year."""
    try:
        return re.sub(r"\D", "", digits_text(cell))
    except LostDigits:
        return str(int(float(text_of(cell).replace(",", ".").replace(" ", ""))))


def _values(sample: Sample, column: int) -> list[Cell]:
    return [cells[column] for cells in sample if column < len(cells) and not is_blank(cells[column])]


def _personal_ids(
    columns: Columns, headings: list[Heading], contexts: list[Owner], sample: Sample, today: dt.date
) -> None:
    """A number column among a parent's columns is the parent's, unless its digits speak of children."""

    def rank(column: int) -> tuple[bool, int]:
        label = fold(_label(headings, column))
        return ("dinh danh" not in label and "ddcn" not in label, column)

    found = columns.get("personal_id", [])
    own = [c for c in found if contexts[c] == "" or _is_of_children(sample, c, today)]
    if own:
        columns["personal_id"] = sorted(own, key=rank)
    else:
        columns.pop("personal_id", None)


def _is_of_children(sample: Sample, column: int, today: dt.date) -> bool:
    """Not fewer numbers of children than of adults. A damaged number speaks for nobody, and nine digits are an adult's old card."""
    numbers = [d for v in _values(sample, column) if (d := _digits(v))]
    children = sum(10 <= len(d) <= 12 and _of_child(d, today) for d in numbers)
    adults = sum(len(d) == 9 or (11 <= len(d) <= 12 and _of_adult(d, today)) for d in numbers)
    return bool(numbers) and children >= adults


def _of_adult(digits: str, today: dt.date) -> bool:
    return looks_personal(digits.zfill(12)) and not _of_child(digits, today)


def _of_child(digits: str, today: dt.date) -> bool:
    padded = digits.zfill(12)
    return looks_personal(padded) and padded[3] in "23" and today.year - 22 < 2000 + int(padded[4:6]) <= today.year


def _codes(columns: Columns, headings: list[Heading], sample: Sample, unmapped: list[str]) -> None:
    """A column headed only "Mã định danh" is the ministry's code or the personal number; its digits tell."""
    for column in columns.pop("code", []):
        digits = [_digits(v) for v in _values(sample, column)]
        personal = sum(looks_personal(d.zfill(12)) and len(d) in (11, 12) for d in digits)
        ministry = sum(len(d) in (9, 10) for d in digits)
        if personal * 2 > len(digits):
            columns.setdefault("personal_id", []).append(column)
        elif "moedu_id" not in columns and (ministry * 2 > len(digits) or not digits):
            columns["moedu_id"] = [column]
        else:
            unmapped.append(_label(headings, column))


def _exchanged(columns: Columns, heard: list[int], sample: Sample, today: dt.date) -> None:
    """The ministry's column full of children's personal numbers: it changed places with the other column, or stands alone."""
    ministry = columns.get("moedu_id", [])
    if not ministry:
        return
    other = [
        column
        for column in heard
        if _mostly_ministry(sample, column) and not _mostly_children(sample, column, today, 10)
    ]
    if (
        len(other) == 1
        and len(columns.get("personal_id", [])) <= 1
        and _mostly_children(sample, ministry[0], today, 10)
    ):
        columns["personal_id"], columns["moedu_id"] = ministry, other
    elif "personal_id" not in columns and _mostly_children(sample, ministry[0], today):
        columns["personal_id"] = columns.pop("moedu_id")


def _mostly_children(sample: Sample, column: int, today: dt.date, shortest: int = 11) -> bool:
    """Ten digits may have been twelve (001… is Hà Nội), but they may as well be the ministry's."""
    values = _values(sample, column)
    found = sum(shortest <= len(d := _digits(v)) <= 12 and _of_child(d, today) for v in values)
    return 0 < len(values) * 7 <= 10 * found


def _mostly_ministry(sample: Sample, column: int) -> bool:
    values = _values(sample, column)
    return 0 < len(values) * 7 <= 10 * sum(len(_digits(v)) in (9, 10) for v in values)


def _personal_by_digits(
    columns: Columns, headings: list[Heading], contexts: list[Owner], sample: Sample, today: dt.date
) -> None:
    """No header names the personal number, but one unknown column can hold nothing else: twelve digits with province, century
    and a child's birth year."""
    taken = {c for found in columns.values() for c in found}
    for column, heading in enumerate(headings):
        unknown = heading.meaning is None and contexts[column] == ""
        if unknown and column not in taken and _mostly_children(sample, column, today):
            columns["personal_id"] = [column]
            return

"""A phone cell: one number, several, or numbers with words beside them. Splits only where every part is a full number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from backend.core.phones import NotAPhone, to_e164
from backend.core.text import fold
from backend.people.roster.numbers import LostDigits, digits_text
from backend.people.roster.small_values import relation_of
from backend.spreadsheets.cells import Cell, is_blank, text_of
from schemas.roster import Relation

_PLAIN = re.compile(r"\+?\d{8,13}")
# A run of digits with the strokes, dots and blanks that people group them by; words; and what separates numbers.
_TOKEN = re.compile(r"(?P<number>\+?\d(?:[\d\s.·\-–—]*\d)?)|(?P<word>[^\W\d_][\w']*)|(?P<break>[/;,|&\n\\])")
_GROUP = re.compile(r"\+?\d+")
_NOISE_LIST = """
    sdt dt tel phone zalo di dong so mobile dd cd co dinh va hoac dien thoai nr may ban nha rieng lh lien he hotline viettel
    vina mobi sdt1 sdt2 dt1 dt2 so1 so2 cua la chinh phu moi cu fb facebook n lac
"""
_NOISE = frozenset(_NOISE_LIST.split())
_NOBODY_LIST = """
    |x|0|khong|khong co|ko|ko co|k co|k|chua co|khong dung|khong sd|khong su dung|khong co dt|khong co sdt
    |khong co dien thoai|none|null|nan|chua cap nhat
"""
_NOBODY = frozenset(word.strip() for word in _NOBODY_LIST.split("|"))
_GROUPS_MAX = 24


@dataclass(frozen=True, slots=True)
class LabelledPhone:
    e164: str
    holder: Relation | Literal["parent"] | None = None


@dataclass(slots=True)
class PhoneCell:
    phones: list[LabelledPhone] = field(default_factory=list)
    problem: str | None = None
    note: str | None = None


def read_phones(cell: Cell) -> PhoneCell:
    if is_blank(cell):
        return PhoneCell()
    try:
        text = digits_text(cell)
    except LostDigits:
        return PhoneCell(problem="phone_lost_digits")
    if _PLAIN.fullmatch(text) and (plain := _full_number(text)):
        return PhoneCell([LabelledPhone(plain)])
    if fold(text) in _NOBODY:
        return PhoneCell()
    return _read_text(cell if isinstance(cell, str) and "\n" in cell else text)


def _read_text(text: str) -> PhoneCell:
    text = "\n".join(text_of(line) for line in text.splitlines() if line.strip())
    # "09…0(2)" and "+84 (0)9…" lose their brackets; what stands in them stays a word or a group of digits.
    pieces = [(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(re.sub(r"[()\[\]]", " ", text))]
    if not any(kind == "number" for kind, _ in pieces):
        return PhoneCell(problem="phone_words" if any(kind == "word" for kind, _ in pieces) else "phone_unreadable")
    result = PhoneCell()
    found = _numbers_with_words(pieces, result)
    if not found:
        joined = _grouped_by_commas(text)
        if joined is None:
            return PhoneCell(problem="phone_unreadable")
        return PhoneCell([LabelledPhone(joined)])
    labels = _label(found)
    seen: set[str] = set()
    for number, words in labels:
        holder = relation_of(" ".join(words)) if words else None
        if number not in seen:
            seen.add(number)
            result.phones.append(LabelledPhone(number, holder))
        if words and _says_more(words, holder is not None):
            result.note = "phone_note"
    return result


def _says_more(words: list[str], labelled: bool) -> bool:
    """Beside a label ("mẹ", "bà nội") up to one more word belongs to it; two more are somebody's name, which would be lost."""
    unknown = [word for word in words if fold(word) not in _NOISE and (not labelled or relation_of(word) is None)]
    return len(unknown) > (1 if labelled else 0)


def _numbers_with_words(pieces: list[tuple[str, str]], result: PhoneCell) -> list[str | list[str]]:
    """The cell as numbers (str) and the words between them (lists). Digits that make no full number set the problem."""
    found: list[str | list[str]] = []
    for kind, piece in pieces:
        if kind == "word":
            if found and isinstance(found[-1], list):
                found[-1].append(piece)
            else:
                found.append([piece])
        elif kind == "number":
            numbers = _split_groups(piece)
            if not numbers:
                result.problem = "phone_unreadable"
            found.extend(numbers)
    return found if any(isinstance(part, str) for part in found) else []


def _label(found: list[str | list[str]]) -> list[tuple[str, list[str]]]:
    """`Mẹ: 09…` labels what follows, `09… (mẹ)` what went before. A cell keeps one habit; its first part tells which."""
    words_first = isinstance(found[0], list) and not all(fold(word) in _NOISE for word in found[0])
    labelled: list[tuple[str, list[str]]] = []
    for position, part in enumerate(found):
        if isinstance(part, list):
            continue
        beside = position - 1 if words_first else position + 1
        neighbour = found[beside] if 0 <= beside < len(found) else None
        labelled.append((part, neighbour if isinstance(neighbour, list) else []))
    return labelled


def _split_groups(run: str) -> list[str]:
    """A run of digit groups as full numbers: the whole run, or the one way to cut it where every part is a full number."""
    groups = _GROUP.findall(run)
    if len(groups) > _GROUPS_MAX:
        return []
    if whole := _full_number("".join(groups)):
        return [whole]
    cuts = _cuts(tuple(groups), 0)
    return list(cuts[0]) if len(cuts) == 1 else []


def _cuts(groups: tuple[str, ...], start: int) -> list[tuple[str, ...]]:
    if start == len(groups):
        return [()]
    ways: list[tuple[str, ...]] = []
    for end in range(start + 1, len(groups) + 1):
        joined = "".join(groups[start:end])
        if len(joined) > 15:
            break
        if len(joined) >= 9 and (number := _full_number(joined)):
            ways.extend((number, *rest) for rest in _cuts(groups, end))
        if len(ways) > 1:
            break
    return ways


def _grouped_by_commas(text: str) -> str | None:
    """`912,345,678`: Excel's thousands. Only when nothing but digits and commas stands there."""
    return _full_number(text.replace(",", "")) if re.fullmatch(r"\d{1,4}(,\d{3}){2,3}", text) else None


@lru_cache(maxsize=8192)
def _full_number(text: str) -> str | None:
    try:
        number = to_e164(text)
    except NotAPhone:
        return None
    # 065 and 067 are the ranges of internet telephones; on a parent's line they are a slip of the pen.
    return None if number.startswith("+846") else number

"""Whose statement this is: the titles by which the six banks' exports are known. What the columns mean is not asked here."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from payments.statements.columns import fold

_ROWS_LOOKED_AT = 130


class Layout(msgspec.Struct, frozen=True):
    """`certain`: the title is this bank's alone. `same_day`: an empty date means the day of the line above."""

    name: str
    bank_bin: str | None = None
    certain: bool = True
    same_day: bool = False
    signed: bool = False


GENERIC = Layout("generic", certain=False)
_VIETCOMBANK = Layout("vietcombank", "970436")
_SIMPLE = Layout("vietcombank_simple", "970436", certain=False, signed=True)
_LAYOUTS: tuple[tuple[Layout, str], ...] = (
    (Layout("techcombank", "970407"), r"truy van giao dich|transaction enquiry"),
    (Layout("vietinbank", "970415", same_day=True), r"lich su giao dich.{0,12}transaction history"),
    (Layout("bidv", "970418"), r"bao cao chi tiet so du tai khoan"),
    (Layout("mb", "970422"), r"sao ke chi tiet tai khoan"),
    (_VIETCOMBANK, r"sao ke tai khoan.{0,40}statement of account|vcbaccountdetail"),
    (Layout("agribank", "970405"), r"agribank|nong nghiep va phat trien nong thon|nhno ptnt"),
    (Layout("agribank", "970405", certain=False), r"\bso phu\b|\bbang ke\b"),
)
_PATTERNS = tuple((layout, re.compile(pattern)) for layout, pattern in _LAYOUTS)
_SIMPLE_TITLES = ("ngay giao dich", "so tham chieu", "so tien")


def layout_of(sheet_name: str, head: Iterable[str], titles: Iterable[str]) -> Layout:
    """`head` is the text above the table, row by row."""
    words = fold(" ".join([sheet_name, *head]))
    for layout, pattern in _PATTERNS:
        if pattern.search(words):
            return layout
    folded = [fold(title) for title in titles]
    if all(any(title.startswith(wanted) for title in folded) for wanted in _SIMPLE_TITLES):
        return _SIMPLE
    return GENERIC

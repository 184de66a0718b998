"""What a cell may hold, its text, and the grid of one sheet. It knows no field and no header."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from backend.core import text as core_text

Cell = str | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
# First row, first column, last row, last column; rows count from 1, columns from 0, both ends belong to the range.
Merge = tuple[int, int, int, int]

# A sheet says the same few thousand words over and over; folding them once is most of the reader's speed.
fold = lru_cache(maxsize=32_768)(core_text.fold)

_FORMULA_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\ud800-\udfff]")
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)", re.IGNORECASE)
_NOTHING = re.compile(r"^[\s\-–—_.·*…/\\]*$")
_MISORDERED = re.compile("([\u0300\u0301\u0303\u0309])([\u0302\u0306\u031b])")


@dataclass
class Grid:
    """One sheet. Rows that hold nothing are left out, so that a stray cell far below costs nothing."""

    name: str
    rows: list[tuple[int, list[Cell]]]
    merges: list[Merge] = field(default_factory=list)
    hidden: bool = False
    # Days to add to an unformatted serial number: 1462 in workbooks of the old Macintosh calendar.
    serial_shift: int = 0

    @property
    def width(self) -> int:
        return max((len(cells) for _, cells in self.rows), default=0)


def text_of(cell: Cell) -> str:
    """The cell as one clean line of text: NFC, single blanks, without the apostrophe and `="…"` that force text in Excel."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _clean_text(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _number_text(cell)
    if isinstance(cell, dt.datetime):
        return f"{cell:%d/%m/}{cell.year:04d}" + (f" {cell:%H:%M}" if (cell.hour, cell.minute) != (0, 0) else "")
    if isinstance(cell, dt.date):
        return f"{cell:%d/%m/}{cell.year:04d}"
    return str(cell)


@lru_cache(maxsize=65_536)
def _clean_text(raw: str) -> str:
    if _CONTROL.search(raw):
        raw = _CONTROL.sub("", raw)
    if raw.isascii():
        text = " ".join(raw.split()) if raw.strip() else ""
    else:
        text = core_text.clean(raw)
        # Some keyboards put the tone before the circumflex; NFC leaves such pairs apart.
        decomposed = unicodedata.normalize("NFD", text)
        if _MISORDERED.search(decomposed):
            text = unicodedata.normalize("NFC", _MISORDERED.sub(r"\2\1", decomposed))
    if text.startswith('="') and (inner := _FORMULA_TEXT.match(text)):
        text = inner[1].strip()
    if text[:1] in ("'", "’", "‘", "`"):
        text = text[1:].lstrip()
    return text


def _number_text(number: float) -> str:
    if isinstance(number, float) and (number != number or number in (float("inf"), float("-inf"))):
        return ""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def is_blank(cell: Cell) -> bool:
    """Empty, or one of the strokes and dots that people write for empty."""
    return cell is None or (
        isinstance(cell, str) and (not cell or _NOTHING.match(cell.replace("\u200b", "")) is not None)
    )


def is_error(cell: Cell) -> bool:
    """`#N/A` and its kin: a formula that found nothing."""
    return isinstance(cell, str) and "#" in cell and _ERROR.fullmatch(cell.strip()) is not None


def column_letter(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    return f"{column_letter(column)}{row}"

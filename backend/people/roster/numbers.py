"""Digits that went through Excel: scientific notation, `.0` at the end, thousands separators. Says when digits are gone for good."""

from __future__ import annotations

import re

from backend.spreadsheets.cells import Cell, text_of

_SCIENTIFIC = re.compile(r"(\d+)(?:[.,](\d+))?\s*[eE]\s*\+?(\d{1,2})")
_POINT_ZERO = re.compile(r"(\d+)[.,]0+")


class LostDigits(ValueError):
    """`2.4213E+10` may have been any of a million numbers."""


def digits_text(cell: Cell) -> str:
    """The cell's text with scientific notation written out. Raises LostDigits when the notation dropped digits."""
    text = text_of(cell)
    if match := _SCIENTIFIC.fullmatch(text):
        whole, fraction, exponent = match[1], match[2] or "", int(match[3])
        if len(fraction) < exponent:
            raise LostDigits(text)
        return whole + fraction[:exponent]
    if match := _POINT_ZERO.fullmatch(text):
        return match[1]
    return text

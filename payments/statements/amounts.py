"""What a bank prints for a sum → whole đồng with a sign, or the reason why it is not certain. It knows no column.

Đồng have no decimals: a last group of exactly three digits is thousands, `.00` or `,00` at the end is decimals.
"""

from __future__ import annotations

import re
import unicodedata

import msgspec

from backend.spreadsheets.cells import Cell, is_blank
from schemas.money import DONG_MAX

_CURRENCY = re.compile(r"(?i)^(?:vn[dđ]|₫|đ|dong|đồng)\s*|\s*(?:vn[dđ]|₫|đ|d|dong|đồng)\.?$")
_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_SIGNS = str.maketrans({"−": "-", "–": "-", "—": "-", "﹣": "-", "＋": "+"})
# What an account may hold is more than one transfer may move; beyond this a float of a spreadsheet is not exact.
BALANCE_MAX = 10**15 - 1
_PLAIN = re.compile(r"[0-9]{1,18}")
_GROUPED = re.compile(r"([0-9]{1,3})((?:([.,' ])[0-9]{3})(?:\3[0-9]{3})*)")
_DECIMALS = re.compile(r"(.*[0-9])([.,])([0-9]{1,2})")
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


class Sum(msgspec.Struct, frozen=True):
    """`signed`: a plus or minus was written, so that a single column of amounts tells the direction."""

    dong: int
    signed: bool = False


def read_sum(cell: Cell, largest: int = DONG_MAX) -> Sum | str | None:
    """None for an empty cell, else the sum or a code of the reasons."""
    if cell is None or (isinstance(cell, str) and is_blank(cell)):
        return None
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return "amount_unreadable"
    found = _of_number(float(cell)) if isinstance(cell, int | float) else _of_text(cell)
    if isinstance(found, Sum) and abs(found.dong) > largest:
        return "amount_too_big"
    return found


def _of_number(number: float) -> Sum | str:
    if number != number or abs(number) == float("inf"):
        return "amount_unreadable"
    if abs(number) >= 1e15:
        return "amount_too_big"
    whole = round(number)
    # A spreadsheet's arithmetic leaves dust behind; half a đồng is none.
    if abs(number - whole) > 1e-6 * max(1.0, abs(number) * 1e-6):
        return "amount_fraction"
    return Sum(whole, signed=whole < 0)


def _of_text(text: str) -> Sum | str | None:
    bare = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    bare = _BLANKS.sub(" ", bare).strip().lstrip("'")
    sign, bare, bracketed = _sign(bare)
    if not bare:
        return None
    bare = _CURRENCY.sub("", _CURRENCY.sub("", bare)).strip()
    if not sign and not bracketed:
        # The sign may stand inside the currency: `VND -150,000`.
        sign, bare, bracketed = _sign(bare)
    if _SCIENTIFIC.fullmatch(bare):
        return "amount_lost_digits"
    dong = _digits(bare)
    if isinstance(dong, str):
        return dong
    below = bracketed or sign == "-"
    return Sum(-dong if below else dong, signed=bool(sign) or bracketed)


def _sign(text: str) -> tuple[str, str, bool]:
    """(sign, the rest, whether brackets said minus)."""
    if text.startswith("(") and text.endswith(")"):
        return "", text[1:-1].strip(), True
    if text[:1] in ("+", "-"):
        return text[0], text[1:].strip(), False
    if text[-1:] in ("+", "-") and text[:-1].strip():
        return text[-1], text[:-1].strip(), False
    return "", text, False


def _digits(text: str) -> int | str:
    if _PLAIN.fullmatch(text):
        return int(text) if text == "0" or not text.startswith("0") else _leading_nought(text)
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        # 0.350 is no grouping that anybody prints.
        return int(re.sub(r"[^0-9]", "", text)) if not grouped[1].startswith("0") else "amount_ambiguous"
    decimals = _DECIMALS.fullmatch(text)
    if decimals is None:
        return "amount_ambiguous" if re.fullmatch(r"[0-9., ']+", text) else "amount_unreadable"
    whole, mark, fraction = decimals.groups()
    if _PLAIN.fullmatch(whole) or ((inner := _GROUPED.fullmatch(whole)) and inner[3] != mark and inner[1][0] != "0"):
        if fraction.strip("0"):
            return "amount_fraction"
        return int(re.sub(r"[^0-9]", "", whole))
    return "amount_ambiguous"


def _leading_nought(text: str) -> int | str:
    """A column of fixed width is filled up with noughts; nothing but noughts is nothing."""
    return 0 if not text.strip("0") else "amount_ambiguous"

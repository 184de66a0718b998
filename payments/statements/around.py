"""What stands around a statement's table: the account, the period, opening and closing balance, totals. It reads no movement."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from backend.spreadsheets.cells import Cell, text_of
from payments.statements.amounts import BALANCE_MAX, Sum, read_sum
from payments.statements.columns import fold
from payments.statements.dates import Day, read_day

_ACCOUNT_LABEL = re.compile(
    r"^(so )?(tai khoan|tk|stk|account|so tk)( so| no| number| thanh toan| nr)?\b|^(account|a c) (no|number)\b|^so tai khoan\b"
)
_OLD_ACCOUNT = re.compile(r"\b(cu|old)\b")
_NOT_AN_ACCOUNT_LABEL = re.compile(r"ten tai khoan|account name|chu tai khoan|doi ung|so du|balance|loai")
_ACCOUNT = re.compile(r"(?<![0-9A-Z])([0-9][0-9 .\-]{4,24}[0-9]|[A-Z0-9]{6,19})(?![0-9A-Z])")
_OPENING = re.compile(
    r"so du (dau|ky truoc|mang sang)|\bdu dau\b|opening balance|beginning balance|balance brought|so du truoc"
)
_CLOSING = re.compile(r"so du cuoi|\bdu cuoi\b|cuoi ngay|closing balance|ending balance|end balance|balance carried")
_TOTAL = re.compile(r"^(tong|cong|total|sum|luy ke|phat sinh trong ky|doanh so)\b|^(tong so|so du|sub total)\b")
_FOOT = re.compile(
    r"^(trang|page)\b|nguoi lap|ke toan|giao dich vien|kiem soat|\bky ten\b|thu truong|xac nhan|chu ky|in ngay|ngay in|printed"
    r"|luu y|ghi chu|lien he|hotline|website|www|chung tu duoc in"
)
_FROM_TO = re.compile(
    r"(?:t[uừ]|from)[^0-9]{0,25}([0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{4})[^0-9]{1,40}([0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{4})",
    re.IGNORECASE,
)
_ALSO_FROM_TO = re.compile(r"([0-9]{2}/[0-9]{2}/[0-9]{4})\s*[-–]\s*([0-9]{2}/[0-9]{2}/[0-9]{4})")


class Around(msgspec.Struct):
    """What a row outside the lines says, as far as it says anything."""

    account: str | None = None
    opening: int | None = None
    closing: int | None = None
    period: tuple[dt.date, dt.date] | None = None
    total: bool = False
    foot: bool = False


def read_around(cells: Sequence[Cell]) -> Around:
    texts = [text_of(cell) for cell in cells]
    folded = [fold(text) for text in texts]
    line = " ".join(part for part in folded if part)
    found = Around(account=_account(texts, folded), period=_period(" ".join(texts)))
    if _OPENING.search(line):
        found.opening = _value_beside(cells, folded, _OPENING)
    if _CLOSING.search(line):
        found.closing = _value_beside(cells, folded, _CLOSING)
    first = next((part for part in folded if part), "")
    found.total = bool(_TOTAL.search(first)) or bool(_OPENING.search(line)) or bool(_CLOSING.search(line))
    found.foot = bool(_FOOT.search(line))
    return found


def is_total(cells: Sequence[Cell]) -> bool:
    """Does the row begin with a word for a sum?"""
    first = next((cell for cell in cells if cell is not None and text_of(cell)), None)
    return isinstance(first, str) and bool(_TOTAL.search(fold(text_of(first))))


def _account(texts: Sequence[str], folded: Sequence[str]) -> str | None:
    for position, label in enumerate(folded):
        if not _ACCOUNT_LABEL.search(label) or _NOT_AN_ACCOUNT_LABEL.search(label) or _OLD_ACCOUNT.search(label):
            continue
        own = texts[position].partition(":")[2] if ":" in texts[position] else texts[position]
        for text in (own, *texts[position + 1 : position + 6]):
            if number := account_in(text):
                return number
    return None


def account_in(text: str) -> str | None:
    """The first thing that has the shape of an account number, without blanks, points and dashes; there is a digit in it."""
    for match in _ACCOUNT.finditer(text.upper()):
        number = re.sub(r"[^0-9A-Z]", "", match[1])
        if 6 <= len(number) <= 19 and sum(c.isdigit() for c in number) >= 5 and not isinstance(read_day(match[1]), Day):
            return number
    return None


def _period(text: str) -> tuple[dt.date, dt.date] | None:
    match = _FROM_TO.search(text) or _ALSO_FROM_TO.search(text)
    if match is None:
        return None
    first, last = read_day(match[1]), read_day(match[2])
    return (first.on, last.on) if isinstance(first, Day) and isinstance(last, Day) and first.on <= last.on else None


def _value_beside(cells: Sequence[Cell], folded: Sequence[str], label: re.Pattern[str]) -> int | None:
    """Behind the colon in the label's own cell, or else in the next cell to the right that holds a sum."""
    for position, text in enumerate(folded):
        if not label.search(text):
            continue
        raw = text_of(cells[position])
        behind = raw.rpartition(":")[2] if ":" in raw else ""
        for cell in (behind, *cells[position + 1 :]):
            value = read_sum(cell, BALANCE_MAX)
            if isinstance(value, Sum):
                return value.dong
    return None

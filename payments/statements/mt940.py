"""SWIFT MT940 → sections. The package takes one message apart; several messages in one file are ours to separate."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import mt940  # type: ignore[import-untyped, unused-ignore]

from payments.statements.reasons import BadLine
from payments.statements.shapes import Line, Section
from schemas.money import DONG_MAX

_BEGINNING = re.compile(r"^:20:", re.MULTILINE)
_TAG = re.compile(r"^:(?:20|25|28C?|60[FM]):", re.MULTILINE)
_ENVELOPE = re.compile(r"\{[1235]:[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\{4:\s*|^-\}?\s*$", re.MULTILINE)
_NO_REFERENCE = frozenset(("NONREF", "NOREF", "NOTPROVIDED", ""))
_MEMO_MAX, _TEXT_MAX = 1000, 200
_LINE_FULL = 65
_FIELD = re.compile(r"^:[0-9]{2}[A-Z]?:")
_STATEMENT_LINE = re.compile(r"^:61:", re.MULTILINE)


def looks_like_mt940(head: str) -> bool:
    return len(_TAG.findall(head)) >= 3 and ":20:" in head and ":25:" in head


def read_mt940(text: str) -> list[Section]:
    bare = _ENVELOPE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    bare = _texts_joined(bare)
    starts = [match.start() for match in _BEGINNING.finditer(bare)]
    messages = [bare[start:end] for start, end in pairwise([*starts, len(bare)])]
    line_numbers = [bare.count("\n", 0, start) + 1 for start in starts]
    return [_section(message, number) for message, number in zip(messages, line_numbers, strict=True)]


def _texts_joined(text: str) -> str:
    """`:86:` is cut into lines of 65 characters, in the middle of a reference as well: a full line goes on without a blank.

    The rows keep their places in the file, so each line that is joined leaves an empty one.
    """
    lines = text.split("\n")
    joined: list[str] = []
    position = 0
    while position < len(lines):
        line, full = lines[position], len(lines[position].removeprefix(":86:")) >= _LINE_FULL
        position += 1
        if not line.startswith(":86:"):
            joined.append(line)
            continue
        empty = 0
        while position < len(lines) and lines[position].strip() and not _FIELD.match(lines[position]):
            line += lines[position] if full else " " + lines[position]
            full = len(lines[position]) >= _LINE_FULL
            position, empty = position + 1, empty + 1
        joined += [line, *[""] * empty]
    return "\n".join(joined)


def _section(message: str, first_row: int) -> Section:
    rows = [first_row + message.count("\n", 0, match.start()) for match in _STATEMENT_LINE.finditer(message)]
    try:
        parsed = mt940.parse(message)
    except Exception:  # the package raises whatever its patterns and dates do not fit
        bad = BadLine("MT940", first_row, None, message[:200].strip(), "row_unknown")
        return Section("mt940", "MT940", _account(message), (), (bad,))
    facts: Mapping[str, Any] = parsed.data
    lines: list[Line] = []
    wrong: list[BadLine] = []
    transactions = [one for one in parsed if one.data.get("amount") is not None]
    for position, transaction in enumerate(transactions):
        row = rows[position] if position < len(rows) else first_row
        read = _line(transaction.data, row)
        (lines if isinstance(read, Line) else wrong).append(read)  # type: ignore[arg-type]
    wrong += [
        BadLine("MT940", row, None, message.splitlines()[row - first_row][:200], "row_unknown")
        for row in rows[len(transactions) :]
    ]
    opening, closing = _balance(facts, "opening"), _balance(facts, "closing")
    return Section(
        layout="mt940",
        sheet="MT940",
        account_number=_account(message),
        lines=tuple(lines),
        bad=tuple(wrong),
        opening=opening[0],
        closing=closing[0],
        opened_on=opening[1],
        closed_on=closing[1],
    )


def _account(message: str) -> str | None:
    """`:25:` holds the number, sometimes behind the bank's code and a stroke, sometimes with the currency at its end."""
    found = re.search(r"^:25P?:\s*(\S+)", message, re.MULTILINE)
    if found is None:
        return None
    number = re.sub(r"[^0-9A-Z]", "", found[1].rpartition("/")[2].upper().removesuffix("VND"))
    return number or None


def _balance(facts: Mapping[str, Any], which: str) -> tuple[int | None, dt.date | None]:
    for name in (f"final_{which}_balance", f"intermediate_{which}_balance", f"{which}_balance"):
        if (found := facts.get(name)) is not None:
            dong = _whole(found.amount.amount)
            return dong, _plain(found.date)
    return None, None


def _line(data: Mapping[str, Any], row: int) -> Line | BadLine:
    amount, status = data["amount"], str(data.get("status") or "").upper()
    shown = f"{data.get('date')} {status} {amount}"[:200]
    if amount.currency not in (None, "VND"):
        return BadLine("MT940", row, None, shown, "currency")
    dong = _whole(amount.amount)
    if dong is None:
        return BadLine("MT940", row, None, shown, "amount_fraction")
    if not 0 < abs(dong) <= DONG_MAX:
        return BadLine("MT940", row, None, shown, "amount_missing" if dong == 0 else "amount_too_big")
    if status.lstrip("R")[:1] not in ("C", "D"):
        return BadLine("MT940", row, None, shown, "direction_unknown")
    # RC takes a credit back, so the money goes out; the package gives the sum its sign already for D.
    comes_in = status in ("C", "RD", "EC")
    memo = " ".join(str(data.get("transaction_details") or "").split()) or _text(data.get("extra_details"))
    value_on = _plain(data.get("date"))
    posted_on = _plain(data.get("entry_date")) or value_on
    if posted_on is None:
        return BadLine("MT940", row, None, shown, "date_unreadable")
    customer = _text(data.get("customer_reference"))
    return Line(
        sheet="MT940",
        row=row,
        cells=tuple(f"{name}={value}" for name, value in data.items() if isinstance(value, str) and value),
        direction="in" if comes_in else "out",
        amount=abs(dong),
        memo=_with_reference(memo, customer)[:_MEMO_MAX],
        posted_on=posted_on,
        made_on=value_on if value_on and value_on < posted_on else None,
        value_on=value_on,
        reference=_text(data.get("bank_reference")) or None,
        reversal=status.startswith("R"),
    )


def _with_reference(memo: str, customer: str) -> str:
    """The payer's own reference is part of what he wrote, also where the text does not repeat it."""
    if customer.upper() in _NO_REFERENCE or customer.upper() in memo.upper():
        return memo
    return f"{memo} {customer}".strip()


def _text(value: Any) -> str:
    text = " ".join(str(value or "").split())[:_TEXT_MAX]
    return "" if text.upper() in _NO_REFERENCE else text


def _whole(amount: Decimal) -> int | None:
    return int(amount) if amount == amount.to_integral_value() else None


def _plain(day: Any) -> dt.date | None:
    return dt.date(day.year, day.month, day.day) if day is not None else None

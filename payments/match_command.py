"""`python -m backend match`: what matching would decide for lines from standard input. It reads no database and books nothing.

One JSON object a line in, one out, in order. The bills stay as the file says: every line is judged by itself, so the same bill
may be named twice.
"""

from __future__ import annotations

import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid5

import msgspec

from backend.core.text import fold
from payments.match import Ambiguous, Bill, Decision, Match
from payments.shelf import Shelf

_SPACE = UUID("6f1c9c1e-7d5b-5e0f-9d4e-2b7a3c1d5e9f")
_LINE_BYTES_MAX = 65_536
_NO_ACCOUNT = 0

_OPEN_WRITTEN = """
open unpaid part partly partly_paid partially_paid partial part_paid pending due overdue issued new active outstanding late sent
published billed waiting owing not_paid unsettled opened live chua_thu chua_nop chua_dong con_no mot_phan no qua_han mo dang_thu
"""
_CANCELLED_WRITTEN = """
cancelled canceled void voided refunded withdrawn deleted written_off exempt waived rejected inactive expired archived huy da_huy mien
"""
_OPEN, _CANCELLED = frozenset(_OPEN_WRITTEN.split()), frozenset(_CANCELLED_WRITTEN.split())

# Stable reasons → the sentence for a person.
_SENTENCES = {
    "reference_word": "the reference stands in the memo as a whole word",
    "reference_run_together": "the reference stands in the memo, run together with its neighbours",
    "amount_equal": "the amount is what the bill still asks for",
    "amount_less": "the amount is less than the bill asks for",
    "amount_more": "more came than the bill asks for",
    "several_references": "the memo holds several references",
    "amount_not_the_sum": "the amount is not the sum of their bills",
    "unknown_reference": "a valid reference, but of no bill here",
    "unknown_reference_beside": "beside it stands a valid reference of no bill here",
    "damaged_reference_beside": "beside it stands a second reference that is damaged",
    "reference_may_be_another": "with one slip the same text is another bill's reference",
    "another_child_named": "the memo names another child",
    "looks_returned": "the memo speaks of money given back or of a transfer undone",
    "another_account": "the bill is paid to another account",
    "bill_cancelled": "the bill is cancelled",
    "bill_paid": "the bill is paid already",
    "no_amount": "no amount came",
    "no_reference": "no reference can be read",
    "unreadable": "the line cannot be read",
}


class Answer(msgspec.Struct, frozen=True):
    auto: bool
    codes: list[str]
    suggestions: list[str]
    why: list[str]
    sentence: str


def run(bills_file: Path, stdin: IO[Any], stdout: IO[Any]) -> int:
    """Text streams are read and written as the bytes below them, so that the terminal's locale changes nothing."""
    source, target = getattr(stdin, "buffer", stdin), getattr(stdout, "buffer", stdout)
    try:
        with bills_file.open("rb") as lines:
            desk = Measuring(_objects(lines))
    except OSError as error:
        sys.stderr.write(f"{bills_file}: {error.strerror}\n")
        return 2
    for line in source:
        if line.strip():
            target.write(msgspec.json.encode(desk.answer(line)) + b"\n")
            target.flush()
    return 0


class Measuring:
    """Bills as they are written in a file, and the matching of the bank behind them."""

    def __init__(self, bills: Iterable[Mapping[str, Any]]) -> None:
        self._accounts: dict[str, int] = {}
        self._shelf = Shelf(self._bills(bills))

    def answer(self, line: bytes) -> Answer:
        try:
            told = msgspec.json.decode(line[:_LINE_BYTES_MAX].removeprefix(BOM_UTF8))
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = None
        amount = _amount(told.get("amount")) if isinstance(told, dict) else None
        if not isinstance(told, dict) or amount is None:
            return Answer(False, [], [], ["unreadable"], _SENTENCES["unreadable"])
        memo = told.get("memo")
        text = memo if isinstance(memo, str) else "" if memo is None else str(memo)
        account = self._account(told.get("account"), make=False)
        decision, bills = self._shelf.decide(account, amount, text)
        code_of = {bill.invoice_id: bill.reference for bill in bills}
        if isinstance(decision, Match):
            codes = [code_of[share.invoice_id] for share in decision.shares]
            return Answer(True, codes, codes, list(decision.reasons), _sentence(decision))
        suggested = [one.reference for one in decision.suggestions]
        codes = suggested if isinstance(decision, Ambiguous) else []
        return Answer(False, codes, suggested, list(decision.reasons), _sentence(decision))

    def _bills(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Bill]:
        for number, row in enumerate(rows):
            code = "".join(str(row.get("code") or row.get("reference") or "").split()).upper()
            if not code:
                continue
            amount = next((known for key in ("remaining", "amount") if (known := _amount(row.get(key))) is not None), 0)
            status = fold(str(row.get("status") or "open")).replace(" ", "_")
            yield Bill(
                invoice_id=uuid5(_SPACE, f"{number} {code}"),
                reference=code,
                bank_account_id=self._account(row.get("account"), make=True),
                # A state nobody here knows may not receive money by itself.
                remaining=amount if status in _OPEN else 0,
                cancelled=status in _CANCELLED,
                pupil_name=fold(str(row.get("pupil") or "")),
                class_name=str(row.get("class") or ""),
            )

    def _account(self, told: object, *, make: bool) -> int:
        """Accounts are equal by their letters and digits; noughts in front get lost in spreadsheets."""
        text = "".join(character for character in str(told or "") if character.isalnum()).upper().lstrip("0")
        if not text:
            # Not told: with a single account there is nothing to be mistaken about.
            return next(iter(self._accounts.values())) if not make and len(self._accounts) == 1 else _NO_ACCOUNT
        if make:
            return self._accounts.setdefault(text, len(self._accounts) + 1)
        return self._accounts.get(text, -1) if self._accounts else _NO_ACCOUNT


def _amount(told: object) -> int | None:
    if isinstance(told, bool):
        return None
    if isinstance(told, float):
        return int(told) if told.is_integer() else None
    if isinstance(told, str):
        bare = told.replace(" ", "").removesuffix("VND").removesuffix("đ")
        # Two noughts behind the last point are decimals, three are thousands.
        bare = re.sub(r"[.,]0{1,2}$", "", bare).replace(".", "").replace(",", "")
        return int(bare) if re.fullmatch(r"[+-]?[0-9]{1,18}", bare) else None
    return told if isinstance(told, int) else None


def _sentence(decision: Decision) -> str:
    said = "; ".join(_SENTENCES.get(reason, reason) for reason in decision.reasons)
    if isinstance(decision, Match) or not decision.suggestions:
        return said
    because = ", ".join(reason for reason in decision.suggestions[0].reasons if reason not in decision.reasons)
    return f"{said}; first suggested because: {because}" if because else said


def _objects(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """A bill that cannot be read is told and left out: then its code is nobody's, and money for it waits for a person."""
    for number, line in enumerate(lines, 1):
        bare = line.removeprefix(BOM_UTF8).strip()
        if not bare:
            continue
        try:
            row = msgspec.json.decode(bare)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            row = str(error)
        if isinstance(row, dict):
            yield row
        else:
            sys.stderr.write(f"bills, line {number}: no bill ({row})"[:200] + "\n")

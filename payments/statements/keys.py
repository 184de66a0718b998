"""The name of a line that it keeps in every file: so a second import adds nothing, and two real payments stay two.

With the bank's reference: day, direction, sum and reference, for references come again on other days. Without: what the
line says and the running balance. Either way with its occurrence number in the file, for plain content hashes drop the
second of two parents who pay the same on one day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from backend.core.text import strip_marks
from payments.statements.shapes import Line

SOURCE = "statement"


def event_keys(account_number: str, lines: Sequence[Line]) -> list[str]:
    """In the order of the lines, all those of one account in one file."""
    seen: Counter[str] = Counter()
    keys = []
    for line in lines:
        base = _base(account_number, line)
        seen[base] += 1
        keys.append(f"{base}-{seen[base]}")
    return keys


def _base(account_number: str, line: Line) -> str:
    said = (account_number, line.posted_on.isoformat(), line.direction, str(line.amount), line.part)
    if line.reference is not None:
        return "r" + _hash(*said, line.reference)
    return "c" + _hash(*said, memo_key(line.memo), "" if line.balance is None else str(line.balance))


def _hash(*parts: str) -> str:
    return sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def memo_key(memo: str) -> str:
    """Letters and digits only: blanks and line breaks inside a memo differ from one layout of a bank to the next."""
    return "".join(c for c in strip_marks(memo).upper() if c.isalnum())


class Told(msgspec.Struct):
    """What another file said of a movement, as far as two files can be compared."""

    key: str
    memo: str
    reference: str | None
    balance: int | None
    layout: str
    part: str


def same_movement(one: Told, other: Told) -> bool:
    """Two files, same account, day, direction and sum: do they tell the same movement? In doubt no: nothing is swallowed.

    Each file tells a movement once, so whoever asks pairs lines one to one.
    """
    if one.part != other.part or (
        one.balance is not None and other.balance is not None and one.balance != other.balance
    ):
        return False
    if one.reference is not None and one.reference == other.reference:
        return True
    if memo_key(one.memo) != memo_key(other.memo):
        return False
    if one.balance is not None and other.balance is not None:
        return True
    return one.reference is None or other.reference is None or one.layout != other.layout

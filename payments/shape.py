"""The shape of a payment reference: its check digit, how long it may be, and by how many ways it can be read. It reads no memo."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

BODY_DIGITS = 6
BODY_DIGITS_MAX = 8

_DAMM = ("0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
         "3674209581", "5869720134", "8945362017", "9438617205", "2581436790")  # fmt: skip
_TABLE = {str(state): {str(digit): row[digit] for digit in range(10)} for state, row in enumerate(_DAMM)}


class How(StrEnum):
    """How a reference was read, from certain to guessed. Only the first two may ever move money."""

    WORD = "word"
    RUN_TOGETHER = "run_together"
    # Guesses, for a person.
    LOOKALIKE = "lookalike"
    NO_PREFIX = "no_prefix"
    MISTYPED = "mistyped"
    AMONG_DIGITS = "among_digits"
    CUT_SHORT = "cut_short"
    # Not readings but doubts about one: a bill that the same text would fit after one slip, and a second reference that is damaged.
    RIVAL = "rival"
    DAMAGED = "damaged"


class Found(msgspec.Struct, frozen=True):
    """`code` is a whole reference, except after DAMAGED, where it is what stood there."""

    code: str
    how: How


class Memo(msgspec.Struct, frozen=True):
    """The three views of a memo: as it came, as words, and run together."""

    raw: str
    words: tuple[str, ...]
    compact: str


def check_digit(digits: str) -> str:
    """Damm: catches every single wrong digit and every swap of neighbours."""
    state = "0"
    for digit in digits:
        state = _TABLE[state][digit]
    return state


def is_body(digits: str) -> bool:
    return (
        BODY_DIGITS < len(digits) <= BODY_DIGITS_MAX + 1
        and digits.isascii()
        and digits.isdigit()
        and check_digit(digits) == "0"
        and digits.strip("0") != ""
    )


def body_lengths() -> range:
    return range(BODY_DIGITS + 1, BODY_DIGITS_MAX + 2)


def slips(digits: str) -> Iterator[str]:
    """Every body that a person could have meant who typed these digits with one slip: a wrong digit, two swapped, one lost, one too many."""
    for at in range(len(digits)):
        head, tail = digits[:at], digits[at + 1 :]
        # Damm leaves exactly one right digit for a place.
        for digit in "0123456789":
            if digit != digits[at] and is_body(head + digit + tail):
                yield head + digit + tail
        if tail and tail[0] != digits[at] and is_body(head + tail[0] + digits[at] + tail[1:]):
            yield head + tail[0] + digits[at] + tail[1:]
        if is_body(head + tail):
            yield head + tail
    for at in range(len(digits) + 1):
        for digit in "0123456789":
            if is_body(digits[:at] + digit + digits[at:]):
                yield digits[:at] + digit + digits[at:]


def without_one(digits: str) -> Iterator[str]:
    """The bodies that remain when one digit was typed too many."""
    for at in range(len(digits)):
        shorter = digits[:at] + digits[at + 1 :]
        if is_body(shorter):
            yield shorter


def completions(digits: str, lost_max: int) -> Iterator[str]:
    """The bodies that begin like this, when no more than so many digits were cut off."""
    for length in body_lengths():
        lost = length - len(digits)
        if not 1 <= lost <= lost_max:
            continue
        for number in range(10 ** (lost - 1)):
            middle = digits + (f"{number:0{lost - 1}d}" if lost > 1 else "")
            body = middle + check_digit(middle)
            if is_body(body):
                yield body

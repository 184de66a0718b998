"""The payment reference: the few characters that bring a transfer back to its bill. It knows no bill and no database.

It owns their shape, `HP2600017` = prefix of the school, digits drawn at random, Damm check digit, and how to find them
in what a bank makes of a memo. Letters first and then only digits, because in a quarter of a million published memos
nothing else looks like that; no check digit, no reference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from backend.core.text import clean, strip_marks

BODY_DIGITS = 6
BODY_DIGITS_MAX = 8
PREFIX_DEFAULT = "HP"

# These occur in memos in front of digits anyway: bank frames, "chuyển tiền", names. A school may not choose them.
PREFIXES_FORBIDDEN = frozenset(
    ("FT", "CB", "TU", "HE", "OI", "DI", "NG", "AN", "GD", "NK", "NH", "EN", "AC", "XX", "MB", "CT", "TT", "ND", "QR")
)
# Two to five letters is what the bank feeds' own recognition accepts.
_PREFIX = re.compile(r"[A-Z]{2,5}")

_DAMM = ("0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
         "3674209581", "5869720134", "8945362017", "9438617205", "2581436790")  # fmt: skip

# What a person types for a digit. Inside the body there are only digits, so the repair is one-way.
_LOOKALIKE = str.maketrans("OQDILZSB", "00011258")
_NOT_WORD = re.compile(r"[^0-9A-Z]+")


class How(StrEnum):
    """How a reference was read, from certain to guessed. Only the first two may ever move money."""

    WORD = "word"
    RUN_TOGETHER = "run_together"
    LOOKALIKE = "lookalike"
    NO_PREFIX = "no_prefix"
    CUT_SHORT = "cut_short"


class Found(msgspec.Struct, frozen=True):
    """`code` is a whole reference, except after CUT_SHORT, where it is only its beginning."""

    code: str
    how: How


class Memo(msgspec.Struct, frozen=True):
    """The three views of a memo: as it came, as words, and run together."""

    raw: str
    words: tuple[str, ...]
    compact: str


def check_digit(digits: str) -> str:
    """Damm: catches every single wrong digit and every swap of neighbours."""
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return str(state)


def is_prefix(prefix: str) -> bool:
    return _PREFIX.fullmatch(prefix) is not None and prefix not in PREFIXES_FORBIDDEN


def is_reference(code: str, prefix: str) -> bool:
    return code.startswith(prefix) and _is_body(code[len(prefix) :])


def draw(
    prefix: str,
    count: int,
    randbelow: Callable[[int], int],
    taken: frozenset[str] = frozenset(),
    digits: int = BODY_DIGITS,
) -> list[str]:
    """`count` different new references, drawn at random so that one wrong digit seldom meets a neighbour's open bill.

    The first digit is never 0, because leading noughts get lost. When the space is too full to draw quickly, references
    become one digit longer; `taken` holds those that must not come again.
    """
    assert is_prefix(prefix), prefix
    drawn: dict[str, None] = {}
    misses = 0
    while len(drawn) < count:
        body = str(10 ** (digits - 1) + randbelow(9 * 10 ** (digits - 1)))
        body += check_digit(body)
        code = prefix + body
        if code in taken or code in drawn or _hides_shorter(body):
            misses += 1
            if misses > 20 * count + 200 and digits < BODY_DIGITS_MAX:
                digits, misses = digits + 1, 0
            elif misses > 2000 * count + 20_000:
                raise LookupError(f"no free reference left for {prefix}")
            continue
        drawn[code] = None
    return list(drawn)


def views(memo: str) -> Memo:
    upper = strip_marks(unicodedata.normalize("NFKC", clean(memo))).upper()
    words = tuple(word for word in _NOT_WORD.split(upper) if word)
    return Memo(memo, words, "".join(words))


def find(memo: Memo, prefix: str) -> tuple[Found, ...]:
    """Every reference that can be read out of the memo, the surest first, each code once."""
    found: dict[str, How] = {}
    for reader in (_whole_words, _run_together, _lookalikes, _without_prefix, _cut_short):
        for reading in reader(memo, prefix):
            found.setdefault(reading.code, reading.how)
        if reader is _run_together and found:
            break  # Guessing is for memos that hold no reference; beside a real one it only adds noise.
    return tuple(Found(code, how) for code, how in found.items())


def _whole_words(memo: Memo, prefix: str) -> Iterator[Found]:
    for word in memo.words:
        if is_reference(word, prefix):
            yield Found(word, How.WORD)


def _run_together(memo: Memo, prefix: str) -> Iterator[Found]:
    """Blanks inside, neighbours grown on. A whole word is not read a second time with the digits behind it."""
    compact = "".join("|" if is_reference(word, prefix) else word for word in memo.words)
    for start in _occurrences(compact, prefix):
        digits = _leading_digits(compact[start + len(prefix) :])
        # Shortest first: no reference in use has a shorter one as its beginning (see _hides_shorter).
        body = next((digits[:length] for length in _body_lengths() if _is_body(digits[:length])), None)
        if body:
            yield Found(prefix + body, How.RUN_TOGETHER)


def _lookalikes(memo: Memo, prefix: str) -> Iterator[Found]:
    for start in _occurrences(memo.compact, prefix):
        after = memo.compact[start + len(prefix) :][: BODY_DIGITS_MAX + 1]
        for length in _body_lengths():
            repaired = after[:length].translate(_LOOKALIKE)
            if repaired != after[:length] and _is_body(repaired):
                yield Found(prefix + repaired, How.LOOKALIKE)


def _without_prefix(memo: Memo, prefix: str) -> Iterator[Found]:
    for word in memo.words:
        if _is_body(word):
            yield Found(prefix + word, How.NO_PREFIX)


def _cut_short(memo: Memo, prefix: str) -> Iterator[Found]:
    """The end of the memo was cut off by a bank, somewhere inside the reference."""
    start = memo.compact.rfind(prefix)
    tail = memo.compact[start + len(prefix) :] if start >= 0 else ""
    if 3 <= len(tail) <= BODY_DIGITS and tail.isdigit() and tail[0] != "0":
        yield Found(prefix + tail, How.CUT_SHORT)


def _is_body(digits: str) -> bool:
    return (
        len(digits) in _body_lengths()
        and digits.isascii()
        and digits.isdigit()
        and digits[0] != "0"
        and check_digit(digits) == "0"
    )


def _hides_shorter(body: str) -> bool:
    """Would a shorter valid reference be read out of this one? Then the longer one is not given out."""
    return any(_is_body(body[:length]) for length in _body_lengths() if length < len(body))


def _body_lengths() -> range:
    return range(BODY_DIGITS + 1, BODY_DIGITS_MAX + 2)


def _occurrences(text: str, prefix: str) -> Iterator[int]:
    start = text.find(prefix)
    while start >= 0:
        yield start
        start = text.find(prefix, start + 1)


def _leading_digits(text: str) -> str:
    return text[: next((i for i, character in enumerate(text) if not ("0" <= character <= "9")), len(text))]

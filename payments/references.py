"""The payment reference: the few characters that bring a transfer back to its bill. It knows no bill and no database.

It owns how references are drawn and how they are found in what a bank makes of a memo: `HP2600017` = prefix of the school,
digits drawn at random, Damm check digit. Letters first and then only digits, because in a quarter of a million published
memos nothing else looks like that; no check digit, no reference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from backend.core.text import clean, strip_marks
from payments import guesses
from payments.guesses import leading_digits, occurrences
from payments.shape import (
    BODY_DIGITS,
    BODY_DIGITS_MAX,
    Found,
    How,
    Memo,
    body_lengths,
    check_digit,
    is_body,
    slips,
    without_one,
)

__all__ = ["BODY_DIGITS", "BODY_DIGITS_MAX", "Found", "How", "Memo", "check_digit", "draw", "find", "is_prefix", "is_reference", "views"]  # fmt: skip

PREFIX_DEFAULT = "HP"

# These occur in memos in front of digits anyway: bank frames, "chuyển tiền", names. A school may not choose them.
PREFIXES_FORBIDDEN = frozenset(
    ("FT", "CB", "TU", "HE", "OI", "DI", "NG", "AN", "GD", "NK", "NH", "EN", "AC", "XX", "MB", "CT", "TT", "ND", "QR")
)
# Two to five letters is what the bank feeds' own recognition accepts.
_PREFIX = re.compile(r"[A-Z]{2,5}")
_NOT_WORD = re.compile(r"[^0-9A-Z]+")


def is_prefix(prefix: str) -> bool:
    return _PREFIX.fullmatch(prefix) is not None and prefix not in PREFIXES_FORBIDDEN


def is_reference(code: str, prefix: str) -> bool:
    return code.startswith(prefix) and is_body(code[len(prefix) :])


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
    text = clean(memo)
    upper = (text if text.isascii() else strip_marks(unicodedata.normalize("NFKC", text))).upper()
    words = tuple(word for word in _NOT_WORD.split(upper) if word)
    return Memo(memo, words, "".join(words))


def find(memo: Memo, prefix: str | Sequence[str]) -> tuple[Found, ...]:
    """Every reference that can be read out of the memo, the surest first, each code once.

    Guesses are for memos that hold no reference; beside a real one only doubts are told.
    """
    prefixes = _prefixes(prefix)
    found: dict[str, How] = {}
    for one in prefixes:
        for reading in (*_whole_words(memo, one), *_run_together(memo, one)):
            # The surer way of reading the same code wins, whichever came first.
            if reading.code not in found or reading.how is How.WORD:
                found[reading.code] = reading.how
    exact = [code for code, how in found.items() if how in (How.WORD, How.RUN_TOGETHER)]
    if not exact:
        return (*_ordered(found), *(reading for reading in guess(memo, prefixes) if reading.code not in found))
    for one in prefixes:
        for reading in guesses.damaged_beside(memo, one, exact):
            found.setdefault(reading.code, reading.how)
    return _ordered(found)


def guess(memo: Memo, prefix: str | Sequence[str]) -> tuple[Found, ...]:
    """What may have been meant: also for a memo whose reference turns out to be nobody's."""
    return _guessed(memo, _prefixes(prefix))


@lru_cache(maxsize=4096)
def _guessed(memo: Memo, prefixes: tuple[str, ...]) -> tuple[Found, ...]:
    """Dear, and asked twice of most memos: once for what they say, once more when their reference is nobody's."""
    found: dict[str, How] = {}
    for one in prefixes:
        for reader in guesses.READERS:
            for reading in reader(memo, one):
                found.setdefault(reading.code, reading.how)
    return _ordered(found)


_ORDER = {how: place for place, how in enumerate(How)}


def _ordered(found: dict[str, How]) -> tuple[Found, ...]:
    return tuple(Found(code, how) for code, how in sorted(found.items(), key=lambda item: _ORDER[item[1]]))


def _prefixes(prefix: str | Sequence[str]) -> tuple[str, ...]:
    return (prefix,) if isinstance(prefix, str) else tuple(prefix)


def _whole_words(memo: Memo, prefix: str) -> Iterator[Found]:
    for word in memo.words:
        if is_reference(word, prefix):
            yield Found(word, How.WORD)


def _run_together(memo: Memo, prefix: str) -> Iterator[Found]:
    """Blanks inside, neighbours grown on. A whole word is not read a second time with the digits behind it."""
    if prefix not in memo.compact:
        return
    yield from _longer_words(memo, prefix)
    pieces = ["|" if is_reference(word, prefix) else word for word in memo.words]
    compact, borders = "".join(pieces), _borders(pieces)
    for start in occurrences(compact, prefix):
        first = start + len(prefix)
        digits = leading_digits(compact[first:])
        bodies = [digits[:length] for length in body_lengths() if is_body(digits[:length])]
        # Those that end where a word or the digits end; else the shortest, for none in use begins with a shorter one.
        clean_ends = [body for body in bodies if len(body) == len(digits) or first + len(body) in borders]
        if clean_ends:
            yield from (Found(prefix + body, How.RUN_TOGETHER) for body in clean_ends)
        elif bodies and any(border in borders for border in range(first + 1, first + len(bodies[0]))):
            # The beginning of a reference that was cut, and then a date or a number of the bank.
            yield Found(prefix + bodies[0], How.AMONG_DIGITS)
        elif bodies:
            yield Found(prefix + bodies[0], How.RUN_TOGETHER)
            yield from (Found(prefix + other, How.RIVAL) for other in _meant_instead(digits, bodies[0]))


def _longer_words(memo: Memo, prefix: str) -> Iterator[Found]:
    """A long reference with a blank inside may begin with what is by chance a whole one."""
    for place, word in enumerate(memo.words):
        if is_reference(word, prefix):
            for more in memo.words[place + 1 :]:
                word += more
                if not more.isdigit() or len(word) - len(prefix) > BODY_DIGITS_MAX + 1:
                    break
                if is_reference(word, prefix):
                    yield Found(word, How.RUN_TOGETHER)


def _meant_instead(digits: str, read: str) -> Iterator[str]:
    """Digits follow directly: one may have been typed twice, or a longer reference with a slip in it."""
    for length in body_lengths():
        if len(digits) > length:
            yield from (other for other in without_one(digits[: length + 1]) if other != read)
        if len(digits) >= length > len(read):
            yield from (other for other in slips(digits[:length]) if other != read and len(other) == length)


def _borders(pieces: Sequence[str]) -> frozenset[int]:
    """Where one word ends and the next begins, in the text run together."""
    ends, at = set(), 0
    for piece in pieces:
        at += len(piece)
        ends.add(at)
    return frozenset(ends)


def _hides_shorter(body: str) -> bool:
    """Would a shorter valid reference be read out of this one? Then the longer one is not given out."""
    return any(is_body(body[:length]) for length in body_lengths() if length < len(body))

"""References that are damaged: what a person may have meant. Nothing here ever moves money; it only finds bills worth a look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from payments.shape import BODY_DIGITS, BODY_DIGITS_MAX, Found, How, Memo, body_lengths, completions, is_body, slips

# What a person types for a digit. Inside the body there are only digits, so the repair is one-way.
LOOKALIKE = str.maketrans("OQDILZSB", "00011258")
# Letters of other scripts that look like Latin capitals: a keyboard left in Russian or Greek, or a fraud.
_OTHER_SCRIPTS = str.maketrans(
    "АВЕЅІЈКМНОРСТУХавеѕіјкмнорстухΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIJKMHOPCTYXABESIJKMHOPCTYXABEZHIKMNOPTYX"
)
_BARE_DIGITS = re.compile(rf"(?<![0-9])[0-9]{{{BODY_DIGITS + 1},{BODY_DIGITS_MAX + 1}}}(?![0-9])")
_LOST_MAX = 3


def lookalikes(memo: Memo, prefix: str) -> Iterator[Found]:
    for start in occurrences(memo.compact, prefix):
        after = memo.compact[start + len(prefix) :][: BODY_DIGITS_MAX + 1]
        for length in body_lengths():
            repaired = after[:length].translate(LOOKALIKE)
            if repaired != after[:length] and is_body(repaired):
                yield Found(prefix + repaired, How.LOOKALIKE)


def in_other_scripts(memo: Memo, prefix: str) -> Iterator[Found]:
    if memo.raw.isascii():
        return
    latin = re.sub(r"[^0-9A-Z]", "", memo.raw.translate(_OTHER_SCRIPTS).upper())
    for start in occurrences(latin, prefix):
        digits = leading_digits(latin[start + len(prefix) :])
        for length in body_lengths():
            if is_body(digits[:length]):
                yield Found(prefix + digits[:length], How.LOOKALIKE)


def without_prefix(memo: Memo, prefix: str) -> Iterator[Found]:
    for digits in _BARE_DIGITS.findall(" ".join(memo.words)):
        if is_body(digits):
            yield Found(prefix + digits, How.NO_PREFIX)


def mistyped(memo: Memo, prefix: str) -> Iterator[Found]:
    for digits in _digits_behind(memo, prefix):
        if BODY_DIGITS <= len(digits) <= BODY_DIGITS_MAX + 2:
            for body in slips(digits):
                yield Found(prefix + body, How.MISTYPED)


def cut_short(memo: Memo, prefix: str) -> Iterator[Found]:
    """A bank cut the memo off inside the reference, or a person stopped typing."""
    for digits in _digits_behind(memo, prefix):
        if 4 <= len(digits) <= BODY_DIGITS_MAX:
            for body in completions(digits, _LOST_MAX):
                yield Found(prefix + body, How.CUT_SHORT)


def _digits_behind(memo: Memo, prefix: str) -> Iterator[str]:
    """The digits that follow the prefix, as they stand in one word and as they run on over blanks."""
    seen: set[str] = set()
    for text in (*memo.words, memo.compact):
        for start in occurrences(text, prefix):
            digits = leading_digits(text[start + len(prefix) :])
            if digits and digits not in seen:
                seen.add(digits)
                yield digits


READERS = (lookalikes, in_other_scripts, without_prefix, mistyped, cut_short)

_DIGITLIKE = "[0-9OQDILZSB]"
# "HP T9", "HP 9/2026": the letters that a school chose may also be its families' word for the fee.
_A_MONTH = re.compile(r"(?:0[1-9]|1[0-2])?20[2-4][0-9]|20[2-4][0-9]20[2-4][0-9]|(?:0[1-9]|1[0-2])2[0-9]")


def damaged_beside(memo: Memo, prefix: str, codes: Sequence[str]) -> Iterator[Found]:
    """A second reference that cannot be read: then nobody knows what the money is for, however well the first one reads."""
    last = len(memo.words) - 1
    for place, word in enumerate(memo.words):
        text = word
        if word == prefix and place < last and len(memo.words[place + 1]) > 4:
            text = word + memo.words[place + 1]
        for begun in re.findall(f"{prefix}({_DIGITLIKE}{{3,}})", text):
            at_the_end = place == last and text.endswith(begun)
            if sum(letter.isdigit() for letter in begun) < 2 or (len(begun) < 5 and not at_the_end):
                continue
            meant = prefix + begun.translate(LOOKALIKE)
            if any(code.startswith(meant) or meant.startswith(code) for code in codes) or _A_MONTH.fullmatch(begun):
                continue
            yield Found(prefix + begun, How.DAMAGED)


def occurrences(text: str, prefix: str) -> Iterator[int]:
    start = text.find(prefix)
    while start >= 0:
        yield start
        start = text.find(prefix, start + 1)


def leading_digits(text: str) -> str:
    return text[: next((i for i, character in enumerate(text) if not ("0" <= character <= "9")), len(text))]

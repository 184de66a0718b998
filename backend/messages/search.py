"""Searching messages: marks are folded to find, and counted to rank. Pure; the statement that uses it stands in queries.py.

A message is stored with `terms` (folded words, led by the school so that one index serves many schools evenly) and with `marked`
(its words as written, in lower case and one way of placing tones), between blanks so that a word is found whole.
"""

from __future__ import annotations

import re

from backend.core.text import clean, fold

WORDS_MAX = 8
_TEXT_WORDS_MAX = 2000
_NOT_LETTER = re.compile(r"[^\w]+|_")
# Two ways to place the tone on oa, oe and uy are in use, and both are right: hoà is hòa.
_NEW_TONES = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa",
    "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
    "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
# Only at the end of a syllable that has no qu: khoán, quý and hoàng are written one way by everybody.
_LATE_TONE = re.compile(r"(?<!q)(" + "|".join(_NEW_TONES) + r")(?!\w)")


def marked_words(text: str) -> list[str]:
    lower = _LATE_TONE.sub(lambda found: _NEW_TONES[found.group(1)], clean(text).lower())
    return [word for word in _NOT_LETTER.split(lower) if word]


def marked_line(text: str) -> str:
    """` hôm nay bé hòa sốt `: every word between blanks."""
    return f" {' '.join(marked_words(text)[:_TEXT_WORDS_MAX])} "


def terms_of(school_id: int, text: str) -> list[str]:
    return sorted({_term(school_id, word) for word in fold(text).split()[:_TEXT_WORDS_MAX]})


def query_of(school_id: int, asked: str) -> str:
    """A tsquery: every folded word must occur, the last one perhaps only begun. Empty when nothing can be looked for."""
    words = fold(asked).split()[:WORDS_MAX]
    if not words:
        return ""
    whole = [f"'{_term(school_id, word)}'" for word in words[:-1]]
    return " & ".join([*whole, f"'{_term(school_id, words[-1])}':*"])


def exact_words(asked: str) -> list[str]:
    """What counts for the rank: each of the asked words as it was typed, between blanks."""
    return [f" {word} " for word in marked_words(asked)[:WORDS_MAX]]


def folded_line(text: str) -> str:
    return f" {fold(text)} "


def _term(school_id: int, word: str) -> str:
    # Letters and digits only, so that no quote can end it early; cut where PostgreSQL would.
    return f"{school_id}_{word[:40]}"

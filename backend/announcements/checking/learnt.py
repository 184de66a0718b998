"""What was learnt from labelled notices: how surely a text asks for a day, a place, a sum or a last day, and how surely it harms.

A linear model over words and pairs of words, with and without marks, and over what the rules found. `python -m tests.announcements.learning`
learns it from the labelled corpus and writes learnt.bin.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from backend.announcements.checking.reading import Reading
from backend.announcements.checking.tokens import KINDS, STOPS, Tokens
from backend.core.linear import Weights

FILE: Final = Path(__file__).with_suffix(".bin")
# What families would have to ask back for, were it not there; and what is a fault by itself.
NEEDS: Final = {"w": "when", "p": "place", "a": "amount", "d": "deadline"}
FAULTS: Final = (
    "personal_data_exposed",
    "comparison_of_pupils",
    "illegal_fee",
    "text_only_in_image",
    "relative_date_ambiguous",
    "past_date",
)
# Likeness above this is enough by itself …
ENOUGH: Final = {
    "when": -0.04,
    "place": -0.08,
    "amount": 0.05,
    "deadline": -0.07,
    "personal_data_exposed": -0.05,
    "comparison_of_pupils": -0.15,
    "illegal_fee": 0.0,
    "text_only_in_image": -0.1,
}
# … and above this where a rule saw it too.
ENOUGH_WITH_A_RULE: Final = {
    "personal_data_exposed": -0.3,
    "comparison_of_pupils": -0.6,
    "illegal_fee": -0.25,
    "text_only_in_image": -0.9,
    "relative_date_ambiguous": -0.6,
    "past_date": -1.3,
}
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+|[?!]")


class Knowledge(msgspec.Struct, frozen=True):
    """`stamp` tells from which notices and findings the weights were learnt."""

    stamp: str
    weights: Weights


@cache
def knowledge() -> Knowledge:
    return msgspec.msgpack.decode(zlib.decompress(FILE.read_bytes()), type=Knowledge)


def features(tokens: Tokens, signs: Iterable[str], *, marked: bool) -> list[str]:
    """Named so that an explanation can be read: w: words and pairs of them, m: the same with their marks, k: two or three around a kind,
    s: what the rules and the surroundings say."""
    found = dict.fromkeys(f"w:{gram}" for gram in _grams(tokens.plain))
    if marked:
        found |= dict.fromkeys(f"m:{gram}" for gram in _grams(tokens.marked))
    found |= dict.fromkeys(f"k:{gram}" for gram in _around_kinds(tokens.plain))
    found |= dict.fromkeys(f"s:{sign}" for sign in (*signs, f"NAMES {min(3, tokens.names)}"))
    return list(found)


def _grams(tokens: list[str]) -> Iterator[str]:
    words = [token for token in tokens if token not in STOPS]
    yield from words
    yield from (f"{one} {after}" for one, after in pairwise(words))


def _around_kinds(tokens: list[str]) -> Iterator[str]:
    for size in (2, 3):
        for place in range(len(tokens) - size + 1):
            near = tokens[place : place + size]
            if not KINDS.isdisjoint(near):
                yield " ".join(near)


class Likeness:
    """How near one notice is to those that ask or harm. 0 is the border learnt; 1 is as sure as the notices that taught it."""

    def __init__(self, reading: Reading, found: Iterable[str]) -> None:
        self._reading = reading
        weights = knowledge().weights
        self._scaled = weights.scaled(dict.fromkeys(found, 1.0))
        self._of = dict(zip(weights.labels, weights.margins(self._scaled), strict=True))

    def to(self, label: str) -> float:
        return self._of[label]

    def is_enough(self, label: str, *, seen: bool = False) -> bool:
        """`seen`: a rule saw it too."""
        return self._of[label] > (ENOUGH_WITH_A_RULE if seen else ENOUGH)[label]

    def sentence(self, label: str) -> tuple[int, int]:
        """The sentence whose words spoke most for it."""
        spoke = knowledge().weights.reasons(self._scaled, label, 40)
        sentences = self._reading.sentences or [(0, len(self._reading.plain))]

        def told(span: tuple[int, int]) -> float:
            text = " ".join(_WORD.findall(_DIGITS.sub("0", self._reading.plain[slice(*span)])))
            return sum(much for name, much in spoke if name[0] == "w" and f" {name[2:]} " in f" {text} ")

        return max(sentences, key=told)

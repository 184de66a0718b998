"""A second reader of what the rules raise: a linear model over the words and the findings, learnt from the labelled corpus
(tests/announcements/second_reader.py writes second_reading.json). It doubts what they raise, and
backs what they saw a ground for and did not raise; of its own it raises nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import msgspec

from backend.announcements.checking.reading import Reading

FILE = Path(__file__).with_suffix(".json")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[a-z]+|0|\?")


class Opinion(msgspec.Struct, frozen=True):
    """What was learnt of one defect, in hundredths. A report scored below `doubted_below` is dropped, a ground above `backed_above` is one."""

    bias: int
    doubted_below: int
    backed_above: int
    weights: dict[str, int]


@cache
def opinions() -> dict[str, Opinion]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Opinion])


class SecondReading:
    """The features of one notice, and what is thought of each defect in it."""

    def __init__(self, reading: Reading, findings: Iterable[str]) -> None:
        self.features = frozenset((*_words(reading), *_together(sorted(findings))))

    def score(self, name: str) -> float:
        """By the length of the notice: a long letter has more words for and against."""
        opinion = opinions()[name]
        told = opinion.bias + sum(opinion.weights.get(feature, 0) for feature in self.features)
        return told / math.sqrt(1 + len(self.features))

    def doubts(self, name: str) -> bool:
        return name in opinions() and self.score(name) < opinions()[name].doubted_below

    def backs(self, name: str) -> bool:
        return name in opinions() and self.score(name) > opinions()[name].backed_above


def _words(reading: Reading) -> Iterator[str]:
    """Every word and every pair of neighbours, sentence by sentence, whatever the number."""
    for start, end in reading.sentences:
        words = ["<", *_WORD.findall(_DIGITS.sub("0", reading.plain[start:end])), ">"]
        yield from words
        yield from (f"{one} {next_one}" for one, next_one in pairwise(words))


def _together(found: list[str]) -> Iterator[str]:
    yield from found
    yield from (f"{one}&{other}" for one, other in combinations(found, 2))

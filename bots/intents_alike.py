"""Groups of questions that ask the same, by likeness of their words. Deterministic: the same questions in the same order make the same groups."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz

from bots.intents_features import core
from bots.normalise import normalise

_ALIKE = 72.0
_WITHIN = 96.0  # all the words of the one stand in the other
_WITHIN_WORDS_LEAST = 3
_COMPARED = 24
_MASKED = re.compile(r"‹[^›]*›")
_WORDS_MAX = 30


def words_of(text: str) -> str:
    """The folded words that a question is compared by."""
    return " ".join(core(normalise(_MASKED.sub(" ", text)).words)[:_WORDS_MAX])


def grouped(words: Sequence[str]) -> list[list[int]]:
    """Places of questions that are alike, each group led by its first. A question joins the leader it is most like."""
    leaders = _Leaders()
    groups: list[list[int]] = []
    for place, asked in enumerate(words):
        found = leaders.nearest(asked)
        if found is None:
            leaders.add(asked)
            groups.append([place])
        else:
            groups[found].append(place)
    return groups


def like_any(asked: str, others: Sequence[str]) -> bool:
    leaders = _Leaders()
    for one in others:
        leaders.add(one)
    return leaders.nearest(asked) is not None


class _Leaders:
    """The first of each group, found by their words: comparing with all of them would cost ten times as much and find the same."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._of_word: dict[str, list[int]] = {}

    def add(self, text: str) -> None:
        for word in set(text.split()):
            self._of_word.setdefault(word, []).append(len(self._texts))
        self._texts.append(text)

    def nearest(self, asked: str) -> int | None:
        """The leader most like it, if one is alike enough; of several the first."""
        best, best_score = None, 0.0
        for place, _ in self._sharing(asked):
            score = _likeness(asked, self._texts[place])
            if score > best_score:
                best, best_score = place, score
        return best

    def _sharing(self, asked: str) -> list[tuple[int, int]]:
        shared = Counter(place for word in set(asked.split()) for place in self._of_word.get(word, ()))
        return sorted(shared.items(), key=lambda found: (-found[1], found[0]))[:_COMPARED]


def _likeness(one: str, other: str) -> float:
    """0 where they are not alike enough to stand together."""
    score = fuzz.token_sort_ratio(one, other, score_cutoff=_ALIKE)
    if not score and min(one.count(" "), other.count(" ")) + 1 >= _WITHIN_WORDS_LEAST:
        score = fuzz.token_set_ratio(one, other, score_cutoff=_WITHIN)
    return score

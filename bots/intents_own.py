"""Questions of a school's own, known by likeness to the phrases it wrote. rapidfuzz compares; the bar is high, and the trained intents come first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from bots.answers.layers import Question
from bots.intents_features import core
from bots.intents_mind import committed
from bots.normalise import normalise

LIKE = 86.0  # From here on it is that question.
SAME = 90.0  # From here on it is offered, and may be answered, even where a trained intent is sure.
_NEARER_BY = 8.0
_WORDS_LEAST = 2


def nearest(text: str, questions: Sequence[Question], least: float = LIKE) -> str | None:
    """The question that the text asks, or None. A tie goes to the first, which is the nearest owner's."""
    asked = _core(text)
    if len(asked) < _WORDS_LEAST or not questions:
        return None
    best, best_score = None, least
    for question in questions:
        for phrase in question.phrases:
            score = alike(asked, _core(phrase))
            if score > best_score or (best is None and score >= least):
                best, best_score = question.topic, score
    return best


def nearer_than(intent: str, text: str, questions: Sequence[Question]) -> str | None:
    """The question whose very words these are, where nothing that the trained intent was taught is as like: the school wrote it for them."""
    asked = _core(text)
    taught = committed().examples.nearest(normalise(text).words).get(intent)
    likeness = alike(asked, tuple(taught[1].split())) if taught else 0.0
    return nearest(text, questions, max(SAME, likeness + _NEARER_BY))


@lru_cache(20_000)
def _core(phrase: str) -> tuple[str, ...]:
    return core(normalise(phrase).words)


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """0 to 100. What is told around a question costs little where the whole of a phrase of three words or more stands in it."""
    if min(len(one), len(other)) < _WORDS_LEAST:
        return 100.0 if one == other else 0.0
    left, right = " ".join(one), " ".join(other)
    score = fuzz.token_sort_ratio(left, right)
    if len(other) > 2 and len(one) > len(other):
        score = max(score, fuzz.token_set_ratio(left, right) - 2.0 * (len(one) - len(other)))
    return score

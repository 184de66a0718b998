"""What the clauses of a message mean one by one: two questions in one message, and the question a long story hides. Pure.

The whole message decides what it means; its clauses only tell which of two questions came first, and speak up where the whole is unsure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from bots.intents_features import core
from bots.intents_phrases import NONE
from bots.normalise import Normal

Words = tuple[str, ...]
# The words of a clause, to their intents and shares of belief, best first, and the best margin.
Weigh = Callable[[Words], tuple[dict[str, float], float]]

ALSO_LEAST: Final = 0.55
_LONG_FOR_TWO: Final = 36
_CLAUSES_MAX: Final = 6
_CLAUSES_WEIGHED_MAX: Final = 10
_TOLD_LEAST: Final = 35  # words; from here on a message is a story
_SPOKEN_LEAST: Final = 0.7
_MARGIN_LEAST: Final = -0.25
_UNSURE_NONE: Final = 0.7

_BORDERS: Final = Path(__file__).parent / "knowledge" / "borders.toml"


class _Joining(msgspec.Struct, frozen=True):
    """asking: words of which a question has one. joints: what a second question is joined on by. second: what announces one, by its first word."""

    asking: frozenset[str]
    joints: tuple[Words, ...]
    second: dict[str, list[Words]]


@cache
def _joining() -> _Joining:
    raw = tomllib.loads(_BORDERS.read_text(encoding="utf-8"))["two_questions"]
    second: dict[str, list[Words]] = {}
    for joint in raw["second"].replace("\n", "|").strip("|").split("|"):
        words = tuple(joint.split())
        second.setdefault(words[0], []).append(words)
    joints = tuple(tuple(joint.split()) for joint in raw["joints"].split("|"))
    return _Joining(frozenset(raw["asking"].split()), joints, second)


_SECOND_ENGLISH: Final = re.compile(
    r"\b(?:also|by the way|btw|secondly|besides|another (?:thing|question)|one more (?:thing|question)|second question|and while)\b"
)


def after_marker(normal: Normal) -> tuple[Words, Words] | None:
    """The words before and after a word that announces a second question, if both sides are long enough to be one."""
    words = normal.words
    for place in range(3, len(words) - 3):
        for joint in _joining().second.get(words[place], ()):
            if words[place : place + len(joint)] == joint and len(core(words[place + len(joint) :])) > 1:
                return words[:place], words[place + len(joint) :]
    return None


def english_halves(typed: str) -> tuple[str, str] | None:
    """The same for English, whose joining words are not kept by normalising."""
    found = _SECOND_ENGLISH.search(typed.lower())
    if found is None or found.start() < 15 or len(typed) - found.end() < 12:
        return None
    return typed[: found.start()], typed[found.end() :]


def two_meanings(one: Words, other: Words, weigh: Weigh) -> tuple[tuple[str, float], str | None] | None:
    """What the first side means, if that is clear, and what the second means beside it, if it is clear and differs."""
    if (first := _clear(one, weigh)) is None:
        return None
    second = _clear(other, weigh)
    if second is None:
        return (first, None) if first[1] >= _SPOKEN_LEAST else None
    return (first, second[0]) if second[0] != first[0] else None


def _clear(words: Words, weigh: Weigh) -> tuple[str, float] | None:
    scores, _ = weigh(words)
    best = next(iter(scores))
    if best == NONE or best.startswith("sys-") or scores[best] < ALSO_LEAST:
        return None
    return best, scores[best]


def two_questions(normal: Normal, weigh: Weigh) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """The clear meanings of the first two asking clauses, if they differ. A story told before one question is not a question."""
    parts = [piece for part in normal.parts for piece in _asked_apart(part)]
    if not 1 < len(parts) <= _CLAUSES_MAX or len(normal.words) > _LONG_FOR_TWO:
        return None
    found: dict[str, float] = {}
    for part in parts:
        if len(core(part)) < 2 or not _joining().asking.intersection(part):
            continue
        meant = _clear(part, weigh)
        if meant is not None and meant[0] not in found:
            found[meant[0]] = meant[1]
    if len(found) < 2:
        return None
    first, second, *_ = found.items()
    return first, second


def spoken_for(normal: Normal, scores: dict[str, float], weigh: Weigh) -> str | None:
    """The intent that a long story means though the whole abstains: the whole's foremost, if one of the clauses says it clearly."""
    if len(normal.words) < _TOLD_LEAST or scores.get(NONE, 0.0) > _UNSURE_NONE:
        return None
    foremost = next(intent for intent in scores if intent != NONE)
    if foremost.startswith("sys-"):
        return None
    for part in normal.parts[-_CLAUSES_WEIGHED_MAX:]:
        if len(core(part)) < 2:
            continue
        found, margin = weigh(part)
        if next(iter(found)) == foremost and found[foremost] >= _SPOKEN_LEAST and margin >= _MARGIN_LEAST:
            return foremost
    return None


def _asked_apart(part: Words) -> list[Words]:
    """A clause cut where a second question is joined on ("với lại …", "tiện thể …"), if both sides ask."""
    for joint in _joining().joints:
        for place in range(2, len(part) - len(joint)):
            if part[place : place + len(joint)] == joint:
                left, right = part[:place], part[place + len(joint) :]
                if _joining().asking.intersection(left) and _joining().asking.intersection(right):
                    return [left, *_asked_apart(right)]
    return [part]

"""What the model looks at in a message: words, pairs of words, pieces of words, and the ideas of the synonym lexicon."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

_LEXICON = Path(__file__).parent / "knowledge" / "lexicon.toml"
_IDEA_WORDS_MAX = 4
_LONG = 20


@cache
def _ideas() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Folded words → the ideas they express."""
    found: dict[tuple[str, ...], list[str]] = {}
    for idea, wordings in tomllib.loads(_LEXICON.read_text(encoding="utf-8"))["ideas"].items():
        for wording in wordings:
            found.setdefault(tuple(wording.split()), []).append(idea)
    return {words: tuple(ideas) for words, ideas in found.items()}


@cache
def particles() -> frozenset[str]:
    """Words of courtesy and filling that carry no question."""
    return frozenset(tomllib.loads(_LEXICON.read_text(encoding="utf-8"))["particles"]["words"].split())


def ideas_in(words: tuple[str, ...]) -> list[str]:
    """The ideas of a message, in order, longest wording first; a word may serve one wording only once per length."""
    table = _ideas()
    found: list[str] = []
    position = 0
    while position < len(words):
        step = 1
        for length in range(min(_IDEA_WORDS_MAX, len(words) - position), 0, -1):
            ideas = table.get(words[position : position + length])
            if ideas:
                found.extend(ideas)
                step = length
                break
        position += step
    return list(dict.fromkeys(found))


def core(words: Iterable[str]) -> tuple[str, ...]:
    """The words without courtesy; all of them when nothing else is left."""
    everything = tuple(words)
    kept = tuple(word for word in everything if word not in particles())
    return kept or everything


def features(words: tuple[str, ...], marked: tuple[str, ...] = (), whom: str = "") -> dict[str, float]:
    """Feature → weight, not yet scaled. The prefix names the kind, so that an explanation can be read.

    marked: the words typed with marks, which tell apart what folding makes alike; a message without marks has none. whom: whose child it is about.
    """
    kept = core(words)
    found: dict[str, float] = {}
    long = len(kept) > _LONG  # so many words need no pieces of words; without them the longest messages cost half
    for word in kept:
        found["w:" + word] = 1.0
        if long:
            continue
        padded = f"^{word}$"
        for size in (3, 4):
            for start in range(len(padded) - size + 1):
                found["c:" + padded[start : start + size]] = 0.4
    for left, right in pairwise(kept):
        found[f"b:{left} {right}"] = 1.0
        if not long:
            found[f"c:{left[-2:]}_{right[:2]}"] = 0.4
    for left, right in pairwise(words):
        found.setdefault(f"b:{left} {right}", 0.5)
    for word in marked:
        found["m:" + word] = 0.7
    if whom:
        found["o:" + whom] = 1.5
    ideas = ideas_in(words)
    for place, idea in enumerate(ideas):
        found["i:" + idea] = 1.2
        for other in ideas[place + 1 :]:
            first, second = sorted((idea, other))
            found[f"p:{first}+{second}"] = 0.8
    length = len(kept)
    found[f"n:{1 if length <= 2 else 2 if length <= 4 else 3}"] = 0.5
    return found

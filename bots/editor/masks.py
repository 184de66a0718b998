"""Words of a question without what tells of a person: numbers, addresses, links and names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from backend.core.text import clean, fold

# The understanding's own reading of names. Its file is part of what the model was made from, so nothing is renamed there.
from bots.normalise import _NAME, PHONE, _without_names

_NAME_SHOWN = "‹tên›"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "‹đường dẫn›"),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.\w[\w.]*\b"), "‹thư điện tử›"),
    (PHONE, "‹số›"),
    (re.compile(r"\d(?:[ .-]?\d){5,}"), "‹số›"),
)
_WORD = re.compile(r"[^\W_]+")
_NAME_WORDS = range(5, 1, -1)


def masked(text: str) -> str:
    """What can be known without a roll. Among capitals only, names are known as they are in small letters."""
    neat = clean(text)
    for shape, shown in _SHAPES:
        neat = shape.sub(shown, neat)
    plain = neat.lower() if neat.isupper() else neat
    return clean(_without_names(plain).replace(_NAME, f" {_NAME_SHOWN} "))


def without_known_names(text: str, folded_names: frozenset[str]) -> str:
    """Names of the school's own pupils and guardians, in whatever letters they were typed."""
    words = list(_WORD.finditer(text))
    folded = [fold(word[0]) for word in words]
    hidden: list[tuple[int, int]] = []
    place = 0
    while place < len(words):
        for length in _NAME_WORDS:
            if " ".join(folded[place : place + length]) in folded_names and place + length <= len(words):
                hidden.append((words[place].start(), words[place + length - 1].end()))
                place += length
                break
        else:
            place += 1
    for start, end in reversed(hidden):
        text = text[:start] + _NAME_SHOWN + text[end:]
    return text


def of_several_words(names: Iterable[str]) -> frozenset[str]:
    """A single word is too often a word of the question as well."""
    return frozenset(name for name in names if " " in name)

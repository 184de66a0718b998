"""What letters alone can tell: the nearest written examples, and the nearest known word to a slip. rapidfuzz does the comparing."""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bots.intents_features import core
from bots.intents_phrases import by_writer
from bots.normalise import english_words, is_syllable, normalise

_NEAREST = 24
_SLIP_LEAST = 0.62
_SLIP_LETTERS_LEAST = 3


@cache
def _examples() -> tuple[list[str], list[str]]:
    """The examples' folded words without courtesy, and beside them their intents."""
    texts: list[str] = []
    intents: list[str] = []
    for phrases in by_writer().values():
        for phrase, intent in phrases:
            texts.append(" ".join(core(normalise(phrase).words)))
            intents.append(intent)
    return texts, intents


@cache
def _words() -> tuple[list[str], frozenset[str]]:
    """Every word of the examples, commonest first, so that a tie between two corrections goes to the commoner word."""
    counted = Counter(word for text in _examples()[0] for word in text.split())
    common = [word for word, count in counted.most_common() if count > 1 and word.isalpha() and len(word) > 1]
    return common, frozenset(common)


def nearest(words: tuple[str, ...]) -> dict[str, tuple[float, str]]:
    """Intent → (likeness from 0 to 1, the example) for the intents of the nearest examples."""
    texts, intents = _examples()
    found: dict[str, tuple[float, str]] = {}
    for example, likeness, place in process.extract(
        " ".join(core(words)), texts, scorer=fuzz.token_set_ratio, limit=_NEAREST
    ):
        intent = intents[place]
        if intent not in found:
            found[intent] = (likeness / 100, example)
    return found


def knows_any(words: tuple[str, ...]) -> bool:
    """Is at least one word, as typed, a word of the examples? Keys hit at random are not."""
    return any(word in _words()[1] for word in words if len(word) > 1)


def mend(words: tuple[str, ...]) -> tuple[str, ...]:
    """Replace what no Vietnamese would spell by the known word nearest to it, or by the two words it was glued from."""
    return tuple(better for word in words for better in _mended(word))


@lru_cache(maxsize=4096)
def _mended(word: str) -> tuple[str, ...]:
    common, known = _words()
    if (
        len(word) < _SLIP_LETTERS_LEAST
        or not word.isalpha()
        or word in known
        or word in english_words()
        or is_syllable(word)
    ):
        return (word,)
    for cut in range(len(word) - 1, 1, -1):
        left, right = word[:cut], word[cut:]
        if left in known and right in known and is_syllable(left) and is_syllable(right):
            return (left, right)
    best = process.extractOne(word, common, scorer=OSA.normalized_similarity, score_cutoff=_SLIP_LEAST)
    return (best[0],) if best else (word,)

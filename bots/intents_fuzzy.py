"""What letters alone can tell: the nearest written examples, and the nearest known word to a slip. rapidfuzz does the comparing."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bots.intents_features import core
from bots.normalise import english_words, is_syllable

_NEAREST = 12
# Of the examples, those that share the rarest words; comparing all of them would cost ten times as much and find the same.
_COMPARED = 32
_SHARED_MAX = 400  # a word of more examples than this brings none of them along unless no rarer word does
_WORDS_LOOKED_UP_MAX = 10
_SLIP_LEAST = 0.62
_SLIP_LETTERS_LEAST = 3
_REMEMBERED_MAX = 4096


class Examples:
    """The written examples, found by their words."""

    def __init__(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        self.texts, self.intents = texts, intents
        self._of_word: dict[str, list[int]] = {}
        counted: Counter[str] = Counter()
        for place, text in enumerate(texts):
            words = text.split()
            counted.update(words)
            for word in set(words):
                self._of_word.setdefault(word, []).append(place)
        # Commonest first, so that a tie between two corrections goes to the commoner word.
        self._common = [word for word, count in counted.most_common() if count > 1 and word.isalpha() and len(word) > 1]
        self._known = frozenset(self._common)
        self._mended: dict[str, tuple[str, ...]] = {}

    def nearest(self, words: tuple[str, ...]) -> dict[str, tuple[float, str]]:
        """Intent → (likeness from 0 to 1, the example) for the intents of the nearest examples."""
        asked = core(words)
        places = self._sharing(asked)
        found: dict[str, tuple[float, str]] = {}
        for example, likeness, at in process.extract(
            " ".join(asked), [self.texts[place] for place in places], scorer=fuzz.token_set_ratio, limit=_NEAREST
        ):
            intent = self.intents[places[at]]
            if intent not in found:
                found[intent] = (likeness / 100, example)
        return found

    def _sharing(self, words: tuple[str, ...]) -> list[int]:
        """The examples that share most of the rare words, best first."""
        known = dict.fromkeys(word for word in words if word in self._of_word)
        rarest = sorted(known, key=lambda word: len(self._of_word[word]))
        shared: dict[int, float] = {}
        for word in rarest[:_WORDS_LOOKED_UP_MAX]:
            places = self._of_word[word]
            if len(places) > _SHARED_MAX and len(shared) >= _COMPARED:
                break
            weight = math.log(1 + len(self.texts) / len(places))
            for place in places[: _SHARED_MAX * 2]:
                shared[place] = shared.get(place, 0.0) + weight
        # A short example that is wholly shared is nearer than a long one that shares as much.
        best = heapq.nsmallest(
            _COMPARED, [(-weight / (12 + len(self.texts[place])), place) for place, weight in shared.items()]
        )
        return [place for _, place in best]

    def knows_any(self, words: tuple[str, ...]) -> bool:
        """Is at least one word, as typed, a word of the examples? Keys hit at random are not."""
        return any(word in self._known for word in words if len(word) > 1)

    def mend(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Replace what no Vietnamese would spell by the known word nearest to it, or by the two words it was glued from."""
        return tuple(better for word in words for better in self._better(word))

    def _better(self, word: str) -> tuple[str, ...]:
        if (
            len(word) < _SLIP_LETTERS_LEAST
            or not word.isalpha()
            or word in self._known
            or word in english_words()
            or is_syllable(word)
        ):
            return (word,)
        if word not in self._mended:
            if len(self._mended) >= _REMEMBERED_MAX:
                self._mended.clear()
            self._mended[word] = self._look_for(word)
        return self._mended[word]

    def _look_for(self, word: str) -> tuple[str, ...]:
        for cut in range(len(word) - 1, 1, -1):
            left, right = word[:cut], word[cut:]
            if left in self._known and right in self._known and is_syllable(left) and is_syllable(right):
                return (left, right)
        best = process.extractOne(word, self._common, scorer=OSA.normalized_similarity, score_cutoff=_SLIP_LEAST)
        return (best[0],) if best else (word,)

"""Which of the intents a message means, how sure that is, and why. Pure: the same words always mean the same.

The linear model speaks first, likeness to written examples adds a little, and a few border rules have the last word:
nobody's child but one's own, follow-ups, and the level of a school transfer. What cannot be told is said to be unknown.
"""

from __future__ import annotations

import heapq
import math
from functools import cache
from typing import Final

import msgspec

from bots import intents_borders, intents_clauses, intents_others, slots
from bots.intents_features import core, features
from bots.intents_mind import Mind, committed
from bots.intents_phrases import NONE
from bots.normalise import Normal, normalise

SUGGESTIONS: Final = 3
_LOOKED_AT: Final = 16  # Intents behind these have no share worth a number.
SURE: Final = 0.40  # From here on the answer is given at once; below, the reader is asked to choose.
_LIKENESS_WEIGHT: Final = 0.25
_STORY_LEAST: Final = 25  # words
_LAST_WEIGHT: Final = 0.2
_NONE_IN_A_STORY: Final = 0.15
_GIBBERISH_MARGIN: Final = -0.93
_LIKENESS_WORDS_MAX: Final = 40
_TOO_MANY_ALIKE: Final = 0.3  # a belief spread so thin names no intent
_SURELY_NONE: Final = 0.8
_SHORT_ENOUGH_FOR_TWO: Final = 22  # in a longer message what comes first is mostly the story


Likeness = dict[str, tuple[float, str]]


class Understanding(msgspec.Struct, frozen=True):
    """intent is "none" when the bot must not or cannot answer. also: a second question in the same message, if there is one."""

    intent: str
    score: float
    suggestions: tuple[str, ...]
    slots: slots.Slots
    why: tuple[str, ...]
    also: str | None = None


def understand(
    text: str, previous: str | None = None, mind: Mind | None = None, *, explain: bool = False
) -> Understanding:
    """previous: the intent answered a few minutes ago in this chat, which a short message may carry on. explain: tell also what spoke for it;
    no family reads that, and finding it out takes a sixteenth of the work."""
    mind = mind or committed()
    typed = normalise(text)
    normal = _mended(typed, mind)
    particulars = slots.read(normal)
    if not normal.words:
        return Understanding(NONE, 1.0, (), particulars, ("no words",))
    whom = intents_others.whose(typed)
    found = mind.weights.scaled(features(normal.words, normal.marked, whom))
    # Among so many words the nearest example is near by chance.
    likeness = mind.examples.nearest(normal.words) if len(normal.words) <= _LIKENESS_WORDS_MAX else {}
    scores, margin = _scores(found, likeness, mind, _last_words(normal, mind))
    ranked = list(scores)
    if (reason := intents_others.asks_for_others(normal, whom, ranked, scores, previous)) is not None:
        return Understanding(NONE, 1.0, (), particulars, (reason,))
    if (
        previous is not None
        and (carried := intents_borders.carried_on(normal, previous, particulars, ranked[0], scores[ranked[0]]))
        is not None
    ):
        return Understanding(carried, 0.75, _choices(ranked, carried), particulars, (f"carries on {previous}",))
    strongest, score, also = _first_question(normal, scores, mind)
    best = intents_borders.level_decides(strongest, particulars)
    if whom == intents_others.OTHER and best.startswith("my-"):
        return Understanding(NONE, 1.0, (), particulars, ("somebody else's child or family",))
    if margin < _GIBBERISH_MARGIN or (score < SURE and not mind.examples.knows_any(typed.words)):
        return Understanding(
            NONE, 1.0 - score, _choices(ranked, NONE), particulars, ("nothing like any question known",)
        )
    if score < _TOO_MANY_ALIKE:
        return Understanding(NONE, round(score, 3), _choices(ranked, NONE), particulars, ("too many alike",))
    why = _why(found, likeness, strongest, best, mind) if explain else ()
    return Understanding(best, round(score, 3), _choices(ranked, best), particulars, why, also)


def _last_words(normal: Normal, mind: Mind) -> list[float] | None:
    """The margins of the last clause of a story, or None if it is none."""
    if len(normal.words) < _STORY_LEAST or len(normal.parts) < 2:
        return None
    said = [part for part in normal.parts if len(core(part)) > 1]
    return mind.weights.margins(mind.weights.scaled(features(said[-1]))) if said else None


def _first_question(normal: Normal, scores: dict[str, float], mind: Mind) -> tuple[str, float, str | None]:
    """The intent, its share, and a second question: the whole message's, or that of the first of two questions in it."""
    strongest = next(iter(scores))
    score = scores[strongest]

    def weigh(words: tuple[str, ...]) -> tuple[dict[str, float], float]:
        return _scores(mind.weights.scaled(features(words)), {}, mind)

    told = _announced(normal, mind) if scores.get(NONE, 0.0) < _SURELY_NONE else None
    if told is not None and (meant := intents_clauses.two_meanings(*told, weigh)) is not None:
        (first, first_score), announced = meant
        return first, max(first_score, SURE), announced
    if strongest == NONE or score < _TOO_MANY_ALIKE:
        spoken = intents_clauses.spoken_for(normal, scores, weigh)
        return (spoken, SURE, None) if spoken is not None else (strongest, score, None)
    if told is None and (two := intents_clauses.two_questions(normal, weigh)) is not None:
        (first, first_score), (second, _) = two
        if len(normal.words) <= _SHORT_ENOUGH_FOR_TWO and (score < SURE or strongest in {first, second}):
            return first, max(first_score, SURE), second
        if strongest in {first, second}:
            return strongest, score, second if strongest == first else first
    return strongest, score, None


def _announced(normal: Normal, mind: Mind) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The words before and after the announcement of a second question."""
    halves = intents_clauses.english_halves(normal.text) if normal.text.isascii() else None
    if halves is not None:
        one, other = (_mended(normalise(half), mind).words for half in halves)
        return one, other
    return intents_clauses.after_marker(normal)


def _mended(normal: Normal, mind: Mind) -> Normal:
    parts = tuple(mind.examples.mend(part) for part in normal.parts)
    return Normal(normal.text, tuple(word for part in parts for word in part), parts, normal.marked)


def _scores(
    found: dict[str, float], likeness: Likeness, mind: Mind, last: list[float] | None = None
) -> tuple[dict[str, float], float]:
    """The foremost intents → their share of belief, best first; and the best margin, by which gibberish is known.

    The whole message is weighed at once: in a long one the story tells as much about the intent as the clause with the question. Its last
    clause lends a little (last: its margins), and abstaining costs a little there, because a story has many words of nobody's business:
    tuned on 448 stories of writers left out (weighing the clearest clause, or the last one more, understood less).
    """
    model = mind.weights
    margins = model.margins(found)
    summed = [
        margin + _LIKENESS_WEIGHT * likeness[label][0] if label in likeness else margin
        for label, margin in zip(model.labels, margins, strict=True)
    ]
    if last is not None:
        summed = [value + _LAST_WEIGHT * more for value, more in zip(summed, last, strict=True)]
        summed[model.labels.index(NONE)] -= _NONE_IN_A_STORY
    first = heapq.nsmallest(_LOOKED_AT, zip((-value for value in summed), model.labels, strict=True))
    shares = {label: math.exp(model.sharpness * (first[0][0] - negative)) for negative, label in first}
    total = sum(shares.values())
    return {label: share / total for label, share in shares.items()}, max(margins)


def _choices(ranked: list[str], chosen: str) -> tuple[str, ...]:
    """Three intents to offer; the chosen one first if it is one."""
    order = [chosen, *ranked] if chosen != NONE else ranked
    return tuple(dict.fromkeys(intent for intent in order if intent != NONE))[:SUGGESTIONS]


def _why(found: dict[str, float], likeness: Likeness, best: str, chosen: str, mind: Mind) -> tuple[str, ...]:
    spoke = [f"{name} +{amount:.2f}" for name, amount in mind.weights.reasons(found, best)]
    like = likeness.get(best)
    if like is not None:
        spoke.append(f"like “{like[1]}” {like[0]:.2f}")
    if chosen != best:
        spoke.append(f"level decides: {best} → {chosen}")
    return tuple(spoke)


@cache
def every_intent() -> tuple[str, ...]:
    """The intents the model knows, "none" aside."""
    return tuple(label for label in committed().weights.labels if label != NONE)

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

from bots import intents_borders, intents_others, slots
from bots.intents_features import core, features
from bots.intents_mind import Mind, committed
from bots.intents_phrases import NONE
from bots.normalise import Normal, normalise

SUGGESTIONS: Final = 3
_LOOKED_AT: Final = 16  # Intents behind these have no share worth a number.
SURE: Final = 0.40  # From here on the answer is given at once; below, the reader is asked to choose.
_LIKENESS_WEIGHT: Final = 0.25
_GIBBERISH_MARGIN: Final = -0.93
_TOO_MANY_ALIKE: Final = 0.3  # a belief spread so thin names no intent
_ALSO_LEAST: Final = 0.55
_LONG_FOR_TWO: Final = 36
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


def understand(text: str, previous: str | None = None, mind: Mind | None = None) -> Understanding:
    """previous: the intent answered a few minutes ago in this chat, which a short message may carry on."""
    mind = mind or committed()
    typed = normalise(text)
    normal = _mended(typed, mind)
    particulars = slots.read(normal)
    if not normal.words:
        return Understanding(NONE, 1.0, (), particulars, ("no words",))
    whom = intents_others.whose(typed)
    found = mind.weights.scaled(features(normal.words, normal.marked, whom))
    likeness = mind.examples.nearest(normal.words)
    scores, margin = _scores(found, likeness, mind)
    ranked = list(scores)
    if (reason := intents_others.asks_for_others(normal, whom, ranked, scores, previous)) is not None:
        return Understanding(NONE, 1.0, (), particulars, (reason,))
    if (
        previous is not None
        and (carried := intents_borders.carried_on(normal, previous, particulars, ranked[0], scores[ranked[0]]))
        is not None
    ):
        return Understanding(carried, 0.75, _choices(ranked, carried), particulars, (f"carries on {previous}",))
    strongest, score, also = ranked[0], scores[ranked[0]], None
    if strongest != NONE and (two := _two_questions(normal, mind)) is not None:
        (first, first_score), (second, _) = two
        if len(normal.words) <= _SHORT_ENOUGH_FOR_TWO and (score < SURE or strongest in {first, second}):
            strongest, score, also = first, first_score, second
        elif strongest in {first, second}:
            also = second if strongest == first else first
    best = intents_borders.level_decides(strongest, particulars)
    if whom == intents_others.OTHER and best.startswith("my-"):
        return Understanding(NONE, 1.0, (), particulars, ("somebody else's child or family",))
    if margin < _GIBBERISH_MARGIN or (score < SURE and not mind.examples.knows_any(typed.words)):
        return Understanding(
            NONE, 1.0 - score, _choices(ranked, NONE), particulars, ("nothing like any question known",)
        )
    if score < _TOO_MANY_ALIKE:
        return Understanding(NONE, round(score, 3), _choices(ranked, NONE), particulars, ("too many alike",))
    return Understanding(
        best, round(score, 3), _choices(ranked, best), particulars, _why(found, likeness, strongest, best, mind), also
    )


def _mended(normal: Normal, mind: Mind) -> Normal:
    parts = tuple(mind.examples.mend(part) for part in normal.parts)
    return Normal(normal.text, tuple(word for part in parts for word in part), parts, normal.marked)


def _scores(found: dict[str, float], likeness: Likeness, mind: Mind) -> tuple[dict[str, float], float]:
    """The foremost intents → their share of belief, best first; and the best margin, by which gibberish is known.

    The whole message is weighed at once: in a long one the story tells as much about the intent as the clause with the question
    (weighing that clause twice was tried, and understood less).
    """
    model = mind.weights
    margins = model.margins(found)
    summed = [
        margin + _LIKENESS_WEIGHT * likeness[label][0] if label in likeness else margin
        for label, margin in zip(model.labels, margins, strict=True)
    ]
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


# -- Two questions in one message -------------------------------------------------------------------------------------

_ASKING: Final = frozenset(
    [
        "gi",
        "nao",
        "may",
        "bao",
        "nhieu",
        "dau",
        "sao",
        "ai",
        "khong",
        "chua",
        "what",
        "when",
        "where",
        "how",
        "which",
        "who",
        "can",
        "is",
        "are",
        "do",
        "does",
        "xin",
        "nho",
        "giup",
    ]
)
_CLAUSES_MAX: Final = 6


def _two_questions(normal: Normal, mind: Mind) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """The clear meanings of the first two asking clauses, if they differ. A story told before one question is not a question."""
    parts = [piece for part in normal.parts for piece in _asked_apart(part)]
    if not 1 < len(parts) <= _CLAUSES_MAX or len(normal.words) > _LONG_FOR_TWO:
        return None
    found: dict[str, float] = {}
    for part in parts:
        if len(core(part)) < 2 or not _ASKING.intersection(part):
            continue
        scores, _ = _scores(mind.weights.scaled(features(part)), {}, mind)
        strongest = next(iter(scores))
        if (
            strongest != NONE
            and not strongest.startswith("sys-")
            and scores[strongest] >= _ALSO_LEAST
            and strongest not in found
        ):
            found[strongest] = scores[strongest]
    if len(found) < 2:
        return None
    first, second, *_ = found.items()
    return (first[0], max(first[1], SURE)), second


_JOINTS: Final = (
    ("voi", "lai"),
    ("tien", "the"),
    ("san", "tien"),
    ("hoi", "them"),
    ("cho", "hoi", "them"),
    ("a", "ma"),
    ("va",),
    ("con", "nua"),
    ("dong", "thoi"),
    ("and",),
    ("also",),
)


def _asked_apart(part: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A clause cut where a second question is joined on ("với lại …", "tiện thể …"), if both sides ask."""
    for joint in _JOINTS:
        for place in range(2, len(part) - len(joint)):
            if part[place : place + len(joint)] == joint:
                left, right = part[:place], part[place + len(joint) :]
                if _ASKING.intersection(left) and _ASKING.intersection(right):
                    return [left, *_asked_apart(right)]
    return [part]


@cache
def every_intent() -> tuple[str, ...]:
    """The intents the model knows, "none" aside."""
    return tuple(label for label in committed().weights.labels if label != NONE)

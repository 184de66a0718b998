"""Measures understanding. A tool for developers and tests; nothing imports it at run time.

What is measured: sets of unseen messages frozen under tests/bots/unseen, and every writer of the training phrases, read by a model that
never saw that writer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bots.intents import understand
from bots.intents_mind import Mind
from bots.intents_phrases import NONE


class Asked(msgspec.Struct, frozen=True):
    text: str
    intent: str
    style: str
    context: str | None = None


class Measured(msgspec.Struct, frozen=True):
    """Shares of 1. first and among_three count the messages that have an intent; strangers reached a personal intent and had none."""

    asked: int
    first: float
    among_three: float
    first_by_style: dict[str, float]
    counted_by_style: dict[str, int]
    first_by_intent: dict[str, float]
    abstained_rightly: float
    abstained_when_due: float
    strangers: tuple[str, ...]
    confused: tuple[tuple[tuple[str, str], int], ...]


def read_set(path: Path) -> list[Asked]:
    return [msgspec.json.decode(line, type=Asked) for line in path.read_bytes().splitlines() if line.strip()]


def measured(asked: Iterable[Asked], mind: Mind | None = None) -> Measured:
    styles: Counter[str] = Counter()
    intents: Counter[str] = Counter()
    right_styles: Counter[str] = Counter()
    right_intents: Counter[str] = Counter()
    confused: Counter[tuple[str, str]] = Counter()
    among_three = abstained = 0
    strangers: list[str] = []
    for one in asked:
        found = understand(one.text, one.context, mind)
        abstained += found.intent == NONE
        intents[one.intent] += 1
        right_intents[one.intent] += found.intent == one.intent
        if found.intent != one.intent:
            confused[one.intent, found.intent] += 1
        if one.intent == NONE:
            if found.intent.startswith("my-"):
                strangers.append(one.text)
            continue
        styles[one.style] += 1
        right_styles[one.style] += found.intent == one.intent
        among_three += one.intent in found.suggestions[:3]
    meant = styles.total()
    return Measured(
        asked=intents.total(),
        first=right_styles.total() / max(meant, 1),
        among_three=among_three / max(meant, 1),
        first_by_style={style: right_styles[style] / styles[style] for style in sorted(styles)},
        counted_by_style=dict(styles),
        first_by_intent={intent: right_intents[intent] / intents[intent] for intent in sorted(intents)},
        abstained_rightly=right_intents[NONE] / max(abstained, 1),
        abstained_when_due=right_intents[NONE] / max(intents[NONE], 1),
        strangers=tuple(strangers),
        confused=tuple(confused.most_common()),
    )

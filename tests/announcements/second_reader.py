"""Teaches the second reader: `python -m tests.announcements.second_reader` learns from the whole corpus and writes second_reading.json.

Every weight comes from the labels, every threshold from scores of notices whose own batch was left out. `--left-out BATCH …` shows how well it does on those."""

from __future__ import annotations

import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from backend.announcements.checking import second_reading
from backend.announcements.checking.command import noticed
from backend.announcements.checking.judging import raised_by_rules
from backend.announcements.checking.notice import Notice
from backend.announcements.checking.second_reading import Opinion
from tests.announcements import corpus

# Facts of the calendar, lengths, earlier texts, sums and names of children are not a matter of opinion; there the rules alone do better.
ROUNDS, RATE, RARE, WEIGHTS_MAX, FOLDS = 8, 0.3, 2, 1500, 7
PLANTED_COUNTS = 3.0  # a planted defect is rarer than a clean notice, and missing it costs more
# How many of the right reports may be lost by doubting: fewer where the rules are seldom wrong.
LOST_MAX = {
    "missing_when": 0.08,
    "missing_where": 0.08,
    "missing_deadline": 0.04,
    "missing_who_to_contact": 0.04,
    "relative_date_ambiguous": 0.0,
    "comparison_of_pupils": 0.02,
    "illegal_fee": 0.02,
}
JUDGED = tuple(LOST_MAX)


class Lesson(NamedTuple):
    batch: str
    features: tuple[str, ...]
    planted: frozenset[str]
    open: frozenset[str]
    raised: frozenset[str]


class Learnt(NamedTuple):
    bias: float
    weights: dict[str, float]

    def score(self, features: tuple[str, ...]) -> float:
        return self.bias + sum(self.weights.get(feature, 0.0) for feature in features)


def lessons(batches: dict[str, list[corpus.Notice]]) -> Iterator[Lesson]:
    for batch, labelled in batches.items():
        for one in labelled:
            notice = Notice(*noticed(one.line))
            raised = frozenset(defect.name for defect in raised_by_rules(notice))
            yield Lesson(batch, tuple(sorted(notice.second.features)), one.defects, one.open, raised)


def learn(name: str, taught: list[Lesson]) -> Learnt:
    """Logistic regression by AdaGrad over present features; the same corpus gives the same weights."""
    usual = {f for f, n in Counter(f for one in taught for f in one.features).items() if n >= RARE}
    examples = [
        ([f for f in one.features if f in usual], name in one.planted) for one in taught if name not in one.open
    ]
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(float)
    bias = bias_square = 0.0
    chance = random.Random(1)
    for _ in range(ROUNDS):
        chance.shuffle(examples)
        for features, planted in examples:
            score = bias + sum(weights[feature] for feature in features)
            slope = 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - planted
            slope *= PLANTED_COUNTS if planted else 1.0
            if abs(slope) < 0.001:
                continue
            bias_square += slope * slope
            bias -= RATE * slope / math.sqrt(bias_square)
            for feature in features:
                squares[feature] += slope * slope
                weights[feature] -= RATE * slope / math.sqrt(squares[feature]) / 3
    strongest = sorted(weights, key=lambda feature: (-abs(weights[feature]), feature))[:WEIGHTS_MAX]
    return Learnt(bias, {feature: weights[feature] for feature in strongest})


def scores_left_out(name: str, taught: list[Lesson], among: set[str] | None = None) -> list[tuple[float, Lesson]]:
    """What is thought of each notice by a reader who has not seen its batch: a few batches are left out at a time."""
    batches = sorted(among or {one.batch for one in taught})
    scored = []
    for left_out in (batches[place::FOLDS] for place in range(FOLDS)):
        learnt = learn(name, [one for one in taught if one.batch not in left_out])
        scored += [
            (learnt.score(one.features), one) for one in taught if one.batch in left_out and name not in one.open
        ]
    return scored


def opinion(name: str, taught: list[Lesson]) -> Opinion:
    scored = scores_left_out(name, taught)
    found = sorted(score for score, one in scored if name in one.raised and name in one.planted)
    doubted_below = found[int(LOST_MAX[name] * len(found))]
    learnt = learn(name, taught)
    return Opinion(
        round(100 * learnt.bias),
        round(100 * doubted_below),
        {f: w for f in sorted(learnt.weights) if (w := round(100 * learnt.weights[f]))},
    )


def show(name: str, scored: list[tuple[float, Lesson]], learnt: Opinion) -> str:
    raised = [(score >= learnt.doubted_below / 100, name in one.planted) for score, one in scored if name in one.raised]
    right, wrong = (sum(planted is which for _, planted in raised) for which in (True, False))
    kept = [planted for passed, planted in raised if passed]
    return f"{name}: the rules raised {right} rightly, {wrong} in vain; of these not doubted {sum(kept)} and {len(kept) - sum(kept)}"


def main(arguments: list[str]) -> None:
    taught = list(lessons(corpus.batches()))
    learnt = {}
    for name in JUDGED:
        learnt[name] = opinion(name, taught)
        if arguments[:1] == ["--left-out"]:
            print(show(name, scores_left_out(name, taught, set(arguments[1:]) or None), learnt[name]))
    if not arguments:
        second_reading.FILE.write_bytes(msgspec.json.format(msgspec.json.encode(learnt), indent=1) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Teaches the notice checker: `python -m tests.announcements.learning` learns from the whole corpus and writes checking/learnt.bin.

`--left-out BATCH …` shows what is found of those batches by one who was not taught them (all of them, a few at a time, when none is named).
One linear support-vector machine a label, solved by dual coordinate descent (Hsieh et al. 2008), all in step so that numpy does the work.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple
from unittest.mock import patch

import msgspec
import numpy as np
from numpy.typing import NDArray

from backend.announcements.checking import learnt
from backend.announcements.checking.command import noticed
from backend.announcements.checking.learnt import FAULTS, NEEDS, Knowledge
from backend.announcements.checking.notice import Notice
from backend.core.linear import Weights
from tests.announcements import corpus

LABELS = (*NEEDS.values(), *FAULTS)
RARE, ROUNDS, COST, FOLDS = 2, 25, 1.0, 8
SMALLEST = 0.04  # weights below this share of the largest in their row are noise
_SEED = 15


class Lesson(NamedTuple):
    """`meant`: 1 where the label holds, -1 where it does not, 0 where careful people differ or nobody judged."""

    batch: str
    features: tuple[str, ...]
    meant: tuple[int, ...]


def lessons(batches: dict[str, list[corpus.Notice]]) -> Iterator[Lesson]:
    for batch, labelled in batches.items():
        for one in labelled:
            notice = Notice(*noticed(one.line))
            meant = (*_needs(one), *(_fault(one, notice, name) for name in FAULTS))
            yield Lesson(batch, tuple(notice.features), meant)


def _needs(one: corpus.Notice) -> Iterator[int]:
    for letter in NEEDS:
        unsure = one.needs is None or f"{letter}?" in one.needs
        yield 0 if unsure else 1 if letter in (one.needs or "") else -1


def _fault(one: corpus.Notice, notice: Notice, name: str) -> int:
    """What one family is told of its own child teaches nothing of what may be told to many, nor a private school of a public one's fees."""
    alone = name == "personal_data_exposed" and notice.one_family
    private = name == "illegal_fee" and notice.private
    return 0 if name in one.open or alone or private else 1 if name in one.defects else -1


def learn(taught: Sequence[Lesson]) -> Weights:
    counted = Counter(feature for lesson in taught for feature in lesson.features)
    importance = {
        name: math.log((1 + len(taught)) / (1 + count)) + 1 for name, count in sorted(counted.items()) if count >= RARE
    }
    column = {name: place for place, name in enumerate(importance)}
    rows = [_row(lesson.features, column, importance) for lesson in taught]
    solved = _solved(rows, np.array([lesson.meant for lesson in taught], dtype=float), len(column))
    return _packed(solved, importance)


Row = tuple[list[int], NDArray[np.float64]]


def _row(found: Sequence[str], column: dict[str, int], importance: dict[str, float]) -> Row:
    """The known features by their importance, together of length 1, and one more that is always there."""
    known = [name for name in found if name in column]
    amounts = np.array([importance[name] for name in known])
    norm = float(np.linalg.norm(amounts)) or 1.0
    return [*(column[name] for name in known), len(column)], np.append(amounts / norm, 1.0)


def _solved(rows: Sequence[Row], meant: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Weights (features and a bias) × labels. Squared hinge loss; the rarer side of a label weighs as much as the other."""
    order = np.random.default_rng(_SEED)
    judged = np.abs(meant).sum(axis=0)
    share = np.where(meant > 0, judged / (2 * (meant > 0).sum(axis=0)), judged / (2 * (meant < 0).sum(axis=0)))
    slack = 0.5 / (COST * share)
    solved, alpha = np.zeros((width + 1, meant.shape[1])), np.zeros_like(meant)
    for _ in range(ROUNDS):
        for place in order.permutation(len(rows)):
            columns, amounts = rows[place]
            sign = meant[place]
            gradient = sign * (amounts @ solved[columns]) - 1.0 + slack[place] * alpha[place]
            moved = np.maximum(alpha[place] - gradient / (amounts @ amounts + slack[place]), 0.0)
            step = (moved - alpha[place]) * sign
            alpha[place] = moved
            solved[columns] += np.outer(amounts, step)
    return solved


def _packed(solved: NDArray[np.float64], importance: dict[str, float]) -> Weights:
    rows, scale = {}, {}
    for place, name in enumerate(importance):
        step = float(np.abs(solved[place]).max()) / 127
        if step < 1e-7:
            continue
        amounts = np.rint(solved[place] / step).astype(int)
        kept = np.flatnonzero(np.abs(amounts) >= 127 * SMALLEST)
        rows[name] = kept.astype("<u2").tobytes() + amounts[kept].astype(np.int8).tobytes()
        scale[name] = float(np.float32(step))
    return Weights(
        labels=LABELS,
        bias=tuple(float(np.float32(amount)) for amount in solved[-1]),
        importance={name: float(np.float32(value)) for name, value in importance.items() if name in rows},
        scale=scale,
        rows=rows,
        sharpness=1.0,
    )


def stamp(taught: Sequence[Lesson]) -> str:
    """Changes with the notices, their labels and what the rules find in them."""
    digest = sha256()
    for lesson in taught:
        digest.update("\t".join((*sorted(lesson.features), *map(str, lesson.meant))).encode())
    return digest.hexdigest()[:16]


def show_left_out(named: Sequence[str]) -> None:
    """The whole checker over batches whose lessons were left out."""
    batches = corpus.batches()
    taught = list(lessons(batches))
    chosen = sorted(named or batches)
    total = corpus.Score()
    for left_out in [chosen] if named else [chosen[place::FOLDS] for place in range(FOLDS)]:
        known = Knowledge("", learn([lesson for lesson in taught if lesson.batch not in left_out]))
        with patch.object(learnt, "knowledge", lambda known=known: known):
            for batch in left_out:
                score = corpus.measure(batches[batch])
                sys.stdout.write(f"{batch}: {score}\n")
                total += score
    sys.stdout.write(f"together: {total}\n")
    for name in corpus.DEFECTS:
        sys.stdout.write(f"  {name}: {total.hit[name]} of {total.planted[name]}, in vain {total.false[name]}\n")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--left-out"]:
        show_left_out(arguments[1:])
        return
    taught = list(lessons(corpus.batches()))
    made = Knowledge(stamp(taught), learn(taught))
    learnt.FILE.write_bytes(zlib.compress(msgspec.msgpack.encode(made), 9))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Makes knowledge/model.bin from the written examples: `python -m bots.intents_train`. A tool for developers; nothing imports it at run time.

One linear support-vector machine an intent against all others, solved by dual coordinate descent (Hsieh et al. 2008), all intents in
step so that numpy does the work. Deterministic: one fixed seed, one fixed order of classes, weights rounded to bytes.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.core.linear import Weights
from bots.intents_features import core, features
from bots.intents_mind import MODEL_FILE, Mind, pack, stamp
from bots.intents_others import whose
from bots.intents_phrases import NONE, by_writer
from bots.normalise import is_english, normalise

_SEED = 119
_BEGINNING = re.compile(r"(?:[^,.?!]+[,.] ?){1,2}(?=[^,.?!]+,)")
_PLAIN = (6, 22)
_ROUNDS = 20
_SOFTNESS = 4.0  # The C of the machine. From 0.5 to 2 unseen writers are read better and better; beyond, it makes no difference.
_SMALLEST = 0.06  # Weights below this share of the largest in their row are noise; leaving them out quarters the work and the file.
_ROW_MAX = 24  # So do the smallest weights of a feature that half of all intents share.
_SHARPNESS = 6.0

Row = tuple[list[int], NDArray[np.float64]]


def train(examples: Sequence[tuple[str, str]]) -> Mind:
    """(phrase, intent) pairs to all that understanding knows."""
    told = told_long(examples)
    read = [normalise(text) for text, _ in (*examples, *told)]
    valued = [features(one.words, one.marked, whose(one)) for one in read]
    importance = _importance(valued)
    column = {name: place for place, name in enumerate(importance)}
    labels = tuple(sorted({intent for _, intent in examples}))
    meant = tuple(labels.index(intent) for _, intent in (*examples, *told))
    rows = [_row(found, column, importance) for found in valued]
    target = np.full((len(rows), len(labels)), -1.0)
    target[np.arange(len(rows)), list(meant)] = 1.0
    solved = _solve(rows, target, len(column))
    texts = tuple(" ".join(core(one.words)) for one in read[: len(examples)])
    return Mind(stamp(), _packed(solved, labels, importance), texts, meant[: len(examples)])


def told_long(examples: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Every third plain question once more, after the beginning of somebody's story: whoever tells a story asks only at its end.

    The beginnings come from the long examples themselves, of whatever intent, so that a beginning by itself comes to mean little.
    """
    beginnings = [
        match[0].rstrip(" ,.") for text, intent in examples if intent != NONE and (match := _BEGINNING.match(text))
    ]
    if not beginnings:
        return []
    chosen = random.Random(_SEED)
    plain = [
        (text, intent)
        for text, intent in examples
        if _PLAIN[0] <= len(text.split()) <= _PLAIN[1] and not is_english(text)
    ]
    return [(f"{chosen.choice(beginnings)}, {text[0].lower()}{text[1:]}", intent) for text, intent in plain[::3]]


def _importance(valued: Sequence[dict[str, float]]) -> dict[str, float]:
    seen: dict[str, int] = {}
    for found in valued:
        for name in found:
            seen[name] = seen.get(name, 0) + 1
    return {name: float(np.log((1 + len(valued)) / (1 + count)) + 1) for name, count in sorted(seen.items())}


def _row(found: dict[str, float], column: dict[str, int], importance: dict[str, float]) -> Row:
    places = [column[name] for name in found if name in column]
    amounts = np.array([value * importance[name] for name, value in found.items() if name in column])
    norm = float(np.linalg.norm(amounts)) or 1.0
    return places, amounts / norm


def _solve(rows: Sequence[Row], target: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Weights (features + a bias row) × classes. L2-regularised squared hinge loss; each class is its own dual problem."""
    order = np.random.default_rng(_SEED)
    solved = np.zeros((width + 1, target.shape[1]))
    alpha = np.zeros_like(target)
    diagonal = 0.5 / _SOFTNESS
    for _ in range(_ROUNDS):
        for place in order.permutation(len(rows)):
            columns, amounts = rows[place]
            columns = [*columns, width]
            amounts = np.append(amounts, 1.0)
            sign = target[place]
            gradient = sign * (amounts @ solved[columns]) - 1.0 + diagonal * alpha[place]
            moved = np.maximum(alpha[place] - gradient / (amounts @ amounts + diagonal), 0.0)
            step = (moved - alpha[place]) * sign
            alpha[place] = moved
            busy = np.flatnonzero(np.abs(step) > 1e-12)
            if busy.size:
                solved[np.ix_(columns, busy)] += np.outer(amounts, step[busy])
    return solved


def _packed(solved: NDArray[np.float64], labels: tuple[str, ...], importance: dict[str, float]) -> Weights:
    rows: dict[str, bytes] = {}
    scale: dict[str, float] = {}
    for place, name in enumerate(importance):
        amounts = solved[place]
        largest = float(np.abs(amounts).max())
        if largest < 1e-6:
            continue
        step = largest / 127
        bytes_ = np.rint(amounts / step).astype(int)
        least = max(127 * _SMALLEST, float(np.sort(np.abs(bytes_))[-_ROW_MAX:][0]))
        kept = np.flatnonzero(np.abs(bytes_) >= max(1.0, least))
        rows[name] = kept.astype("<u2").tobytes() + bytes_[kept].astype(np.int8).tobytes()
        scale[name] = float(np.float32(step))
    return Weights(
        labels=labels,
        bias=tuple(float(np.float32(amount)) for amount in solved[-1]),
        importance={name: float(np.float32(value)) for name, value in importance.items() if name in rows},
        scale=scale,
        rows=rows,
        sharpness=_SHARPNESS,
    )


def main() -> None:
    examples = [pair for phrases in by_writer().values() for pair in phrases]
    mind = train(examples)
    MODEL_FILE.write_bytes(pack(mind))
    sys.stdout.write(
        f"{len(examples)} phrases, {len(mind.weights.labels)} intents, {len(mind.weights.rows)} features, {MODEL_FILE.stat().st_size:,} bytes\n"
    )


if __name__ == "__main__":
    main()

"""The linear model: feature weights learnt beforehand from the written examples, read once, summed for a message. It decides nothing.

The file is made by bots/intents_train.py and committed; a stamp over the examples and the code that reads them tells when it is stale.
"""

from __future__ import annotations

import math
import zlib
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from bots.intents_features import features

_HERE = Path(__file__).parent
MODEL_FILE = _HERE / "knowledge" / "model.bin"


class Weights(msgspec.Struct, frozen=True):
    """rows: feature → (class, weight) bytes, weight as a signed byte times its row's scale; importance: inverse document frequency."""

    stamp: str
    labels: tuple[str, ...]
    bias: tuple[float, ...]
    importance: dict[str, float]
    scale: dict[str, float]
    rows: dict[str, bytes]
    sharpness: float


def stamp() -> str:
    """What the model was made from: the phrases, the word tables and the code between text and features."""
    made_of = chain(
        sorted((_HERE / "knowledge" / "phrases").glob("*.txt")),
        (_HERE / "knowledge" / name for name in ("words.toml", "english.toml", "lexicon.toml")),
        (_HERE / name for name in ("normalise.py", "intents_features.py")),
    )
    digest = sha256()
    for path in made_of:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def weights() -> Weights:
    return msgspec.msgpack.decode(zlib.decompress(MODEL_FILE.read_bytes()), type=Weights)


def pack(model: Weights) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(model), 9)


def margins(words: tuple[str, ...]) -> list[float]:
    """One number a class: how far the words lie on its side of the learnt border."""
    return _sum(_scaled(words), weights())


def _scaled(words: tuple[str, ...]) -> dict[str, float]:
    known = weights().importance
    valued = {name: value * known[name] for name, value in features(words).items() if name in known}
    norm = math.sqrt(sum(value * value for value in valued.values())) or 1.0
    return {name: value / norm for name, value in valued.items()}


def _sum(valued: dict[str, float], model: Weights) -> list[float]:
    total = list(model.bias)
    for name, value in valued.items():
        row = model.rows.get(name)
        if row is None:
            continue
        step = value * model.scale[name]
        classes, amounts = row[: len(row) // 2], row[len(row) // 2 :]
        for place, amount in zip(classes, amounts, strict=True):
            total[place] += step * (amount - 128)
    return total


def reasons(words: tuple[str, ...], label: str, count: int = 5) -> list[tuple[str, float]]:
    """The features that spoke most for a label, strongest first; what `why` shows."""
    model = weights()
    place = model.labels.index(label)
    found: list[tuple[str, float]] = []
    for name, value in _scaled(words).items():
        row = model.rows.get(name, b"")
        at = row.find(place.to_bytes(1, "big"), 0, len(row) // 2)
        if at >= 0:
            found.append((name, value * model.scale[name] * (row[len(row) // 2 + at] - 128)))
    found.sort(key=lambda item: (-item[1], item[0]))
    return [(name, round(amount, 3)) for name, amount in found[:count] if amount > 0]

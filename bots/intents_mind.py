"""What understanding knows: the learnt weights and the written examples they came from, read once from one file. It decides nothing.

The file is made by bots/intents_train.py and committed; a stamp over the examples and the code that reads them tells when it is stale.
"""

from __future__ import annotations

import zlib
from functools import cache, cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from backend.core.linear import Weights
from bots.intents_fuzzy import Examples

_HERE = Path(__file__).parent
MODEL_FILE = _HERE / "knowledge" / "model.bin"


class Mind(msgspec.Struct, frozen=True, dict=True):
    """texts: the examples' folded words without courtesy; meant: beside them their intents, as places in the weights' labels."""

    stamp: str
    weights: Weights
    texts: tuple[str, ...]
    meant: tuple[int, ...]

    @cached_property
    def examples(self) -> Examples:
        return Examples(self.texts, tuple(self.weights.labels[place] for place in self.meant))


def stamp() -> str:
    """What the model was made from: the phrases, the word tables and the code between text and features."""
    made_of = chain(
        sorted((_HERE / "knowledge" / "phrases").glob("*.txt")),
        (_HERE / "knowledge" / name for name in ("words.toml", "english.toml", "lexicon.toml", "others.toml")),
        (_HERE / name for name in ("normalise.py", "intents_features.py", "intents_others.py", "intents_train.py")),
    )
    digest = sha256()
    for path in made_of:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def committed() -> Mind:
    return msgspec.msgpack.decode(zlib.decompress(MODEL_FILE.read_bytes()), type=Mind)


def pack(mind: Mind) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(mind), 9)

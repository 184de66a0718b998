"""Understanding one message: milliseconds and messages a second a core, memory, and growth from 119 to 10,000 intents.

Beside it, in the same run, bare `rapidfuzz.process.extract` over the same phrases: what one gets without any of our work.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rapidfuzz import fuzz, process

from backend.core.linear import Weights
from bots.intents import understand
from bots.intents_features import core, features
from bots.intents_mind import Mind
from bots.intents_phrases import by_writer
from bots.intents_report import read_set
from bots.normalise import normalise
from tests.bench.table import Table

GROWTH = (119, 1_000, 10_000)
_UNSEEN = Path(__file__).parent.parent / "bots" / "unseen"
_BARE_MESSAGES = 60
_PHRASES_AN_INTENT = 10
_ROW_MAX = 24
_SEED = 119
_ONSETS = "b ch d g h k l m n ng nh ph s t th tr v x"
_RIMES = "a ai am an ang ao au e em en eo i im in inh o oi om on ong u ui um un ung"


async def bench_chat(growth: Sequence[int] = GROWTH, bare: int = _BARE_MESSAGES) -> Table:
    messages = [asked.text for path in sorted(_UNSEEN.glob("*.jsonl")) for asked in read_set(path)]
    phrases = [phrase for writer in by_writer().values() for phrase, _ in writer]
    table = Table(
        "Understanding a message",
        f"CPU milliseconds a message of one core; {len(messages)} unseen messages of tests/bots/unseen, every other one timed after the rest was answered, {len(phrases):,} written phrases. Targets: p99 under 5 ms, at "
        "most 2 × bare rapidfuzz. Bare is `rapidfuzz.process.extract` with its own scorer, and with the scorer we use on folded words, over the same phrases. Growth "
        f"is over invented intents with {_PHRASES_AN_INTENT} phrases each, all weights filled. Memory is what a process grows by when it reads the model and understands.",
        ("what", "phrases", "p50 ms", "p99 ms", "messages per second", "× bare rapidfuzz", "memory MB"),
    )
    for message in messages[1::2]:  # a server that has answered before; what it is timed with it has not seen
        understand(message)
    folded = [" ".join(core(normalise(phrase).words)) for phrase in phrases]
    few = messages[:: max(1, len(messages) // bare)]
    own = _timed(understand, messages[::2])
    ours = _timed(understand, few)
    plain = _timed(lambda text: process.extract(text, phrases), few)
    same = _timed(
        lambda text: process.extract(" ".join(normalise(text).words), folded, scorer=fuzz.token_set_ratio), few
    )
    _row(table, "one message understood", len(phrases), own, f"{sum(ours) / sum(plain):.2f}", _memory())
    _row(table, "bare rapidfuzz, its own scorer", len(phrases), plain, "1.00", "")
    _row(table, "bare rapidfuzz, our scorer, folded words", len(phrases), same, f"{sum(same) / sum(plain):.2f}", "")
    for size in growth:
        mind, invented = _invented(size)
        asked = invented[:: max(1, len(invented) // 200)]
        understand(asked[0], None, mind)
        grown = _timed(lambda text, mind=mind: understand(text, None, mind), asked)  # type: ignore[misc]
        beside = _timed(lambda text, invented=invented: process.extract(text, invented), asked[:5])  # type: ignore[misc]
        ratio = (sum(grown) / len(grown)) / (sum(beside) / len(beside))
        _row(table, f"{size:,} invented intents", len(invented), grown, f"{ratio:.2f}", "")
    return table


def _timed(deed: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """CPU milliseconds of each call."""
    found = []
    for text in texts:
        started = time.process_time_ns()
        deed(text)
        found.append((time.process_time_ns() - started) / 1e6)
    return found


def _row(table: Table, what: str, phrases: int, milliseconds: list[float], ratio: str, memory: str) -> None:
    ordered = sorted(milliseconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    table.add(what, f"{phrases:,}", p50, p99, round(1000 * len(ordered) / sum(ordered)), ratio, memory)


_RESIDENT = """
import gc, os
def resident(): return int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6
import bots.normalise, rapidfuzz, msgspec
before = resident()
from backend.core.linear import Weights
from bots.intents import understand
for text in ('mat hoc ba lam sao', 'con toi hom nay co di hoc khong', 'chuyển trường lớp 3', 'dong tien bang cach nao'): understand(text)
gc.collect()
print(round(resident() - before))
"""


def _memory() -> str:
    return subprocess.run([sys.executable, "-c", _RESIDENT], check=True, capture_output=True, text=True).stdout.strip()


def _invented(size: int) -> tuple[Mind, list[str]]:
    """A mind of many intents: phrases of three words of the intent's own eight and four of everybody's, and weights for all features."""
    chance = random.Random(_SEED)
    syllables = [first + rest for first in _ONSETS.split() for rest in _RIMES.split()]
    common = chance.sample(syllables, 60)
    phrases: list[str] = []
    meant: list[int] = []
    rows: dict[str, dict[int, int]] = {}
    for place in range(size):
        own = chance.sample(syllables, 8)
        for _ in range(_PHRASES_AN_INTENT):
            words = chance.sample(own, 3) + chance.sample(common, 4)
            chance.shuffle(words)
            phrases.append(" ".join(words))
            meant.append(place)
            for name in features(tuple(words)):
                row = rows.setdefault(name, {})
                if len(row) < _ROW_MAX:
                    row[place] = 40
    packed = {
        name: b"".join(place.to_bytes(2, "little") for place in row) + bytes(row.values()) for name, row in rows.items()
    }
    weights = Weights(
        labels=(*(f"invented-{place}" for place in range(size - 1)), "none"),
        bias=(-0.9,) * size,
        importance=dict.fromkeys(packed, 4.0),
        scale=dict.fromkeys(packed, 0.01),
        rows=packed,
        sharpness=6.0,
    )
    texts = tuple(" ".join(core(normalise(phrase).words)) for phrase in phrases)
    return Mind("", weights, texts, tuple(meant)), phrases

"""A hundred thousand fuzzed turns of the chat: how many answers crossed from one family to another. There must be none.

    python -m backend bench chatfuzz

Turns, seed and size can be set by NHIPCAU_FUZZ_TURNS and NHIPCAU_FUZZ_SEED, to run another hundred thousand.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from tests.bench.ground import ground
from tests.bench.table import Table
from tests.bots.fuzz import Village

TURNS = 100_000
SEED = 2026


async def bench_chatfuzz() -> Table:
    turns = int(os.environ.get("NHIPCAU_FUZZ_TURNS", TURNS))
    seed = int(os.environ.get("NHIPCAU_FUZZ_SEED", SEED))
    table = Table(
        "Fuzzed turns of the chat",
        "Texts of the knowledge's writers, names, sums and references of other families, claims and injections; buttons of one's own, of other chats, and forged ones. "
        "Every family's data carries its number; an answer is read for numbers and names that are not the asker's. Nobody's chats are those of strangers, of guardians who lost "
        "the right and of accountants without children.",
        ("turns", "seed", "schools", "families", "chats", "nobody's turns", "answers across families", "deeds for others' children", "own data told", "codes as pictures", "turns per second"),
    )  # fmt: skip
    async with ground(durable=False) as here:
        village = Village(here.house, here.owner, seed)
        await village.settle(schools=4, families=84)
        started = time.perf_counter()
        found = await village.talk(turns)
        seconds = time.perf_counter() - started
        deeds = await village.deeds_of_others()
    for trouble in (*found.leaks[:5], *found.troubles[:5]):
        print(trouble)
    print(f"{datetime.now(UTC):%d/%m/%Y %H:%M} most frequent outcomes: {found.outcomes.most_common(12)}")
    assert not found.leaks and not found.troubles and not deeds, "see above"
    table.add(
        f"{found.turns:,}", seed, 4, len(village.families), len(village.talks), f"{found.strangers_turns:,}", len(found.leaks), deeds,
        f"{found.own_told:,}", f"{found.pictures:,}", round(found.turns / seconds),
    )  # fmt: skip
    return table

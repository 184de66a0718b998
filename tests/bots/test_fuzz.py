"""A small copy of `python -m backend bench chatfuzz`."""

from __future__ import annotations

import asyncpg

from backend.core.house import House
from tests.bots.fuzz import Village


async def test_no_answer_crosses_from_one_family_to_another(house: House, owner: asyncpg.Connection) -> None:
    village = Village(house, owner, seed=20261128)
    await village.settle(schools=2, families=7)
    found = await village.talk(250)
    assert not found.leaks, found.leaks[0]
    assert not found.troubles, found.troubles[0]
    assert await village.deeds_of_others() == 0
    # That the reading can see anything at all: own data was told, and strangers were there to be told nothing.
    assert found.own_told > 5 and found.strangers_turns > 40 and found.pictures > 0
    assert found.lessons_told > 0

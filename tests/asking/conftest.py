"""The scenes of money, and a family with two children."""

from __future__ import annotations

import pytest
import redis.asyncio

from tests.factories import EARLY, Pupil
from tests.payments.conftest import Money
from tests.payments.conftest import money as money


@pytest.fixture(autouse=True)
async def _nobody_has_asked_yet(redis_url: str) -> None:
    connection = redis.asyncio.Redis.from_url(redis_url)
    for key in await connection.keys("limit:*"):
        await connection.delete(key)
    await connection.aclose()


@pytest.fixture
async def sister(money: Money) -> Pupil:
    """`parent` is the mother of the neighbour's child as well; `parent2` is not its father."""
    world = money.world
    await money.owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'mother', $4, 'hand')",
        world.school_id,
        world.neighbour_child.pupil_id,
        world.parent.person_id,
        EARLY,
    )
    return world.neighbour_child

"""Two batches of a school under way at a time: how much dies with a worker, and that nothing of either is lost when one lane fails or is stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from backend.core.database import DatabaseAway
from backend.core.house import House
from notifications import delivery, settling
from notifications.audience import OneClass
from notifications.delivery import drain
from notifications.leases import Batch
from notifications.outbox import publish
from notifications.rounds import Item
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import notice
from tests.notifications.ears import Ear, listening
from tests.notifications.test_switches import many

SMALL = 20
FAMILIES = 100

_LEASED = "SELECT count(*) FROM deliveries WHERE school_id = $1 AND state = 'leased'"


class Watching(Ear):
    """Waits until another batch is under way beside its own, if one may be, and notes how much is in hand then."""

    def __init__(self) -> None:
        super().__init__("push")
        self.in_hand: list[int] = []
        self.together = 0
        self.met = asyncio.Event()
        self.alone = False

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        self.together += 1
        if self.together == 2:
            self.met.set()
        # The first batch is always alone.
        if self.heard and not self.alone and len(items) == SMALL:
            async with asyncio.timeout(30):
                await self.met.wait()
        self.in_hand.append(await house.database.reader.fetchval(_LEASED, batch.school_id))
        await super().deliver(house, batch, items, resting)
        self.together -= 1


@pytest.fixture
async def published(
    still_house: House, owner: asyncpg.Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", SMALL)
    await many(owner, world, FAMILIES)
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, notice(), OneClass(world.other_class_id))


async def sent(owner: asyncpg.Connection, world: World) -> int:
    count: int = await owner.fetchval(
        "SELECT count(*) FROM deliveries WHERE school_id = $1 AND channel = 'push' AND state = 'sent'", world.school_id
    )
    return count


@pytest.mark.usefixtures("published")
async def test_a_job_never_has_more_in_hand_than_two_batches(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    """What a worker that dies may have sent and not written down: no more than this, in each of its jobs."""
    push = Watching()
    stations = listening(push)
    spare = stations.spare_lanes
    assert await drain(still_house, stations, world.school_id) == FAMILIES + 1
    assert max(push.in_hand) == 2 * SMALL
    assert push.in_hand[0] == SMALL, "the first batch goes alone: it finds out whether anybody answers"
    assert stations.spare_lanes == spare
    assert set(Counter(guardian for _, guardian in push.heard).values()) == {1}
    assert await sent(owner, world) == FAMILIES + 1


@pytest.mark.usefixtures("published")
async def test_without_a_spare_lane_a_job_has_one_batch_in_hand(still_house: House, world: World) -> None:
    """Where many schools are sent to at once, each has one."""
    push = Watching()
    push.alone = True
    stations = listening(push)
    stations.spare_lanes = 0
    assert await drain(still_house, stations, world.school_id) == FAMILIES + 1
    assert max(push.in_hand) == SMALL


class Failing(Watching):
    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        await super().deliver(house, batch, items, resting)
        if len(self.in_hand) == 3:
            raise RuntimeError("a bug of ours")


@pytest.mark.usefixtures("published")
async def test_a_lane_that_fails_leaves_the_other_to_finish_and_says_so(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    push = Failing()
    stations = listening(push)
    with pytest.raises(RuntimeError, match="a bug of ours"):
        await drain(still_house, stations, world.school_id)
    # Every batch was whole when it failed or ended, so all that was said is written, and nothing stayed in hand.
    assert await owner.fetchval(_LEASED, world.school_id) == 0
    assert await sent(owner, world) == len(push.heard)
    await drain(still_house, stations, world.school_id)
    assert set(Counter(guardian for _, guardian in push.heard).values()) == {1}
    assert await sent(owner, world) == FAMILIES + 1


@pytest.mark.usefixtures("published")
async def test_what_was_sent_while_postgresql_restarts_is_written_when_it_is_back_and_not_sent_again(
    still_house: House, owner: asyncpg.Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    weather = [
        DatabaseAway("refused"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.ConnectionDoesNotExistError("cut"),
    ]
    real = settling.give_back

    async def stormy(*arguments: Any, **more: Any) -> int:
        if weather:
            raise weather.pop()
        return await real(*arguments, **more)

    monkeypatch.setattr(settling, "give_back", stormy)
    monkeypatch.setattr(settling, "AGAIN_AFTER_SECONDS", (0.0, 0.0, 0.0))
    push = Ear("push")
    assert await drain(still_house, listening(push), world.school_id) == FAMILIES + 1
    assert weather == []
    assert await sent(owner, world) == FAMILIES + 1
    assert set(Counter(guardian for _, guardian in push.heard).values()) == {1}


@pytest.mark.usefixtures("published")
async def test_a_job_that_is_stopped_writes_down_what_both_lanes_have_said(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    push = Watching()
    stations: Stations = listening(push)
    job = asyncio.create_task(drain(still_house, stations, world.school_id))
    async with asyncio.timeout(30):
        await push.met.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await owner.fetchval(_LEASED, world.school_id) == 0
    assert await sent(owner, world) == len(push.heard)
    await drain(still_house, stations, world.school_id)
    assert set(Counter(guardian for _, guardian in push.heard).values()) == {1}

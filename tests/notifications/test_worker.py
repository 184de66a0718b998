"""The worker under misfortune: lost bells, killed workers, Redis away. The promise is the row; nothing is lost, nobody told twice."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import redis.asyncio

from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.queue import Queue
from backend.core.settings import Settings
from backend.embedded.redis import EmbeddedRedis
from backend.serving import environment_for
from backend.worker import WorkerProcess, create_worker
from notifications.audience import OneClass
from notifications.delivery import drain, due_schools
from notifications.leases import LEASE, claim
from notifications.outbox import publish
from notifications.stations import Stations
from tests.factories import World, add_parents, add_pupils
from tests.notifications.conftest import notice, phone, states
from tests.twins.fcm import Fault, FcmTwin


@pytest.fixture
async def settings(
    house: House, fcm: FcmTwin, tmp_path: Path, database_url: str, redis_url: str, empty_queue: None
) -> AsyncIterator[Settings]:
    """As an operator would set them, with the twin's addresses."""
    credentials = tmp_path / "fcm.json"
    credentials.write_bytes(msgspec.json.encode(fcm.credentials()))
    yield msgspec.structs.replace(
        house.settings,
        database_url=database_url,
        redis_url=redis_url,
        fcm_project_id=fcm.project_id,
        fcm_credentials_file=str(credentials),
        fcm_base_url=fcm.base_url,
    )


def worker(settings: Settings, **changes: Any) -> WorkerProcess:
    given = {"redis_url": settings.redis_url, "database_url": settings.database_url, "burst": True, **changes}
    return create_worker(settings, **given)


async def tell(house: House, world: World) -> UUID:
    told = notice(created_at=datetime.now(UTC))
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    return told.notice_id


async def many_families(owner: asyncpg.Connection, house: House, world: World, count: int) -> list[str]:
    """Classmates, each with a parent who has a phone."""
    parents = await add_parents(owner, await add_pupils(owner, world, count))
    return [await phone(house, parent.account_id) for parent in parents]


async def unfinished(owner: asyncpg.Connection, school_id: int) -> int:
    left: int = await owner.fetchval(
        "SELECT count(*) FROM deliveries WHERE school_id = $1 AND state IN ('due', 'leased')", school_id
    )
    return left


async def test_a_commit_rings_and_the_worker_delivers(
    settings: Settings, house: House, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    token = await phone(house, world.parent.account_id)
    told = await tell(house, world)
    await worker(settings).async_run()
    assert list(fcm.phones[token].shown) == [str(told)]
    assert await unfinished(owner, world.school_id) == 0


async def test_a_bell_lost_with_redis_is_found_by_the_sweep(
    settings: Settings, house: House, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    token = await phone(house, world.parent.account_id)
    told = await tell(house, world)
    connection = redis.asyncio.from_url(settings.redis_url)
    await connection.flushall()
    await connection.aclose()
    assert world.school_id in await due_schools(house)
    # The sweep runs when a worker starts, and rings; the bell it rings is answered by the next look at the queue.
    await worker(settings).async_run()
    assert list(fcm.phones[token].shown) == [str(told)]
    assert await unfinished(owner, world.school_id) == 0


async def test_two_workers_share_a_broadcast_and_nobody_is_told_twice(
    settings: Settings, house: House, fcm: FcmTwin, owner: asyncpg.Connection, world: World, stations: Stations
) -> None:
    tokens = await many_families(owner, house, world, 30)
    for _ in range(20):
        await tell(house, world)
    handled = await asyncio.gather(*[drain(house, stations, world.school_id) for _ in range(4)])
    assert sum(count > 0 for count in handled) > 1, "only one of them found anything to do"
    assert await unfinished(owner, world.school_id) == 0
    for token in tokens:
        assert len(fcm.phones[token].received) == len(fcm.phones[token].shown) == 20


async def test_redis_flushed_in_the_middle_of_a_broadcast_loses_nothing(
    settings: Settings, house: House, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    tokens = await many_families(owner, house, world, 30)
    notices = [await tell(house, world) for _ in range(10)]
    connection = redis.asyncio.from_url(settings.redis_url)
    before = fcm.requests
    running = asyncio.create_task(worker(settings).async_run())
    await _until(lambda: fcm.requests > before + 20)
    await connection.flushall()
    await running
    while await unfinished(owner, world.school_id):
        await worker(settings).async_run()
    await connection.aclose()
    for token in tokens:
        assert set(fcm.phones[token].shown) == {str(told) for told in notices}


async def test_a_worker_killed_while_sending_is_followed_by_another_with_the_same_msg_id(
    settings: Settings, house: House, fcm: FcmTwin, owner: asyncpg.Connection, world: World, stations: Stations
) -> None:
    token = await phone(house, world.parent.account_id)
    # The message is delivered, but the answer takes so long that the worker dies before it can write anything down.
    fcm.misbehave(token, Fault("slow", times=1, seconds=30))
    told = await tell(house, world)
    seen = fcm.requests
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "backend", "work"],
        env=environment_for(settings),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await _until(lambda: fcm.requests > seen, seconds=30)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    assert (await states(owner, world.school_id, told))[world.parent.person_id][0] == "leased"
    assert await drain(house, stations, world.school_id) == 0, "the lease still holds"
    later = dataclasses.replace(house, clock=StoppedClock(datetime.now(UTC) + LEASE + timedelta(seconds=1)))
    assert world.school_id in await due_schools(later)
    await drain(later, stations, world.school_id)
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("sent", None)
    assert len(fcm.phones[token].received) == 2
    assert list(fcm.phones[token].shown) == [str(told)]


async def test_a_delivery_that_keeps_killing_its_worker_is_put_aside(
    still_house: House, stations: Stations, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await phone(still_house, world.parent.account_id)
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    for _ in range(12):
        await claim(still_house.database, world.school_id, ["push"], now=clock.now(), today=school_day(clock.now()))
        clock.advance(LEASE + timedelta(seconds=1))
    assert (await states(owner, world.school_id, told.notice_id))[world.parent.person_id] == ("dead", "lease_lost")


async def test_a_late_worker_whose_lease_ran_out_changes_nothing(
    still_house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    token = await phone(still_house, world.parent.account_id)
    fcm.misbehave(token, Fault("unavailable", times=1))
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    assert stations.push is not None
    usual = stations.push.sender.send_all

    async def slow_then_overtaken(letters: Any, outcomes: Any) -> None:
        await usual(letters, outcomes)
        monkeypatch.setattr(stations.push.sender, "send_all", usual)
        clock.advance(LEASE + timedelta(seconds=1))
        await drain(still_house, stations, world.school_id)

    monkeypatch.setattr(stations.push.sender, "send_all", slow_then_overtaken)
    await drain(still_house, stations, world.school_id)
    # The first worker's failure must not overwrite the second one's success.
    assert (await states(owner, world.school_id, told.notice_id))[world.parent.person_id] == ("sent", None)


async def test_a_worker_told_to_stop_gives_back_what_it_has_not_sent(
    house: House, stations: Stations, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    token = await phone(house, world.parent.account_id)
    fcm.misbehave(token, Fault("slow", times=1, seconds=30))
    told = await tell(house, world)
    seen = fcm.requests
    running = asyncio.create_task(drain(house, stations, world.school_id))
    await _until(lambda: fcm.requests > seen)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert (await states(owner, world.school_id, told))[world.parent.person_id] == ("due", "interrupted")
    outcome = await owner.fetchval("SELECT outcome FROM delivery_attempts WHERE school_id = $1 AND notice_id = $2", world.school_id, told)  # fmt: skip
    assert outcome == "unknown"


async def test_deliveries_go_out_while_redis_is_away(
    settings: Settings, house: House, fcm: FcmTwin, owner: asyncpg.Connection, world: World
) -> None:
    token = await phone(house, world.parent.account_id)
    away = EmbeddedRedis()
    gone = away.url
    away.stop()
    silent = dataclasses.replace(house, queue=Queue.for_url(gone))
    told = await tell(silent, world)
    house.database.bell = house.queue
    running = asyncio.create_task(worker(settings, redis_url=gone, burst=False).async_run())
    try:
        await _until(lambda: token in fcm.phones and str(told) in fcm.phones[token].shown)
        # The phone shows it a moment before the worker has written so.
        await _until_finished(owner, world.school_id)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert await unfinished(owner, world.school_id) == 0


async def _until_finished(owner: asyncpg.Connection, school_id: int, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while await unfinished(owner, school_id):
            await asyncio.sleep(0.02)


async def _until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Waits for something that must happen; the bound only ends a test that would hang."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)

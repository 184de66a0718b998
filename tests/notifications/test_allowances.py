"""What an account may send holds over all workers: two limiters on one Redis, two real processes, and Redis away."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence

import pytest
import redis.asyncio

from backend.core.ids import new_id
from notifications.allowances import Allowance, Allowances, Quota
from tests.bench.bench_limiter import drive
from tests.bench.counting import most_within

_FCM = Quota(600_000, 60.0)


def most_above(moments: Sequence[float], quota: Quota) -> float:
    """How far any stretch of time lies above what the bucket may hold plus what flows in meanwhile."""
    ordered = sorted(moments)
    # count(i..j) - rate * (t_j - t_i) is greatest where (j - rate * t_j) exceeds an earlier (i - rate * t_i) most.
    worst, lowest = 0.0, float("inf")
    for place, at in enumerate(ordered):
        level = place - quota.per_second * at
        lowest = min(lowest, level)
        worst = max(worst, level - lowest + 1)
    return worst - quota.capacity


async def spend(limit: Allowance, count: int) -> list[float]:
    moments = []
    for _ in range(count):
        assert await limit.turn(time.monotonic() + 60)
        moments.append(time.monotonic())
    return moments


@pytest.fixture
async def pair(redis_url: str) -> tuple[Allowances, Allowances]:
    return Allowances(redis_url), Allowances(redis_url)


def test_the_default_quota_of_firebase_holds_in_every_window() -> None:
    """Bucket, flow of a minute, and the slices that sixteen workers can hold while they are good."""
    held_back = _FCM.slice_life_seconds * _FCM.per_second + 16 * _FCM.slice_size / 5
    assert _FCM.capacity + 60 * _FCM.per_second + held_back <= 600_000
    assert _FCM.per_second >= 9_500


async def test_two_workers_share_one_quota(pair: tuple[Allowances, Allowances]) -> None:
    quota, account = Quota(500, 1.0), new_id().hex
    left, right = (one.of("push", account, quota) for one in pair)
    moments = [moment for part in await asyncio.gather(spend(left, 150), spend(right, 150)) for moment in part]
    assert most_above(moments, quota) <= 2 * quota.slice_size + 1
    for one in pair:
        await one.close()


async def test_after_idleness_an_account_comes_to_its_whole_rate_slowly(pair: tuple[Allowances, Allowances]) -> None:
    """Two workers together stay below the line that rises from a twentieth of the rate to all of it."""
    quota, account = Quota(2000, 1.0, ramp_seconds=2.0), new_id().hex
    limits = [one.of("push", account, quota) for one in pair]
    began = time.monotonic()
    moments = sorted(m for part in await asyncio.gather(*[spend(limit, 150) for limit in limits]) for m in part)
    slack = quota.capacity + 2 * quota.slice_size + 2
    for place, at in enumerate(moments, 1):
        passed = at - began
        risen = quota.per_second * (0.05 * passed + passed**2 / (2 * quota.ramp_seconds))
        assert place <= slack + risen
    assert moments[-1] - began > 0.2, "the whole rate would have let them through at once"
    # At its whole rate it is not slowed, and another account neither.
    steady = pair[0].of("push", new_id().hex, Quota(2000, 1.0))
    assert len(await spend(steady, 100)) == 100
    for one in pair:
        await one.close()


async def test_accounts_and_channels_do_not_wait_for_each_other(pair: tuple[Allowances, Allowances]) -> None:
    slow, account = Quota(1, 3600.0), new_id().hex
    used_up = pair[0].of("zalo", account, slow)
    assert await used_up.turn(time.monotonic() + 5)
    assert not await used_up.turn(time.monotonic() + 0.2)
    assert await pair[0].of("zalo", account + "another", slow).turn(time.monotonic() + 5)
    assert await pair[0].of("zns", account, slow).turn(time.monotonic() + 5)
    # Another worker with the same account finds the bucket empty as well.
    assert not await pair[1].of("zalo", account, slow).turn(time.monotonic() + 0.2)
    for one in pair:
        await one.close()


async def test_a_flushed_redis_gives_no_second_burst(redis_url: str, pair: tuple[Allowances, Allowances]) -> None:
    quota = Quota(10_000, 3600.0)  # may hold two hundred
    limit = pair[0].of("sms", new_id().hex, quota)
    connection = redis.asyncio.Redis.from_url(redis_url)
    granted = 0
    for _ in range(20):
        granted += await limit.turn(time.monotonic() + 0.01)
        await connection.flushall()
    await connection.aclose()
    assert granted == 20  # one a flush, never the two hundred
    for one in pair:
        await one.close()


async def test_without_redis_each_process_keeps_to_its_share() -> None:
    away = Allowances("unix:///nowhere/redis.sock")
    quota = Quota(400, 1.0)
    moments = await spend(away.of("push", "a", quota), 40)
    mine = Quota(100, 1.0)  # four are assumed while nobody was ever seen
    assert most_above(moments, mine) <= 2
    await away.close()


async def test_the_share_follows_the_processes_that_were_seen(redis_url: str) -> None:
    quota, account = Quota(1000, 1.0), new_id().hex
    workers = [Allowances(redis_url) for _ in range(3)]
    limits = [worker.of("push", account, quota) for worker in workers]
    for limit in limits:
        assert await limit.turn(time.monotonic() + 5)
    workers[2]._url = ""
    assert limits[2]._sharers == 3
    moments = await spend(limits[2], 30)
    assert most_above(moments, Quota(333, 1.0)) <= 2
    for worker in workers:
        await worker.close()


_PROCESS = """
import asyncio, json, sys, time
from notifications.allowances import Allowances, Quota
async def main(url, account):
    allowances = Allowances(url)
    limit = allowances.of("push", account, Quota(500, 1.0))
    moments = []
    for _ in range(200):
        assert await limit.turn(time.monotonic() + 60)
        moments.append(time.monotonic())
    await allowances.close()
    print(json.dumps(moments))
asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_real_processes_share_one_quota(redis_url: str) -> None:
    """The monotonic clock is the machine's, so the moments of both lie on one line."""
    account = new_id().hex
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROCESS, redis_url, account, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    answers = [await process.communicate() for process in processes]
    moments = [moment for out, _ in answers for moment in json.loads(out)]
    assert len(moments) == 400
    assert most_above(moments, Quota(500, 1.0)) <= 2 * Quota(500, 1.0).slice_size + 1


async def test_at_ten_thousand_a_second_two_processes_never_pass_the_quota(redis_url: str) -> None:
    """FCM's whole rate with a shorter window: the small copy of `python -m backend bench limiter`."""
    quota = Quota(10_000, 1.0)
    granted = await drive(redis_url, 2, quota, 1.2)
    moments = [at for mine in granted for at in mine]
    assert most_within(moments, quota.seconds) <= quota.count
    assert all(granted) and len(moments) > quota.capacity, (
        "all of them had their part, and more than a full bucket left"
    )

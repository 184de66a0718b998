"""The limiter at FCM's whole quota over real Redis: one, two and four processes that want more than there is, and nothing behind them."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from array import array
from pathlib import Path

import redis.asyncio

from backend.core.ids import new_id
from backend.embedded.redis import EmbeddedRedis
from notifications.allowances import Quota
from tests.bench.counting import most_within
from tests.bench.table import Table

# As opening.py asks for it with the default setting.
QUOTA = Quota(600_000, 60.0, ramp_seconds=60.0)
PROCESSES = (1, 2, 4)
SECONDS = 135.0


async def bench_limiter(quota: Quota = QUOTA, seconds: float = SECONDS) -> Table:
    table = Table(
        "FCM's whole quota, asked for by more and more workers",
        f"{quota.count:,} a {quota.seconds:g} seconds, the limiter alone over real Redis: each process asks as a worker's push senders do, two lanes of 64, message by message, and wants "
        f"more than there is, for {seconds:g} seconds; an account that was idle comes to its whole rate within {quota.ramp_seconds:g} seconds, as Firebase asks. Counted is every grant of every "
        "process on the machine's one clock. Of the quota 96 % flow in; what is missing to that was held in a slice and not used in time.",
        ("processes", "granted", "most in any window", "of the quota", "in the last window", "of the quota", "CPU seconds of Redis"),
    )  # fmt: skip
    for count in PROCESSES:
        server = EmbeddedRedis()
        try:
            granted = await drive(server.url, count, quota, seconds)
            spent = await _redis_seconds(server.url)
        finally:
            server.stop()
        moments = [at for mine in granted for at in mine]
        most, last = most_within(moments, quota.seconds), within_the_last(granted, quota.seconds)
        table.add(
            count, f"{len(moments):,}", f"{most:,}", f"{most / quota.count:.1%}", f"{last:,}", f"{last / quota.count:.1%}", spent,
        )  # fmt: skip
    return table


async def drive(redis_url: str, count: int, quota: Quota, seconds: float) -> list[list[float]]:
    """By process, every moment at which it was granted a message."""
    account = new_id().hex
    with tempfile.TemporaryDirectory(prefix="nhipcau-bench-") as name:
        paths = [Path(name) / str(number) for number in range(count)]
        running = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-W", "ignore", "-m", "tests.bench.limiter_client", redis_url, account,
                str(quota.count), str(quota.seconds), str(quota.ramp_seconds), str(seconds), str(path),
            )
            for path in paths
        ]  # fmt: skip
        for process in running:
            assert await process.wait() == 0
        return [_read(path) for path in paths]


def _read(path: Path) -> list[float]:
    moments = array("d")
    moments.frombytes(path.read_bytes())
    return moments.tolist()


def within_the_last(granted: list[list[float]], seconds: float) -> int:
    """Of the last window in which all of them were still asking."""
    ends = min(max(mine) for mine in granted)
    return sum(ends - seconds <= at < ends for mine in granted for at in mine)


async def _redis_seconds(url: str) -> float:
    async with redis.asyncio.Redis.from_url(url) as connection:
        used = await connection.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])

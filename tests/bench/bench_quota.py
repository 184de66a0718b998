"""FCM's quota, scaled and driven for real: one, two and four processes with the shared limiter, every request counted at the twin."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from backend.embedded.redis import EmbeddedRedis
from notifications.allowances import Quota
from tests.bench.counting import CountingTwin, most_within
from tests.bench.table import Table

QUOTA = Quota(6_000, 60.0)
PROCESSES = (1, 2, 4)
SECONDS = 75.0


async def bench_quota(quota: Quota = QUOTA, seconds: float = SECONDS) -> Table:
    table = Table(
        "A quota shared by more and more workers",
        f"{quota.count:,} a {quota.seconds:g} seconds: FCM's 600,000 a minute, a hundredth of it. Each process is a worker's push sender with the shared allowance in Redis and sends "
        f"for {seconds:g} seconds as much as it is let; all begin together with an empty Redis. Counted is what arrives at the twin. The limiter knows its quota only as "
        "a number: 2 % may wait in the bucket, 96 % flow in, the rest is what workers hold in slices. For the whole quota that is 12,000 waiting, 9,600 a second,"
        " and 7,872 in the slices of sixteen workers: below 600,000 in every minute (tests/notifications/test_allowances.py).",
        ("processes", "requests at the twin", "most in any window of the quota", "of the quota"),
    )
    fcm = CountingTwin(remember=False)
    await fcm.start()
    try:
        with tempfile.TemporaryDirectory(prefix="nhipcau-bench-") as name:
            key = Path(name) / "account.json"
            key.write_text(json.dumps(fcm.credentials()), encoding="utf-8")
            for count in PROCESSES:
                fcm.asked.clear()
                redis = EmbeddedRedis()
                try:
                    await _drive(fcm, redis.url, key, count, quota, seconds)
                finally:
                    redis.stop()
                most = most_within([at for at, _ in fcm.asked], quota.seconds)
                table.add(count, f"{len(fcm.asked):,}", f"{most:,}", f"{most / quota.count:.1%}")
    finally:
        await fcm.stop()
    return table


async def _drive(fcm: CountingTwin, redis_url: str, key: Path, count: int, quota: Quota, seconds: float) -> None:
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", "tests.bench.quota_client",
            redis_url, fcm.base_url, str(key), str(quota.count), str(quota.seconds), str(seconds),
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(count)
    ]  # fmt: skip
    answers = [await process.communicate() for process in running]
    sent = sum(int(out) for out, _ in answers)
    assert sent == len(fcm.asked), f"{sent} were taken as sent, {len(fcm.asked)} arrived"

"""One worker's allowance in a process of its own, without a wire behind it: takes every turn that it is given, for SECONDS.

As many senders ask as a worker has: two lanes of 64, each message for itself. Writes the moment of every grant to OUTPUT (doubles of the
machine's monotonic clock).

python -m tests.bench.limiter_client REDIS_URL ACCOUNT COUNT PER_SECONDS RAMP_SECONDS SECONDS OUTPUT
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from pathlib import Path

import uvloop

from notifications.allowances import Allowance, Allowances, Quota
from notifications.channels.fcm import CONNECTIONS

LANES = 2
# What a sender does between two turns at the least: it lets the others run.
_YIELD_EVERY = 8


async def grants(limit: Allowance, seconds: float) -> array[float]:
    moments = array("d")
    ends = time.monotonic() + seconds

    async def sender() -> None:
        taken = 0
        while time.monotonic() < ends:
            if limit.ready() or await limit.turn(ends):
                moments.append(time.monotonic())
                taken += 1
                if taken % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)

    await asyncio.gather(*[sender() for _ in range(LANES * CONNECTIONS)])
    return moments


async def _run(redis_url: str, account: str, quota: Quota, seconds: float) -> array[float]:
    allowances = Allowances(redis_url)
    try:
        return await grants(allowances.of("push", account, quota), seconds)
    finally:
        await allowances.close()


if __name__ == "__main__":
    _, redis_url, account, count, per_seconds, ramp, seconds, output = sys.argv
    found = uvloop.run(_run(redis_url, account, Quota(int(count), float(per_seconds), float(ramp)), float(seconds)))
    Path(output).write_bytes(found.tobytes())

"""How much an account of ours may send: one bucket in Redis for each channel and account, shared by all workers and taken in slices.

While Redis is away each process keeps to its share: the quota divided by as many processes as were last seen. It knows no wire.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from typing import Any
from uuid import uuid4

import msgspec
import redis.asyncio
import structlog

log = structlog.get_logger()

# At any moment of any window the sum stays below the quota: what the bucket may hold, what flows in, and what workers hold in slices.
_HELD_SHARE = 0.02
_FLOW_SHARE = 0.96
_SLICE_LIFE_SHARE = 1 / 120
# Where an account must be woken slowly, it begins with so much of its rate.
_RAMP_FROM = 0.05
_SLICES_PER_LIFE = 5
_SHARERS_UNKNOWN = 4
_SHARER_MS = 60_000
_REDIS_SECONDS = 0.5
_REST_SECONDS = 2.0

# The clock is Redis's own: workers' clocks differ. A new bucket is nearly empty, so that FLUSHALL gives nothing away.
_TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local capacity = tonumber(ARGV[1])
local per_ms = tonumber(ARGV[2])
local wanted = tonumber(ARGV[3])
local ramp = tonumber(ARGV[6])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'since')
local tokens = tonumber(state[1]) or 1
local at = tonumber(state[2]) or now
local since = tonumber(state[3]) or now
if ramp > 0 then
  if now - at > ramp then since = now end
  local share = math.min(1, math.max(tonumber(ARGV[7]), (now - since) / ramp))
  capacity = math.max(1, capacity * share)
  per_ms = per_ms * share
end
tokens = math.min(capacity, tokens + math.max(0, now - at) * per_ms)
local granted = math.min(math.floor(tokens), wanted)
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - granted), 'at', tostring(now), 'since', tostring(since))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / per_ms) + 60000)
redis.call('ZADD', KEYS[2], now, ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[5]))
redis.call('PEXPIRE', KEYS[2], tonumber(ARGV[5]))
local wait = 0
if granted == 0 then wait = math.ceil((1 - tokens) / per_ms) end
return {granted, wait, redis.call('ZCARD', KEYS[2])}
"""


class Quota(msgspec.Struct, frozen=True):
    """`count` messages in any `seconds`, as the provider counts them. After idleness the rate grows to the whole within `ramp_seconds`."""

    count: int
    seconds: float
    ramp_seconds: float = 0.0

    @property
    def capacity(self) -> float:
        return max(1.0, self.count * _HELD_SHARE)

    @property
    def per_second(self) -> float:
        return self.count * _FLOW_SHARE / self.seconds

    @property
    def slice_life_seconds(self) -> float:
        return self.seconds * _SLICE_LIFE_SHARE

    @property
    def slice_size(self) -> int:
        return max(1, int(self.per_second * self.slice_life_seconds / _SLICES_PER_LIFE))


class Allowances:
    """One a process. Every sender asks it for the allowance of its own account."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._client: redis.asyncio.Redis | None = None
        self._script: Any = None
        self._resting_until = 0.0
        self._me = uuid4().hex

    def of(self, channel: str, account: str, quota: Quota) -> Allowance:
        """`account` may be a secret: only its hash reaches Redis."""
        name = f"send:{{{channel}:{hashlib.sha256(account.encode()).hexdigest()[:16]}}}"
        return Allowance(self, name, quota)

    async def take(self, name: str, quota: Quota, wanted: int) -> tuple[int, float, int] | None:
        """(how many may leave now, or after how many seconds one may; how many processes share). None while Redis is away."""
        if not self._url or time.monotonic() < self._resting_until:
            return None
        try:
            async with asyncio.timeout(2 * _REDIS_SECONDS):
                granted, wait_ms, sharers = await self._ask(name, quota, wanted)
        except (TimeoutError, redis.exceptions.RedisError, OSError) as error:
            self._resting_until = time.monotonic() + _REST_SECONDS
            log.warning("allowance_without_redis", error=type(error).__name__)
            return None
        return granted, wait_ms / 1000, sharers

    async def _ask(self, name: str, quota: Quota, wanted: int) -> tuple[int, int, int]:
        if self._client is None:
            self._client = redis.asyncio.Redis.from_url(
                self._url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
            )
            self._script = self._client.register_script(_TAKE)
        ramp_ms = quota.ramp_seconds * 1000
        arguments = [quota.capacity, quota.per_second / 1000, wanted, self._me, _SHARER_MS, ramp_ms, _RAMP_FROM]
        granted, wait_ms, sharers = await self._script(keys=[f"{name}:tokens", f"{name}:sharers"], args=arguments)
        return granted, wait_ms, sharers

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = self._script = None


class Allowance:
    """The turn of each message of one account in this process."""

    def __init__(self, allowances: Allowances, name: str, quota: Quota) -> None:
        self._allowances = allowances
        self._name = name
        self._quota = quota
        self._slice = 0
        self._slice_until = 0.0
        self._lock = asyncio.Lock()
        self._sharers = _SHARERS_UNKNOWN
        self._local_next = 0.0

    def ready(self) -> bool:
        """Takes a turn without waiting, if there is one in the slice at hand."""
        if self._slice and time.monotonic() < self._slice_until:
            self._slice -= 1
            return True
        return False

    async def turn(self, until: float) -> bool:
        """Wait for this message's turn. False when it would not come before `until` (of the monotonic clock)."""
        while not self.ready():
            async with self._lock:  # one asks and waits for all; the others stand in line behind it
                if self.ready():
                    return True
                if time.monotonic() > until:
                    return False
                wait = await self._fetch()
                if wait == 0.0:
                    return True
                if time.monotonic() + wait > until:
                    return False
                await asyncio.sleep(wait)
        return True

    async def _fetch(self) -> float:
        """0 when one turn was taken for the asker; what came with it is the new slice."""
        asked_at = time.monotonic()
        taken = await self._allowances.take(self._name, self._quota, self._quota.slice_size)
        if taken is None:
            return self._share(asked_at)
        granted, wait, self._sharers = taken
        if not granted:
            return max(wait, 0.001)
        self._slice, self._slice_until = granted - 1, asked_at + self._quota.slice_life_seconds
        return 0.0

    def _share(self, now: float) -> float:
        """Our part of the quota, evenly spaced."""
        spacing = self._sharers / self._quota.per_second
        if now >= self._local_next:
            # Turns missed while waiting for anything else are not caught up, save for one wake-up that came late.
            self._local_next = max(self._local_next + spacing, now + spacing - min(spacing, 0.01))
            return 0.0
        return self._local_next - now


async def turn(limit: Allowance | None, until: float = math.inf) -> bool:
    """A sender without an allowance (benchmarks, single tests) does not wait."""
    return limit is None or limit.ready() or await limit.turn(until)

"""How often somebody may knock: token buckets in Redis, several in one round trip, shared by all processes.

Without Redis, a strict limit is kept by each process for itself (sign-in must never be free to guess); any other limit lets pass
(reading must not fail because a disposable helper is away). It knows no route and raises one problem, TOO_MANY.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis.asyncio
import structlog

from backend.core.problems import TOO_MANY

log = structlog.get_logger()

# Each bucket is a hash of its tokens and the moment they were counted. All or none: a request that one bucket refuses takes nothing
# from the others. Answers the milliseconds to wait, 0 when the tokens were taken. A negative cost gives back.
_TAKE = """
local now = tonumber(ARGV[1])
local cost = tonumber(ARGV[2])
local wait = 0
local left = {}
for i, key in ipairs(KEYS) do
  local capacity = tonumber(ARGV[1 + 2 * i])
  local refill_ms = tonumber(ARGV[2 + 2 * i])
  local state = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = tonumber(state[1]) or capacity
  local at = tonumber(state[2]) or now
  tokens = math.min(capacity, tokens + math.max(0, now - at) / refill_ms)
  left[i] = tokens
  if tokens < cost then wait = math.max(wait, math.ceil((cost - tokens) * refill_ms)) end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local capacity = tonumber(ARGV[1 + 2 * i])
  local refill_ms = tonumber(ARGV[2 + 2 * i])
  local tokens = math.min(capacity, left[i] - cost)
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', tostring(now))
  redis.call('PEXPIRE', key, math.max(1000, math.ceil((capacity - tokens) * refill_ms)))
end
return 0
"""
_PREFIX = "limit:"
_REDIS_SECONDS = 0.5
_REST_SECONDS = 2.0
_LOCAL_MAX = 20_000


@dataclass(frozen=True)
class Bucket:
    """`capacity` at once, then one each `refill_seconds`. `key` holds no personal data: hash numbers before they come here."""

    key: str
    capacity: int
    refill_seconds: float


class RateLimiter:
    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._client: redis.asyncio.Redis | None = None
        self._take: Any = None
        self._resting_until = 0.0
        self._local: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def take(self, *buckets: Bucket, now: float, strict: bool = False) -> None:
        """One token of each bucket, or none and TOO_MANY with the seconds to wait."""
        wait = await self._ask(buckets, 1, now, strict)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise TOO_MANY(retry_after=seconds, headers={"retry-after": str(seconds)})

    async def give_back(self, *buckets: Bucket, now: float, strict: bool = False) -> None:
        """The token was taken for a failure that did not happen."""
        await self._ask(buckets, -1, now, strict)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = self._take = None

    async def _ask(self, buckets: Sequence[Bucket], cost: int, now: float, strict: bool) -> float:
        if self._url and time.monotonic() >= self._resting_until:
            try:
                return await self._ask_redis(buckets, cost, now)
            except (TimeoutError, redis.exceptions.RedisError, OSError) as error:
                # Not every request shall wait for the timeout while Redis is away.
                self._resting_until = time.monotonic() + _REST_SECONDS
                log.warning("rate_limit_without_redis", error=type(error).__name__)
        return self._ask_here(buckets, cost, now) if strict else 0.0

    async def _ask_redis(self, buckets: Sequence[Bucket], cost: int, now: float) -> float:
        if self._client is None:
            self._client = redis.asyncio.Redis.from_url(
                self._url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
            )
            self._take = self._client.register_script(_TAKE)
        arguments: list[int] = [int(now * 1000), cost]
        for bucket in buckets:
            arguments += [bucket.capacity, int(bucket.refill_seconds * 1000)]
        milliseconds: int = await self._take(keys=[_PREFIX + bucket.key for bucket in buckets], args=arguments)
        return milliseconds / 1000

    def _ask_here(self, buckets: Sequence[Bucket], cost: int, now: float) -> float:
        """The same rule in this process. The oldest buckets are forgotten first, so memory has a bound."""
        left: list[float] = []
        wait = 0.0
        for bucket in buckets:
            tokens, at = self._local.get(bucket.key, (float(bucket.capacity), now))
            tokens = min(bucket.capacity, tokens + max(0.0, now - at) / bucket.refill_seconds)
            left.append(tokens)
            if tokens < cost:
                wait = max(wait, (cost - tokens) * bucket.refill_seconds)
        if wait > 0:
            return wait
        for bucket, tokens in zip(buckets, left, strict=True):
            self._local[bucket.key] = (min(bucket.capacity, tokens - cost), now)
            self._local.move_to_end(bucket.key)
        while len(self._local) > _LOCAL_MAX:
            self._local.popitem(last=False)
        return 0.0


def client_address(scope: Any, trusted_proxies: int) -> str:
    """Who knocks: the peer, or what the outermost of our own proxies wrote into X-Forwarded-For.

    Each proxy appends the address it sees, so with n proxies of ours the n-th from the right is the last one a stranger could
    not have written. Fewer entries than proxies: somebody came around them, and then only the peer is known.
    """
    peer = (scope.get("client") or ("", 0))[0] or ""
    if trusted_proxies > 0:
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
        entries = [entry.strip() for entry in forwarded.split(",") if entry.strip()]
        if len(entries) >= trusted_proxies:
            return _parsed(entries[-trusted_proxies]) or peer
    return _parsed(peer) or peer


def address_block(address: str) -> str:
    """What one stranger commands: an IPv4 address, or the /64 that a provider gives to one line."""
    parsed = _parsed(address)
    if ":" not in parsed:
        return parsed or "unknown"
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False))


def _parsed(text: str) -> str:
    """The canonical form, without port, zone and IPv4-in-IPv6; empty for what is no address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)

"""Token buckets: in Redis for all processes, alone without it; and whose address it is that knocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.core.ratelimit import Bucket, RateLimiter, address_block, client_address

NOW = 1_790_000_000.0
AWAY = "redis://127.0.0.1:9/0"


@pytest.fixture(params=["redis", "alone"])
async def limiter(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[RateLimiter]:
    limiter = RateLimiter(redis_url if request.param == "redis" else AWAY)
    yield limiter
    await limiter.close()


def _bucket(capacity: int = 3, refill_seconds: float = 10) -> Bucket:
    return Bucket(f"test:{new_id()}", capacity, refill_seconds)


async def _taken(limiter: RateLimiter, *buckets: Bucket, at: float = NOW, strict: bool = True) -> int:
    """0 when taken, else the seconds to wait."""
    try:
        await limiter.take(*buckets, now=at, strict=strict)
    except Problem as problem:
        assert problem.kind.status == 429
        assert problem.headers["retry-after"] == str(problem.params["retry_after"])
        return int(problem.headers["retry-after"])
    return 0


async def test_a_bucket_gives_its_tokens_and_then_one_a_while(limiter: RateLimiter) -> None:
    bucket = _bucket()
    assert [await _taken(limiter, bucket) for _ in range(4)] == [0, 0, 0, 10]
    assert await _taken(limiter, bucket, at=NOW + 4) == 6
    assert await _taken(limiter, bucket, at=NOW + 10) == 0
    assert await _taken(limiter, bucket, at=NOW + 10) == 10
    # Never more than the capacity, however long the rest.
    assert [await _taken(limiter, bucket, at=NOW + 10_000) for _ in range(4)] == [0, 0, 0, 10]


async def test_all_buckets_give_or_none(limiter: RateLimiter) -> None:
    small, large = _bucket(1, 60), _bucket(2, 5)
    assert await _taken(limiter, small, large) == 0
    assert [await _taken(limiter, small, large) for _ in range(3)] == [60, 60, 60]
    assert await _taken(limiter, large) == 0  # the refused ones took nothing from it
    assert await _taken(limiter, large) == 5


async def test_a_token_can_be_given_back_but_not_earned(limiter: RateLimiter) -> None:
    bucket = _bucket(2, 100)
    for _ in range(5):
        assert await _taken(limiter, bucket) == 0
        await limiter.give_back(bucket, now=NOW, strict=True)
    await limiter.give_back(bucket, now=NOW, strict=True)
    assert [await _taken(limiter, bucket) for _ in range(3)] == [0, 0, 100]


async def test_a_clock_that_goes_back_gives_nothing(limiter: RateLimiter) -> None:
    bucket = _bucket(1, 10)
    assert await _taken(limiter, bucket) == 0
    assert await _taken(limiter, bucket, at=NOW - 1000) == 10


async def test_processes_share_a_bucket_and_cannot_race_for_its_last_token(redis_url: str) -> None:
    bucket = _bucket(5, 100)
    processes = [RateLimiter(redis_url) for _ in range(4)]
    waits = await asyncio.gather(*(_taken(process, bucket) for process in processes for _ in range(5)))
    assert sorted(wait > 0 for wait in waits) == [False] * 5 + [True] * 15
    for process in processes:
        await process.close()


async def test_without_redis_only_strict_limits_hold() -> None:
    limiter, bucket = RateLimiter(AWAY), _bucket(1)
    assert [await _taken(limiter, bucket, strict=False) for _ in range(5)] == [0] * 5
    assert [await _taken(limiter, bucket) > 0 for _ in range(3)] == [False, True, True]


async def test_a_bucket_is_forgotten_when_it_is_full_again(redis_url: str) -> None:
    import redis.asyncio

    limiter, bucket = RateLimiter(redis_url), _bucket(3, 10)
    await _taken(limiter, bucket)
    connection = redis.asyncio.Redis.from_url(redis_url)
    life = await connection.pttl(f"limit:{bucket.key}")
    assert 0 < life <= 10_000
    await connection.aclose()
    await limiter.close()


# Whose address


def _scope(peer: str, *forwarded: str) -> dict[str, object]:
    return {"client": (peer, 1), "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded]}


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("192.0.2.1", (), 0, "192.0.2.1"),
        ("192.0.2.1", ("203.0.113.9",), 0, "192.0.2.1"),  # nobody asked for the header: a stranger wrote it
        ("10.0.0.2", ("203.0.113.9",), 1, "203.0.113.9"),
        ("10.0.0.2", ("1.1.1.1, 203.0.113.9",), 1, "203.0.113.9"),  # the left part is the stranger's own invention
        ("10.0.0.2", ("1.1.1.1", "203.0.113.9"), 1, "203.0.113.9"),
        ("10.0.0.2", ("1.1.1.1, 203.0.113.9, 10.0.0.3",), 2, "203.0.113.9"),
        ("10.0.0.2", ("203.0.113.9",), 2, "10.0.0.2"),  # came around a proxy
        ("10.0.0.2", ("nonsense",), 1, "10.0.0.2"),
        ("10.0.0.2", ("203.0.113.9:4711",), 1, "203.0.113.9"),
        ("10.0.0.2", ('"[2001:db8::1]:443"',), 1, "2001:db8::1"),
        ("::ffff:192.0.2.1", (), 0, "192.0.2.1"),
        ("fe80::1%eth0", (), 0, "fe80::1"),
    ],
)
def test_the_address_is_what_our_own_proxy_saw(
    peer: str, forwarded: tuple[str, ...], proxies: int, address: str
) -> None:
    assert client_address(_scope(peer, *forwarded), proxies) == address


def test_a_server_without_a_peer_still_answers() -> None:
    assert client_address({"client": None, "headers": []}, 0) == ""
    assert address_block("") == "unknown"


@given(st.binary(max_size=200), st.integers(0, 3))
def test_no_header_breaks_the_reading(value: bytes, proxies: int) -> None:
    found = client_address({"client": ("192.0.2.1", 1), "headers": [(b"x-forwarded-for", value)]}, proxies)
    assert address_block(found)


def test_a_line_of_ipv6_is_one_stranger() -> None:
    assert address_block("2001:db8:1:2::1") == address_block("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert address_block("2001:db8:1:3::1") != address_block("2001:db8:1:2::1")
    assert address_block("192.0.2.1") == "192.0.2.1"

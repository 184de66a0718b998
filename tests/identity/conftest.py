"""Every test knocks for the first time: the counters of knocks are emptied."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import redis.asyncio
from argon2 import PasswordHasher

from backend.app import create_app
from backend.core.clock import StoppedClock
from backend.identity import passwords
from tests.conftest import running, test_settings


@pytest.fixture(autouse=True)
async def _fresh_limits(redis_url: str) -> None:
    connection = redis.asyncio.from_url(redis_url)
    for key in await connection.keys("limit:*"):
        await connection.delete(key)
    await connection.aclose()


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2id with small parameters: a tenth of a second for each of hundreds of hashes would be most of the suite."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def clock() -> StoppedClock:
    """The clock of `timed`; tests only move it forward."""
    return StoppedClock(datetime(2026, 10, 5, 1, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
async def timed(database_url: str, redis_url: str, clock: StoppedClock) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application again, with a clock that tests move by hand."""
    application = create_app(test_settings(), redis_url=redis_url, database_url=database_url, clock=clock)
    async with running(application):
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield http

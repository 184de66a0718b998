"""A school day that never ends: the whole application on Wednesday 14 October 2026, 07:40 in Vietnam.

Rooms whose rules depend on the day import these fixtures in their conftest.py; a Sunday or a holiday then breaks no test.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import httpx
import pytest
from litestar import Litestar

from backend.app import create_app
from backend.core.clock import StoppedClock
from backend.core.house import House
from tests.conftest import running, test_settings

MORNING = datetime(2026, 10, 14, 0, 40, tzinfo=UTC)
TODAY = date(2026, 10, 14)
SUNDAY = date(2026, 10, 11)
HOLIDAY = date(2026, 9, 2)

_clock = StoppedClock(MORNING)


@pytest.fixture
def clock() -> StoppedClock:
    """The application's clock, back at 07:40 for every test."""
    _clock.advance(MORNING - _clock.now())
    return _clock


@pytest.fixture(scope="session")
async def school_app(database_url: str, redis_url: str) -> AsyncIterator[Litestar]:
    application = create_app(test_settings(), redis_url=redis_url, database_url=database_url, clock=_clock)
    async with running(application):
        yield application


@pytest.fixture
async def web(school_app: Litestar, clock: StoppedClock) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=school_app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield http


@pytest.fixture
def school_house(house: House, clock: StoppedClock) -> House:
    """The house for tests that call actions and queries themselves."""
    return dataclasses.replace(house, clock=clock)

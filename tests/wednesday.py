"""A school day that never ends: the whole application on Wednesday 14 October 2026, 07:40 in Vietnam.

Rooms whose rules depend on the day import these fixtures in their conftest.py; a Sunday or a holiday then breaks no test.
The application itself (`school_app`) is of tests/conftest.py, so that all of them share one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import httpx
import pytest
from litestar import Litestar

from backend.core.clock import StoppedClock
from backend.core.house import House
from tests.conftest import asking

MORNING = datetime(2026, 10, 14, 0, 40, tzinfo=UTC)
TODAY = date(2026, 10, 14)
SUNDAY = date(2026, 10, 11)
HOLIDAY = date(2026, 9, 2)

CLOCK = StoppedClock(MORNING)


@pytest.fixture
def clock() -> StoppedClock:
    """The application's clock, back at 07:40 for every test."""
    CLOCK.advance(MORNING - CLOCK.now())
    return CLOCK


@pytest.fixture
async def web(school_app: Litestar, clock: StoppedClock) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(school_app) as http:
        yield http


@pytest.fixture
def school_house(house: House, clock: StoppedClock) -> House:
    """The house for tests that call actions and queries themselves."""
    return dataclasses.replace(house, clock=clock)

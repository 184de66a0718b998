"""A house of its own for one module of tests, under the names that all tests know: `apart_url, app, client, house, owner, redis_url = apart.FIXTURES`.

For what looks at every school of the database, or at every write: in the database that all tests share there are thousands of schools.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.app import create_app
from backend.core.house import House
from backend.embedded.redis import EmbeddedRedis
from tests.conftest import a_house, asking, running, test_settings


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    server = EmbeddedRedis()
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
async def apart_url(request: pytest.FixtureRequest, another_database: Callable[[str], Awaitable[str]]) -> str:
    return await another_database(f"{request.module.__name__.rpartition('.')[2]}_{os.getpid()}")


@pytest.fixture(scope="module")
async def owner(apart_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(apart_url, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def house(apart_url: str, redis_url: str) -> AsyncIterator[House]:
    async with a_house(apart_url, redis_url) as house:
        yield house


@pytest.fixture(scope="module")
async def app(apart_url: str, redis_url: str) -> AsyncIterator[Litestar]:
    application = create_app(test_settings(), redis_url=redis_url, database_url=apart_url)
    async with running(application):
        yield application


@pytest.fixture(scope="module")
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(app) as http:
        yield http


FIXTURES = (apart_url, app, client, house, owner, redis_url)

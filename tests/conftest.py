"""One embedded PostgreSQL and one Redis for a test session; one database a test process, copied from a migrated template."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
import redis.asyncio
from filelock import FileLock
from hypothesis import HealthCheck, settings
from litestar import Litestar
from xdist.remote import Producer

from backend.app import create_app
from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.distribute import distribute
from backend.core.house import House
from backend.core.migrate import migrate
from backend.core.queue import Queue
from backend.core.settings import Settings
from backend.embedded import postgres
from backend.embedded.redis import EmbeddedRedis
from backend.serving import Child, environment_for, free_port, serve_command, wait_until_ready
from tests.browser import browser, laptop, phone, plain, site  # noqa: F401  (fixtures for every room)
from tests.factories import World, make_world
from tests.sharing import ByRoom

# A busy machine is not a failing test: what is asserted stays, how long inventing takes does not matter. Every run invents the same,
# so that a change is judged by what it changes; `--hypothesis-profile searching` looks for what nobody has thought of.
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house", settings.get_profile("searching"), derandomize=True)
settings.load_profile("house")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByRoom:
    return ByRoom(config, log)


TEST_SECRET = "test-secret-of-forty-characters-000000000"


def test_settings(**changes: object) -> Settings:
    # Tests run at any hour of the day; what quiet hours do is tested with a clock of its own.
    usual = {
        "mode": "test",
        "secret_key": TEST_SECRET,
        "public_url": "http://testserver",
        "quiet_hours": "",
        "live_seconds": 0.5,
    }
    return Settings(**{**usual, **changes})  # type: ignore[arg-type]


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all test processes of a run. Short, since a socket's path may hold about a hundred bytes."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"nhipcau-test-{run[:8]}"
    folder.mkdir(exist_ok=True, mode=0o755)
    return folder


@pytest.fixture(scope="session")
async def database_url(shared_folder: Path) -> AsyncIterator[str]:
    """A migrated database of this process. The Citus run uses the given coordinator instead (one process, one database)."""
    if citus := os.environ.get("CITUS_DSN"):
        await migrate(citus)
        await distribute(citus)
        yield citus
        return
    process = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    with FileLock(shared_folder / "lock"):
        server = postgres.start(shared_folder / "pg", throwaway=True)
        template = await postgres.ensure_database(server, "template_nhipcau")
        await migrate(template)
        url = await postgres.ensure_database(server, f"test_{process}_{os.getpid()}", template="template_nhipcau")
    yield url


@pytest.fixture(scope="session")
def another_database(database_url: str, shared_folder: Path) -> Callable[[str], Awaitable[str]]:
    """Makes a migrated database besides the one of this process; its name says whether processes share it. (On Citus there is one.)"""

    async def made(name: str) -> str:
        if "CITUS_DSN" in os.environ:
            return database_url
        with FileLock(shared_folder / "lock"):
            server = postgres.start(shared_folder / "pg", throwaway=True)
            return await postgres.ensure_database(server, name, template="template_nhipcau")

    return made


@pytest.fixture(scope="session")
async def untouched_database_url(another_database: Callable[[str], Awaitable[str]]) -> str:
    """A migrated database into which nobody writes: what the planner thinks of it is the same in every run."""
    return await another_database("untouched_nhipcau")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    server = EmbeddedRedis()
    yield server.url
    server.stop()


@pytest.fixture
async def empty_queue(redis_url: str) -> None:
    """For tests that run a burst worker: it ends when the queue is empty, and a worker that an earlier test killed left jobs marked as running."""
    connection = redis.asyncio.from_url(redis_url)
    await connection.flushall()
    await connection.aclose()


@pytest.fixture(scope="session")
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the owner's rights, for setting scenes and looking behind them. Not a door of the house."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    async with a_house(database_url, redis_url) as house:
        yield house


@asynccontextmanager
async def a_house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    settings = test_settings()
    database = await Database.open(database_url, writers=6, readers=2)
    queue = await Queue.open(redis_url)
    yield House(settings, database, queue, SystemClock(), Cipher(settings.secret_key), redis_url)
    await queue.close()
    await database.close()


@pytest.fixture(scope="session")
async def app(database_url: str, redis_url: str) -> AsyncIterator[Litestar]:
    application = create_app(test_settings(), redis_url=redis_url, database_url=database_url)
    async with running(application):
        yield application


@pytest.fixture(scope="session")
async def school_app(database_url: str, redis_url: str) -> AsyncIterator[Litestar]:
    """The application on a school day that never ends; see wednesday.py. Making one costs a second, so all rooms share it."""
    from tests.wednesday import CLOCK

    application = create_app(test_settings(), redis_url=redis_url, database_url=database_url, clock=CLOCK)
    async with running(application):
        yield application


@asynccontextmanager
async def running(application: Litestar) -> AsyncIterator[None]:
    """The application's lifespan in a task of its own: a fixture is set up and torn down in different tasks, which anyio forbids."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with application.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture(scope="session")
async def _client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(app) as http:
        yield http


def asking(app: Litestar) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver")  # type: ignore[arg-type]


@pytest.fixture
def client(_client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The whole application behind real HTTP messages, in this event loop. What answers set in earlier tests (a session, a language) is forgotten."""
    _client.cookies.clear()
    return _client


@pytest.fixture
async def world(owner: asyncpg.Connection, house: House) -> World:
    """A fresh small school with neighbours, and every kind of person in it. See factories.py."""
    return await make_world(owner, house)


@pytest.fixture(scope="session")
def server(database_url: str, redis_url: str) -> Iterator[str]:
    """A real server process (granian, uvloop) on this test process's database; yields its address."""
    port = free_port("127.0.0.1", 18_000 + os.getpid() % 2_000)
    url = f"http://127.0.0.1:{port}"
    settings = test_settings(port=port, database_url=database_url, redis_url=redis_url, public_url=url)
    child = Child("server", serve_command(), environment_for(settings))
    try:
        wait_until_ready(url, child)
        yield url
    finally:
        child.stop()

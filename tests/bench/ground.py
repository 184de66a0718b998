"""What a benchmark without the demo's stage stands on: an embedded PostgreSQL of its own, a house in it, and a watch of both processes' CPU."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from backend.core.clock import Clock, SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.migrate import migrate
from backend.core.settings import Settings
from backend.embedded import postgres
from tests.bench.cpu import cpu_seconds

SECRET = "bench-secret-of-forty-characters-0000000"


class NoBell:
    async def ring(self, job: str, *arguments: int | str) -> None:
        """Nobody works here; the rows wait."""


@dataclass(frozen=True)
class Ground:
    house: House
    owner: asyncpg.Connection
    folder: Path
    database_pid: int

    @property
    def database(self) -> Database:
        return self.house.database

    def cpu(self) -> float:
        """Seconds of our process and the database together."""
        return cpu_seconds(os.getpid(), self.database_pid)

    async def watch(self, deed: Callable[[], Awaitable[Any]]) -> tuple[Any, float, float]:
        """What a deed returns, and its seconds: by the wall, and of CPU."""
        before, started = self.cpu(), time.perf_counter()
        result = await deed()
        return result, time.perf_counter() - started, self.cpu() - before


@asynccontextmanager
async def ground(clock: Clock | None = None, *, durable: bool = True, **changes: Any) -> AsyncIterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
    try:
        server = postgres.start(folder / "postgres", throwaway=not durable)
        url = await postgres.ensure_database(server, "bench")
        await migrate(url)
        database = await Database.open(url, writers=2, readers=1)
        owner = await asyncpg.connect(url)
        try:
            settings = Settings(**{"mode": "test", "secret_key": SECRET, "public_url": "http://bench", **changes})
            clock = clock or SystemClock()
            house = House(settings, database, NoBell(), clock, Cipher(SECRET), "redis://127.0.0.1:1")
            pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
            yield Ground(house, owner, folder, pid)
        finally:
            await owner.close()
            await database.close()
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

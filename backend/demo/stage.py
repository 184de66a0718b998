"""The stage: embedded servers, the outside world's twins, the server and the worker, started in order and stopped in reverse.

The demo, the journey, its test and the benchmarks stand on it. The production code in the children runs unchanged: only
addresses in their settings point at the twins.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

import msgspec

from backend.core.catalogue import say
from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.migrate import migrate
from backend.core.queue import SilentBell
from backend.core.settings import DEMO_SECRET, Settings, read
from backend.embedded import both
from backend.serving import Child, environment_for, free_port, serve_command, wait_until_ready, work_command
from tests.twins.fcm import FcmTwin
from tests.twins.telegram import TelegramTwin

Say = Callable[[str], None]
TELEGRAM_TOKEN = "100200300:DEMO-bot-token-for-the-twin-only-0000000"  # noqa: S105


def both_languages(key: str, **params: object) -> str:
    """A line of the demo: Vietnamese, then English."""
    return f"{say(f'demo.{key}', 'vi', **params)}  ·  {say(f'demo.{key}', 'en', **params)}"


class Stage:
    def __init__(self, data_dir: Path, *, say: Say, with_worker: bool = True, port: int | None = None) -> None:
        self.data_dir = data_dir
        self._say = say
        self._with_worker = with_worker
        self._port = port
        self._stack = AsyncExitStack()
        self.clock = SystemClock()

    async def __aenter__(self) -> Stage:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        # Shown, and tested, at any hour: at night the phone would keep silent until the morning.
        wanted = read(
            mode="demo", secret_key=DEMO_SECRET, code_channel="print", quiet_hours="", data_dir=str(self.data_dir)
        )
        self._say(both_languages("servers"))
        servers = await both.start(wanted)
        self._stack.callback(servers.stop)
        applied = await migrate(servers.database_url)
        if applied:
            self._say(both_languages("schema", count=len(applied)))
        self._say(both_languages("twins"))
        self.fcm = FcmTwin()
        await self.fcm.start()
        self._stack.push_async_callback(self.fcm.stop)
        self.telegram = TelegramTwin(token=TELEGRAM_TOKEN)
        await self.telegram.start()
        self._stack.push_async_callback(self.telegram.stop)
        wanted_port = self._port if self._port is not None else wanted.port
        port = free_port(wanted.host, wanted_port)
        if port != wanted_port and self._port is None:
            self._say(both_languages("port", wanted=wanted_port, port=port))
        self.settings: Settings = msgspec.structs.replace(
            wanted,
            port=port,
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            public_url=f"http://{wanted.host}:{port}",
            fcm_project_id=self.fcm.project_id,
            fcm_credentials_file=str(self._fcm_credentials()),
            fcm_base_url=self.fcm.base_url,
            telegram_token=TELEGRAM_TOKEN,
            telegram_secret=secrets.token_urlsafe(24),
            telegram_base_url=self.telegram.base_url,
            telegram_bot_name=self.telegram.username,
        )
        self.url = self.settings.public_url
        self._say(both_languages("processes"))
        environment = environment_for(self.settings)
        self.server = self._child("server", serve_command(), environment)
        if self._with_worker:
            self.worker = self._child("worker", work_command(), environment)
        await asyncio.to_thread(wait_until_ready, self.url, self.server)
        database = await Database.open(servers.database_url, writers=2, readers=2)
        self._stack.push_async_callback(database.close)
        # Only for what is no door: the founding command, and reading the code that the demo shows.
        self.house = House(
            self.settings, database, SilentBell(), self.clock, Cipher(self.settings.secret_key), servers.redis_url
        )

    @property
    def database_pid(self) -> int:
        """The postmaster of the embedded server, for accounting its CPU."""
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])

    def _child(self, name: str, command: list[str], environment: dict[str, str]) -> Child:
        child = Child(name, command, environment, log_path=str(self.data_dir / f"{name}.log"))
        self._stack.callback(child.stop)
        return child

    def _fcm_credentials(self) -> Path:
        path = self.data_dir / "fcm-twin.json"
        path.write_bytes(msgspec.json.encode(self.fcm.credentials()))
        path.chmod(0o600)
        return path

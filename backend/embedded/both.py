"""Where the data live: the URLs of the settings, or the embedded servers where a URL is empty. One handle to stop what was started."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from backend.core.settings import Settings
from backend.embedded import postgres
from backend.embedded.redis import EmbeddedRedis


@dataclass
class Servers:
    database_url: str
    redis_url: str
    _stop: list[Any] = field(default_factory=list)

    def stop(self) -> None:
        for server in reversed(self._stop):
            server()
        self._stop.clear()

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


async def start(settings: Settings, *, with_redis: bool = True) -> Servers:
    """Start what the settings leave open. The embedded PostgreSQL keeps its data below `data_dir`; Redis keeps none."""
    servers = Servers(settings.database_url, settings.redis_url)
    if not servers.database_url:
        server = postgres.start(Path(settings.data_dir) / "postgres")
        servers.database_url = await postgres.ensure_database(server, "nhipcau")
        servers._stop.append(server.cleanup)
    if with_redis and not servers.redis_url:
        redis = EmbeddedRedis()
        servers.redis_url = redis.url
        servers._stop.append(redis.stop)
    return servers

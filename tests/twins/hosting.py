"""What every twin needs: a loopback server of its own, and faults that are used up one after the other."""

from __future__ import annotations

from collections import deque
from typing import Any

from aiohttp import web


class Hosted:
    """A twin says its routes; it is started and stopped by whoever uses it, never by a test library."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._faults: deque[Any] = deque()

    def routes(self, app: web.Application) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        app = web.Application()
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    def misbehave(self, *faults: Any) -> None:
        """Each is used once, in this order."""
        self._faults = deque(faults)

    def next_fault(self) -> Any:
        return self._faults.popleft() if self._faults else None


def cut(request: web.Request) -> None:
    """The connection ends without an answer."""
    if request.transport is not None:
        request.transport.abort()

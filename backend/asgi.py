"""What a server process imports: the application, made from the environment that `python -m backend serve` prepared."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from granian import _signals

from backend.app import create_app
from backend.core import live
from backend.core.settings import read


def application() -> Any:
    _end_streams_when_told_to_stop()
    settings = read()
    return create_app(settings, redis_url=settings.redis_url, database_url=settings.database_url)


def _end_streams_when_told_to_stop() -> None:
    """granian answers open requests before it says `lifespan.shutdown`, and has no hook for the moment before."""
    usual: Any = _signals.set_loop_signals

    def with_streams(loop: asyncio.AbstractEventLoop) -> Any:
        told = usual(loop)

        def stop() -> None:
            live.end_all()
            told.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        return told

    _signals.set_loop_signals = with_streams

"""Flags that an operator raises and every process hears at once: PostgreSQL says them when the transaction that moves them commits.

It knows no flag's meaning and keeps none: the rows are the truth, and whoever works from them only learns sooner. A process whose line
is cut knows of no flag until it hears again.
"""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg
import structlog

from backend.core.database import Tx

log = structlog.get_logger()

_TOPIC: Final = "nhipcau_flags"
_SAY: Final = "SELECT pg_notify('nhipcau_flags', $1)"
_AGAIN_SECONDS: Final = 2.0
_SETTINGS: Final = {"application_name": "nhipcau-flags"}


async def say(tx: Tx, flag: str, *, raised: bool) -> None:
    """Heard when the transaction commits, and only then."""
    await tx.execute(_SAY, f"{'+' if raised else '-'}{flag}")


class Flags:
    """One a process. Empty where nobody listens."""

    def __init__(self) -> None:
        self._raised: set[str] = set()
        self.hearing = asyncio.Event()

    def raised(self, flag: str) -> bool:
        return flag in self._raised

    async def hear(self, url: str) -> None:
        """Until cancelled, through every loss of the line."""
        while True:
            try:
                await self._hear(url)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("flags_not_heard", error=type(error).__name__)
            finally:
                self.hearing.clear()
                self._raised.clear()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self, url: str) -> None:
        connection = await asyncpg.connect(url, server_settings=_SETTINGS, timeout=10)
        cut = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: cut.set())
            await connection.add_listener(_TOPIC, self._told)
            self.hearing.set()
            await cut.wait()
        finally:
            connection.terminate()

    def _told(self, connection: object, process: int, topic: str, said: object) -> None:
        sign, flag = str(said)[:1], str(said)[1:]
        if sign == "+":
            self._raised.add(flag)
        else:
            self._raised.discard(flag)

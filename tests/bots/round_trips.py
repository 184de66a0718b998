"""A reader that counts how often a turn waits for the database one after the other. Statements asked side by side are one wait."""

from __future__ import annotations

import dataclasses
from typing import Any

from backend.core.database import Database, Reader
from backend.core.house import House


class CountingReader:
    """Every statement lies one deeper than the deepest that had come back when it was asked; the depth is the count of waits."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.depth = self.statements = 0

    def restart(self) -> None:
        self.depth = self.statements = 0

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        return await self._counted(self._reader.fetch(sql, *arguments))

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        return await self._counted(self._reader.fetchrow(sql, *arguments))

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        return await self._counted(self._reader.fetchval(sql, *arguments))

    async def _counted(self, asked: Any) -> Any:
        self.statements += 1
        below = self.depth + 1
        answer = await asked
        self.depth = max(self.depth, below)
        return answer


def counted(house: House) -> tuple[House, CountingReader]:
    """The same house, its reader counted. Transactions are not: a turn that writes opens one and is looked at by itself."""
    counting = CountingReader(house.database.reader)
    database = Database(house.database._writers, counting, house.database._slow_seconds)  # type: ignore[arg-type]
    database.bell = house.database.bell
    return dataclasses.replace(house, database=database), counting

"""Rows for a scene, gathered by table and sent in one statement: a round trip for each row was the most of many a test."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec


class Rows:
    def __init__(self) -> None:
        self._tables: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, **row: Any) -> None:
        """Every row of a table names the same columns."""
        self._tables.setdefault(table, []).append(row)

    async def send(self, owner: asyncpg.Connection) -> None:
        """Foreign keys are looked at when the statement ends, so the order of the tables does not matter."""
        deeds = ", ".join(_insert(table, list(rows[0])) for table, rows in self._tables.items())
        await owner.execute(f"WITH {deeds} SELECT", msgspec.json.encode(self._tables).decode())
        self._tables.clear()


def _insert(table: str, columns: list[str]) -> str:
    named = ", ".join(columns)
    return f"""into_{table} AS (
      INSERT INTO {table} ({named})
      SELECT {named} FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb -> '{table}'))"""


def bytea(value: bytes) -> str:
    """As PostgreSQL reads it from JSON."""
    return f"\\x{value.hex()}"

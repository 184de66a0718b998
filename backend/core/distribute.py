"""The way onto Citus: the distribution script, made from the one list of tables. Plain PostgreSQL never runs it.

The script is committed as backend/migrations/distribute.sql (a test compares them) and follows distribution.md §4, rules 2 and 6.
"""

from __future__ import annotations

import asyncpg

from backend.core import tables
from backend.core.migrate import FOLDER, statements

FILE = FOLDER / "distribute.sql"
_FIRST = "pupils"


def script() -> str:
    lines = [
        "-- Made by backend/core/distribute.py from the list in backend/core/tables.py; do not edit by hand.",
        "-- Run once on a Citus coordinator after the migrations: python -m backend distribute. Loaded tables are moved, not emptied.",
        "",
        "SET LOCAL citus.enable_local_reference_table_foreign_keys = off;",
        "",
        "SET LOCAL citus.multi_shard_modify_mode = 'sequential';",
        "",
    ]
    for table in tables.REFERENCE:
        lines += [f"SELECT create_reference_table('{table}');", ""]
    tenant = [_FIRST, *(t for t in tables.TENANT if t != _FIRST)]
    for table in tenant:
        beside = "none" if table == _FIRST else _FIRST
        lines += [f"SELECT create_distributed_table('{table}', 'school_id', colocate_with => '{beside}');", ""]
    first_by: dict[str, str] = {}
    for table, column in tables.DIRECTORY.items():
        # What is keyed by a chat is written in one statement (bots/turns.py), so it lies together.
        beside = first_by.setdefault(column, table) if column == "chat_id" else table
        beside = "none" if beside == table else beside
        lines += [f"SELECT create_distributed_table('{table}', '{column}', colocate_with => '{beside}');", ""]
    lines += [f"SELECT truncate_local_data_after_distributing_table('{_FIRST}');", ""]
    return "\n".join(lines)


async def distribute(url: str) -> int:
    """Run the script on a coordinator, one statement at a time in one transaction; returns how many tables are distributed."""
    connection = await asyncpg.connect(url)
    try:
        already = await connection.fetchval("SELECT count(*) FROM citus_tables WHERE table_name = 'pupils'::regclass")
        if not already:
            async with connection.transaction():
                for statement in statements(FILE.read_text(encoding="utf-8")):
                    await connection.execute(statement)
        count: int = await connection.fetchval("SELECT count(*) FROM citus_tables")
        return count
    finally:
        await connection.close()

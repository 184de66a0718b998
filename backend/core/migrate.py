"""Plain-SQL migrations: forward only, one statement at a time, under an advisory lock, each file in one transaction.

A file whose first line is `-- no transaction` runs outside one (CREATE INDEX CONCURRENTLY). After the files, every table gets
the grants and row-level security of its kind (tables.py), so that a new table cannot be left open by forgetting.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

import asyncpg

from backend.core import tables

FOLDER = Path(__file__).parent.parent / "migrations"
_LOCK = 0x6E686970  # "nhip"
_ASK_AGAIN_SECONDS = 0.1
_ROLES = """
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;  -- another database of this server made it at the same moment
END
$$
"""
# What a reader may see, the chat's door may see: privileges and policies of nhipcau_reader hold for its members.
_CHAT_READS = """
DO $$
BEGIN
  IF NOT pg_has_role('nhipcau_chat', 'nhipcau_reader', 'MEMBER') THEN
    GRANT nhipcau_reader TO nhipcau_chat;
  END IF;
EXCEPTION WHEN unique_violation THEN
  NULL;
END
$$
"""


class MigrationChanged(RuntimeError):
    """An applied file was edited. History is forward only: add a new file instead."""


async def migrate(url: str) -> list[str]:
    """Apply what is missing; return the names applied. Safe to call from every process at start."""
    connection = await asyncpg.connect(url, server_settings={"application_name": "nhipcau-migrate"})
    try:
        # Asked for again and again: whoever stood waiting inside a statement would hold a snapshot, and CREATE INDEX CONCURRENTLY
        # in the hands of the lock's owner would wait for that snapshot, each for the other.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110  (held by another process)
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
        return await _apply_missing(connection)
    finally:
        await connection.close()


async def _apply_missing(connection: asyncpg.Connection) -> list[str]:
    for role in ("nhipcau_app", "nhipcau_reader", "nhipcau_chat"):
        await connection.execute(_ROLES.format(role=role))
        await connection.execute(f"GRANT {role} TO CURRENT_USER")
    await connection.execute(_CHAT_READS)
    await connection.execute("""
        CREATE TABLE IF NOT EXISTS schema_migrations (
          name       text PRIMARY KEY,
          checksum   text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    applied = {
        row["name"]: row["checksum"] for row in await connection.fetch("SELECT name, checksum FROM schema_migrations")
    }
    fresh = []
    for path in sorted(FOLDER.glob("[0-9]*.sql")):
        text = path.read_text(encoding="utf-8")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if path.name not in applied:
            await _apply(connection, path.name, text, checksum)
            fresh.append(path.name)
        elif applied[path.name] != checksum:
            raise MigrationChanged(path.name)
    if fresh:
        await _secure(connection)
    return fresh


async def _apply(connection: asyncpg.Connection, name: str, text: str, checksum: str) -> None:
    if text.startswith("-- no transaction"):
        for statement in statements(text):
            await connection.execute(statement)
        await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", name, checksum)
        return
    async with connection.transaction():
        # Old code may still be serving: rather fail and be tried again than queue everybody behind our lock.
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        for statement in statements(text):
            await connection.execute(statement)
        await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", name, checksum)


async def _secure(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute("GRANT USAGE ON SCHEMA public, app TO nhipcau_app, nhipcau_reader")
        await connection.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO nhipcau_app")
        await connection.execute("GRANT EXECUTE ON FUNCTION app.refresh_roll_statistics() TO nhipcau_app")
        await connection.execute("GRANT EXECUTE ON FUNCTION app.refresh_money_statistics() TO nhipcau_app")
        for table in tables.ALL:
            await connection.execute(f"GRANT SELECT ON {table} TO nhipcau_app, nhipcau_reader")
            await connection.execute(f"GRANT INSERT, UPDATE, DELETE ON {table} TO nhipcau_app")
        for table in tables.CHAT_TURNS:
            await connection.execute(f"GRANT INSERT, UPDATE ON {table} TO nhipcau_chat")
        for table in tables.APPEND_ONLY:
            await connection.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM nhipcau_app")
        for table in tables.FADING:
            await connection.execute(f"REVOKE UPDATE, TRUNCATE ON {table} FROM nhipcau_app")
        for table in tables.TENANT:
            await _fence(connection, table)


async def _fence(connection: asyncpg.Connection, table: str) -> None:
    await connection.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    await connection.execute(f"DROP POLICY IF EXISTS tenant ON {table}")
    await connection.execute(f"""
        CREATE POLICY tenant ON {table} TO nhipcau_app
            USING (school_id = nullif(current_setting('app.school_id', true), '')::bigint)
    """)
    if table in tables.FADING:
        await connection.execute(f"DROP POLICY IF EXISTS fading ON {table}")
        await connection.execute(f"""
            CREATE POLICY fading ON {table} AS RESTRICTIVE FOR DELETE TO nhipcau_app USING ({tables.FADING[table]})
        """)
    await connection.execute(f"DROP POLICY IF EXISTS reading ON {table}")
    await connection.execute(f"CREATE POLICY reading ON {table} FOR SELECT TO nhipcau_reader USING (true)")


_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$[A-Za-z_]*\$).*?\1|;", re.DOTALL)


def statements(text: str) -> list[str]:
    """Split a file at its semicolons, minding comments, quotes and dollar quotes. Citus refuses several statements at once."""
    found: list[str] = []
    start = 0
    for token in _TOKEN.finditer(text):
        if token.group() == ";":
            found.append(text[start : token.start()])
            start = token.end()
    found.append(text[start:])
    return [
        s.strip()
        for s in found
        if _TOKEN.sub(lambda t: "" if t.group().startswith(("--", "/*")) else t.group(), s).strip()
    ]

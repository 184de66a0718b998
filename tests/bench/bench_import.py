"""Roster import: rows a second for reading, comparing and writing, beside a bare COPY of the same rows into the same tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg

from backend.core.clock import SystemClock, school_day
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.ids import new_id
from backend.people.founding import Founding, found_school
from backend.people.roster.imports import plan_of, write
from backend.people.roster.invented import invent_school
from backend.people.roster.messy import to_xlsx, write_school
from backend.people.roster.plan import Plan
from backend.people.roster.review import counts
from backend.people.roster.understand import understand
from schemas.roster import RosterImport, Understood
from tests.bench.ground import Ground, ground
from tests.bench.table import Table

SIZES = ((1200, 35), (6000, 150))
# In the order of their foreign keys.
_TABLES = ("classes", "pupils", "enrolments", "guardians", "guardianships", "phone_directory")


async def bench_import(sizes: tuple[tuple[int, int], ...] = SIZES) -> Table:
    table = Table(
        "Roster import",
        "A generated messy xlsx with two guardians a pupil, into the embedded PostgreSQL (durable settings). CPU of our process and the "
        "database together. COPY is asyncpg's copy_records_to_table of the very rows the import wrote (classes, pupils, seats, guardians, "
        "bonds, directory), into the same tables with their indexes and foreign keys, for another school.",
        ("pupils", "step", "pupils per second", "CPU ms per 1,000 pupils", "× COPY (CPU)"),
    )
    async with ground() as stage:
        for pupils, classes in sizes:
            await _measure(table, stage, pupils, classes)
    return table


async def _measure(table: Table, stage: Ground, pupils: int, classes: int) -> None:
    watch, database, owner, now = stage.watch, stage.database, stage.owner, SystemClock().now()
    today = school_day(now)
    year = _founding_year(today)
    data = to_xlsx(write_school(invent_school(pupils, pupils=pupils, classes=classes, year=year), pupils))
    cipher = Cipher("a secret of the benchmark and of nothing else")
    school_id, other_id = [await _found(database, f"BENCH-{pupils}-{n}", now, today) for n in (1, 2)]

    async def reading() -> Understood:
        return understand(data, "bench.xlsx", today)

    understood, *read = await watch(reading)

    async def comparing() -> Plan:
        async with database.school(school_id) as tx:
            plan, _ = await plan_of(tx, cipher, understood, f"{year}-{year + 1}", now, lock=False)
            return plan

    async def writing() -> None:
        async with database.school(school_id) as tx:
            plan, snapshot = await plan_of(tx, cipher, understood, f"{year}-{year + 1}", now, lock=True)
            kept = RosterImport(
                import_id=new_id(), file_name="bench.xlsx", school_year=plan.school_year, state="read", uploaded_at=now,
                **counts(plan, understood, snapshot),
            )  # fmt: skip
            await write(tx, plan, cipher, kept, now=now, actor=None)

    _, *wrote = await watch(writing)
    again, *compared = await watch(comparing)
    assert again.empty, "the same file again changes nothing"
    rows = {name: await _rows_for(owner, name, school_id, other_id) for name in _TABLES}

    async def copying() -> None:
        async with owner.transaction():
            for name, (columns, records) in rows.items():
                await owner.copy_records_to_table(name, records=records, columns=columns)

    _, *copied = await watch(copying)
    count = len(understood.pupils)
    for step, (wall, cpu) in (
        ("read the file", read),
        ("compare and write all of it", wrote),
        ("compare again, nothing to do", compared),
        ("bare COPY of the same rows", copied),
    ):
        table.add(count, step, round(count / wall), cpu / count * 1_000_000, cpu / max(copied[1], 0.01))


def _founding_year(today: date) -> int:
    return today.year if today.month >= 8 else today.year - 1


async def _found(database: Database, code: str, now: Any, today: date) -> int:
    founding = Founding(
        code=code, name=code, level="lower_secondary", admin_name="Bùi Văn Trưởng", admin_phone="0966000001"
    )
    return await found_school(database, founding, at=now, today=today)


async def _rows_for(
    owner: asyncpg.Connection, table: str, school_id: int, other_id: int
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The rows of one school as they would stand for another: ids stay unique by school, so only the school changes."""
    condition = (
        "AND source = 'file'"
        if table in ("pupils", "guardians")
        else "AND person_kind = 'guardian'"
        if table == "phone_directory"
        else ""
    )
    written = await owner.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position",
        table,
    )
    columns = [row["column_name"] for row in written]
    found = await owner.fetch(f"SELECT {', '.join(columns)} FROM {table} WHERE school_id = $1 {condition}", school_id)
    at = columns.index("school_id")
    return columns, [(*row[:at], other_id, *row[at + 1 :]) for row in (tuple(r) for r in found)]

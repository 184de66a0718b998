"""Matching and settling statement lines: lines a second, and what a line costs among 2,000 and among 200,000 open bills.

Beside it stands what pretix's bank transfer plugin does in its manner, written plainly: row by row, a pattern for the code, one SELECT,
and for lines without a code a look at every open bill. The baseline only matches; it books nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from rapidfuzz import fuzz, process

from backend.core.clock import SystemClock, school_day
from backend.core.database import Database
from backend.core.ids import new_id
from backend.core.text import fold
from backend.people.founding import Founding, found_school
from payments import accounts, candidates
from payments.accounts import Receiving
from payments.banks.line import BankLine
from payments.match import Match
from payments.settle import settle_many
from tests.bench.ground import Ground, ground
from tests.bench.table import Table
from tests.payments import noise
from tests.payments.noise.school import HOME, OTHER, Bill, Line

# Open bills, and lines among them.
CASES = ((2_000, 4_000), (20_000, 20_000), (200_000, 4_000))
BATCH = 500
_BASELINE_LINES = 200
_FEW = 60


async def bench_matching(cases: Sequence[tuple[int, int]] = CASES) -> Table:
    table = Table(
        "Matching and settling statement lines",
        f"Lines of the noise generator (docs/matching.md) in batches of {BATCH}, into the embedded PostgreSQL (durable settings). CPU of our process and the database together; growth is CPU a line against the smallest number of open bills. The "
        "baseline matches row by row in the manner of pretix's bank transfer plugin and books nothing.",
        ("open bills", "lines", "what", "lines per second", "CPU ms a line", "growth", "settled by itself"),
    )
    async with ground() as stage:
        first: dict[str, float] = {}
        for size, lines in cases:
            await _measure(table, stage, size, lines, first)
    return table


async def _measure(table: Table, stage: Ground, size: int, count: int, first: dict[str, float]) -> None:
    at = noise.school(size, pupils=size)
    made = noise.lines(at, count)
    now, database, owner = SystemClock().now(), stage.database, stage.owner
    account, numbers = await _bill(owner, database, at.bills, at.closed, now)
    statement = [_line(line, n, numbers, now) for n, line in enumerate(made)]

    async def row(what: str, lines: int, deed: Callable[[], Awaitable[int]]) -> None:
        settled, wall, cpu = await stage.watch(deed)
        cost = cpu / lines * 1000
        growth = cost / first.setdefault(what, cost)
        table.add(f"{size:,}", f"{lines:,}", what, round(lines / wall), cost, growth, f"{settled / lines:.0%}")

    await row("matched only", count, lambda: _matched(database, account, statement))
    await row("matched and settled", count, lambda: _settled(database, account, statement, now))
    few = statement[:_BASELINE_LINES] if size <= 2_000 else statement[:_FEW]
    await row("baseline, matched row by row", len(few), lambda: _row_by_row(owner, account, few))


async def _matched(database: Database, account: Receiving, lines: Sequence[BankLine]) -> int:
    settled = 0
    for start in range(0, len(lines), BATCH):
        async with database.school(account.school_id) as tx:
            credits = [(account.bank_account_id, line) for line in lines[start : start + BATCH]]
            looked = await candidates.look(tx, account.reference_prefix, credits)
        settled += sum(isinstance(one.decide(), Match) for one in looked)
    return settled


async def _settled(database: Database, account: Receiving, lines: Sequence[BankLine], now: datetime) -> int:
    settled = 0
    for start in range(0, len(lines), BATCH):
        async with database.school(account.school_id) as tx:
            done = await settle_many(tx, account, lines[start : start + BATCH], received_at=now, at=now)
        settled += sum(one.state in ("settled", "part") for one in done)
    return settled


_CODE = re.compile(r"HP[ -]?([0-9]{7})", re.IGNORECASE)


async def _row_by_row(owner: asyncpg.Connection, account: Receiving, lines: Sequence[BankLine]) -> int:
    """A pattern and a SELECT for each row; without a code, the name most like the memo of all open bills."""
    settled = 0
    for line in lines:
        code = _CODE.search(line.memo)
        if code:
            bill = await owner.fetchrow(
                "SELECT invoice_id, amount FROM invoices WHERE school_id = $1 AND reference = $2 AND cancelled_at IS NULL",
                account.school_id,
                f"HP{code.group(1)}",
            )
            if bill is not None:
                settled += bill["amount"] == line.amount
                continue
        rows = await owner.fetch(
            "SELECT i.invoice_id, p.name_fold FROM invoices i JOIN pupils p ON p.school_id = i.school_id AND p.pupil_id = i.pupil_id"
            " WHERE i.school_id = $1 AND i.cancelled_at IS NULL AND i.amount > (SELECT coalesce(sum(a.amount), 0) FROM allocations a"
            " WHERE a.school_id = i.school_id AND a.invoice_id = i.invoice_id)",
            account.school_id,
        )
        process.extract(fold(line.memo), [row["name_fold"] for row in rows], scorer=fuzz.partial_ratio, limit=3)
    return settled


def _line(line: Line, number: int, numbers: dict[str, str], now: datetime) -> BankLine:
    booked_at = now - timedelta(days=1, seconds=number)
    return BankLine(
        "bench", str(number), numbers[line.account], "in", line.amount, line.memo, booked_at, f"REF{number}"
    )


async def _bill(
    owner: asyncpg.Connection, database: Database, bills: Sequence[Bill], closed: Sequence[Bill], now: datetime
) -> tuple[Receiving, dict[str, str]]:
    """A school with these pupils, each in its class with its bill; the account, and the account numbers of the lines."""
    today, year = school_day(now), "2026-2027"
    code = f"BENCH-{len(bills)}"
    founding = Founding(
        code=code, name=code, level="lower_secondary", admin_name="Bùi Văn Trưởng", admin_phone="0966000001"
    )
    school_id = await found_school(database, founding, at=now, today=today)
    await owner.execute(
        "INSERT INTO school_years (school_id, school_year, starts_on, ends_on, is_current) VALUES ($1, $2, '2026-09-05', '2027-05-31', false)"
        " ON CONFLICT DO NOTHING",
        school_id,
        year,
    )
    numbers = {told: f"{told[4:7]}{len(bills):06d}" for told in (HOME, OTHER)}
    ids = [
        await owner.fetchval(
            "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
            " VALUES ($1, '970436', $2, 'TRUONG', $3) RETURNING bank_account_id",
            school_id,
            number,
            now,
        )
        for number in numbers.values()
    ]
    await _pupils(owner, school_id, year, ids[0], [*bills, *closed], len(bills), now)
    await owner.execute("ANALYZE pupils, invoices, enrolments, classes, fees")
    return await accounts.receiving(database.reader, ids[0]), numbers


async def _pupils(
    owner: asyncpg.Connection,
    school_id: int,
    year: str,
    account: int,
    bills: Sequence[Bill],
    open_count: int,
    now: datetime,
) -> None:
    rooms = {room: (new_id(), new_id()) for room in sorted({bill.class_name for bill in bills})}
    pupils = [new_id() for _ in bills]
    today = school_day(now)
    copies: dict[str, list[tuple[Any, ...]]] = {
        "classes (school_id, class_id, school_year, name, name_fold, grade, created_at)": [
            (school_id, class_id, year, room, fold(room), 6, now) for room, (class_id, _) in rooms.items()
        ],
        "pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at)": [
            (school_id, id_, bill.pupil, fold(bill.pupil), "", "hand", now, now)
            for id_, bill in zip(pupils, bills, strict=True)
        ],
        "enrolments (school_id, pupil_id, school_year, class_id, from_on)": [
            (school_id, id_, year, rooms[bill.class_name][0], today) for id_, bill in zip(pupils, bills, strict=True)
        ],
        "fees (school_id, fee_id, title, category, mandatory, class_id, school_year, amount, due_on, bank_account_id, created_by, created_at)": [
            (school_id, fee_id, "Học phí", "agreed", False, class_id, year, 1000, today, account, fee_id, now)
            for class_id, fee_id in rooms.values()
        ],
        "invoices (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at, cancelled_at)": [
            (school_id, new_id(), rooms[bill.class_name][1], id_, bill.code, account, bill.amount, today, now, None if n < open_count else now)
            for n, (id_, bill) in enumerate(zip(pupils, bills, strict=True))
        ],
    }  # fmt: skip
    for into, records in copies.items():
        table, _, columns = into.removesuffix(")").partition(" (")
        await owner.copy_records_to_table(table, records=records, columns=columns.split(", "))

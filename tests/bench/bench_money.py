"""What money's daily deeds cost: a webhook kept and answered, a school billed, its debts listed. Beside each stands the bare SQL of its heart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import school_day
from backend.core.database import Database, Reader, Tx
from backend.core.house import House
from backend.core.ids import new_id
from backend.people.founding import Founding, found_school
from payments import hooks
from payments.banks import console, sepay
from payments.banks.providers import PROVIDERS
from payments.banks.wire import Call
from payments.fees import billing
from payments.reports import debts
from tests.bench.ground import Ground, ground
from tests.bench.table import Table

PUPILS = 2_000
CALLS = 2_000
YEAR = "2026-2027"


async def bench_money() -> Table:
    table = Table(
        "Money's daily deeds",
        f"A school of {PUPILS:,} pupils in the embedded PostgreSQL (durable settings); CPU of our process and the database together. All statements count: "
        "naming the tenant, and of billing two reads that come before its transaction of five. "
        "A ratio of 0.00: the bare SQL took less than one tick (10 ms) of the clock.",
        ("deed", "statements", "CPU ms", "wall ms", "× bare SQL (CPU)"),
    )
    async with ground() as stage:
        await _measure(table, stage)
    return table


async def _measure(table: Table, stage: Ground) -> None:
    house, owner = stage.house, stage.owner
    school_id, accountant, plan_id, account, hook_key = await _school(house, owner)

    async def measured(deed: Callable[[], Awaitable[Any]]) -> tuple[int, float, float]:
        with _counted() as count:
            _, wall, cpu = await stage.watch(deed)
        return count[0], cpu * 1000, wall * 1000

    async def row(
        name: str, deed: Callable[[], Awaitable[Any]], bare: Callable[[], Awaitable[Any]], times: int = 1
    ) -> None:
        statements, cpu, wall = await measured(deed)
        _, least, _ = await measured(bare)
        table.add(name, statements // times, cpu / times, wall / times, cpu / least if least else 0.0)

    await row(
        f"keep and answer a webhook (of {CALLS:,})",
        lambda: _webhooks(house, hook_key, account),
        lambda: _bare_events(owner, school_id, account),
        CALLS,
    )
    publish = lambda: billing.publish(house, accountant, school_id, plan_id)  # noqa: E731
    await row(f"bill {PUPILS:,} pupils", publish, lambda: _bare_bills(owner, school_id, plan_id))
    await row("bill them again: nothing to do", publish, lambda: _bare_bills(owner, school_id, plan_id))
    today = school_day(house.clock.now())
    await row(
        f"list the debts of {PUPILS:,} pupils",
        lambda: debts.debts_json(house.database.reader, school_id, on=today, class_id=None),
        lambda: owner.fetch("SELECT invoice_id, pupil_id, amount FROM invoices WHERE school_id = $1", school_id),
    )


@contextmanager
def _counted() -> Any:
    """Statements of transactions, of the reader and of the door that keeps by itself."""
    count = [0]
    kept, run = Database.keep, Reader._run
    verbs = {name: getattr(Tx, name) for name in ("fetch", "fetchrow", "fetchval", "execute", "executemany")}

    def counting(call: Any) -> Any:
        async def counted(*arguments: Any) -> Any:
            count[0] += 1
            return await call(*arguments)

        return counted

    for name, verb in verbs.items():
        setattr(Tx, name, counting(verb))
    Database.keep, Reader._run = counting(kept), counting(run)  # type: ignore[method-assign]
    try:
        yield count
    finally:
        for name, verb in verbs.items():
            setattr(Tx, name, verb)
        Database.keep, Reader._run = kept, run  # type: ignore[method-assign]


async def _webhooks(house: House, hook_key: str, account: tuple[int, str]) -> None:
    book, provider = hooks.HookBook(), PROVIDERS["sepay"]
    for number in range(CALLS):
        now = house.clock.now()
        body = console.transfer_body(number + 1, account[1], 350_000, "HP2600017", now)
        stamp = str(int(now.timestamp()))
        headers = {"x-sepay-timestamp": stamp, "x-sepay-signature": sepay.sign("hook-secret", stamp, body)}
        await hooks.receive(house, book, provider, hook_key, Call(headers, body))


async def _bare_events(owner: asyncpg.Connection, school_id: int, account: tuple[int, str]) -> None:
    now = datetime.now(UTC)
    for number in range(CALLS):
        body = console.transfer_body(number + 1, account[1], 350_000, "HP2600017", now)
        await owner.execute(
            "INSERT INTO bank_events (provider, hook_key, event_key, school_id, bank_account_id, headers, body, received_at)"
            " VALUES ('bare', 'bare', $1, $2, $3, '{}', $4, $5)",
            str(number), school_id, account[0], body, now,
        )  # fmt: skip


async def _bare_bills(owner: asyncpg.Connection, school_id: int, plan_id: UUID) -> None:
    """The very bills once more, into a table without keys."""
    await owner.execute("CREATE TEMP TABLE IF NOT EXISTS bare AS SELECT * FROM invoices WITH NO DATA")
    await owner.execute(
        "INSERT INTO bare SELECT * FROM invoices WHERE school_id = $1 AND plan_id = $2", school_id, plan_id
    )


async def _school(house: House, owner: asyncpg.Connection) -> tuple[int, UUID, UUID, tuple[int, str], str]:
    now = house.clock.now()
    today = school_day(now)
    founding = Founding(code="BENCH-MONEY", name="BENCH", level="lower_secondary", admin_name="Bùi Văn Trưởng", admin_phone="0966000002")  # fmt: skip
    school_id = await found_school(house.database, founding, at=now, today=today)
    year = await owner.fetchval("SELECT school_year FROM school_years WHERE school_id = $1 AND is_current", school_id)
    accountant, plan_id, item_id, class_id = (new_id() for _ in range(4))
    await owner.execute(
        "INSERT INTO staff (school_id, staff_id, full_name, name_fold, sort_key, phone_e164, account_id, source, created_at, updated_at)"
        " VALUES ($1, $2, 'Kế Toán', 'ke toan', 'k', '+84966000003', $2, 'hand', $3, $3)", school_id, accountant, now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO staff_roles (school_id, staff_id, role, granted_at) VALUES ($1, $2, 'accountant', $3)",
        school_id, accountant, now,
    )  # fmt: skip
    number = "0011000099999"
    account = await owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970436', $2, 'TRUONG', $3) RETURNING bank_account_id", school_id, number, now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO bank_hooks (hook_key, provider, school_id, bank_account_id, auth, secret_sealed, created_at)"
        " VALUES ('bench', 'sepay', $1, $2, 'hmac', $3, $4)", school_id, account, house.cipher.seal("hook-secret", "bank-hook"), now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO classes (school_id, class_id, school_year, name, name_fold, grade, created_at) VALUES ($1, $2, $3, '6A', '6a', 6, $4)",
        school_id, class_id, year, now,
    )  # fmt: skip
    pupils = [new_id() for _ in range(PUPILS)]
    await owner.execute(
        "INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at)"
        " SELECT $1, p, 'Học Sinh ' || n, 'hoc sinh ' || n, n::text, 'file', $3, $3 FROM unnest($2::uuid[]) WITH ORDINALITY u (p, n)",
        school_id, pupils, now,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on) SELECT $1, p, $3, $4, $5 FROM unnest($2::uuid[]) p",
        school_id, pupils, year, class_id, today - timedelta(days=30),
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO fee_items (school_id, item_id, title, category, obligatory, basis_document, unit, unit_amount, receiver, document_type,"
        " valid_from, valid_to, created_by, created_at) VALUES ($1, $2, 'Nước uống', 'agreed', false, 'NQ 1', 'month', 15000, 'school',"
        " 'receipt', $3, $4, $2, $5)", school_id, item_id, today - timedelta(days=99), today + timedelta(days=99), now,
    )  # fmt: skip
    terms = msgspec.json.encode({"scope": "school", "due_on": [today + timedelta(days=9)]}).decode()
    await owner.execute(
        "INSERT INTO fee_plans (school_id, plan_id, item_id, title, school_year, terms, created_by, created_at)"
        " VALUES ($1, $2, $3, 'Nước uống', $4, $5::jsonb, $2, $6)", school_id, plan_id, item_id, year, terms, now,
    )  # fmt: skip
    await owner.execute("ANALYZE pupils, enrolments, classes")
    return school_id, accountant, plan_id, (account, number), "bench"

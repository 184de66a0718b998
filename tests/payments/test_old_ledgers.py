"""Books from before the chain: migration 0012 seals several hundred old entries so that a stranger's script believes them."""

from __future__ import annotations

import io
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from backend.core import migrate as module
from backend.core.database import Database
from backend.core.ids import new_id
from payments import chain, ledger, ledger_export
from tests.core.test_migrate import _fresh_database
from tests.payments.test_ledger_export import verify

ENTRIES = 300
START = datetime(2025, 12, 31, 16, 59, 59, 123457, tzinfo=UTC)  # the last minute of the school's year


async def _at_0011(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files as they were before the chain; the rights of tables that are not there yet come with the later ones."""
    for path in module.FOLDER.glob("[0-9]*.sql"):
        if path.name < "0012":
            shutil.copy(path, folder / path.name)

    async def later(connection: asyncpg.Connection) -> None:
        """Secured after the last file."""

    with monkeypatch.context() as before:
        before.setattr(module, "FOLDER", folder)
        before.setattr(module, "_secure", later)
        applied = await module.migrate(url)
    assert applied[-1].startswith("0011"), applied


async def _old_books(old: asyncpg.Connection) -> list[int]:
    chance = random.Random(12)
    await old.execute("INSERT INTO provinces (province_code, name, valid_from) VALUES ('01', 'Cũ', '2025-07-01')"
                      " ON CONFLICT DO NOTHING")  # fmt: skip
    schools = [
        await old.fetchval(
            "INSERT INTO schools (code, name, level, province_code, address, phone, created_at)"
            " VALUES ($1, 'Trường Cũ', 'lower_secondary', '01', '1 Đường Cũ', '02438251234', $2) RETURNING school_id",
            f"old-{number}", START,
        )
        for number in range(3)
    ]  # fmt: skip
    rows = []
    for number in range(ENTRIES):
        # Several at one instant, also at midnight; some without a maker, a movement or a bill; letters with marks.
        at = START + timedelta(seconds=number // 3, microseconds=number % 2)
        debit, credit = ("receivable", str(new_id())), ("income", f"Tiền ăn|{number}")
        rows.append((
            schools[number % 2], new_id(), *debit, *credit, chance.randint(1, 10**12), "billed",
            chance.choice([None, new_id()]), chance.choice([None, new_id()]), at, chance.choice([None, new_id()]),
        ))  # fmt: skip
    chance.shuffle(rows)
    await old.executemany(
        "INSERT INTO ledger_transfers (school_id, transfer_id, debit_account, debit_ref, credit_account, credit_ref, amount,"
        " kind, transaction_id, invoice_id, booked_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        rows,
    )
    # One school's till was held before, another's never.
    await old.execute("INSERT INTO tills (school_id, held_at) VALUES ($1, $2)", schools[0], START)
    return schools


async def test_old_entries_are_sealed_and_the_chain_goes_on(
    owner: asyncpg.Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await _fresh_database(owner, database_url)
    (tmp_path / "old").mkdir()
    await _at_0011(url, tmp_path / "old", monkeypatch)
    old = await asyncpg.connect(url)
    try:
        first, second, empty = await _old_books(old)
        assert "0012_books.sql" in await module.migrate(url)
        database = await Database.open(url, writers=1, readers=1)
        try:
            for school_id in (first, empty):
                async with database.school(school_id) as tx:
                    await ledger.hold_till(tx, at=START + timedelta(days=9))
                    entry = ledger.Transfer("billed", ledger.receivable(new_id()), ledger.income(new_id()), 350_000)
                    await ledger.book(tx, [entry], at=START + timedelta(days=9), made_by=None)
        finally:
            await database.close()
        for school_id, entries in ((first, ENTRIES // 2 + 1), (second, ENTRIES // 2), (empty, 1)):
            text = io.StringIO()
            assert await ledger_export.write(url, school_id, text) == entries
            last = await old.fetchval("SELECT encode(last_hash, 'hex') FROM tills WHERE school_id = $1", school_id)
            answer = verify(tmp_path, text.getvalue(), last)
            assert answer.returncode == 0, answer.stdout + answer.stderr
        await _said_by_the_chain_too(old, second)
        days = await old.fetch(
            "SELECT DISTINCT booked_on::text AS day FROM ledger_transfers WHERE school_id = $1", second
        )
        assert {row["day"] for row in days} == {"2025-12-31", "2026-01-01"}
    finally:
        await old.close()


async def _said_by_the_chain_too(old: asyncpg.Connection, school_id: int) -> None:
    """SQL and Python seal the same entry alike."""
    before = chain.FIRST
    for row in await old.fetch("SELECT * FROM ledger_transfers WHERE school_id = $1 ORDER BY seq", school_id):
        before = chain.seal(
            before, school_id, row["seq"], row["transfer_id"], (row["debit_account"], row["debit_ref"]),
            (row["credit_account"], row["credit_ref"]), row["amount"], row["kind"], row["transaction_id"],
            row["invoice_id"], row["booked_on"], row["booked_at"], row["made_by"],
        )  # fmt: skip
        assert before == row["hash"]

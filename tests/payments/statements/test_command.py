"""`python -m backend import statement`: reads alone, compares and books by the same rules as the doors of HTTP."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from payments.statements.command import run
from tests.conftest import test_settings
from tests.payments.conftest import AMOUNT, Money
from tests.payments.statements.printing import ACCOUNT, printed
from tests.payments.statements.test_importing import pay


async def said(path: Path, **options: Any) -> tuple[int, Any]:
    out = io.StringIO()
    settings = test_settings(database_url=options.pop("database_url", ""))
    school = options.pop("school", None)
    status = await run(path, settings, school=school, account=None, as_json=True, out=out, **options)
    return status, json.loads(out.getvalue())


async def test_a_dry_run_without_a_school_reads_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "saoke.xls"
    file.write_bytes(printed("techcombank", "xls", [pay("HP2600017 tien an")], 5).data)
    status, shown = await said(file, dry_run=True)
    assert status == 0
    (account,) = shown["accounts"]
    assert (account["layout"], account["account"], account["difference"]) == ("techcombank", ACCOUNT, 0)
    (line,) = account["lines"]
    assert (line["date"], line["direction"], line["amount"], line["memo"]) == (
        "2026-09-02",
        "in",
        AMOUNT,
        "HP2600017 tien an",
    )
    assert "+ 350,000" in line["cells"]


async def test_what_is_no_statement_is_refused_with_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "saoke.pdf"
    file.write_bytes(b"%PDF-1.7")
    status, shown = await said(file, dry_run=True)
    assert (status, shown["refused"]["code"]) == (1, "not_a_table")
    assert "Không nhận ra loại tệp" in capsys.readouterr().err
    assert (await said(tmp_path / "gone.xls", dry_run=True))[0] == 1


async def test_the_command_books_once(money: Money, database_url: str, tmp_path: Path) -> None:
    code = await money.owner.fetchval("SELECT code FROM schools WHERE school_id = $1", money.world.school_id)
    file = tmp_path / "saoke.csv"
    data = printed("agribank", "cp1258", [pay("a chuyen tien"), pay("b chuyen tien", "FT2")], 0).data
    file.write_bytes(data.replace(ACCOUNT.encode(), money.account_number.encode()))
    status, shown = await said(file, dry_run=True, school=code, database_url=database_url)
    assert (status, shown["statement"]["lines_new"]) == (0, 2)
    assert await money.count("bank_transactions") == 0
    for lines_new in (2, 2):
        status, shown = await said(file, dry_run=False, school=str(money.world.school_id), database_url=database_url)
        assert (status, shown["statement"]["state"], shown["statement"]["lines_new"]) == (0, "applied", lines_new)
    assert await money.balance("bank") == 2 * AMOUNT
    await money.prove()


async def test_the_command_refuses_a_foreign_account(money: Money, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "saoke.csv"
    file.write_bytes(printed("agribank", "csv", [pay("a")], 0).data.replace(ACCOUNT.encode(), b"0099000123456"))
    status, shown = await said(file, dry_run=False, school=str(money.world.school_id), database_url=database_url)
    assert (status, shown["refused"]["code"]) == (1, "statement-not-ours")
    assert "0099000123456" in shown["refused"]["vi"]

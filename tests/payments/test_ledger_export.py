"""The exported ledger is checked by a script that does not import the project, and whoever tampers with a line is named."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from payments import ledger_export
from tests.payments.fair import CODES, make_fair
from tests.payments.test_arranging import line

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_ledger.py"


def verify(folder, text, *more):
    (folder / "ledger.csv").write_text(text, encoding="utf-8")
    # -I: neither this folder nor the environment can lend it the project.
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "ledger.csv", *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
async def exported(owner, house, database_url):
    fair = await make_fair(owner, house)
    await fair.deliver(line(fair, CODES["pupil"], 380_000), line(fair, CODES["meals"], 350_000, 2))
    await fair.deliver(line(fair, CODES["meals"], 50_000, 3))
    target = io.StringIO()
    assert await ledger_export.write(database_url, fair.school_id, target) > 10
    last = await owner.fetchval("SELECT encode(last_hash, 'hex') FROM tills WHERE school_id = $1", fair.school_id)
    return target.getvalue(), last


async def test_an_honest_ledger_holds(exported, tmp_path):
    text, last = exported
    answer = verify(tmp_path, text, last)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert last in answer.stdout


@pytest.mark.parametrize("row", [1, 4, 7])
@pytest.mark.parametrize("column", ["amount", "kind", "debit_ref", "booked_on", "made_by"])
async def test_a_changed_entry_is_named(exported, tmp_path, row, column):
    lines = exported[0].splitlines()
    cells = lines[row].split(",")
    place = ledger_export.COLUMNS.index(column)
    cells[place] = "1" if cells[place] != "1" else "2"
    lines[row] = ",".join(cells)
    answer = verify(tmp_path, "\n".join(lines))
    assert answer.returncode == 1
    assert f"entry {row}:" in answer.stdout


async def test_a_dropped_entry_and_a_cut_end_are_named(exported, tmp_path):
    text, last = exported
    lines = text.splitlines()
    assert "entry 5: entry 4 should stand here" in verify(tmp_path, "\n".join([*lines[:4], *lines[5:]])).stdout
    assert verify(tmp_path, "\n".join(lines[:-1])).returncode == 0
    assert verify(tmp_path, "\n".join(lines[:-1]), last).returncode == 1

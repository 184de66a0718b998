"""Writes bills, lines and what is expected of each as JSON lines into a directory."""

import json
import sys
from pathlib import Path

from tests.payments.noise import lines, school

folder = Path(sys.argv[1])
at = school(int(sys.argv[2]) if len(sys.argv) > 2 else 2026)
made = lines(at)
files = {
    "bills": [bill.row() for bill in at.bills + at.closed],
    "lines": [line.row() for line in made],
    "expected": [{"noise": line.noise, "must": line.must, "codes": line.codes} for line in made],
}
for name, rows in files.items():
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")

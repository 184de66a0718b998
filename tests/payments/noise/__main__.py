"""Writes bills, lines and what is expected of each as JSON lines into a directory, or the tables of docs/matching.md anew.

    python -m tests.payments.noise page
    python -m tests.payments.noise DIRECTORY [SEED]

It says what it wrote; without a place it says how it is called.
"""

import json
import sys
from pathlib import Path

from payments.match_command import Measuring
from tests.payments import noise
from tests.payments.heldout import cases
from tests.payments.noise.measure import Case, markdown, measured

_PAGE = Path(__file__).parents[3] / "docs" / "matching.md"
_MARK = "<!-- made by python -m tests.payments.noise page; everything below is -->\n"


def write(folder: Path, seed: int) -> None:
    at = noise.school(seed)
    made = noise.lines(at)
    files = {
        "bills": [bill.row() for bill in at.bills + at.closed],
        "lines": [line.row() for line in made],
        "expected": [{"noise": line.noise, "must": line.must, "codes": line.codes} for line in made],
    }
    for name, rows in files.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(f"{folder / name}.jsonl: {len(rows):,} rows")


def page() -> None:
    at = noise.school(2026)
    first = measured(
        Measuring(bill.row() for bill in at.bills + at.closed),
        [Case(line.noise, line.must, line.row(), line.codes) for line in noise.lines(at, 20_000)],
    )
    bills, lines = cases(20_261)
    second = measured(
        Measuring(bills),
        [
            Case(kind, must, {"memo": memo, "amount": amount, "account": account}, tuple(codes))
            for kind, memo, amount, account, codes, must in lines
        ],
    )
    text = (
        f"{_MARK}\n## The generator, 20,000 lines (seed 2026)\n\n{markdown(first)}\n"
        f"## A second generator in another style, held out, {len(lines):,} lines (seed 20261)\n\n{markdown(second)}"
    )
    head = _PAGE.read_text(encoding="utf-8").partition(_MARK)[0]
    _PAGE.write_text(head + text, encoding="utf-8")
    print(text.removeprefix(_MARK))
    print(f"docs/{_PAGE.name}: {len(lines) + 20_000:,} lines measured")


def main(told: list[str]) -> int:
    if not told or told[0].startswith("-"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    if told[0] == "page":
        page()
    else:
        write(Path(told[0]), int(told[1]) if len(told) > 1 else 2026)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

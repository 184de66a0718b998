"""A statement's bytes → a Statement. The bytes decide what it is: a message of SWIFT or ISO 20022, or a table in any container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backend.spreadsheets.cells import Grid
from backend.spreadsheets.delimited import decode
from backend.spreadsheets.refusals import FileRefused
from backend.spreadsheets.workbook import file_kind, read_grids
from payments.statements.camt053 import looks_like_camt, read_camt
from payments.statements.columns import Role
from payments.statements.mt940 import looks_like_mt940, read_mt940
from payments.statements.reasons import BadLine
from payments.statements.shapes import Statement
from payments.statements.tables import read_grid

FILE_BYTES_MAX = 10 * 1024 * 1024
_HEAD = 4000


def read_statement(data: bytes, file_name: str, saved: Mapping[str, Sequence[Role]] | None = None) -> Statement:
    """`saved`: roles of columns that a person has set right before, by the heading's signature. Raises FileRefused."""
    if len(data) > FILE_BYTES_MAX:
        raise FileRefused.too_big(f"{FILE_BYTES_MAX // 2**20} MB")
    if not data.strip():
        raise FileRefused.empty()
    head = data[:_HEAD].replace(b"\0", b"").decode("utf-8", "ignore")
    if looks_like_camt(head):
        return Statement("camt053", tuple(read_camt(data)))
    if looks_like_mt940(head):
        return Statement("mt940", tuple(read_mt940(decode(data))))
    grids = read_grids(data, file_name)
    sections = []
    bad: list[BadLine] = []
    for grid in grids:
        if grid.hidden:
            bad.append(BadLine(grid.name, 1, None, "", "sheet_hidden"))
            continue
        found = read_grid(grid, saved or {})
        sections += found
        if not found and grid.rows:
            bad.append(BadLine(grid.name, grid.rows[0][0], None, "", "sheet_without_lines"))
    return Statement(file_kind(data), tuple(sections), tuple(bad))


def first_rows(data: bytes, file_name: str, count: int = 60) -> list[Grid]:
    """The tops of the sheets, for a person who shows where the heading is."""
    grids = [grid for grid in read_grids(data, file_name) if not grid.hidden and grid.rows]
    return [Grid(grid.name, grid.rows[:count], grid.merges) for grid in grids[:5]]

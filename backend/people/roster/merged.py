"""One pupil over several rows: merged cells written down into the rows they cover, and rows that hold a second adult alone."""

from __future__ import annotations

from backend.people.roster.layout import Layout
from backend.people.roster.phone_cells import read_phones
from backend.people.roster.small_values import relation_of
from backend.spreadsheets.cells import Cell, Grid, is_blank, text_of

_FILLED_MERGE_CELLS_MAX = 500_000


def fill_merged(grid: Grid, layout: Layout, start: int) -> set[int]:
    """Write class and family cells into the rows that their merge covers. Returns the rows whose name is merged into the row above."""
    names = {c for field_name in ("full_name", "head") for c in layout.columns.get(field_name, [])}
    shared = {c for field_name in ("class", "grade") for c in layout.columns.get(field_name, [])}
    shared |= {c for adult in layout.adults for c in (*adult.names, *adult.phones, *adult.relations)}
    by_number = dict(grid.rows[start:])
    covered: set[int] = set()
    budget = _FILLED_MERGE_CELLS_MAX
    for top, left, bottom, right in grid.merges:
        if bottom <= top or top not in by_number or right - left > 30:
            continue
        budget -= bottom - top
        if budget < 0:
            break
        if names & set(range(left, right + 1)):
            covered.update(range(top + 1, bottom + 1))
            continue
        for column in range(left, right + 1):
            source = by_number[top][column] if column < len(by_number[top]) else None
            if column in shared and not is_blank(source):
                _write_down(by_number, top, bottom, column, source)
    return covered


def _write_down(by_number: dict[int, list[Cell]], top: int, bottom: int, column: int, value: Cell) -> None:
    for number in range(top + 1, bottom + 1):
        cells = by_number.get(number)
        if cells is None:
            continue
        while len(cells) <= column:
            cells.append(None)
        if is_blank(cells[column]):
            cells[column] = value


def tells_of_adult(layout: Layout, cells: list[Cell]) -> bool:
    """A second adult in a row of their own, right below the child's: nothing of a pupil, but a telephone or a kinship.
    A name alone may be the signature under the list."""
    adult = {c for a in layout.adults for c in (*a.names, *a.phones, *a.relations)}
    if any(column not in adult and not is_blank(cell) for column, cell in enumerate(cells)):
        return False
    phones = any(read_phones(_at(cells, c)).phones for a in layout.adults for c in a.phones)
    return phones or any(relation_of(text_of(_at(cells, c))) is not None for a in layout.adults for c in a.relations)


def _at(cells: list[Cell], column: int) -> Cell:
    return cells[column] if column < len(cells) else None

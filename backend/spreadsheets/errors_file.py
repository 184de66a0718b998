"""The same file with a column of errors added, so that people mend the rows where they stand and send it again."""

from __future__ import annotations

import csv
import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any, Protocol

from backend.spreadsheets.cells import Cell, Grid, text_of
from backend.spreadsheets.refusals import FileRefused
from backend.spreadsheets.workbook import file_kind, read_grids

ERRORS_HEADER = "Lỗi cần sửa (Errors)"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Wrong(Protocol):
    """One thing to mend: where it stands, and the sentence that says why."""

    @property
    def sheet(self) -> str: ...
    @property
    def row(self) -> int: ...
    @property
    def cell(self) -> str | None: ...
    @property
    def vi(self) -> str: ...
    @property
    def en(self) -> str: ...


def errors_file(
    data: bytes, filename: str, bad_rows: Iterable[Wrong], header_rows: dict[str, int]
) -> tuple[bytes, str, str]:
    """(bytes, file name, media type). xlsx keeps its looks; text stays text; every other container becomes xlsx."""
    reasons = _by_row(bad_rows)
    stem = PurePath(filename.replace("\\", "/")).stem or "danh-sach"
    kind = file_kind(data)
    grids = read_grids(data, filename)
    if kind == "text":
        return _as_csv(grids[0], reasons, header_rows), f"{stem}-loi.csv", "text/csv; charset=utf-8"
    if kind == "xlsx":
        return _marked_original(data, grids, reasons, header_rows), f"{stem}-loi.xlsx", XLSX
    return _as_xlsx(grids, reasons, header_rows), f"{stem}-loi.xlsx", XLSX


def _by_row(bad_rows: Iterable[Wrong]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for wrong in bad_rows:
        place = f"{wrong.cell} " if wrong.cell else ""
        found[wrong.sheet][wrong.row].append(f"{place}{wrong.vi} ({wrong.en})")
    return {sheet: {row: "\n".join(texts) for row, texts in rows.items()} for sheet, rows in found.items()}


def harmless(value: Cell) -> Any:
    """A text that a spreadsheet could take for a formula gets an apostrophe in front. Numbers below zero are numbers."""
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_DANGEROUS):
        return "'" + value
    return value


def _marked_original(
    data: bytes, grids: Sequence[Grid], reasons: dict[str, dict[int, str]], header_rows: dict[str, int]
) -> bytes:
    import openpyxl  # heavy, and only this way out needs it
    from openpyxl.cell import MergedCell
    from openpyxl.styles import Alignment, PatternFill

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data))
    except Exception as error:  # openpyxl is stricter than our reader; the copy then carries the values alone
        if isinstance(error, MemoryError):
            raise FileRefused.damaged() from error
        return _as_xlsx(grids, reasons, header_rows)
    red = PatternFill("solid", fgColor="FFE0E0")
    for grid in grids:
        if grid.name not in book.sheetnames:
            continue
        sheet = book[grid.name]
        values = dict(grid.rows)
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell, MergedCell) or cell.value is None:
                    continue
                if cell.data_type == "f":
                    # The value that the school saw, not a formula that would be computed anew elsewhere.
                    seen = values.get(cell.row, [])
                    cell.value = harmless(seen[cell.column - 1] if cell.column - 1 < len(seen) else None)
                elif isinstance(cell.value, str):
                    cell.value = harmless(cell.value)
        column = _free_column(grid)
        for row, text in _column_texts(grid, reasons, header_rows):
            target = sheet.cell(row=row, column=column + 1)
            target.value = text
            target.fill = red
            target.alignment = Alignment(wrap_text=True, vertical="top")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _as_xlsx(grids: Sequence[Grid], reasons: dict[str, dict[int, str]], header_rows: dict[str, int]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for grid in grids:
        sheet = book.create_sheet(grid.name[:31].translate(str.maketrans("\\/*?:[]", "-------")) or "Sheet")
        for cells in _filled_rows(grid, reasons, header_rows):
            sheet.append([_storable(harmless(cell)) for cell in cells])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _as_csv(grid: Grid, reasons: dict[str, dict[int, str]], header_rows: dict[str, int]) -> bytes:
    """UTF-8 with its mark, and a semicolon: what Excel in Vietnam opens with a double click."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    for cells in _filled_rows(grid, reasons, header_rows):
        writer.writerow([harmless(text_of(cell)) for cell in cells])
    return stream.getvalue().encode("utf-8-sig")


def _filled_rows(grid: Grid, reasons: dict[str, dict[int, str]], header_rows: dict[str, int]) -> Iterable[list[Cell]]:
    """Every row at its own number, so that the places named in the reasons stay true."""
    column = _free_column(grid)
    texts = dict(_column_texts(grid, reasons, header_rows))
    expected = 1
    for number, cells in grid.rows:
        yield from ([] for _ in range(number - expected))
        expected = number + 1
        added: list[Cell] = [texts[number]] if number in texts else []
        yield [*cells, *[None] * (column - len(cells)), *added]


def _free_column(grid: Grid) -> int:
    return grid.width


def _column_texts(grid: Grid, reasons: dict[str, dict[int, str]], header_rows: dict[str, int]) -> list[tuple[int, str]]:
    rows = reasons.get(grid.name, {})
    if not rows:
        return []
    head = header_rows.get(grid.name)
    titled = [(head, ERRORS_HEADER)] if head is not None and head not in rows else []
    return [*titled, *rows.items()]


def _storable(value: Any) -> Any:
    """Durations and control characters have no place in a cell."""
    if isinstance(value, str):
        return "".join(c for c in value if c >= " " or c in "\n\t")[:32_000]
    return value

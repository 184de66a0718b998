"""A table as a workbook: figures as numbers, days as days, and no text that a spreadsheet would take for a formula."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from backend.core.clock import SCHOOL_ZONE
from backend.spreadsheets.errors_file import XLSX as XLSX
from backend.spreadsheets.errors_file import harmless
from payments.reports.table import Column, Table

_FORMATS = {"dong": "#,##0", "count": "#,##0", "day": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm"}
_WIDTH_OF_SHARE = 14
_LETTERS_MAX = 32_000
_BOLD = Font(bold=True)
_HEAD = PatternFill("solid", fgColor="E5EEF7")


async def written(tables: Sequence[Table]) -> bytes:
    """In a thread: a few thousand rows take a second that nobody else should wait for."""
    return await asyncio.to_thread(write, tables)


def write(tables: Sequence[Table]) -> bytes:
    """One sheet a table."""
    book = openpyxl.Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title[:31].translate(str.maketrans("\\/*?:[]", "-------")))
        _fill(sheet, table)
    book.properties.creator = "Nhịp Cầu"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _fill(sheet: Any, table: Table) -> None:
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = round(column.share * _WIDTH_OF_SHARE)
    above = [] if table.bare else [line for line in (table.school_name, table.title, table.subtitle) if line]
    if above:
        sheet.freeze_panes = f"A{len(above) + 3}"
        for line in above:
            sheet.append([_cell(sheet, line, Column(""), bold=True)])
        sheet.append([])
    else:
        sheet.freeze_panes = "A2"
    sheet.append([_head(sheet, column.label) for column in table.columns])
    for row in table.rows:
        sheet.append(_cells(sheet, table.columns, row))
    if table.totals is not None:
        sheet.append(_cells(sheet, table.columns, table.totals, bold=True))
    for note in table.notes:
        sheet.append([])
        sheet.append([_cell(sheet, note, Column(""))])


def _cells(sheet: Any, columns: Iterable[Column], row: Sequence[Any], *, bold: bool = False) -> list[Cell]:
    return [_cell(sheet, value, column, bold=bold) for value, column in zip(row, columns, strict=True)]


def _head(sheet: Any, label: str) -> Cell:
    cell = _cell(sheet, label, Column(""), bold=True)
    cell.fill = _HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: Any, value: Any, column: Column, *, bold: bool = False) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, value=_storable(value))
    if column.kind in _FORMATS and not isinstance(value, str):
        cell.number_format = _FORMATS[column.kind]
    if bold:
        cell.font = _BOLD
    return cell


def _storable(value: Any) -> Any:
    """Spreadsheets know no zones: instants are written on the school's clock. Control characters have no place in a cell."""
    if isinstance(value, datetime):
        return value.astimezone(SCHOOL_ZONE).replace(tzinfo=None)
    if isinstance(value, str):
        return harmless("".join(c for c in value if c >= " " or c in "\n\t")[:_LETTERS_MAX])
    return value

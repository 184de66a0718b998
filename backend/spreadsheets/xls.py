"""The old binary format, through calamine. The file is measured before calamine builds its dense grid."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import python_calamine

from backend.spreadsheets import limits
from backend.spreadsheets.cells import Cell, Grid
from backend.spreadsheets.refusals import FileRefused

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_OF_CHAIN = 0xFFFFFFFE
# BIFF records that place a value at a row and column, and the one that begins a sheet.
_CELL_RECORDS = {0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x00D6, 0x00BD, 0x00BE}
_BEGIN_OF_SHEET, _END_OF_SHEET, _SHEET_STARTS = 0x0809, 0x000A, 0x0085
_FORMULA, _BOOLEAN_OR_ERROR, _CALENDAR = 0x0006, 0x0205, 0x0022
_ERROR_TEXTS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!"}
_DENSE_CELLS_MAX = 4_000_000
_MINI_BELOW, _MINI_SECTOR = 4096, 64


# Row (from 1) and column (from 0) to what Excel shows there.
Errors = dict[tuple[int, int], str]


def read_xls(data: bytes) -> list[Grid]:
    if data.startswith(_OLE_MAGIC):
        _refuse_giants(data)
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        if len(book.sheets_metadata) > limits.SHEETS_MAX:
            raise FileRefused.too_big(f"{limits.SHEETS_MAX} trang/sheets")
        errors, shift = _hidden_facts(data) if data.startswith(_OLE_MAGIC) else ([], 0)
        grids = [
            _grid(book, meta, errors[position] if position < len(errors) else {}, shift)
            for position, meta in enumerate(book.sheets_metadata)
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
    except python_calamine.PasswordError as error:
        raise FileRefused.locked() from error
    except python_calamine.CalamineError as error:
        raise FileRefused.locked() if "password" in str(error).casefold() else FileRefused.damaged() from error
    except FileRefused:
        raise
    except BaseException as error:
        # A panic in the Rust below derives from BaseException, so that nobody swallows it by accident; here it is meant.
        if type(error).__name__ != "PanicException" and not isinstance(error, Exception):
            raise
        raise FileRefused.damaged() from error
    if sum(len(grid.rows) for grid in grids) > limits.ROWS_MAX:
        raise FileRefused.too_big(f"{limits.ROWS_MAX} dòng/rows")
    return grids


def _grid(book: Any, meta: Any, errors: Errors, shift: int) -> Grid:
    sheet = book.get_sheet_by_name(meta.name)
    rows: list[tuple[int, list[Cell]]] = []
    wrong_rows = {row for row, _ in errors}
    if sheet.start is not None:
        for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
            cells: list[Cell] = [None if value == "" else value for value in values[: limits.COLUMNS_MAX]]
            if number in wrong_rows:
                cells = [errors.get((number, column), cell) for column, cell in enumerate(cells)]
            if any(cell is not None for cell in cells):
                rows.append((number, cells))
    merges = [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in (sheet.merged_cell_ranges or [])]
    hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
    return Grid(name=meta.name, rows=rows, merges=merges, hidden=hidden, serial_shift=shift)


def _refuse_giants(data: bytes) -> None:
    """A sheet's dense size is its bounding box; two cells in far corners of xls are half a gigabyte."""
    try:
        stream = _workbook_stream(data)
    except (struct.error, IndexError, ValueError):
        return  # Not our business: calamine will say that it is damaged.
    last_row = last_column = 0
    for record, body in _records(stream):
        if record == _BEGIN_OF_SHEET:
            last_row = last_column = 0
        elif record in _CELL_RECORDS and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            last_row, last_column = max(last_row, row + 1), max(last_column, column + 1)
            if last_row * last_column > _DENSE_CELLS_MAX:
                raise FileRefused.too_big(f"{_DENSE_CELLS_MAX} ô/cells")


def _hidden_facts(data: bytes) -> tuple[list[Errors], int]:
    """What calamine does not tell: for each sheet the cells that show an error (it calls them empty, and a lost value would
    pass for none), and the days by which the workbook's calendar begins later."""
    try:
        stream = _workbook_stream(data)
        records = list(_records(stream))
        starts = [struct.unpack_from("<I", body)[0] for record, body in records if record == _SHEET_STARTS]
        shift = 1462 if any(record == _CALENDAR and body[:2] == b"\1\0" for record, body in records) else 0
        return [_errors_of_sheet(stream, start) for start in starts], shift
    except (struct.error, IndexError, ValueError):
        return [], 0


def _errors_of_sheet(stream: bytes, start: int) -> Errors:
    found: Errors = {}
    for record, body in _records(stream, start):
        if record == _END_OF_SHEET:
            break
        if record == _BOOLEAN_OR_ERROR and len(body) >= 8 and body[7] == 1:
            code = body[6]
        elif record == _FORMULA and len(body) >= 14 and body[6] == 2 and body[12:14] == b"\xff\xff":
            code = body[8]
        else:
            continue
        row, column = struct.unpack_from("<HH", body)
        found[row + 1, column] = _ERROR_TEXTS.get(code, "#N/A")
    return found


def _records(stream: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Each record with the head of its body; no more is needed here."""
    position = start
    while position + 4 <= len(stream):
        record, length = struct.unpack_from("<HH", stream, position)
        yield record, stream[position + 4 : position + 4 + min(length, 14)]
        position += 4 + length


def _workbook_stream(data: bytes) -> bytes:
    """The stream named Workbook (or Book) of a compound file. Streams below 4096 bytes live in the stream of the root."""
    sector = 1 << struct.unpack_from("<H", data, 30)[0]
    if not 128 <= sector <= 4096:
        raise ValueError("sector size")
    table = _allocation_table(data, sector)
    directory = _chain(data, table, struct.unpack_from("<I", data, 48)[0], sector)
    for at in range(0, len(directory) - 127, 128):
        name = directory[at : at + 64].decode("utf-16-le", "replace").rstrip("\0")
        if name in ("Workbook", "Book"):
            start, size = struct.unpack_from("<II", directory, at + 116)
            if size >= _MINI_BELOW:
                return _chain(data, table, start, sector)[:size]
            root = _chain(data, table, struct.unpack_from("<I", directory, 116)[0], sector)
            small = _chain(data, table, struct.unpack_from("<I", data, 60)[0], sector)
            small_table = list(struct.unpack(f"<{len(small) // 4}I", small))
            return _chain(root, small_table, start, _MINI_SECTOR, first=0)[:size]
    return b""


def _allocation_table(data: bytes, sector: int) -> list[int]:
    blocks = list(struct.unpack_from("<109I", data, 76))
    following, count = struct.unpack_from("<II", data, 68)
    per_block = sector // 4
    for _ in range(min(count, 1024)):
        if following >= _END_OF_CHAIN:
            break
        part = struct.unpack_from(f"<{per_block}I", data, (following + 1) * sector)
        blocks.extend(part[:-1])
        following = part[-1]
    table: list[int] = []
    for block in blocks:
        if block < _END_OF_CHAIN and (block + 2) * sector <= len(data):
            table.extend(struct.unpack_from(f"<{per_block}I", data, (block + 1) * sector))
    return table


def _chain(data: bytes, table: list[int], start: int, sector: int, first: int = 1) -> bytes:
    """The sectors that follow each other from `start`; `first` counts the sectors before number 0 (the file's header)."""
    parts, seen = [], 0
    while start < len(table) and seen <= len(table):
        parts.append(data[(start + first) * sector : (start + first + 1) * sector])
        start, seen = table[start], seen + 1
    return b"".join(parts)

"""Writes small spreadsheets in every container schools use, for tests that read them back."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import html
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import xlwt
from openpyxl.utils import get_column_letter

from backend.people.roster.understand import understand
from backend.spreadsheets.legacy import _TCVN3
from schemas.roster import RosterPupil, Understood

TODAY = dt.date(2026, 11, 24)
Rows = Sequence[Sequence[Any]]
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TO_TCVN3 = {letter: code for code, letter in _TCVN3.items()}
_DATE = xlwt.easyxf(num_format_str="dd/mm/yyyy")


@dataclass
class Sheet:
    name: str
    rows: Rows
    merges: list[str] = field(default_factory=list)  # "A1:C1"
    hidden: bool = False


def xlsx(*sheets: Sheet) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for source in sheets:
        sheet = book.create_sheet(source.name)
        sheet.sheet_state = "hidden" if source.hidden else "visible"
        for cells in source.rows:
            sheet.append(list(cells))
        for merge in source.merges:
            sheet.merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xls(*sheets: Sheet) -> bytes:
    book = xlwt.Workbook()
    for source in sheets:
        sheet = book.add_sheet(source.name, cell_overwrite_ok=True)
        sheet.visibility = 1 if source.hidden else 0
        for row, cells in enumerate(source.rows):
            for column, value in enumerate(cells):
                if isinstance(value, dt.date):
                    sheet.write(row, column, value, _DATE)
                elif value is not None:
                    sheet.write(row, column, value)
        for merge in source.merges:
            bounds = openpyxl.utils.range_boundaries(merge)
            left, top, right, bottom = (int(bound or 1) - 1 for bound in bounds)
            value = source.rows[top][left] if left < len(source.rows[top]) else None
            sheet.write_merge(top, bottom, left, right, value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def shown(value: Any) -> str:
    """A value as Excel writes it into a CSV."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def csv_bytes(rows: Rows, encoding: str = "utf-8", separator: str = ",") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows([shown(value) for value in cells] for cells in rows)
    return in_encoding(stream.getvalue(), encoding)


def in_encoding(text: str, encoding: str) -> bytes:
    if encoding == "utf-16-le-bom":
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    if encoding == "utf-16-be-bom":
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    if encoding == "cp1258":
        return b"".join(_windows_1258(character) for character in unicodedata.normalize("NFC", text))
    if encoding == "tcvn3":
        return tcvn3(text).encode("latin-1")
    return text.encode(encoding)


def _windows_1258(character: str) -> bytes:
    """The base letter with its circumflex, breve or horn, then the tone as a combining byte; how Windows writes Vietnamese."""
    try:
        return character.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", character)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        return (base + "".join(part for part in parts if part in _TONES)).encode("cp1258")


def tcvn3(text: str) -> str:
    return "".join(_TO_TCVN3.get(character, character) for character in text)


def html_bytes(rows: Rows) -> bytes:
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(shown(value))}</td>" for value in cells) + "</tr>" for cells in rows
    )
    return f"<html><head><meta charset='utf-8'></head><body><table border=1>{body}</table></body></html>".encode()


def excel_xml(name: str, rows: Rows) -> bytes:
    body = "".join(
        "<Row>"
        + "".join(f'<Cell><Data ss:Type="String">{html.escape(shown(value))}</Data></Cell>' for value in cells)
        + "</Row>"
        for cells in rows
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="{name}"><Table>{body}</Table></Worksheet></Workbook>'
    ).encode()


def read(data: bytes, name: str = "danh sach.xlsx") -> Understood:
    return understand(data, name, TODAY)


def read_rows(*rows: Sequence[Any], sheet: str = "Sheet1", merges: list[str] | None = None) -> Understood:
    return read(xlsx(Sheet(sheet, rows, merges or [])))


def line(pupil: RosterPupil) -> str:
    """A pupil as one readable line, so that a test shows at a glance what it expects."""
    guardians = ", ".join(f"{g.relation[0].upper()}:{g.name or '-'}:{g.phone_e164 or '-'}" for g in pupil.guardians)
    facts = (pupil.full_name, pupil.class_name, pupil.born_on, pupil.sex, pupil.personal_id, pupil.moedu_id)
    return " | ".join([*("-" if fact is None else str(fact) for fact in facts), guardians or "-"])


def lines(understood: Understood) -> list[str]:
    return [line(pupil) for pupil in understood.pupils]


def codes(understood: Understood) -> list[tuple[int, str]]:
    return [(b.row, b.code) for b in understood.bad_rows]


def letter(index: int) -> str:
    return get_column_letter(index + 1)

"""A file to grids. The bytes decide what it is, never the name: half of the `.xls` on school disks are HTML or CSV."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import PurePath

from backend.spreadsheets import limits
from backend.spreadsheets.apart import read_xls_apart
from backend.spreadsheets.cells import Grid
from backend.spreadsheets.delimited import read_delimited
from backend.spreadsheets.markup import looks_like_excel_xml, looks_like_markup, read_excel_xml, read_html
from backend.spreadsheets.refusals import FileRefused
from backend.spreadsheets.xlsx import read_xlsx

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The first record of a binary sheet with its length: a bare 09 00 would also be a tab at the head of UTF-16 text.
_BIFF_WITHOUT_OLE = (
    b"\x09\x08\x08\x00",
    b"\x09\x08\x10\x00",
    b"\x09\x04\x06\x00",
    b"\x09\x02\x06\x00",
    b"\x09\x00\x04\x00",
)
_NEVER_TABLES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"{\\rtf", b"\x1f\x8b")
# In an OLE file these names, in UTF-16, tell an encrypted xlsx.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_grids(data: bytes, filename: str) -> list[Grid]:
    if len(data) > limits.FILE_BYTES_MAX:
        raise FileRefused.too_big(f"{limits.FILE_BYTES_MAX // 2**20} MB")
    if not data.strip():
        raise FileRefused.empty()
    if data.startswith(_NEVER_TABLES):
        raise FileRefused.not_a_table()
    grids = _read(data, PurePath(filename.replace("\\", "/")).stem)
    if not any(grid.rows for grid in grids):
        raise FileRefused.empty()
    return grids


def file_kind(data: bytes) -> str:
    """One of "xlsx", "zip" (another container: ods, xlsb, docx), "binary" (xls), "markup", "excel_xml" or "text"."""
    if data.startswith(_ZIP):
        return "xlsx" if _holds_worksheets(data) else "zip"
    if data.startswith(_OLE) or data.startswith(_BIFF_WITHOUT_OLE):
        return "binary"
    if looks_like_excel_xml(data):
        return "excel_xml"
    return "markup" if looks_like_markup(data) else "text"


def _read(data: bytes, name: str) -> list[Grid]:
    if data.startswith(_OLE) and _ENCRYPTED in data:
        raise FileRefused.locked()
    match file_kind(data):
        case "xlsx":
            return read_xlsx(data)
        case "zip":
            raise FileRefused.not_a_table()
        case "binary":
            return read_xls_apart(data)
        case "excel_xml":
            return read_excel_xml(data)
        case "markup":
            return read_html(data, name)
        case _:
            return read_delimited(data, name)


def _holds_worksheets(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise FileRefused.damaged() from error
    return any(n.casefold().endswith("workbook.xml") for n in names)

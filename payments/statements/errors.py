"""The same file with a column of errors, or, for messages that are no table, a list of what could not be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import PurePath

from backend.spreadsheets.errors_file import errors_file, harmless
from payments.statements.reasons import BadLine
from payments.statements.shapes import Statement

_TITLES = ("Trang/Sheet", "Dòng/Row", "Ô/Cell", "Giá trị/Value", "Lý do", "Reason")


def errors_copy(data: bytes, file_name: str, statement: Statement) -> tuple[bytes, str, str]:
    bad = [*statement.bad, *(wrong for section in statement.sections for wrong in section.bad)]
    if statement.kind in ("mt940", "camt053"):
        return _as_list(bad, file_name)
    headers: dict[str, int] = {}
    for section in statement.sections:
        if section.header_row is not None:
            headers.setdefault(section.sheet, section.header_row)
    return errors_file(data, file_name, bad, headers)


def _as_list(bad: Sequence[BadLine], file_name: str) -> tuple[bytes, str, str]:
    """UTF-8 with its mark, and a semicolon: what Excel in Vietnam opens with a double click."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(_TITLES)
    for wrong in bad:
        writer.writerow(harmless(str(part)) for part in (wrong.sheet, wrong.row, wrong.cell or "", wrong.value, wrong.vi, wrong.en))  # fmt: skip
    name = f"{PurePath(file_name.replace(chr(92), '/')).stem or 'sao-ke'}-loi.csv"
    return stream.getvalue().encode("utf-8-sig"), name, "text/csv; charset=utf-8"

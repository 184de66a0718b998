"""A table as CSV: its columns and rows, and no text that a spreadsheet would take for a formula. Titles and notes stand in the workbook."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

from backend.core.clock import SCHOOL_ZONE
from backend.spreadsheets.errors_file import harmless
from payments.reports.table import Table

CSV = "text/csv; charset=utf-8"


def written(table: Table) -> bytes:
    """With a byte order mark, without which spreadsheets take Vietnamese letters for another code."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([harmless(column.label) for column in table.columns])
    lines.writerows([_cell(value) for value in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    """Days and instants as spreadsheets read them, on the school's clock; figures as bare digits."""
    match value:
        case datetime():
            return value.astimezone(SCHOOL_ZONE).strftime("%d/%m/%Y %H:%M")
        case date():
            return value.strftime("%d/%m/%Y")
    return harmless(value)

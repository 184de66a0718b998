"""Timetable files as schools export them, made with openpyxl: merged days, blocks of sessions, two columns a class, days across."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]


def xlsx(sheets: Mapping[str, Rows], *, merges: Mapping[str, Sequence[str]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for merge in (merges or {}).get(name, ()):
            sheet.merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def block(days: Sequence[str], lessons: Sequence[Sequence[str]], *, periods: int, first: int = 1) -> list[list[Any]]:
    """Thứ (in its first line only, as under a merge), Tiết, then a column a class."""
    rows: list[list[Any]] = []
    for number, day in enumerate(days):
        for period in range(periods):
            of_slot = lessons[(number * periods + period) % len(lessons)]
            rows.append([day if period == 0 else None, first + period, *of_slot])
    return rows


DAYS = ("Thứ 2", "Thứ 3", "Thứ 4", "Thứ 5", "Thứ 6", "Thứ 7")
MORNING = [
    ("Chào cờ", "Chào cờ"),
    ("Toán - Cô Cúc", "N.Văn - Lan"),
    ("Ngữ văn (Cúc)", "Toán - Dũng"),
    ("T.Anh\nLý V Toán", "GDTC - Sân trường"),
    ("SHL - GVCN", "Tin - P.201"),
]
AFTERNOON = [("GDTC", "KHTN"), ("MT - Thầy Dũng", "")]


def whole_school() -> bytes:
    """One sheet: a title with the first day, mornings, then a block of afternoons with its own head; days merged."""
    rows: list[list[Any]] = [
        ["TRƯỜNG THCS THỬ NGHIỆM"],
        ["THỜI KHÓA BIỂU - Áp dụng từ ngày 19/10/2026"],
        ["BUỔI SÁNG"],
        ["THỨ", "TIẾT", "6 a1", "Lớp 6A2 (Thầy Dũng)"],
        *block(DAYS, MORNING, periods=5),
        ["BUỔI CHIỀU"],
        ["THỨ", "TIẾT", "6A1", "6A2"],
        *block(DAYS[1:2], AFTERNOON, periods=2),
        [],
        [None, None, None, "HIỆU TRƯỞNG"],
    ]
    merges = [f"A{5 + 5 * day}:A{9 + 5 * day}" for day in range(6)] + ["A37:A38", "C5:D5"]
    return xlsx({"TKB": rows}, merges={"TKB": merges})

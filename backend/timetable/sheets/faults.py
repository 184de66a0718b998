"""Every reason for which a cell, a line or a class of a timetable file is not taken as it stands. The one list; codes are stable."""

from __future__ import annotations

from typing import Literal

from backend.spreadsheets.cells import address
from schemas.timetable import SheetFault

Severity = Literal["row", "cell", "note"]

REASONS: dict[str, tuple[Severity, str, str]] = {
    "class_unknown": (
        "row",
        "Năm học này không có lớp này; cột của lớp chưa được lấy.",
        "There is no such class this year; its column was not taken.",
    ),
    "class_twice": (
        "row",
        "Lớp này đã có ở cột khác; cột này chưa được lấy.",
        "This class stands in another column already; this one was not taken.",
    ),
    "day_unknown": ("row", "Không biết dòng này là thứ mấy.", "The day of this line is not known."),
    "period_unknown": ("row", "Không biết dòng này là tiết mấy.", "The period of this line is not known."),
    "cell_error": (
        "cell",
        "Ô này là lỗi công thức, không có nội dung.",
        "The cell holds a formula's error and no lesson.",
    ),
    "cell_long": ("cell", "Nội dung dài quá 80 ký tự.", "The text is longer than 80 characters."),
    "cell_unreadable": ("cell", "Không đọc được nội dung ô này.", "The cell cannot be read."),
    "cell_letters": (
        "note",
        "Không rõ bảng mã chữ của ô này (TCVN3, VNI hay Unicode).",
        "The letters of this cell are unclear (TCVN3, VNI or Unicode).",
    ),
    "slot_twice": (
        "cell",
        "Tiết này của lớp được ghi hai lần khác nhau; đã lấy lần đầu.",
        "The period is given twice and differently; the first was taken.",
    ),
    "subject_unknown": (
        "note",
        "Không rõ đây là môn học nào; giữ nguyên chữ.",
        "This subject is not known; kept in words.",
    ),
    "teacher_unknown": (
        "note",
        "Không tìm thấy giáo viên này trong danh sách; giữ nguyên tên.",
        "No member of staff is called so; the name was kept.",
    ),
    "teacher_several": (
        "note",
        "Có nhiều giáo viên cùng tên này; giữ nguyên tên, xin ghi rõ họ tên.",
        "Several members of staff are called so; the name was kept. Please write it in full.",
    ),
    "column_unknown": (
        "note",
        "Cột này không phải lớp, thứ hay tiết; không đọc.",
        "This column is no class, day or period and was not read.",
    ),
    "sheet_without_timetable": ("note", "Trang này không có thời khóa biểu.", "This sheet holds no timetable."),
    "sheet_hidden": ("note", "Trang bị ẩn, không đọc.", "The sheet is hidden and was not read."),
}


def fault(code: str, sheet: str, row: int, column: int | None = None, value: str = "") -> SheetFault:
    """`row` counts from 1, `column` from 0, as grids do."""
    severity, vi, en = REASONS[code]
    cell = None if column is None else address(row, column)
    return SheetFault(sheet=sheet, row=row, cell=cell, value=value[:100], code=code, severity=severity, vi=vi, en=en)

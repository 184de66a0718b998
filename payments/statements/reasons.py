"""Every reason for which a cell or a row of a statement is not taken, or is taken with a remark. The one list; codes are stable."""

from __future__ import annotations

from typing import Literal

import msgspec

# row: the row is no movement in our books. note: it was taken, please look.
Severity = Literal["row", "note"]

REASONS: dict[str, tuple[Severity, str, str]] = {
    # dates
    "date_missing": ("row", "Dòng có số tiền nhưng không có ngày.", "The row has an amount but no date."),
    "date_unreadable": ("row", "Ngày không đọc được.", "The date cannot be read."),
    "date_impossible": (
        "row",
        "Ngày không có trong lịch (đọc theo ngày/tháng/năm).",
        "This date does not exist (read as day/month/year).",
    ),
    "date_short_year": ("row", "Năm chỉ có hai chữ số nên không chắc.", "A year of two digits is not certain."),
    "date_maybe_swapped": (
        "row",
        "Có thể Excel đã đảo ngày và tháng của ô này.",
        "Excel may have swapped day and month of this cell.",
    ),
    # amounts
    "amount_unreadable": ("row", "Số tiền không đọc được.", "The amount cannot be read."),
    "amount_ambiguous": (
        "row",
        "Không rõ dấu chấm/phẩy là hàng nghìn hay phần lẻ.",
        "It is unclear whether the point or comma marks thousands or a fraction.",
    ),
    "amount_fraction": ("row", "Tiền đồng không có phần lẻ.", "Đồng have no fraction."),
    "amount_lost_digits": ("row", "Excel đã làm mất chữ số (dạng 1,23E+15).", "Excel lost digits (1.23E+15)."),
    "amount_too_big": ("row", "Số tiền lớn quá mức có thể.", "The amount is larger than possible."),
    "amount_missing": ("row", "Dòng có ngày nhưng không có số tiền.", "The row has a date but no amount."),
    "amount_both_sides": ("row", "Dòng có cả ghi nợ và ghi có.", "The row has both a debit and a credit."),
    "amount_sign": (
        "row",
        "Dấu của số tiền trái với cả cột và số dư không xác nhận.",
        "The sign differs from the rest of the column and the balance does not confirm it.",
    ),
    "direction_unknown": (
        "row",
        "Không rõ tiền vào hay tiền ra.",
        "It is unclear whether money came in or went out.",
    ),
    "currency": ("row", "Không phải tiền đồng Việt Nam.", "This is not in Vietnamese đồng."),
    # rows
    "row_unknown": ("note", "Dòng này không phải giao dịch, đã bỏ qua.", "This row is no movement and was left out."),
    "not_booked": ("note", "Giao dịch chưa hạch toán, chưa ghi.", "Not booked by the bank yet; left out."),
    "reference_lost_digits": (
        "note",
        "Excel đã làm mất chữ số của số chứng từ; không dùng để đối chiếu.",
        "Excel lost digits of the reference; it is not used to recognise the movement.",
    ),
    "memo_lost_digits": (
        "note",
        "Nội dung là một số dài đã bị Excel làm mất chữ số.",
        "The description is a long number that lost digits in Excel.",
    ),
    "payer_lost_digits": (
        "note",
        "Excel đã làm mất chữ số của tài khoản đối ứng.",
        "Excel lost digits of the other account's number.",
    ),
    "balance_unreadable": ("note", "Số dư không đọc được.", "The balance cannot be read."),
    "batch_differs": (
        "note",
        "Các khoản con không cộng thành bút toán; đã lấy cả bút toán.",
        "The parts do not add up to the entry; the entry was taken whole.",
    ),
    # sections
    "another_account": (
        "note",
        "Tài khoản này không phải của trường; các dòng của nó không được đọc.",
        "This account is not the school's; its lines are not read.",
    ),
    "sheet_without_lines": ("note", "Trang này không có bảng giao dịch.", "This sheet holds no table of movements."),
    "sheet_hidden": ("note", "Trang bị ẩn, không đọc.", "The sheet is hidden and was not read."),
}


class BadLine(msgspec.Struct, frozen=True):
    """`row` counts from 1 as the spreadsheet does; `cell` is its address when one cell is to blame."""

    sheet: str
    row: int
    cell: str | None
    value: str
    code: str

    @property
    def severity(self) -> Severity:
        return REASONS[self.code][0]

    @property
    def vi(self) -> str:
        return REASONS[self.code][1]

    @property
    def en(self) -> str:
        return REASONS[self.code][2]

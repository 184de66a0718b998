"""A person's word on what columns mean: which heading it is about, and whether a statement can be read by it."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.problems import INVALID, FieldError
from backend.spreadsheets.cells import text_of
from backend.spreadsheets.workbook import read_grids
from payments.statements.columns import signature
from payments.statements.shapes import Statement
from schemas.statements import ColumnMapping

_NO_ROW = ("Trang hoặc dòng này không có trong tệp.", "The file has no such sheet or row.")
_NO_TITLES = ("Dòng này trống.", "This row is empty.")
_TWICE = ("Có hai cột cùng ý nghĩa.", "Two columns mean the same.")
_DATE = ("Hãy chọn cột ngày.", "Please say which column is the date.")
_MEMO = ("Hãy chọn cột nội dung.", "Please say which column is the description.")
_AMOUNT = ("Hãy chọn cột số tiền, ghi nợ hoặc ghi có.", "Please say which columns are the amounts.")
_TOO_MANY = ("Nhiều ý nghĩa hơn số cột.", "There are more meanings than columns.")


def heading(data: bytes, file_name: str, statement: Statement, order: ColumnMapping) -> tuple[list[str], str]:
    """(titles, signature) of the heading that begins in that row: the one we found there, or else the row itself."""
    wrong = _wrong(order)
    titles = next(
        (list(s.titles) for s in statement.sections if s.sheet == order.sheet and s.header_row == order.row), None
    ) or _titles(data, file_name, order)
    if titles is None:
        wrong.append(FieldError("/row", *_NO_ROW))
    elif not any(titles):
        wrong.append(FieldError("/row", *_NO_TITLES))
    elif len(order.roles) > len(titles):
        wrong.append(FieldError("/roles", *_TOO_MANY))
    if wrong or titles is None:
        raise INVALID(*wrong)
    return titles, signature(titles)


def _titles(data: bytes, file_name: str, order: ColumnMapping) -> list[str] | None:
    for grid in read_grids(data, file_name):
        if grid.name == order.sheet:
            row = next((cells for number, cells in grid.rows if number == order.row), None)
            return None if row is None else [text_of(cell) for cell in row]
    return None


def _wrong(order: ColumnMapping) -> list[FieldError]:
    meant: Sequence[str] = [role for role in order.roles if role != "none"]
    wrong = []
    for index, role in enumerate(order.roles):
        if role != "none" and role in order.roles[:index]:
            wrong.append(FieldError(f"/roles/{index}", *_TWICE))
    if not {"posted", "date", "value_date"} & set(meant):
        wrong.append(FieldError("/roles", *_DATE))
    if "memo" not in meant:
        wrong.append(FieldError("/roles", *_MEMO))
    if not {"amount", "debit", "credit"} & set(meant):
        wrong.append(FieldError("/roles", *_AMOUNT))
    return wrong

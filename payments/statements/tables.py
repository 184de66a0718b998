"""One sheet of a statement → the accounts in it. It walks the rows and says what each is; `movements` says what a line means.

A sheet may hold several accounts, each with its own heading, and each page may repeat the heading and add its totals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.spreadsheets.cells import Cell, Grid, text_of
from payments.statements.amounts import BALANCE_MAX, Sum, read_sum
from payments.statements.around import Around, is_total, read_around
from payments.statements.columns import Header, Role, find_headers, fold
from payments.statements.dates import Day, read_day, split_day
from payments.statements.layouts import Layout, layout_of
from payments.statements.movements import Row, resolve
from payments.statements.reasons import BadLine
from payments.statements.shapes import Section

_HEAD_ROWS = 130


def read_grid(grid: Grid, saved: Mapping[str, Sequence[Role]]) -> list[Section]:
    """Empty when the sheet holds no heading of a statement."""
    headers = find_headers(grid, saved)
    if not headers:
        return []
    first = headers[0]
    head = [text_of(cell) for number, cells in grid.rows[:_HEAD_ROWS] if number < first.first for cell in cells]
    return _Walk(grid, headers, layout_of(grid.name, head, first.titles)).sections()


@dataclass
class _Open:
    """The account whose rows are being read."""

    header: Header | None = None
    account: str | None = None
    opening: int | None = None
    closing: int | None = None
    period: tuple[dt.date, dt.date] | None = None
    printed: tuple[int | None, int | None] = (None, None)
    rows: list[Row] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    ended: bool = False
    sums: tuple[int, int] = (0, 0)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        debit, credit = row.printed
        self.sums = self.sums[0] + (debit or 0), self.sums[1] + (credit or 0)

    def is_sum(self, row: Row, described: bool) -> bool:
        """A totals row that is not called one: no date, and the figures of both sides, or what one side has come to.

        After a single line the two are alike, and then a description makes it a movement that lacks its date.
        """
        if row.days or row.wrong_days or not row.moves:
            return False
        debit, credit = (size or 0 for size in row.printed)
        return bool(debit and credit) or (len(self.rows) > (1 if described else 0) and (debit, credit) == self.sums)


class _Walk:
    def __init__(self, grid: Grid, headers: Sequence[Header], layout: Layout) -> None:
        self._grid = grid
        self._layout = layout
        self._headers = {header.first: header for header in headers}
        self._done: list[Section] = []
        self._open = _Open()

    def sections(self) -> list[Section]:
        skip_to = 0
        for number, cells in self._grid.rows:
            if number <= skip_to:
                continue
            if (header := self._headers.get(number)) is not None:
                self._open.header, skip_to = header, header.last
            elif self._open.header is None:
                self._take_around(read_around(cells), cells)
            else:
                self._take(number, cells, self._open.header)
        self._finish()
        return self._done

    def _finish(self) -> None:
        if self._open.header is None:
            return
        lines, bad = resolve(
            self._grid, self._open.rows, self._open.header, self._layout, self._open.opening, self._open.period
        )
        self._done.append(
            Section(
                layout=self._layout.name,
                sheet=self._grid.name,
                account_number=self._open.account,
                lines=tuple(lines),
                bad=tuple(sorted([*self._open.bad, *bad], key=lambda wrong: wrong.row)),
                opening=self._open.opening,
                closing=self._open.closing,
                printed_debits=self._open.printed[0],
                printed_credits=self._open.printed[1],
                opened_on=self._open.period[0] if self._open.period else None,
                closed_on=self._open.period[1] if self._open.period else None,
                bank_bin=self._layout.bank_bin if self._layout.certain else None,
                header_row=self._open.header.first,
                titles=self._open.header.titles,
                roles=self._open.header.roles,
                signature=self._open.header.signature,
            )
        )

    def _take(self, number: int, cells: Sequence[Cell], header: Header) -> None:
        row = _row_of(self._grid, number, cells, header)
        # Where an empty date means the one above, a row with a sum and a description is a movement like any other.
        same_day = (
            self._layout.same_day and not row.wrong_days and self._describes(cells, header) and not is_total(cells)
        )
        if row.moves and (row.is_dated or (same_day and self._open.rows)):
            self._open.add(row)
            self._open.ended = False
            return
        # A description may begin like a label ("TK 0011… chuyen tien"), where its row lacks only the date.
        memo = header.column("memo") if row.moves else None
        around = read_around([cell for column, cell in enumerate(cells) if column != memo])
        if around.account is not None and not row.is_dated and _another(around.account, self._open.account):
            if self._open.account is not None or self._open.rows:
                self._finish()
                self._open = _Open()
            self._take_around(around, cells)
        elif around.total or self._open.is_sum(row, self._describes(cells, header)):
            self._take_total(row, around, cells)
        elif row.moves or row.is_dated or row.date_code is not None:
            self._open.add(row)
        elif not self._continues(number, cells, header, around):
            self._take_around(around, cells)
            if not self._open.ended and not around.foot and around == Around() and self._open.rows:
                self._open.bad.append(BadLine(self._grid.name, number, None, _shown(cells), "row_unknown"))

    def _take_around(self, around: Around, cells: Sequence[Cell]) -> None:
        if around.account is not None and self._open.account is None:
            self._open.account = around.account
        if around.opening is not None and self._open.opening is None:
            self._open.opening = around.opening
        if around.closing is not None:
            self._open.closing = around.closing
        if around.period is not None and self._open.period is None:
            self._open.period = around.period

    def _take_total(self, row: Row, around: Around, cells: Sequence[Cell]) -> None:
        """The bank's own sums, kept to be compared. A balance in the balance column goes before one beside the label."""
        opening = around.opening is not None or (around.total and _says(cells, "dau"))
        closing = around.closing is not None
        if row.balance is not None and opening and not closing:
            around.opening = row.balance
        elif row.balance is not None and closing:
            around.closing = row.balance
        self._take_around(around, cells)
        if row.moves and not opening and not closing:
            self._open.printed = row.printed
        self._open.ended = True

    @staticmethod
    def _describes(cells: Sequence[Cell], header: Header) -> bool:
        column = header.column("memo")
        return column is not None and column < len(cells) and bool(text_of(cells[column]))

    def _continues(self, number: int, cells: Sequence[Cell], header: Header, around: Around) -> bool:
        """A description that goes on in the next row, where nothing else stands."""
        column = header.column("memo")
        filled = [index for index, cell in enumerate(cells) if cell is not None and text_of(cell)]
        if self._open.ended or around.foot or filled != [column] or column is None or not self._open.rows:
            return False
        if self._open.rows[-1].last_number != number - 1:
            return False
        self._open.rows[-1].go_on(number, text_of(cells[column]))
        return True


def _row_of(grid: Grid, number: int, cells: Sequence[Cell], header: Header) -> Row:
    def cell(role: Role) -> Cell:
        column = header.column(role)
        return cells[column] if column is not None and column < len(cells) else None

    row = Row(number, tuple(cells))
    for role in ("posted", "date", "value_date", "request_date"):
        whole, tail = split_day(cell(role))
        day = read_day(whole, grid.serial_shift)
        if isinstance(day, Day):
            row.days[role] = day
        elif day is not None:
            row.wrong_days[role] = day
        row.tail = row.tail or tail
    row.debit, row.credit, row.amount = (read_sum(cell(role)) for role in ("debit", "credit", "amount"))
    # What many lines come to may be more than one may move.
    row.printed = _size(cell("debit")), _size(cell("credit"))
    row.fee, row.tax = read_sum(cell("fee")), read_sum(cell("tax"))
    balance = read_sum(cell("balance"), BALANCE_MAX)
    row.balance = balance.dong if isinstance(balance, Sum) else None
    row.balance_code = balance if isinstance(balance, str) else None
    return row


def _size(cell: Cell) -> int | None:
    read = read_sum(cell, BALANCE_MAX)
    return abs(read.dong) if isinstance(read, Sum) else None


def _another(account: str, current: str | None) -> bool:
    return current is None or account.lstrip("0") != current.lstrip("0")


def _says(cells: Sequence[Cell], word: str) -> bool:
    return any(word in fold(text_of(cell)).split() for cell in cells if cell is not None)


def _shown(cells: Sequence[Cell]) -> str:
    return " · ".join(text_of(cell) for cell in cells if cell is not None)[:200]

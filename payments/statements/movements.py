"""Rows of a statement → movements: which way the money went, which day it is, what the bank took beside it.

Decided for the table as a whole, because one bank prints debits below zero and another does not, and a balance that
follows proves a reading that the columns leave open. What stays open is refused with its reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backend.spreadsheets.cells import Cell, Grid, address, text_of
from payments.statements.amounts import Sum
from payments.statements.columns import Header, Role, fold
from payments.statements.dates import Day
from payments.statements.layouts import Layout
from payments.statements.reasons import BadLine
from payments.statements.shapes import Direction, Line, Part

Read = Sum | str | None
_MEMO_MAX, _TEXT_MAX = 1000, 200
_OUT = frozenset(("d", "dr", "no", "debit", "ghi no", "chi", "rut", "out", "tien ra", "ra"))
_IN = frozenset(("c", "cr", "co", "credit", "ghi co", "thu", "nap", "in", "tien vao", "vao"))


@dataclass
class Row:
    """One row inside the table, its cells read but not yet understood. `printed`: both sides, as large as a bank's own sums may be."""

    number: int
    cells: tuple[Cell, ...]
    days: dict[Role, Day] = field(default_factory=dict)
    wrong_days: dict[Role, str] = field(default_factory=dict)
    tail: str = ""
    debit: Read = None
    credit: Read = None
    amount: Read = None
    printed: tuple[int | None, int | None] = (None, None)
    fee: Read = None
    tax: Read = None
    balance: int | None = None
    balance_code: str | None = None
    more: list[str] = field(default_factory=list)
    last_number: int = 0

    def __post_init__(self) -> None:
        self.last_number = self.number

    @property
    def is_dated(self) -> bool:
        return bool(self.days)

    @property
    def date_code(self) -> str | None:
        return next(iter(self.wrong_days.values()), None) if not self.days and self.moves else None

    @property
    def moves(self) -> bool:
        return any(
            isinstance(read, str) or (isinstance(read, Sum) and read.dong)
            for read in (self.debit, self.credit, self.amount, self.fee, self.tax)
        )

    def go_on(self, number: int, text: str) -> None:
        self.more.append(text)
        self.last_number = number


def resolve(
    grid: Grid,
    rows: Sequence[Row],
    header: Header,
    layout: Layout,
    opening: int | None,
    period: tuple[dt.date, dt.date] | None,
) -> tuple[list[Line], list[BadLine]]:
    return _Table(grid, rows, header, layout, opening, period).read()


class _Table:
    def __init__(
        self,
        grid: Grid,
        rows: Sequence[Row],
        header: Header,
        layout: Layout,
        opening: int | None,
        period: tuple[dt.date, dt.date] | None,
    ) -> None:
        self._grid, self._rows, self._header, self._layout = grid, rows, header, layout
        self._period = period
        self._bad: list[BadLine] = []
        self._debits_below_nothing = _all_below_nothing(row.debit for row in rows)
        self._amounts_signed = layout.signed or any(isinstance(r.amount, Sum) and r.amount.signed for r in rows)
        self._swapped = _perhaps_swapped(rows)
        self._before = _balances_before(rows, opening)
        self._above: dict[Role, Day] = {}

    def read(self) -> tuple[list[Line], list[BadLine]]:
        lines: list[Line] = []
        for row in self._rows:
            lines += self._lines_of(row)
        return lines, self._bad

    def _lines_of(self, row: Row) -> list[Line]:
        if not self._dated(row):
            return []
        wrong = [
            (role, read)
            for role, read in (("debit", row.debit), ("credit", row.credit), ("amount", row.amount), ("fee", row.fee), ("tax", row.tax))
            if isinstance(read, str)
        ]  # fmt: skip
        if wrong:
            return self._refuse(row, *wrong[0])
        if not row.moves:
            return self._refuse(row, None, "amount_missing")
        if (currency := self._text(row, "currency")) and fold(currency) not in ("vnd", "dong", "d", "vn d"):
            return self._refuse(row, "currency", "currency")
        parts = self._parts(row)
        if isinstance(parts, str):
            return self._refuse(row, None, parts)
        if row.balance_code:
            self._remark(row, "balance", "balance_unreadable")
        return [self._line(row, parts, index) for index in range(len(parts))]

    def _dated(self, row: Row) -> bool:
        """An empty date is the day of the line above where this bank's export means that."""
        if not row.days and not row.wrong_days:
            if not self._layout.same_day or not self._above:
                self._refuse(row, None, "date_missing")
                return False
            row.days = dict(self._above)
        if not row.days:
            role, code = next(iter(row.wrong_days.items()))
            self._refuse(row, role, code)
            return False
        for role, day in row.days.items():
            if day.typed and (self._swapped or self._outside(day)):
                self._refuse(row, role, "date_maybe_swapped")
                return False
        if (wrong := row.wrong_days.get("posted")) or (wrong := row.wrong_days.get("date")):
            self._refuse(row, "posted" if "posted" in row.wrong_days else "date", wrong)
            return False
        self._above = row.days if not self._layout.same_day else {**self._above, **row.days}
        if self._layout.same_day:
            row.days = dict(self._above)
        return True

    def _outside(self, day: Day) -> bool:
        """Out of the statement's period as it stands, and within when day and month change places."""
        if self._period is None or self._period[0] <= day.on <= self._period[1] or day.on.day > 12:
            return False
        return self._period[0] <= dt.date(day.on.year, day.on.day, day.on.month) <= self._period[1]

    def _parts(self, row: Row) -> list[tuple[Part, Direction, int, bool]] | str:
        """(part, direction, amount, reversal): the movement, and what the bank took with it in columns of its own."""
        main = self._main(row)
        if isinstance(main, str):
            return main
        beside: list[tuple[Part, Direction, int, bool]] = []
        parts: tuple[tuple[Part, Read], ...] = (("fee", row.fee), ("tax", row.tax))
        for part, read in parts:
            if isinstance(read, Sum) and read.dong:
                # Where debits are printed below nothing, a fee above it is interest.
                comes_in = self._debits_below_nothing and read.dong > 0
                beside.append((part, "in" if comes_in else "out", abs(read.dong), False))
        before = self._before.get(row.number)
        # The balance tells when the fee is inside the sum already.
        if main and beside and before is not None and before + _moved(main) == row.balance:
            return main
        return [*main, *beside]

    def _main(self, row: Row) -> list[tuple[Part, Direction, int, bool]] | str:
        debit = row.debit.dong if isinstance(row.debit, Sum) else 0
        credit = row.credit.dong if isinstance(row.credit, Sum) else 0
        if debit and credit:
            return "amount_both_sides"
        if debit:
            return self._side(row, "out", -debit if self._debits_below_nothing else debit)
        if credit:
            return self._side(row, "in", credit)
        if isinstance(row.amount, Sum) and row.amount.dong:
            return self._single(row, row.amount)
        return []

    def _side(self, row: Row, direction: Direction, amount: int) -> list[tuple[Part, Direction, int, bool]] | str:
        """A sum whose sign is not its column's is a movement taken back; only the balance may say so."""
        if amount > 0:
            return [("", direction, amount, False)]
        turned: Direction = "in" if direction == "out" else "out"
        back: list[tuple[Part, Direction, int, bool]] = [("", turned, -amount, True)]
        return back if self._balance_says(row, back) else "amount_sign"

    def _single(self, row: Row, amount: Sum) -> list[tuple[Part, Direction, int, bool]] | str:
        side = fold(self._text(row, "side"))
        raw_side = self._text(row, "side").strip()
        size = abs(amount.dong)
        came_in: list[tuple[Part, Direction, int, bool]] = [("", "in", size, False)]
        went_out: list[tuple[Part, Direction, int, bool]] = [("", "out", size, False)]
        if side in _OUT or raw_side == "-":
            return went_out
        if amount.dong < 0:
            return went_out
        if side in _IN or raw_side == "+" or self._amounts_signed:
            return came_in
        if self._balance_says(row, came_in):
            return came_in
        return went_out if self._balance_says(row, went_out) else "direction_unknown"

    def _balance_says(self, row: Row, parts: Sequence[tuple[Part, Direction, int, bool]]) -> bool:
        before = self._before.get(row.number)
        return before is not None and row.balance is not None and before + _moved(parts) == row.balance

    def _line(self, row: Row, parts: Sequence[tuple[Part, Direction, int, bool]], index: int) -> Line:
        part, direction, amount, reversal = parts[index]
        posted = (
            row.days.get("posted") or row.days.get("date") or row.days.get("value_date") or row.days["request_date"]
        )
        made = row.days.get("date") if "posted" in row.days else None
        made = made or row.days.get("request_date")
        value = row.days.get("value_date")
        timed = next((day for day in (made, row.days.get("date"), posted) if day and day.at), None)
        return Line(
            sheet=self._grid.name,
            row=row.number,
            cells=tuple(cell if isinstance(cell, str) else text_of(cell) for cell in row.cells),
            direction=direction,
            amount=amount,
            memo=" ".join([self._memo(row, index), *row.more]).strip()[:_MEMO_MAX],
            posted_on=posted.on,
            made_on=(made or timed or posted).on,
            made_at=timed.at if timed else None,
            value_on=value.on if value else None,
            balance=row.balance if index == len(parts) - 1 else None,
            reference=self._reference(row, index),
            payer_account=self._number(row, "payer_account", "payer_lost_digits", index),
            payer_name=self._text(row, "payer_name")[:_TEXT_MAX] or None,
            part=part,
            reversal=reversal,
        )

    def _memo(self, row: Row, index: int) -> str:
        column = self._header.column("memo")
        cell = row.cells[column] if column is not None and column < len(row.cells) else None
        if index == 0 and isinstance(cell, float) and abs(cell) >= 1e15:
            self._remark(row, "memo", "memo_lost_digits")
        return text_of(cell)

    def _reference(self, row: Row, index: int) -> str | None:
        if self._header.column("reference") is None:
            return row.tail[:_TEXT_MAX] or None
        return self._number(row, "reference", "reference_lost_digits", index)

    def _number(self, row: Row, role: Role, code: str, index: int) -> str | None:
        """A long number that the spreadsheet has rounded is no key to anything."""
        text = self._text(row, role)
        if _lost_digits(self._cell(row, role), text):
            if index == 0:
                self._remark(row, role, code)
            return None
        return text[:_TEXT_MAX] if text.strip("-.0 ") else None

    def _cell(self, row: Row, role: Role) -> Cell:
        column = self._header.column(role)
        return row.cells[column] if column is not None and column < len(row.cells) else None

    def _text(self, row: Row, role: Role) -> str:
        return text_of(self._cell(row, role))

    def _refuse(self, row: Row, role: str | None, code: str) -> list[Line]:
        self._remark(row, role, code)
        return []

    def _remark(self, row: Row, role: str | None, code: str) -> None:
        column = self._header.roles.index(role) if role in self._header.roles else None
        value = text_of(row.cells[column]) if column is not None and column < len(row.cells) else ""
        place = address(row.number, column) if column is not None else None
        shown = value or " · ".join(text_of(cell) for cell in row.cells if cell is not None)
        self._bad.append(BadLine(self._grid.name, row.number, place, shown[:_TEXT_MAX], code))


def _moved(parts: Iterable[tuple[Part, Direction, int, bool]]) -> int:
    return sum(amount if direction == "in" else -amount for _, direction, amount, _ in parts)


def _all_below_nothing(reads: Iterable[Read]) -> bool:
    sums = [read.dong for read in reads if isinstance(read, Sum) and read.dong]
    return bool(sums) and all(dong < 0 for dong in sums)


def _perhaps_swapped(rows: Sequence[Row]) -> bool:
    """A spreadsheet of the other habit turns 02/09 into 9 February and leaves 13/09 as text: such a column gives itself away."""
    days = [day for row in rows for day in row.days.values()]
    typed, texts = [d for d in days if d.typed], [d for d in days if not d.typed]
    return bool(typed and texts) and all(d.on.day <= 12 for d in typed) and all(d.on.day > 12 for d in texts)


def _balances_before(rows: Sequence[Row], opening: int | None) -> dict[int, int]:
    """By row number, the balance before it, in whichever order the lines stand."""
    days = [next(iter(row.days.values())).on for row in rows if row.days]
    newest_first = len(days) > 1 and days[0] > days[-1]
    ordered = list(reversed(rows)) if newest_first else list(rows)
    before: dict[int, int] = {}
    current = opening
    for row in ordered:
        if current is not None:
            before[row.number] = current
        current = row.balance
    return before


def _lost_digits(cell: Cell, text: str) -> bool:
    if isinstance(cell, float):
        return abs(cell) >= 1e15
    return "E+" in text.upper() and text.upper().replace("E+", "").replace(".", "").replace(",", "").isdigit()

"""A sheet to lessons in cells: which class, weekday, session and period each cell stands for. Pure; it understands no lesson.

Three layouts are one rule: classes as columns under Thứ and Tiết; one class a sheet with the days as columns; classes as rows under
days and periods. Whatever the heads of a cell's column and row say of it is put together, and the titles above say the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from backend.people.roster.class_names import class_in_sheet_name, class_in_title
from backend.spreadsheets.cells import Cell, Grid, is_blank, text_of
from backend.timetable.sheets.faults import fault
from backend.timetable.sheets.marks import (
    first_day_in,
    label_of,
    period_of,
    session_in,
    session_of,
    sub_label_of,
    weekday_of,
)
from backend.timetable.sheets.sessions import RawLesson, with_sessions
from schemas.timetable import Session, SheetFault

_MERGED_CELLS_MAX = 200_000
_FOOT_CELLS_MAX = 2
# Which class of the school a text names; None for none.
ClassOf = Callable[[str], str | None]


@dataclass(frozen=True)
class Head:
    """What is said of a column, a row or a whole sheet."""

    class_name: str | None = None
    weekday: int | None = None
    session: Session | None = None
    period: int | None = None
    label: str | None = None
    sub: str | None = None

    def under(self, other: Head) -> Head:
        """What this one leaves open the other one says."""
        return Head(
            self.class_name or other.class_name,
            self.weekday or other.weekday,
            self.session or other.session,
            self.period or other.period,
            self.label,
            self.sub,
        )

    @property
    def says(self) -> bool:
        return bool(self.class_name or self.weekday or self.session or self.period)


@dataclass
class ReadSheet:
    lessons: list[RawLesson] = field(default_factory=list)
    faults: list[SheetFault] = field(default_factory=list)


def read_sheet(grid: Grid, class_of: ClassOf) -> ReadSheet:
    found = ReadSheet()
    if grid.hidden:
        found.faults.append(fault("sheet_hidden", grid.name, 1))
        return found
    reader = _Reader(grid, class_of, found)
    for number, cells in _with_merges(grid):
        reader.row(number, cells)
    found.lessons = with_sessions(found.lessons)
    if not reader.blocks:
        found.faults.append(fault("sheet_without_timetable", grid.name, 1))
    return found


class _Reader:
    def __init__(self, grid: Grid, class_of: ClassOf, found: ReadSheet) -> None:
        self.sheet, self.class_of, self.found = grid.name, class_of, found
        self.titles = Head(class_name=self._class_in(grid.name), session=session_in(grid.name))
        self.columns: dict[int, Head] = {}
        self.blocks = 0
        self.above = Head()
        self.begun = self.said_here = False
        self.numbered = 0

    def row(self, number: int, cells: list[Cell]) -> None:
        filled = {column: cell for column, cell in enumerate(cells) if not is_blank(cell)}
        if self._is_head(filled):
            self._begin(number, filled)
        elif self.columns and not self.begun and self._is_sub_head(filled):
            self._refine(filled)
        elif self.columns and not self._is_title(filled):
            self._line(number, cells, filled)
        else:
            self._title(filled)

    # Heads

    def _is_head(self, filled: dict[int, Cell]) -> bool:
        classes = sum(self.class_of(text_of(cell)) is not None for cell in filled.values())
        days = sum(weekday_of(cell) is not None for cell in filled.values())
        labels = sum(label_of(cell) is not None for cell in filled.values())
        return classes >= 2 or days >= 3 or (labels >= 1 and classes + days >= 1) or labels >= 2

    def _begin(self, number: int, filled: dict[int, Cell]) -> None:
        self.blocks += 1
        self.columns, self.above, self.begun = {}, Head(), False
        for column, cell in filled.items():
            text = text_of(cell)
            name = self.class_of(text)
            head = Head(name, None if name else weekday_of(cell), session_of(cell), None, label_of(cell))
            if head.says or head.label:
                self.columns[column] = head
            elif sub_label_of(cell) is None:
                code = "class_unknown" if text[:1].isdigit() and len(text) <= 12 else "column_unknown"
                self.found.faults.append(fault(code, self.sheet, number, column, text))
        self._title(filled)

    def _is_sub_head(self, filled: dict[int, Cell]) -> bool:
        """A second line of heads: Môn and GV under each class, or the periods or sessions under each day."""
        inner = {
            column: cell for column, cell in filled.items() if (self._head(column).says or self._head(column).label)
        }
        if len(inner) < 2:
            return False
        return all(
            sub_label_of(cell) or session_of(cell) or label_of(cell) or (period_of(cell) and not self._is_label(column))
            for column, cell in inner.items()
        )

    def _is_label(self, column: int) -> bool:
        return self._head(column).label is not None

    def _head(self, column: int) -> Head:
        return self.columns.get(column, Head())

    def _refine(self, filled: dict[int, Cell]) -> None:
        for column, cell in filled.items():
            head = self._head(column)
            more = Head(
                period=None if head.label else period_of(cell),
                session=session_of(cell),
                label=head.label or (None if head.says else label_of(cell)),
                sub=sub_label_of(cell),
            )
            self.columns[column] = replace(head.under(more), label=more.label, sub=more.sub or head.sub)

    # Titles

    def _is_title(self, filled: dict[int, Cell]) -> bool:
        """A line that says one thing and no lesson: BUỔI CHIỀU, Áp dụng từ ngày …, LỚP 6A1."""
        texts = {text_of(cell) for cell in filled.values()}
        if len(texts) != 1:
            return False
        text = texts.pop()
        return bool(session_in(text) or first_day_in(text) or class_in_title(text))

    def _title(self, filled: dict[int, Cell]) -> None:
        for cell in filled.values():
            text = text_of(cell)
            if (session := session_in(text)) is not None and len(text) < 80 and self.class_of(text) is None:
                self.titles = replace(self.titles, session=session)
                self.above = replace(self.above, session=None)
            if (name := class_in_title(text)) is not None and self.class_of(name) is not None:
                self.titles = replace(self.titles, class_name=self.class_of(name))

    def _class_in(self, sheet_name: str) -> str | None:
        name = class_in_sheet_name(sheet_name)
        return self.class_of(name) if name else self.class_of(sheet_name)

    # Lines

    def _line(self, number: int, cells: list[Cell], filled: dict[int, Cell]) -> None:
        here = self._row_head(filled)
        content = {column: head for column, head in self.columns.items() if self._holds_lessons(head)}
        texts = [column for column in content if column in filled]
        if here.period is None and not any(head.period for head in content.values()):
            if not texts or (not self.said_here and len(filled) <= _FOOT_CELLS_MAX):
                return  # a signature, a remark under the table
            if here.weekday is None or self._periods_are_given():
                self.found.faults.append(
                    fault("period_unknown", self.sheet, number, texts[0], text_of(filled[texts[0]]))
                )
                return
            self.numbered += 1
            here = replace(here, period=self.numbered)
        self.begun = True
        for column, head in content.items():
            whole = head.under(here).under(self.titles)
            cell = cells[column] if column < len(cells) else None
            if whole.class_name is None or whole.period is None:
                continue
            if whole.weekday is None:
                if not is_blank(cell):
                    self.found.faults.append(fault("day_unknown", self.sheet, number, column, text_of(cell)))
                continue
            self._keep(number, column, whole, cell, self._teacher(cells, column, head))

    def _row_head(self, filled: dict[int, Cell]) -> Head:
        """What the row's own head cells say; weekday, session and class carry on into the lines below."""
        says = Head()
        for column, cell in filled.items():
            head = self._head(column)
            if self._holds_lessons(head) and not (column < min(self.columns)):
                continue
            if head.label in ("clock", "number"):
                continue
            corner = head.label in ("weekday", "corner")
            says = replace(
                says,
                weekday=says.weekday or (weekday_of(cell, bare=head.label == "weekday")),
                session=says.session or session_of(cell),
                class_name=says.class_name or self.class_of(text_of(cell)),
                period=says.period if corner and head.label == "weekday" else says.period or period_of(cell),
            )
        self.said_here = says.says
        if says.weekday and says.weekday != self.above.weekday:
            self.numbered = 0
            self.above = replace(self.above, session=None)
        self.above = replace(says.under(self.above), period=None)
        return replace(self.above, period=says.period)

    def _holds_lessons(self, head: Head) -> bool:
        return bool(head.class_name or head.weekday or head.period) and head.label is None and head.sub != "teacher"

    def _periods_are_given(self) -> bool:
        return any(head.label == "period" for head in self.columns.values())

    def _teacher(self, cells: list[Cell], column: int, head: Head) -> str:
        beside = self._head(column + 1)
        same = beside.sub == "teacher" and (beside.class_name, beside.weekday) == (head.class_name, head.weekday)
        return (
            text_of(cells[column + 1]) if same and column + 1 < len(cells) and not is_blank(cells[column + 1]) else ""
        )

    def _keep(self, number: int, column: int, whole: Head, cell: Cell, teacher: str) -> None:
        assert whole.class_name and whole.weekday and whole.period
        self.found.lessons.append(
            RawLesson(self.sheet, self.blocks, number, column, whole.class_name, whole.weekday, whole.session, whole.period, cell, teacher)
        )  # fmt: skip


def _with_merges(grid: Grid) -> list[tuple[int, list[Cell]]]:
    """Every cell under a merge holds what its first cell holds: a day over five periods, a double period, Chào cờ over all classes."""
    rows: dict[int, list[Cell]] = defaultdict(list)
    rows.update({number: list(cells) for number, cells in grid.rows})
    budget = _MERGED_CELLS_MAX
    for top, left, bottom, right in grid.merges:
        budget -= (bottom - top + 1) * (right - left + 1)
        if budget < 0:
            break
        source = rows[top][left] if top in rows and left < len(rows[top]) else None
        if is_blank(source):
            continue
        for number in range(top, bottom + 1):
            cells = rows[number]
            cells.extend([None] * (right + 1 - len(cells)))
            for column in range(left, right + 1):
                if is_blank(cells[column]):
                    cells[column] = source
    return sorted(rows.items())

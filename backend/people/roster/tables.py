"""The rows of a sheet sorted: titles, headers repeated at page breaks, class headings, totals and signatures, and the pupils between."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from backend.people.roster.class_names import class_in_sheet_name, class_in_title
from backend.people.roster.dates import read_date
from backend.people.roster.header_block import (
    Block,
    find_block,
    is_counter_row,
    may_begin_block,
    narrowed,
    repeats_header,
    side_by_side,
)
from backend.people.roster.layout import Layout, make_layout
from backend.people.roster.merged import fill_merged, tells_of_adult
from backend.people.roster.phone_cells import read_phones
from backend.spreadsheets import limits
from backend.spreadsheets.cells import Cell, Grid, fold, is_blank, text_of

_FOOTER = re.compile(
    r"^(tong so|tong cong|cong$|cong \d|cong (lop|khoi|toan|so)\b|cong trang|chuyen trang|mang sang|"
    r"tong$|tong \d|tong hop|danh sach (nay|tren|co|gom)|an dinh|nguoi lap|nguoi nhap|nguoi kiem tra|"
    r"hieu truong|pho hieu truong|kt hieu truong|giao vien chu nhiem|gvcn|gv chu nhiem|thu truong|ky ten|(ky|ki) (va )?ghi ro|"
    r"(ky|ki) (va )?dong dau|xac nhan|si so|trong do|luu y|phe duyet|duyet cua|tm |t m |bgh|ban giam hieu|noi nhan|nu \d+$|"
    r"total|het$|het danh sach)|ngay \d* ?thang \d* ?nam|^ghi chu .{8}"
)
# The head of a page, repeated before the next list of the same sheet.
_PAGE_TITLE = re.compile(
    r"^(ubnd|uy ban nhan dan|so gd|so giao duc|phong gd|phong giao duc|bo gd|bo giao duc|truong (mn|th|thcs|thpt|tieu hoc|mam non|"
    r"trung hoc|pho thong|ptdt)|nam hoc (20)?\d\d|cong hoa xa hoi|doc lap tu do|danh sach|so yeu ly lich|kem theo)\b"
)
_SUM = re.compile(r"(cong|tong)\b")
_EXAMPLE = re.compile(r"(vd|vi du|mau|example|ex|e g|sample)( \d+)?( nguyen van [a-c])?$")
# A template explains its columns below the header: "Bắt buộc | dd/mm/yyyy | Nam/Nữ".
_LEGEND = re.compile(
    r"(khong )?bat buoc( nhap)?|tuy chon|required|optional|text|chuoi|so|ngay|dinh dang.*|d{1,2} m{1,2} y{2,4}|nam nu|nam hoac nu|"
    r"x neu (la )?nu|\d+ (chu )?so|nhap .*|chon .*|vd \S+|vi du .*"
)
_LEAVERS = re.compile(
    r"\b(hoc sinh|hs|danh sach|ds|cac em) (da |)(chuyen di|chuyen truong|thoi hoc|bo hoc|nghi hoc|ra truong|tot nghiep)\b"
)
_YEAR = re.compile(r"(?<!\d)(20\d\d)\s*[-–—/]\s*(20\d\d)(?!\d)")


@dataclass
class Row:
    number: int
    cells: list[Cell]
    class_name: str | None
    left: bool = False
    # Further rows that a merged name cell reaches over: each may name another adult.
    continued: list[list[Cell]] = field(default_factory=list)

    def cell(self, column: int | None) -> Cell:
        return self.cells[column] if column is not None and column < len(self.cells) else None


@dataclass
class Table:
    layout: Layout
    rows: list[Row] = field(default_factory=list)


@dataclass
class SheetTables:
    """What one sheet holds. `nameless` and `doubtful` rows are reported, never taken."""

    grid: Grid
    tables: list[Table] = field(default_factory=list)
    class_name: str | None = None
    titles: list[str] = field(default_factory=list)
    nameless: list[tuple[Layout, Row]] = field(default_factory=list)
    doubtful: list[tuple[Layout, Row]] = field(default_factory=list)

    @property
    def staff(self) -> bool:
        return bool(self.tables) and self.tables[0].layout.block.staff

    @property
    def school_year(self) -> str | None:
        for text in (*self.titles, self.grid.name):
            if (match := _YEAR.search(text)) and int(match[2]) == int(match[1]) + 1:
                return f"{match[1]}-{match[2]}"
        return None


def read_tables(grid: Grid, today: dt.date) -> SheetTables:
    sheet = SheetTables(grid, class_name=class_in_sheet_name(grid.name))
    block = find_block(grid)
    if block is None:
        sheet.titles = [text for _, cells in grid.rows[:40] for text in _texts(cells)]
        return sheet
    ranges = side_by_side(block)
    if len(ranges) == 1:
        _Walk(sheet, grid, today).from_block(block)
        return sheet
    for first, end in ranges:
        # The last list may be wider than its header: a given name stands in a column without one.
        last = end if (first, end) != ranges[-1] else limits.COLUMNS_MAX
        below = [(number, [None] * first + cells[first:last]) for number, cells in grid.rows[block.start :]]
        above = _titles_above(grid, block, first, last)
        part = Grid(
            grid.name,
            [*above, *below],
            [m for m in grid.merges if first <= m[1] < last],
            serial_shift=grid.serial_shift,
        )
        _Walk(sheet, part, today).from_block(narrowed(block, first, last))
    return sheet


def _titles_above(grid: Grid, block: Block, first: int, last: int) -> list[tuple[int, list[Cell]]]:
    """Each of several lists side by side has its own title; a title that stands alone in its row is for all of them."""
    above = []
    for number, cells in grid.rows[: block.start]:
        alone = sum(not is_blank(cell) for cell in cells) == 1
        above.append((number, cells if alone else [None] * first + cells[first:last]))
    return above


class _Walk:
    """Goes down the rows once; remembers the class last named and whether the list has ended."""

    def __init__(self, sheet: SheetTables, grid: Grid, today: dt.date) -> None:
        self._sheet = sheet
        self._grid = grid
        self._today = today
        self._class: str | None = None
        self._left = False
        self._ended = False

    def from_block(self, block: Block) -> None:
        for _, cells in self._grid.rows[: block.start]:
            self._title(cells)
        following: Block | None = block
        while following is not None:
            following = self._table(following)

    def _title(self, cells: list[Cell]) -> None:
        texts = _texts(cells)
        self._sheet.titles += texts
        joined = " ".join(texts)
        named = {name for text in (*texts, joined) if (name := class_in_title(text))}
        if len(named) == 1:
            self._class = named.pop()
        elif not named and len(texts) == 1 and (alone := class_in_sheet_name(texts[0])) and not texts[0].isdigit():
            self._class = alone
        if _LEAVERS.search(fold(joined)):
            self._left = True

    def _table(self, block: Block) -> Block | None:
        """Read one table; return the header of the next one when the sheet holds another with other columns."""
        grid = self._grid
        layout = make_layout(grid, block, self._today)
        table = Table(layout)
        self._sheet.tables.append(table)
        covered = fill_merged(grid, layout, block.end)
        self._ended = False
        after_header = True
        for position in range(block.end, len(grid.rows)):
            number, cells = grid.rows[position]
            if after_header and is_counter_row(cells):
                continue
            if after_header and _is_legend(cells):
                continue
            after_header = False
            if repeats_header(block, cells):
                after_header, self._ended = True, False
                continue
            row = Row(number, cells, self._class, self._left)
            if table.rows and (number in covered or self._goes_on(table, row)):
                table.rows[-1].continued.append(cells)
                continue
            if not self._is_strong(layout, row):
                following = self._other_header(block, position)
                if following is not None:
                    return following
                if self._is_heading(layout, row):
                    continue
            self._sort(table, row)
        return None

    def _goes_on(self, table: Table, row: Row) -> bool:
        above = table.rows[-1]
        below = row.number == above.number + 1 + len(above.continued)
        return below and not self._ended and tells_of_adult(table.layout, row.cells)

    def _other_header(self, block: Block, position: int) -> Block | None:
        if not may_begin_block(self._grid.rows[position][1]):
            return None
        found = find_block(self._grid, position, searched=2)
        return found if found is not None and found.start <= position + 1 and found.score >= 2 else None

    def _is_heading(self, layout: Layout, row: Row) -> bool:
        """A row that only names the class of the rows below it, or says that they have left."""
        texts = _texts(row.cells)
        if len(texts) > 4 or any(re.fullmatch(r"\d+", text) for text in texts[:1]):
            return False
        if any(_SUM.match(fold(text)) for text in texts):
            return False
        before = (self._class, self._left)
        joined = fold(" ".join(texts))
        if not re.search(r"\b(lop|danh sach|hoc sinh|hs)\b", joined) and not (
            len(texts) == 1 and class_in_sheet_name(texts[0])
        ):
            return False
        self._left = False
        self._title(row.cells)
        changed = self._class != before[0] or self._left
        if not changed:
            self._left = before[1]
        return changed or class_in_title(" ".join(texts)) is not None

    def _sort(self, table: Table, row: Row) -> None:
        layout = table.layout
        name = name_text(layout, row)
        strong = self._is_strong(layout, row)
        numbered = _is_numbered(layout, row)
        example = not numbered and any(_EXAMPLE.match(fold(text)) for text in _texts(row.cells)[:2])
        if strong and name and not example and (numbered or not _FOOTER.search(fold(name))):
            self._ended = False
            table.rows.append(row)
            return
        if not numbered and any(_FOOTER.search(folded) for text in _texts(row.cells) if (folded := fold(text))):
            self._ended = True
            return
        if not numbered and any(_PAGE_TITLE.search(fold(text)) for text in _texts(row.cells)):
            self._title(row.cells)
            return
        if example:
            self._sheet.doubtful.append((layout, row))
            return
        facts = _facts(layout, row)
        if self._ended or (not name and not facts):
            return
        if not name:
            self._sheet.nameless.append((layout, row))
        elif numbered or facts or _names_only(layout):
            table.rows.append(row)
        else:
            self._sheet.doubtful.append((layout, row))

    def _is_strong(self, layout: Layout, row: Row) -> bool:
        """Numbered, dated, or with a number to call or to be known by: a person's row, whatever its words resemble."""
        if _is_numbered(layout, row):
            return True
        for name in ("birth", "birth_year", "male_birth", "female_birth"):
            cell = row.cell(layout.first(name))
            if (
                not is_blank(cell)
                and (reading := read_date(cell, self._today)) is not None
                and reading.year is not None
            ):
                return True
        ids = [
            *layout.columns.get("personal_id", []),
            *layout.columns.get("moedu_id", []),
            *layout.columns.get("school_code", []),
        ]
        if any(len(re.sub(r"\D", "", text_of(row.cell(column)))) >= 5 for column in ids):
            return True
        return any(read_phones(row.cell(column)).phones for adult in layout.adults for column in adult.phones)


def name_text(layout: Layout, row: Row) -> str:
    columns = [*layout.columns.get("full_name", []), *layout.columns.get("head", []), *layout.columns.get("given", [])]
    return " ".join(text_of(row.cell(column)) for column in columns if not is_blank(row.cell(column)))


def _is_numbered(layout: Layout, row: Row) -> bool:
    column = layout.first("row_no")
    return column is not None and re.fullmatch(r"\d{1,5}[.)]?", text_of(row.cell(column))) is not None


def _facts(layout: Layout, row: Row) -> int:
    """Cells filled in columns that tell something of the pupil. Row number, status, and remarks may be printed in advance."""
    passive = {"row_no", "full_name", "head", "given", "status", "note", "grade"}
    columns = {c for name, found in layout.columns.items() if name not in passive for c in found}
    columns |= {c for adult in layout.adults for c in (*adult.names, *adult.phones)}
    if not name_text(layout, row):
        columns -= set(layout.columns.get("class", []))
    return sum(not is_blank(row.cell(column)) for column in columns)


def _names_only(layout: Layout) -> bool:
    return not layout.adults and set(layout.columns) <= {"full_name", "head", "given", "note", "status"}


def _is_legend(cells: list[Cell]) -> bool:
    texts = [fold(text) for text in _texts(cells)]
    return len(texts) >= 2 and sum(_LEGEND.fullmatch(text) is not None for text in texts) * 2 > len(texts)


def _texts(cells: list[Cell]) -> list[str]:
    return [text for cell in cells if not is_blank(cell) and (text := text_of(cell))]

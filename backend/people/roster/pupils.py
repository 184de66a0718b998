"""One row to one pupil: every cell read, every doubt reported, nothing guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field

from backend.people.roster.class_names import class_key, join_grade, read_class
from backend.people.roster.dates import DateReading, from_parts, month_first, read_date
from backend.people.roster.families import read_family
from backend.people.roster.layout import Layout
from backend.people.roster.names import join_name, read_name
from backend.people.roster.personal_ids import read_ministry_id, read_personal_id
from backend.people.roster.reasons import bad
from backend.people.roster.sex_codes import SexCode
from backend.people.roster.small_values import has_left, note_says_left, read_mark, read_sex
from backend.people.roster.tables import Row, SheetTables, name_text
from backend.spreadsheets.cells import Cell, address, fold, is_blank, text_of
from schemas.roster import BadCell, RosterPupil, Sex


@dataclass
class Taken:
    """A pupil with the place it came from, for the rules that compare pupils."""

    pupil: RosterPupil
    sheet: SheetTables
    layout: Layout
    row: Row
    born_year: int | None = None

    def bad(self, code: str, field_name: str | None = None, value: object = "", detail: str = "") -> BadCell:
        column = self.layout.first(field_name) if field_name else None
        return _bad(self.sheet, self.layout, self.row, code, column, value, detail)


@dataclass
class FileHabits:
    """What only the whole file can tell."""

    ministry: Counter[str] = field(default_factory=Counter)
    unclear: set[tuple[str, int, int]] = field(default_factory=set)  # sheet, row, column of cells with unclear letters


def read_birth(layout: Layout, row: Row, today: dt.date) -> tuple[DateReading | None, Sex | None, int | None]:
    """(reading, sex when the date stands in a column "Nam" or "Nữ", column)."""
    column = layout.first("birth")
    if column is not None and (reading := _date_at(layout, row, column, today)) is not None:
        return month_first(reading) if layout.month_first else reading, None, column
    sexed: tuple[tuple[str, Sex], ...] = (("male_birth", "male"), ("female_birth", "female"))
    for name, sex in sexed:
        sexed_column = layout.first(name)
        if sexed_column is not None and (reading := _date_at(layout, row, sexed_column, today)) is not None:
            return reading, sex, sexed_column
    day, month, year = (layout.first(name) for name in ("birth_day", "birth_month", "birth_year"))
    if day is not None and month is not None and year is not None:
        return from_parts(row.cell(day), row.cell(month), row.cell(year), today), None, year
    return None, None, column


def _date_at(layout: Layout, row: Row, column: int, today: dt.date) -> DateReading | None:
    cell = row.cell(column)
    if layout.serial_shift and isinstance(cell, int | float) and not isinstance(cell, bool) and cell > 10_000:
        cell += layout.serial_shift
    return read_date(cell, today)


def read_pupil(
    sheet: SheetTables, layout: Layout, row: Row, birth: tuple[DateReading | None, Sex | None, int | None],
    sex_code: SexCode, habits: FileHabits, wrong: list[BadCell],
) -> Taken | None:  # fmt: skip
    return _RowReader(sheet, layout, row, birth, sex_code, habits, wrong).pupil()


class _RowReader:
    def __init__(
        self, sheet: SheetTables, layout: Layout, row: Row, birth: tuple[DateReading | None, Sex | None, int | None],
        sex_code: SexCode, habits: FileHabits, wrong: list[BadCell],
    ) -> None:  # fmt: skip
        self._sheet, self._layout, self._row = sheet, layout, row
        self._birth, self._birth_sex, self._birth_column = birth
        self._sex_code, self._habits, self._wrong = sex_code, habits, wrong

    def pupil(self) -> Taken | None:
        if self._letters_unclear():
            return None
        name = self._name()
        if name is None or self._has_left():
            return None
        class_name = self._class()
        if class_name is None:
            return None
        born_on, born_year = self._born()
        sex = self._sex()
        personal_id = self._personal_id(born_year, sex)
        pupil = RosterPupil(
            full_name=name,
            class_name=class_name,
            born_on=born_on,
            sex=sex,
            personal_id=personal_id,
            moedu_id=self._ministry_id(),
            guardians=self._family(name),
            school_code=self._school_code(),
            sheet=self._sheet.grid.name,
            row=self._row.number,
        )
        return Taken(pupil, self._sheet, self._layout, self._row, born_year)

    def _report(self, code: str, column: int | None, value: object = "") -> None:
        self._wrong.append(_bad(self._sheet, self._layout, self._row, code, column, value))

    def _letters_unclear(self) -> bool:
        """Unclear letters in a name or class spoil the row; elsewhere only their cell."""
        vital = {c for name in ("full_name", "head", "given", "class") for c in self._layout.columns.get(name, [])}
        for column in sorted(vital):
            if (self._sheet.grid.name, self._row.number, column) in self._habits.unclear:
                self._report("encoding_unclear", column, text_of(self._row.cell(column)))
                return True
        return False

    def _cell(self, name: str) -> Cell:
        return self._row.cell(self._layout.first(name))

    def _name(self) -> str | None:
        column = self._layout.first("full_name")
        if column is not None:
            cell = self._row.cell(column)
        else:
            column = self._layout.first("head")
            heads = self._layout.columns.get("head", [])
            cell = " ".join(text_of(self._row.cell(c)) for c in heads if not is_blank(self._row.cell(c)))
            given = self._cell("given")
            # A name cannot do without its last word, and one word of it may be all that was typed into either column.
            cell = join_name(cell, given)
            if is_blank(given) and cell:
                self._report("name_split", self._layout.first("given"), cell)
                return None
        reading = read_name(cell)
        if reading.name is None:
            self._report(reading.problem or "name_missing", column, name_text(self._layout, self._row))
            return None
        given_column = self._layout.first("given") if "full_name" in self._layout.columns else None
        if given_column is not None and not is_blank(self._row.cell(given_column)):
            given_text = fold(text_of(self._row.cell(given_column)))
            if given_text and not fold(reading.name).endswith(given_text):
                self._report("name_split", given_column, text_of(self._row.cell(given_column)))
                return None
        if reading.note is not None:
            self._report(reading.note, column, text_of(cell))
        return reading.name

    def _has_left(self) -> bool:
        status = self._layout.first("status")
        left = has_left(self._row.cell(status))
        if left is None:
            self._report("status_unknown", status, text_of(self._row.cell(status)))
        if left or self._row.left:
            self._report("left_school", status, text_of(self._row.cell(status)))
            return True
        for column in self._layout.columns.get("note", []):
            if note_says_left(self._row.cell(column)):
                self._report("left_school", column, text_of(self._row.cell(column)))
                return True
        return False

    def _class(self) -> str | None:
        column = self._layout.first("class")
        grade = self._cell("grade")
        around = self._row.class_name or self._sheet.class_name
        if column is None or is_blank(self._row.cell(column)):
            # A gap in a filled column is not filled from the title, unless the sheet is of that one class.
            if around is None or (
                column is not None and self._row.class_name is None and self._sheet.class_name is None
            ):
                self._report("class_missing", column)
                return None
            return around
        cell = self._row.cell(column)
        name, problem = read_class(cell)
        if not is_blank(grade) and (joined := join_grade(grade, cell) or _from_date(cell, grade)):
            name, problem = joined, None
        grades = re.findall(r"\d+", text_of(grade)) if not is_blank(grade) else []
        if name is not None and name.isdigit() and grades and int(grades[0]) != int(name):
            # Grade 6, class 1: the school may write 6/1, 6.1 or 6A1; nobody can tell.
            name = None
        if name is None:
            self._report(problem or "class_unreadable", column, text_of(cell))
            return None
        if around is not None and class_key(around) != class_key(name) and not around.isdigit():
            self._report("class_differs", column, text_of(cell))
        return name

    def _born(self) -> tuple[dt.date | None, int | None]:
        reading = self._birth
        if reading is None:
            return None, None
        if reading.problem is not None:
            self._report(reading.problem, self._birth_column, self._birth_value())
            return None, reading.year
        return reading.value, reading.year

    def _birth_value(self) -> str:
        parts = [self._layout.first(name) for name in ("birth_day", "birth_month", "birth_year")]
        if self._layout.first("birth") is None and None not in parts:
            return "/".join(text_of(self._row.cell(part)) for part in parts)
        return text_of(self._row.cell(self._birth_column))

    def _sex(self) -> Sex | None:
        if self._birth_sex is not None:
            return self._birth_sex
        column = self._layout.first("sex")
        if column is not None and not is_blank(self._row.cell(column)):
            return self._read_sex(column)
        return self._marked_sex()

    def _read_sex(self, column: int) -> Sex | None:
        cell = self._row.cell(column)
        sex, problem = read_sex(cell)
        if sex == "code":
            meant = self._sex_code.get(fold(text_of(cell)))
            if meant is None:
                self._report("sex_code_unknown", column, text_of(cell))
            return meant
        if problem is not None:
            self._report(problem, column, text_of(cell))
        return sex

    def _marked_sex(self) -> Sex | None:
        female, male = self._layout.first("female_mark"), self._layout.first("male_mark")
        marks: dict[str, bool | None] = {}
        if female is not None:
            marks["female"] = read_mark(self._row.cell(female))
        if male is not None:
            marks["male"] = read_mark(self._row.cell(male))
        for name, column in (("female", female), ("male", male)):
            if name in marks and marks[name] is None:
                self._report("sex_unreadable", column, text_of(self._row.cell(column)))
                return None
        if len(marks) == 2:
            if marks["female"] == marks["male"]:
                if marks["female"]:
                    self._report("sex_unreadable", female, text_of(self._row.cell(female)))
                return None
            return "female" if marks["female"] else "male"
        # A single column "Nữ" says male by its gaps, but only where somebody used it at all.
        if "female" in marks and "female_used" in self._sex_code:
            return "female" if marks["female"] else "male"
        if "male" in marks and "male_used" in self._sex_code:
            return "male" if marks["male"] else "female"
        return None

    def _personal_id(self, born_year: int | None, sex: Sex | None) -> str | None:
        found: list[tuple[str, int, str | None]] = []
        problems: list[tuple[str, int]] = []
        for column in self._layout.columns.get("personal_id", []):
            reading = read_personal_id(self._row.cell(column), born_year, sex)
            if reading.value is not None:
                found.append((reading.value, column, reading.note))
            elif reading.problem is not None:
                problems.append((reading.problem, column))
        if len({value for value, _, _ in found}) > 1:
            self._report("personal_id_two", found[1][1], text_of(self._row.cell(found[1][1])))
            return None
        if found:
            value, column, note = found[0]
            if note is not None:
                self._report(note, column, value)
            return value
        for problem, column in problems[:1]:
            self._report(problem, column, text_of(self._row.cell(column)))
        return None

    def _ministry_id(self) -> str | None:
        column = self._layout.first("moedu_id")
        if column is None:
            return None
        reading = read_ministry_id(self._row.cell(column), self._habits.ministry)
        if reading.problem is not None:
            self._report(reading.problem, column, text_of(self._row.cell(column)))
        return reading.value

    def _school_code(self) -> str | None:
        text = text_of(self._cell("school_code"))
        return text if re.fullmatch(r"[\w.\-/]{1,40}", text) else None

    def _family(self, child: str) -> list:  # type: ignore[type-arg]
        family = []
        for cells in (self._row.cells, *self._row.continued):

            def cell_at(column: int, cells: list[Cell] = cells) -> Cell:
                if (self._sheet.grid.name, self._row.number, column) in self._habits.unclear:
                    self._report("encoding_unclear_cell", column, text_of(cells[column]))
                    return None
                return cells[column] if column < len(cells) else None

            read = read_family(self._layout.adults, cell_at, self._layout.label, self._report, child)
            family += [guardian for guardian in read if guardian not in family]
        return family


def _from_date(cell: Cell, grade: Cell) -> str | None:
    """`6/1` became 6 January (or 1 June); with the grade beside it the class can be read back."""
    digits = re.sub(r"\D", "", text_of(grade))
    if not isinstance(cell, dt.date) or not digits:
        return None
    day, month = cell.day, cell.month
    if int(digits) == day:
        return f"{day}/{month}"
    return f"{month}/{day}" if int(digits) == month else None


def _bad(
    sheet: SheetTables, layout: Layout, row: Row, code: str, column: int | None, value: object = "", detail: str = ""
) -> BadCell:  # fmt: skip
    found = bad(
        code,
        sheet=sheet.grid.name,
        row=row.number,
        column=(layout.label(column) or None) if column is not None else None,
        value=value,
        cell=address(row.number, column) if column is not None else None,
    )
    if detail:
        found.vi, found.en = f"{found.vi} {detail}", f"{found.en} {detail}"
    return found


def bad_row(sheet: SheetTables, layout: Layout, row: Row, code: str) -> BadCell:
    """A row that is no pupil, told with what it holds."""
    column = layout.first("full_name") if layout.first("full_name") is not None else layout.first("head")
    value = " | ".join(text_of(cell) for cell in row.cells if not is_blank(cell))[:200]
    return _bad(sheet, layout, row, code, column, value)

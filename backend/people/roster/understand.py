"""The reading of a school's file from its bytes to pupils, staff and reasons. Pure: same bytes, same day, same answer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import PurePath
from typing import Any

from backend.people.roster import duplicates
from backend.people.roster.dates import DateReading, settle
from backend.people.roster.layout import Layout
from backend.people.roster.personal_ids import ministry_habit
from backend.people.roster.pupils import FileHabits, Taken, bad_row, read_birth, read_pupil
from backend.people.roster.reasons import bad
from backend.people.roster.sex_codes import sex_codes
from backend.people.roster.sheet_kinds import kind_of
from backend.people.roster.staff import read_staff
from backend.people.roster.tables import Row, SheetTables, read_tables
from backend.spreadsheets.cells import Grid, is_blank, text_of
from backend.spreadsheets.legacy import convert_grid
from backend.spreadsheets.workbook import read_grids
from schemas.roster import BadCell, RosterPupil, RosterStaff, Sex, SheetReport, Understood

Birth = tuple[DateReading | None, Sex | None, int | None]


def understand(data: bytes, filename: str, today: dt.date) -> Understood:
    """Raises FileRefused when the file as a whole cannot be read."""
    grids = read_grids(data, filename)
    name = PurePath(filename.replace("\\", "/")).name
    return understand_grids(grids, name, today)


def understand_grids(grids: list[Grid], filename: str, today: dt.date) -> Understood:
    wrong: list[BadCell] = []
    habits = FileHabits()
    for grid in grids:
        habits.unclear |= {(grid.name, row, column) for row, column in convert_grid(grid)}
    sheets = [read_tables(grid, today) for grid in grids]
    reports = {id(sheet): _report(sheet, habits) for sheet in sheets}
    pupil_sheets = [sheet for sheet in sheets if reports[id(sheet)].kind == "pupils"]
    taken = _read_pupils(pupil_sheets, habits, today, wrong)
    staff = [person for sheet in sheets if reports[id(sheet)].kind == "staff" for person in read_staff(sheet, wrong)]
    duplicates.one_spelling(taken, staff)
    school_year = _school_year(sheets, filename)
    taken = duplicates.lost_tens(taken, wrong)
    duplicates.plausible_ages(taken, school_year, today, wrong)
    taken, repeats = duplicates.one_row_each(taken, wrong)
    _report_skipped(sheets, reports, wrong)
    _count(reports, sheets, taken, staff, repeats)
    order = {sheet.grid.name: position for position, sheet in enumerate(sheets)}
    wrong.sort(key=lambda b: (order.get(b.sheet, 0), b.row))
    return Understood(
        file_name=filename,
        pupils=[t.pupil for t in taken],
        staff=staff,
        bad_rows=wrong,
        sheets=[reports[id(sheet)] for sheet in sheets],
        school_year=school_year,
    )


def _read_pupils(sheets: list[SheetTables], habits: FileHabits, today: dt.date, wrong: list[BadCell]) -> list[Taken]:
    lists = [(sheet, [(table.layout, row) for table in sheet.tables for row in table.rows]) for sheet in sheets]
    habits.ministry = ministry_habit(
        [
            row.cell(layout.first("moedu_id"))
            for _, rows in lists
            for layout, row in rows
            if layout.first("moedu_id") is not None
        ]
    )
    births = [[read_birth(layout, row, today) for layout, row in rows] for _, rows in lists]
    settle([[birth for birth, _, _ in column if birth is not None] for column in births])
    taken: list[Taken] = []
    for (sheet, rows), column in zip(lists, births, strict=True):
        _fill_down_classes(sheet, rows)
        codes = sex_codes(rows)
        for (layout, row), birth in zip(rows, column, strict=True):
            if (pupil := read_pupil(sheet, layout, row, birth, codes, habits, wrong)) is not None:
                taken.append(pupil)
        wrong += [bad_row(sheet, layout, row, "name_missing") for layout, row in sheet.nameless]
        wrong += [bad_row(sheet, layout, row, "perhaps_not_a_pupil") for layout, row in sheet.doubtful]
    return taken


def _fill_down_classes(sheet: SheetTables, rows: list[tuple[Layout, Row]]) -> None:
    """CSV knows no merged cells: a class that stood beside all its pupils is left at the first of them only."""
    columns = {layout.first("class") for layout, _ in rows}
    if len(columns) != 1 or None in columns or sheet.class_name is not None:
        return
    column = columns.pop()
    assert column is not None
    filled = [position for position, (_, row) in enumerate(rows) if not is_blank(row.cell(column))]
    names = [text_of(rows[position][1].cell(column)) for position in filled]
    if not filled or filled[0] != 0 or len(filled) * 2 > len(rows) or len(set(names)) != len(names):
        return
    current = rows[0][1].cell(column)
    for _, row in rows:
        if is_blank(row.cell(column)):
            row.cells.extend([None] * (column + 1 - len(row.cells)))
            row.cells[column] = current
        else:
            current = row.cell(column)


def _report(sheet: SheetTables, habits: FileHabits) -> SheetReport:
    kind, reason = kind_of(sheet)
    if not sheet.tables and any(name == sheet.grid.name for name, _, _ in habits.unclear):
        reason = "sheet_encoding"
    report = SheetReport(sheet.grid.name, kind, reason, class_name=sheet.class_name)
    if sheet.tables:
        layout = sheet.tables[0].layout
        rows = sheet.grid.rows
        report.header_row = rows[layout.block.start][0]
        report.columns = layout.described()
        report.unmapped = layout.unmapped
    return report


def _report_skipped(sheets: list[SheetTables], reports: dict[int, SheetReport], wrong: list[BadCell]) -> None:
    """A sheet left aside is told once, at its first row, unless it holds nothing at all."""
    for sheet in sheets:
        report = reports[id(sheet)]
        if report.kind == "skipped" and sheet.grid.rows and report.reason and _worth_telling(sheet, report, reports):
            number, cells = sheet.grid.rows[0]
            value = " | ".join(text_of(cell) for cell in cells if not is_blank(cell))[:120]
            wrong.append(bad(report.reason, sheet=sheet.grid.name, row=number, value=value))


def _worth_telling(sheet: SheetTables, report: SheetReport, reports: dict[int, SheetReport]) -> bool:
    """Beside real lists, a cover, a page of advice or the words behind a drop-down hold nobody whom one could miss."""
    if report.reason != "sheet_without_list" or all(other.kind == "skipped" for other in reports.values()):
        return True
    return any(sum(not is_blank(cell) for cell in cells) >= 3 for _, cells in sheet.grid.rows)


def _count(
    reports: dict[int, SheetReport], sheets: list[SheetTables], taken: list[Taken], staff: list[RosterStaff], repeats: Counter[str]
) -> None:  # fmt: skip
    by_sheet = Counter(t.pupil.sheet for t in taken) + Counter(s.sheet for s in staff)
    for sheet in sheets:
        report = reports[id(sheet)]
        report.pupils = by_sheet[sheet.grid.name]
        if repeats[sheet.grid.name]:
            report.reason = f"repeats:{repeats[sheet.grid.name]}"


def _school_year(sheets: list[SheetTables], filename: str) -> str | None:
    found = Counter(year for sheet in sheets if (year := sheet.school_year) is not None)
    if found:
        return found.most_common(1)[0][0]
    named = SheetTables(Grid(filename, []), titles=[filename.replace("_", "-")])
    return named.school_year


def to_json(understood: Understood) -> dict[str, Any]:
    """The promised form; what stands beside `pupils` and `bad_rows` is for people."""
    return {
        "pupils": [_pupil_json(pupil) for pupil in understood.pupils],
        "bad_rows": [
            {"sheet": b.sheet, "row": b.row, "column": b.column, "value": b.value, "reason": b.reason}
            for b in understood.bad_rows
        ],
    }


def _pupil_json(pupil: RosterPupil) -> dict[str, Any]:
    return {
        "full_name": pupil.full_name,
        "class": pupil.class_name,
        "born_on": pupil.born_on.isoformat() if pupil.born_on else None,
        "sex": pupil.sex,
        "personal_id": pupil.personal_id,
        "moedu_id": pupil.moedu_id,
        "guardians": [{"name": g.name, "phone_e164": g.phone_e164, "relation": g.relation} for g in pupil.guardians],
    }

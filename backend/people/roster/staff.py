"""Staff rows: name, telephone, position, homeroom class, subjects, and who teaches what to whom."""

from __future__ import annotations

import re

from backend.people.roster.class_names import read_class
from backend.people.roster.header_block import Block
from backend.people.roster.headers import STAFF_FIELDS
from backend.people.roster.names import join_name, read_name
from backend.people.roster.phone_cells import read_phones
from backend.people.roster.reasons import bad
from backend.people.roster.tables import Row, SheetTables
from backend.spreadsheets.cells import Cell, address, fold, is_blank, text_of
from schemas.roster import BadCell, RosterStaff, Teaching

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# "Lịch sử và Địa lí" is one subject, so "và" does not part two.
_LIST = re.compile(r"\s*[,;+&\n]\s*")
_TEACHING = re.compile(r"^(?P<subject>[^\d:(]*?)\s*[:(]?\s*(?P<classes>\d.*?)\)?$")
_CLASS_LIST = re.compile(r"\s*[,+&]\s*|\s+và\s+|\s+(?=\d{1,2}[A-Za-zĐ./])")


def read_staff(sheet: SheetTables, wrong: list[BadCell]) -> list[RosterStaff]:
    staff = []
    for table in sheet.tables:
        columns = _columns(table.layout.block)
        for row in table.rows:
            if (person := _person(sheet, columns, row, wrong)) is not None:
                staff.append(person)
    return staff


def _columns(block: Block) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column, heading in enumerate(block.headings):
        field = STAFF_FIELDS.get(fold(heading.label)) or STAFF_FIELDS.get(
            fold(heading.texts[-1] if heading.texts else "")
        )
        if field is not None and field not in columns:
            columns[field] = column
    return columns


def _person(sheet: SheetTables, columns: dict[str, int], row: Row, wrong: list[BadCell]) -> RosterStaff | None:
    def cell(name: str) -> Cell:
        return row.cell(columns.get(name))

    def report(code: str, name: str) -> None:
        column = columns.get(name)
        where = address(row.number, column) if column is not None else None
        wrong.append(
            bad(code, sheet=sheet.grid.name, row=row.number, column=name, value=text_of(cell(name)), cell=where)
        )

    name = read_name(cell("full_name") if "full_name" in columns else join_name(cell("head"), cell("given")))
    if name.name is None:
        report("staff_name", "full_name" if "full_name" in columns else "head")
        return None
    phones = read_phones(cell("phone"))
    if phones.problem is not None:
        report(phones.problem, "phone")
    email = _EMAIL.search(text_of(cell("email")))
    person = RosterStaff(
        full_name=name.name,
        phone_e164=phones.phones[0].e164 if phones.phones else None,
        email=email[0].lower() if email else None,
        position=text_of(cell("position")) or None,
        subjects=_words(cell("subjects")),
        sheet=sheet.grid.name,
        row=row.number,
    )
    if not is_blank(cell("homeroom")):
        person.homeroom, problem = read_class(
            re.sub(r"(?i)^(gvcn|chủ nhiệm|cn)\s*(lớp)?\s*:?\s*", "", text_of(cell("homeroom")))
        )
        if problem is not None and fold(text_of(cell("homeroom"))) not in ("khong", "x"):
            report("staff_class", "homeroom")
    person.teaching = _teaching(cell("teaching"), person.subjects)
    person.subjects = person.subjects or [teaching.subject for teaching in person.teaching]
    return person


def _words(cell: Cell) -> list[str]:
    return [word for word in _LIST.split(text_of(cell)) if word] if not is_blank(cell) else []


def _teaching(cell: Cell, subjects: list[str]) -> list[Teaching]:
    """`Toán: 6A1, 6A2; Tin học: 7A1`, `Toán 6A1, 6A2`, or only `6A1, 6A2` when the teacher has one subject."""
    found: list[Teaching] = []
    if is_blank(cell):
        return found
    raw = cell if isinstance(cell, str) and "\n" in cell else text_of(cell)
    for part in re.split(r"[;\n]", raw):
        match = _TEACHING.match(" ".join(part.split()))
        if match is None:
            continue
        subject = match["subject"].strip(" -:") or (subjects[0] if len(subjects) == 1 else "")
        classes = [name for text in _CLASS_LIST.split(match["classes"]) if (name := read_class(text.strip(" .()"))[0])]
        if subject and classes:
            found.append(Teaching(subject, classes))
    return found

"""What was understood of a school's file: pupils, guardians, staff, and every cell that was not. Shapes only."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

Sex = Literal["male", "female"]
Relation = Literal["father", "mother", "guardian"]
# row: the pupil was not taken. cell: the pupil was taken without this cell. note: taken as it stands, please look.
Severity = Literal["row", "cell", "note"]


class RosterGuardian(msgspec.Struct, frozen=True):
    """One adult with at most one phone; an adult with two phones stands twice with the same name."""

    name: str | None
    phone_e164: str | None
    relation: Relation


class RosterPupil(msgspec.Struct):
    full_name: str
    class_name: str
    born_on: dt.date | None = None
    sex: Sex | None = None
    personal_id: str | None = None
    moedu_id: str | None = None
    guardians: list[RosterGuardian] = []
    school_code: str | None = None
    sheet: str = ""
    row: int = 0


class Teaching(msgspec.Struct, frozen=True):
    subject: str
    classes: list[str]


class RosterStaff(msgspec.Struct):
    full_name: str
    phone_e164: str | None = None
    email: str | None = None
    position: str | None = None
    homeroom: str | None = None
    subjects: list[str] = []
    teaching: list[Teaching] = []
    sheet: str = ""
    row: int = 0


class BadCell(msgspec.Struct):
    """One thing wrong. `row` counts from 1 as the spreadsheet does; `cell` is its address (`F12`) when one cell is to blame."""

    sheet: str
    row: int
    column: str | None
    value: str
    code: str
    severity: Severity
    vi: str
    en: str
    cell: str | None = None

    @property
    def reason(self) -> str:
        return f"{self.vi} / {self.en}"


class SheetReport(msgspec.Struct):
    """What was made of one sheet: its kind, which column was taken for what, and which columns were left alone."""

    name: str
    kind: Literal["pupils", "staff", "skipped"]
    reason: str = ""
    class_name: str | None = None
    header_row: int | None = None
    columns: dict[str, str] = {}
    unmapped: list[str] = []
    pupils: int = 0


class Understood(msgspec.Struct):
    file_name: str
    pupils: list[RosterPupil]
    staff: list[RosterStaff]
    bad_rows: list[BadCell]
    sheets: list[SheetReport]
    school_year: str | None = None

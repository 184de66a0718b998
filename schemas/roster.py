"""What was understood of a school's file: pupils, guardians, staff, and every cell that was not. Shapes only."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

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


# Over HTTP


class RosterImport(msgspec.Struct, kw_only=True):
    """An uploaded file and what it would do, or did, to the roll. Counts only: no personal data is kept with it."""

    import_id: UUID
    file_name: str
    school_year: str
    state: Literal["read", "applied", "failed"]
    uploaded_at: dt.datetime
    applied_at: dt.datetime | None = None
    file_school_year: str | None = None
    pupils_read: int = 0
    pupils_new: int = 0
    pupils_changed: int = 0
    pupils_same: int = 0
    pupils_missing: int = 0
    pupils_unsure: int = 0
    classes_new: int = 0
    guardians_new: int = 0
    guardians_changed: int = 0
    bonds_new: int = 0
    staff_read: int = 0
    staff_new: int = 0
    staff_changed: int = 0
    duties_begun: int = 0
    duties_ended: int = 0
    rows_reported: int = 0
    needs_second_factor: bool = False


class RosterImportList(msgspec.Struct):
    imports: list[RosterImport]


class RosterBadRow(msgspec.Struct):
    sheet: str
    row: int
    column: str | None
    cell: str | None
    value: str
    code: str
    severity: Severity
    vi: str
    en: str


class RosterFieldChange(msgspec.Struct):
    """Personal numbers show their last digits only."""

    field: str
    before: str | None
    after: str | None


class RosterChange(msgspec.Struct):
    pupil_id: UUID
    full_name: str
    class_name: str
    matched_by: str
    fields: list[RosterFieldChange]


class RosterMissing(msgspec.Struct):
    pupil_id: UUID
    full_name: str
    class_name: str


class RosterReview(RosterImport, kw_only=True):
    """The dry run in full; lists end after five hundred entries, the counts do not."""

    classes: list[str] = []
    changes: list[RosterChange] = []
    missing: list[RosterMissing] = []
    bad_rows: list[RosterBadRow] = []
    sheets: list[SheetReport] = []

"""Shapes of the roll: children as their family sees them, classes, pupils, guardians, staff, school years."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

Relation = Literal["father", "mother", "guardian"]
Sex = Literal["male", "female"]
PupilStatus = Literal["enrolled", "left", "transferred", "graduated", "on_leave"]
Source = Literal["sector", "file", "hand"]
AssignmentKind = Literal["homeroom", "subject"]
StaffRole = Literal["teacher", "accountant", "school_admin", "inbox"]
Session = Literal["morning", "afternoon"]

Name = Annotated[str, Meta(min_length=1, max_length=100, examples=["Nguyễn Minh An"])]
Phone = Annotated[str, Meta(min_length=8, max_length=30, description="As people write it", examples=["0912 345 678"])]
SchoolYear = Annotated[str, Meta(pattern=r"^20[0-9]{2}-20[0-9]{2}$", examples=["2026-2027"])]


class Child(msgspec.Struct, frozen=True):
    """A child as its own family names it."""

    pupil_id: UUID
    full_name: str
    relation: Relation
    can_act: bool
    school_id: int
    school_name: str
    class_id: UUID | None = None
    class_name: str | None = None
    grade: int | None = None


class ClassRow(msgspec.Struct, frozen=True):
    """`my_subjects` and `my_homeroom` say what the reader is to this class."""

    class_id: UUID
    name: str
    grade: int
    sessions: list[Session]
    pupils: int
    homeroom_teacher: str | None
    my_homeroom: bool
    my_subjects: list[str]


class ClassList(msgspec.Struct, frozen=True):
    school_year: str
    classes: list[ClassRow]


class PupilRow(msgspec.Struct, frozen=True):
    """`reachable`: at least one guardian who gets notices has signed in or has a telephone."""

    pupil_id: UUID
    full_name: str
    born_on: date | None
    sex: Sex | None
    school_code: str | None
    reachable: bool


class ClassPupils(msgspec.Struct, frozen=True):
    class_id: UUID
    class_name: str
    pupils: list[PupilRow]


class FoundPupil(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    born_on: date | None
    class_id: UUID | None
    class_name: str | None


class FoundPupils(msgspec.Struct, frozen=True):
    pupils: list[FoundPupil]


class GuardianOfPupil(msgspec.Struct, frozen=True):
    """`may_collect`, `can_view`, `can_act` and `gets_notices` come from custody papers."""

    guardian_id: UUID
    full_name: str | None
    relation: Relation
    phone: str | None
    has_account: bool
    can_view: bool
    can_act: bool
    gets_notices: bool
    may_collect: bool
    valid_from: date
    valid_to: date | None


class PupilCard(msgspec.Struct, frozen=True):
    """`personal_id` shows its last three digits only."""

    pupil_id: UUID
    full_name: str
    born_on: date | None
    sex: Sex | None
    personal_id: str | None
    moedu_id: str | None
    school_code: str | None
    status: PupilStatus
    source: Source
    class_id: UUID | None
    class_name: str | None
    guardians: list[GuardianOfPupil]


class MyAssignment(msgspec.Struct, frozen=True):
    class_id: UUID
    class_name: str
    kind: AssignmentKind
    subject_code: str
    subject_name: str | None


class StaffMe(msgspec.Struct, frozen=True):
    """Who the reader is in this school."""

    staff_id: UUID
    full_name: str
    school_name: str
    roles: list[StaffRole]
    assignments: list[MyAssignment]


class StaffRow(msgspec.Struct, frozen=True):
    staff_id: UUID
    full_name: str
    phone: str
    email: str | None
    has_account: bool
    roles: list[StaffRole]
    assignments: list[MyAssignment]


class StaffList(msgspec.Struct, frozen=True):
    staff: list[StaffRow]


class NewGuardian(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    full_name: Name
    relation: Relation
    phone: Phone | None = None


class NewPupil(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pupil_id` is made by the client, so that a repeated request is the same pupil."""

    pupil_id: UUID
    full_name: Name
    class_id: UUID
    born_on: date | None = None
    sex: Sex | None = None
    personal_id: Annotated[str, Meta(pattern=r"^[0-9]{12}$")] | None = None
    school_code: Annotated[str, Meta(min_length=1, max_length=30)] | None = None
    guardians: Annotated[list[NewGuardian], Meta(max_length=6)] = []


class PupilMade(msgspec.Struct, frozen=True):
    pupil_id: UUID


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `on` the pupil belongs to the new class; the day before is the last in the old one."""

    class_id: UUID
    on: date


class NewPhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """null takes the number away. Whoever signed in with the old number is signed off this family's children."""

    phone: Phone | None


class Custody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only what is sent changes."""

    can_view: bool | UnsetType = UNSET
    can_act: bool | UnsetType = UNSET
    gets_notices: bool | UnsetType = UNSET
    may_collect: bool | UnsetType = UNSET
    valid_to: date | UnsetType | None = UNSET


class NewAssignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`subject_code` is empty for the homeroom teacher."""

    staff_id: UUID
    kind: AssignmentKind
    subject_code: Annotated[str, Meta(max_length=10)] = ""


class Assignments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All who teach a class from today on; whoever is not listed no longer does."""

    assignments: Annotated[list[NewAssignment], Meta(max_length=60)]


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    term: Literal[1, 2]
    starts_on: date
    ends_on: date


class SchoolYearIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    starts_on: date
    ends_on: date
    terms: Annotated[list[Term], Meta(min_length=2, max_length=2)]
    is_current: bool = False


class SchoolYearRow(msgspec.Struct, frozen=True):
    school_year: str
    starts_on: date
    ends_on: date
    is_current: bool
    terms: list[Term]


class ClosedDay(msgspec.Struct, frozen=True):
    on: date
    reason: str


class Calendar(msgspec.Struct, frozen=True):
    years: list[SchoolYearRow]
    closed_days: list[ClosedDay]


class CloseDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200, examples=["Nghỉ tránh bão"])]


class SchoolAbout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a school says of itself; the chat fills its answers from it. An empty line is not told."""

    address: Annotated[str, Meta(max_length=300)] = ""
    phone: Annotated[str, Meta(max_length=60)] = ""
    duty_phone: Annotated[str, Meta(max_length=60, description="The line that answers in an emergency.")] = ""
    email: Annotated[str, Meta(max_length=120)] = ""
    office_hours: Annotated[str, Meta(max_length=300)] = ""
    website: Annotated[str, Meta(max_length=200)] = ""
    school_hours: Annotated[str, Meta(max_length=300)] = ""
    principal_hours: Annotated[str, Meta(max_length=300)] = ""
    calendar: Annotated[str, Meta(max_length=800)] = ""
    exam_calendar: Annotated[str, Meta(max_length=800)] = ""
    fee_list: Annotated[str, Meta(max_length=800)] = ""
    lunch_menu: Annotated[str, Meta(max_length=800)] = ""
    lunch_price: Annotated[str, Meta(max_length=300)] = ""
    lunch_cutoff: Annotated[str, Meta(max_length=300)] = ""
    after_hours: Annotated[str, Meta(max_length=300)] = ""
    school_bus: Annotated[str, Meta(max_length=800)] = ""
    uniform: Annotated[str, Meta(max_length=300)] = ""
    clubs: Annotated[str, Meta(max_length=800)] = ""
    rules: Annotated[str, Meta(max_length=800)] = ""

"""Shapes of the timetable: a class's week from a day on, what is different on one day, and the hours of the periods."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Session = Literal["morning", "afternoon"]
ChangeKind = Literal["cancelled", "replaced", "added"]
# What the reader sees: the two ends of a moved lesson have words of their own.
Change = Literal["cancelled", "replaced", "added", "moved_away", "moved_here"]
BellLevel = Literal["", "preschool", "primary", "lower_secondary", "upper_secondary"]

Weekday = Annotated[int, Meta(ge=1, le=7, description="1 Monday (thứ Hai) … 7 Sunday", examples=[2])]
Period = Annotated[int, Meta(ge=1, le=10, description="Tiết, counted from 1 in each session", examples=[1])]
Words = Annotated[str, Meta(min_length=1, max_length=80)]
Room = Annotated[str, Meta(min_length=1, max_length=30, examples=["P.201"])]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["07:00"])]
LESSONS_MAX = 140


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a lesson is. Either a subject of the gradebook or free words; a teacher by id, or in words where the roll has none."""

    subject_code: Annotated[str, Meta(max_length=20, examples=["TOAN"])] | None = None
    title: Annotated[str, Meta(min_length=1, max_length=80, examples=["Chào cờ"])] | None = None
    staff_id: UUID | None = None
    teacher: Words | None = None
    room: Room | None = None


class LessonIn(Content, frozen=True, kw_only=True, forbid_unknown_fields=True):
    weekday: Weekday
    session: Session
    period: Period


class TimetableIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole week. `keep_clashes`: somebody has looked at the teachers who stand in two classes and means it."""

    lessons: Annotated[list[LessonIn], Meta(max_length=LESSONS_MAX)]
    keep_clashes: bool = False
    tell_families: bool = False


class SlotOn(msgspec.Struct, frozen=True):
    on: date
    session: Session
    period: Period


class ChangeIn(Content, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One day's word on one slot. With `move_to` the lesson is held there instead, as it stands or with the content given."""

    kind: ChangeKind
    note: Annotated[str, Meta(min_length=1, max_length=200, examples=["Cô Lan đi tập huấn"])] | None = None
    move_to: SlotOn | None = None
    make_up: Annotated[bool, Meta(description="Held although the school is closed on that day (học bù).")] = False
    keep_clashes: bool = False
    tell_families: bool = False


class DayIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole day at once: without `like_weekday` no lesson is held; with it those of that weekday are (học theo TKB thứ Năm)."""

    like_weekday: Weekday | None = None
    sessions: Annotated[list[Session], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: ["morning", "afternoon"]
    )
    note: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    make_up: bool = False
    tell_families: bool = False


class Clash(msgspec.Struct, frozen=True):
    """A teacher who is wanted in two classes at once."""

    weekday: int
    session: Session
    period: int
    teacher: str
    class_name: str
    other_class: str


class Published(msgspec.Struct, frozen=True):
    """`changed` is false where the very same week was published from that day before. `told` counts guardians."""

    class_id: UUID
    valid_from: date
    changed: bool
    lessons: int
    clashes: list[Clash]
    told: int = 0


class Changed(msgspec.Struct, frozen=True):
    """How many slots of the day now differ from the week, and how many guardians are told."""

    class_id: UUID
    on: date
    slots: int
    told: int = 0


class SchoolDay(msgspec.Struct, frozen=True):
    """How many classes have another day now, and how many guardians are told."""

    on: date
    classes: int
    told: int = 0


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as it is read. A cancelled one stays in its place with `held` false; `was` is what the week would have had."""

    session: Session
    period: int
    title: str
    held: bool = True
    starts_at: str | None = None
    ends_at: str | None = None
    subject_code: str | None = None
    teacher: str | None = None
    room: str | None = None
    change: Change | None = None
    was: str | None = None
    was_teacher: str | None = None
    other: SlotOn | None = None
    note: str | None = None
    class_name: str | None = None
    class_id: UUID | None = None


class DayLessons(msgspec.Struct, frozen=True):
    """`closed`: why there is no school, in the reader's language. `kept` is false where no timetable was in force."""

    on: date
    kept: bool
    closed: str | None
    lessons: list[Lesson]


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Days from a Monday on. `valid_from`: since when the newest week shown is in force; `next_from`: when another one begins."""

    starts_on: date
    days: list[DayLessons]
    class_name: str | None = None
    valid_from: date | None = None
    next_from: date | None = None


class BellTime(msgspec.Struct, frozen=True):
    session: Session
    period: Period
    starts_at: Clock
    ends_at: Clock


class BellsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hours of all periods of a level (empty: the whole school) from a day on. An empty list takes the set away."""

    valid_from: date
    times: Annotated[list[BellTime], Meta(max_length=20)]
    level: BellLevel = ""


class BellSet(msgspec.Struct, frozen=True):
    level: BellLevel
    valid_from: date
    times: list[BellTime]


class Bells(msgspec.Struct, frozen=True):
    sets: list[BellSet]


class TimetableImport(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded sheet: what of it was understood, and what it did or would do."""

    import_id: UUID
    file_name: str
    valid_from: date
    state: Literal["read", "applied"]
    uploaded_at: datetime
    applied_at: datetime | None = None
    classes_read: int = 0
    classes_new: int = 0
    classes_changed: int = 0
    classes_same: int = 0
    lessons_read: int = 0
    cells_reported: int = 0
    clashes: int = 0


class ImportedClass(msgspec.Struct, frozen=True):
    """`sessions`: those the sheet speaks of; the class keeps its other one as it is."""

    class_name: str
    lessons: int
    sessions: list[Session]
    does: Literal["new", "changed", "same"]


class SheetFault(msgspec.Struct, frozen=True, kw_only=True):
    """One cell to look at. row: a line or a class was not taken; cell: a lesson was not taken; note: taken as it stands."""

    sheet: str
    row: int
    cell: str | None
    value: str
    code: str
    severity: Literal["row", "cell", "note"]
    vi: str
    en: str


class TimetableReview(TimetableImport, frozen=True, kw_only=True):
    classes: list[ImportedClass]
    faults: list[SheetFault]
    clashing: list[Clash]
    missing: list[str]


class TimetableImportList(msgspec.Struct, frozen=True):
    imports: list[TimetableImport]


class ApplyImport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep_clashes: bool = False
    tell_families: bool = False


class ClassVersions(msgspec.Struct, frozen=True):
    """`in_force`: since when the class's week counts (null: none yet); `coming`: weeks that begin later."""

    class_id: UUID
    name: str
    grade: int
    in_force: date | None
    coming: list[date]


class TimetableList(msgspec.Struct, frozen=True):
    classes: list[ClassVersions]

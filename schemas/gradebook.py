"""Shapes of the gradebook. Scores are exact decimals with one place, in JSON as numbers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

# An exact decimal, or null. Without the extra words the description of the API would call it a string, as most programs send it.
Score = Annotated[
    Decimal | None,
    Meta(
        extra_json_schema={
            "extra": {"type": ["number", "null"], "one_of": None},
            "description": "0–10, one decimal place",
            "examples": [7.5],
        }
    ),
]
MarkKind = Literal["regular", "midterm", "final"]
Assessed = Literal["scored", "commented"]


class PublishedMark(msgspec.Struct, frozen=True):
    """One published mark of one pupil, with its subject's names. Scored: `score`; commented: `passed`."""

    subject_code: str
    subject_vi: str
    subject_en: str
    assessed: Assessed
    term: int
    kind: MarkKind
    ordinal: int
    score: Score
    passed: bool | None
    remark: str | None
    published_at: datetime


class MarkValue(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: MarkKind
    ordinal: int
    score: Score = None
    passed: bool | None = None
    remark: str | None = None
    published_at: datetime | None = None


class TermResult(msgspec.Struct, frozen=True):
    """A subject in one semester. `average` (scored) or `passed` (commented) is null until the circular allows it."""

    term: int
    marks: list[MarkValue]
    average: Score
    passed: bool | None


class SubjectResult(msgspec.Struct, frozen=True):
    code: str
    name: str
    assessed: Assessed
    terms: list[TermResult]
    year_average: Score
    year_passed: bool | None


class PupilGrades(msgspec.Struct, frozen=True):
    """What a family sees: published marks of its own child and the averages these allow. No rank, no other pupil."""

    pupil_id: UUID
    school_year: str
    subjects: list[SubjectResult]


class MarkLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pupil's mark: 0–10 with at most one decimal (`7.5`, `"7,5"`), commented `"Đ"` or `"CĐ"`; null takes it back."""

    pupil_id: UUID
    value: Annotated[str, Meta(max_length=12, examples=["7,5", "Đ"])] | float | None
    remark: Annotated[str, Meta(max_length=300)] | None = None


class MarksIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of the gradebook for a class. Pupils who are not listed keep what they have."""

    subject_code: Annotated[str, Meta(min_length=1, max_length=10, examples=["TOAN"])]
    term: Literal[1, 2]
    kind: MarkKind
    lines: Annotated[list[MarkLine], Meta(min_length=1, max_length=200)]
    ordinal: Annotated[int, Meta(ge=1, le=5, description="Which regular mark; 1 for midterm and final.")] = 1
    reason: (
        Annotated[str, Meta(max_length=300, description="Needed to change a mark that families already see.")] | None
    ) = None


class MarksKept(msgspec.Struct, frozen=True):
    """`corrected` counts changed marks that families had already seen; they are told."""

    entered: int
    changed: int
    erased: int
    corrected: int


class MarksToPublish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything entered for a subject and semester, or only one kind, or only one column of it."""

    subject_code: Annotated[str, Meta(min_length=1, max_length=10, examples=["TOAN"])]
    term: Literal[1, 2]
    kind: MarkKind | None = None
    ordinal: Annotated[int, Meta(ge=1, le=5)] | None = None


class MarksPublished(msgspec.Struct, frozen=True):
    marks: int
    pupils: int


class PupilSubject(msgspec.Struct, frozen=True):
    """A row of the gradebook. Averages are of all marks entered, published or not."""

    pupil_id: UUID
    full_name: str
    born_on: date | None
    marks: list[MarkValue]
    average: Score
    passed: bool | None
    year_average: Score
    year_passed: bool | None


class ClassSubject(msgspec.Struct, frozen=True):
    """One subject of a class in one semester, pupils in the order of class lists."""

    class_id: UUID
    class_name: str
    school_year: str
    term: int
    subject_code: str
    subject_name: str
    assessed: Assessed
    regular_required: int | None
    pupils: list[PupilSubject]


class SubjectAverage(msgspec.Struct, frozen=True):
    subject_code: str
    average: Score
    passed: bool | None


class PupilAverages(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    subjects: list[SubjectAverage]


class SubjectHead(msgspec.Struct, frozen=True):
    code: str
    name: str
    assessed: Assessed


class ClassAverages(msgspec.Struct, frozen=True):
    """The homeroom teacher's overview: every subject's average or result. There is no average over subjects and no rank."""

    class_id: UUID
    class_name: str
    school_year: str
    term: int
    subjects: list[SubjectHead]
    pupils: list[PupilAverages]


class MarkChange(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    kind: MarkKind
    ordinal: int
    old_score: Score
    new_score: Score
    old_passed: bool | None
    new_passed: bool | None
    reason: str | None
    changed_at: datetime
    changed_by: str | None


class MarkHistory(msgspec.Struct, frozen=True):
    """Every change after a mark was first entered, newest first."""

    class_id: UUID
    subject_code: str
    term: int
    changes: list[MarkChange]

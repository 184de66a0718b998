"""Shapes of the gradebook. Scores are exact decimals with one place, in JSON as numbers."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

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
    score: Decimal | None
    passed: bool | None
    remark: str | None
    published_at: datetime


class MarkValue(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: MarkKind
    ordinal: int
    score: Decimal | None = None
    passed: bool | None = None
    remark: str | None = None
    published_at: datetime | None = None


class TermResult(msgspec.Struct, frozen=True):
    """A subject in one semester. `average` (scored) or `passed` (commented) is null until the circular allows it."""

    term: int
    marks: list[MarkValue]
    average: Decimal | None
    passed: bool | None


class SubjectResult(msgspec.Struct, frozen=True):
    code: str
    name: str
    assessed: Assessed
    terms: list[TermResult]
    year_average: Decimal | None
    year_passed: bool | None


class PupilGrades(msgspec.Struct, frozen=True):
    """What a family sees: published marks of its own child and the averages these allow. No rank, no other pupil."""

    pupil_id: UUID
    school_year: str
    subjects: list[SubjectResult]

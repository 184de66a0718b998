"""Marks in, results out: one pupil's marks by subject and semester, computed by circular 22. It reads no table."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from uuid import UUID

import msgspec

from backend.gradebook import circular22
from schemas.gradebook import MarkValue, PublishedMark, PupilGrades, SubjectResult, TermResult

# Scores go out as JSON numbers with their one decimal (8.0), as the SQL of the house writes them.
encode = msgspec.json.Encoder(decimal_format="number").encode
_KIND_ORDER = {"regular": 0, "midterm": 1, "final": 2}


def pupil_grades(
    pupil_id: UUID, school_year: str, marks: Iterable[PublishedMark], *, language: str = "vi", term: int | None = None
) -> PupilGrades:
    """`marks` come ordered by subject. With `term`, only that semester is listed; the year's result still uses both."""
    subjects = [_subject(list(own), language, term) for _, own in groupby(marks, key=lambda mark: mark.subject_code)]
    return PupilGrades(pupil_id, school_year, [subject for subject in subjects if subject.terms])


def _subject(marks: list[PublishedMark], language: str, only_term: int | None) -> SubjectResult:
    head = marks[0]
    terms = {n: term_result(n, [_value(mark) for mark in marks if mark.term == n], head.assessed) for n in (1, 2)}
    first, second = terms[1], terms[2]
    return SubjectResult(
        code=head.subject_code,
        name=head.subject_en if language == "en" else head.subject_vi,
        assessed=head.assessed,
        terms=[result for n, result in terms.items() if result.marks and only_term in (None, n)],
        year_average=circular22.year_average(first.average, second.average),
        year_passed=circular22.year_passed(first.passed, second.passed),
    )


def term_result(term: int, marks: list[MarkValue], assessed: str) -> TermResult:
    """One subject in one semester, marks in the order of the gradebook's columns."""
    marks = sorted(marks, key=lambda mark: (_KIND_ORDER[mark.kind], mark.ordinal))
    if assessed == "commented":
        return TermResult(term, marks, None, _passed(marks))
    return TermResult(term, marks, _average(marks), None)


def _average(marks: list[MarkValue]) -> Decimal | None:
    regular = [mark.score for mark in marks if mark.kind == "regular" and mark.score is not None]
    return circular22.semester_average(
        regular,
        next((mark.score for mark in marks if mark.kind == "midterm"), None),
        next((mark.score for mark in marks if mark.kind == "final"), None),
    )


def _passed(marks: list[MarkValue]) -> bool | None:
    return circular22.semester_passed(
        [mark.passed for mark in marks if mark.kind == "regular" and mark.passed is not None],
        next((mark.passed for mark in marks if mark.kind == "midterm"), None),
        next((mark.passed for mark in marks if mark.kind == "final"), None),
    )


def _value(mark: PublishedMark) -> MarkValue:
    return MarkValue(mark.kind, mark.ordinal, mark.score, mark.passed, mark.remark, mark.published_at)

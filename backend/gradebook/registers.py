"""The gradebook as teachers read it: one subject of a class, the overview of a class, the history of changes. One statement each.

Averages here are of every mark entered, published or not; what families see is in queries.py.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.gradebook import circular22
from backend.gradebook.results import term_result
from backend.identity.entitlement import STANDING, Standing, standing_of
from schemas.gradebook import (
    Assessed,
    ClassAverages,
    ClassSubject,
    MarkKind,
    MarkValue,
    PupilAverages,
    PupilSubject,
    SubjectAverage,
    SubjectHead,
)


class _Mark(msgspec.Struct, frozen=True):
    term: int
    kind: MarkKind
    ordinal: int
    score: Decimal | None
    passed: bool | None
    remark: str | None = None
    published_at: datetime | None = None
    subject_code: str = ""


class _Pupil(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    born_on: date | None
    marks: list[_Mark]


class _Subject(msgspec.Struct, frozen=True):
    code: str
    vi: str
    en: str
    assessed: Assessed


_PUPILS = msgspec.json.Decoder(list[_Pupil])
_SUBJECTS = msgspec.json.Decoder(list[_Subject])

# $1 school, $2 account, $3 class, $4 today, $5 subject.
_CLASS_SUBJECT = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       c.name, c.school_year, s.name_vi, s.name_en, s.assessed,
       (SELECT i.periods
          FROM subject_periods i
         WHERE i.subject_code = s.subject_code
           AND i.grade = c.grade
           AND i.valid_from <= y.ends_on
           AND (i.valid_to IS NULL OR i.valid_to >= y.starts_on)
         ORDER BY i.valid_from DESC
         LIMIT 1) AS periods,
       (SELECT coalesce(json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name,
                                                   'born_on', p.born_on, 'marks', coalesce(k.marks, '[]'::json))
                                 ORDER BY p.sort_key, p.pupil_id), '[]'::json)
          FROM enrolments e
          JOIN pupils p
            ON p.school_id = e.school_id
           AND p.pupil_id = e.pupil_id
          LEFT JOIN LATERAL (SELECT json_agg(json_build_object('term', m.term, 'kind', m.kind, 'ordinal', m.ordinal,
                                                               'score', m.score, 'passed', m.passed, 'remark', m.remark,
                                                               'published_at', m.published_at)) AS marks
                               FROM marks m
                              WHERE m.school_id = $1
                                AND m.pupil_id = e.pupil_id
                                AND m.school_year = c.school_year
                                AND m.subject_code = $5) AS k
            ON true
         WHERE e.school_id = $1
           AND e.class_id = $3
           AND e.to_on IS NULL)::text AS pupils
  FROM classes c
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
  LEFT JOIN who
    ON true
  LEFT JOIN subjects s
    ON s.subject_code = $5
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def class_subject(
    reader: Reader,
    school_id: int,
    account_id: UUID,
    class_id: UUID,
    subject: str,
    term: int,
    *,
    today: date,
    language: str = "vi",
) -> ClassSubject:
    """For the subject's teacher, the homeroom teacher and the school's administrator."""
    row: Any = await reader.fetchrow(_CLASS_SUBJECT, school_id, account_id, class_id, today, subject)
    who = _standing(row)
    if not (who.admin or who.homeroom or subject in who.subjects):
        raise FORBIDDEN()
    if row["assessed"] is None:
        raise NOT_FOUND()
    assessed: Assessed = row["assessed"]
    required = (
        circular22.regular_marks_required(row["periods"], commented=assessed == "commented") if row["periods"] else None
    )
    return ClassSubject(
        class_id=class_id,
        class_name=row["name"],
        school_year=row["school_year"],
        term=term,
        subject_code=subject,
        subject_name=row["name_en"] if language == "en" else row["name_vi"],
        assessed=assessed,
        regular_required=required,
        pupils=[_pupil_subject(pupil, term, assessed) for pupil in _PUPILS.decode(row["pupils"])],
    )


def _pupil_subject(pupil: _Pupil, term: int, assessed: Assessed) -> PupilSubject:
    first, second = (term_result(n, [_value(mark) for mark in pupil.marks if mark.term == n], assessed) for n in (1, 2))
    shown = second if term == 2 else first
    return PupilSubject(
        pupil_id=pupil.pupil_id,
        full_name=pupil.full_name,
        born_on=pupil.born_on,
        marks=shown.marks,
        average=shown.average,
        passed=shown.passed,
        year_average=circular22.year_average(first.average, second.average),
        year_passed=circular22.year_passed(first.passed, second.passed),
    )


# $5 term. Subjects are those of the class and any that has a mark.
_CLASS_AVERAGES = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       c.name, c.school_year,
       (SELECT coalesce(json_agg(json_build_object('code', s.subject_code, 'vi', s.name_vi, 'en', s.name_en,
                                                   'assessed', s.assessed)
                                 ORDER BY s.position), '[]'::json)
          FROM subjects s
         WHERE EXISTS (SELECT
                         FROM class_subjects k
                        WHERE k.school_id = $1
                          AND k.class_id = $3
                          AND k.subject_code = s.subject_code)
            OR EXISTS (SELECT
                         FROM marks m
                        WHERE m.school_id = $1
                          AND m.class_id = $3
                          AND m.school_year = c.school_year
                          AND m.term = $5
                          AND m.subject_code = s.subject_code))::text AS subjects_of_class,
       (SELECT coalesce(json_agg(json_build_object('pupil_id', p.pupil_id, 'full_name', p.full_name,
                                                   'born_on', p.born_on, 'marks', coalesce(k.marks, '[]'::json))
                                 ORDER BY p.sort_key, p.pupil_id), '[]'::json)
          FROM enrolments e
          JOIN pupils p
            ON p.school_id = e.school_id
           AND p.pupil_id = e.pupil_id
          LEFT JOIN LATERAL (SELECT json_agg(json_build_object('subject_code', m.subject_code, 'term', m.term,
                                                               'kind', m.kind, 'ordinal', m.ordinal, 'score', m.score,
                                                               'passed', m.passed)
                                             ORDER BY m.subject_code) AS marks
                               FROM marks m
                              WHERE m.school_id = $1
                                AND m.pupil_id = e.pupil_id
                                AND m.school_year = c.school_year
                                AND m.term = $5) AS k
            ON true
         WHERE e.school_id = $1
           AND e.class_id = $3
           AND e.to_on IS NULL)::text AS pupils
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def class_averages(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, term: int, *, today: date, language: str = "vi"
) -> ClassAverages:
    """Every subject's average of every pupil, for the homeroom teacher and the school's administrator."""
    row: Any = await reader.fetchrow(_CLASS_AVERAGES, school_id, account_id, class_id, today, term)
    who = _standing(row)
    if not (who.admin or who.homeroom):
        raise FORBIDDEN()
    subjects = _SUBJECTS.decode(row["subjects_of_class"])
    return ClassAverages(
        class_id=class_id,
        class_name=row["name"],
        school_year=row["school_year"],
        term=term,
        subjects=[SubjectHead(s.code, s.en if language == "en" else s.vi, s.assessed) for s in subjects],
        pupils=[_pupil_averages(pupil, subjects, term) for pupil in _PUPILS.decode(row["pupils"])],
    )


def _pupil_averages(pupil: _Pupil, subjects: list[_Subject], term: int) -> PupilAverages:
    by_subject = {code: list(marks) for code, marks in groupby(pupil.marks, key=lambda mark: mark.subject_code)}
    averages = []
    for subject in subjects:
        result = term_result(term, [_value(mark) for mark in by_subject.get(subject.code, [])], subject.assessed)
        averages.append(SubjectAverage(subject.code, result.average, result.passed))
    return PupilAverages(pupil.pupil_id, pupil.full_name, averages)


_MARK_HISTORY = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       json_build_object(
         'class_id', c.class_id,
         'subject_code', $5::text,
         'term', $6::smallint,
         'changes', (SELECT coalesce(json_agg(json_build_object('pupil_id', h.pupil_id, 'full_name', p.full_name,
                                                                'kind', h.kind, 'ordinal', h.ordinal,
                                                                'old_score', h.old_score, 'new_score', h.new_score,
                                                                'old_passed', h.old_passed, 'new_passed', h.new_passed,
                                                                'reason', h.reason, 'changed_at', h.changed_at,
                                                                'changed_by', (SELECT min(s.full_name)
                                                                                 FROM staff s
                                                                                WHERE s.school_id = $1
                                                                                  AND s.account_id = h.changed_by))
                                              ORDER BY h.changed_at DESC, p.sort_key), '[]'::json)
                       FROM enrolments e
                       JOIN mark_history h
                         ON h.school_id = e.school_id
                        AND h.pupil_id = e.pupil_id
                        AND h.school_year = c.school_year
                        AND h.term = $6
                        AND h.subject_code = $5
                       JOIN pupils p
                         ON p.school_id = h.school_id
                        AND p.pupil_id = h.pupil_id
                      WHERE e.school_id = $1
                        AND e.class_id = $3
                        AND e.to_on IS NULL))::text AS history
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def mark_history_json(
    reader: Reader, school_id: int, account_id: UUID, class_id: UUID, subject: str, term: int, *, today: date
) -> str:
    """Ready JSON (schemas.gradebook.MarkHistory), for the subject's teacher, the homeroom teacher and the administrator."""
    row: Any = await reader.fetchrow(_MARK_HISTORY, school_id, account_id, class_id, today, subject, term)
    who = _standing(row)
    if not (who.admin or who.homeroom or subject in who.subjects):
        raise FORBIDDEN()
    found: str = row["history"]
    return found


def _standing(row: Any) -> Standing:
    if row is None:
        raise NOT_FOUND()
    return standing_of(row)


def _value(mark: _Mark) -> MarkValue:
    return MarkValue(mark.kind, mark.ordinal, mark.score, mark.passed, mark.remark, mark.published_at)

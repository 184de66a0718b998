"""Reads of the gradebook. What a family reads carries its right in the statement, and only ever published marks."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader
from backend.gradebook.results import pupil_grades
from schemas.gradebook import PublishedMark, PupilGrades

_MARKS = msgspec.json.Decoder(list[PublishedMark])


async def grades_for_family(
    reader: Reader,
    school_id: int,
    account_id: UUID,
    pupil_id: UUID,
    on: date,
    *,
    language: str = "vi",
    term: int | None = None,
) -> PupilGrades | None:
    """A child's published marks of the current school year with averages. None for other people's children."""
    found = await versioned_grades_for_family(reader, school_id, account_id, pupil_id, on, language=language, term=term)
    return found[1] if found else None


async def versioned_grades_for_family(
    reader: Reader,
    school_id: int,
    account_id: UUID,
    pupil_id: UUID,
    on: date,
    *,
    language: str = "vi",
    term: int | None = None,
) -> tuple[str, PupilGrades] | None:
    """The same with the family's version, as family.versions.pupil_version gives it."""
    row = await reader.fetchrow(
        """
        SELECT right(family.guardian_id::text, 8) || '.' || coalesce(v.version, 0), coalesce(y.school_year, ''),
               (SELECT coalesce(json_agg(json_build_object('subject_code', m.subject_code, 'subject_vi', s.name_vi,
                                                           'subject_en', s.name_en, 'assessed', s.assessed,
                                                           'term', m.term, 'kind', m.kind, 'ordinal', m.ordinal,
                                                           'score', m.score, 'passed', m.passed, 'remark', m.remark,
                                                           'published_at', m.published_at)
                                         ORDER BY s.position, m.subject_code, m.term), '[]'::json)
                  FROM marks m
                  JOIN subjects s
                    ON s.subject_code = m.subject_code
                 WHERE m.school_id = $1
                   AND m.pupil_id = bond.pupil_id
                   AND m.school_year = y.school_year
                   AND m.published_at IS NOT NULL)::text
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $4
           AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
          LEFT JOIN family_versions v
            ON v.school_id = family.school_id
           AND v.guardian_id = family.guardian_id
          LEFT JOIN school_years y
            ON y.school_id = family.school_id
           AND y.is_current
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         ORDER BY family.guardian_id
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
    )
    if row is None:
        return None
    return row[0], pupil_grades(pupil_id, row[1], _MARKS.decode(row[2]), language=language, term=term)


async def published_marks_for_family(
    reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, on: date, *, limit: int = 10
) -> list[PublishedMark] | None:
    """A child's newest published marks, newest first. None for other people's children."""
    found = await reader.fetchval(
        """
        SELECT (SELECT coalesce(json_agg(json_build_object('subject_code', newest.subject_code, 'subject_vi', s.name_vi,
                                                           'subject_en', s.name_en, 'assessed', s.assessed,
                                                           'term', newest.term, 'kind', newest.kind,
                                                           'ordinal', newest.ordinal, 'score', newest.score,
                                                           'passed', newest.passed, 'remark', newest.remark,
                                                           'published_at', newest.published_at)
                                         ORDER BY newest.published_at DESC, s.position, newest.ordinal), '[]'::json)
                  FROM (SELECT m.subject_code, m.term, m.kind, m.ordinal, m.score, m.passed, m.remark, m.published_at
                          FROM marks m
                         WHERE m.school_id = $1
                           AND m.pupil_id = bond.pupil_id
                           AND m.published_at IS NOT NULL
                         ORDER BY m.published_at DESC, m.subject_code, m.kind, m.ordinal
                         LIMIT $5) AS newest
                  JOIN subjects s
                    ON s.subject_code = newest.subject_code)::text
          FROM guardians family
          JOIN guardianships bond
            ON bond.school_id = family.school_id
           AND bond.guardian_id = family.guardian_id
           AND bond.can_view
           AND bond.valid_from <= $4
           AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
         WHERE family.school_id = $1
           AND family.account_id = $2
           AND bond.pupil_id = $3
         LIMIT 1
        """,
        school_id,
        account_id,
        pupil_id,
        on,
        limit,
    )
    return None if found is None else _MARKS.decode(found)

"""The roll as staff read it: classes, pupils, cards, colleagues, the calendar. Each read says whom it is for; it writes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from backend.core.crypto import Cipher
from backend.core.database import Reader
from backend.core.phones import national
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.core.text import fold
from backend.identity.entitlement import STANDING, Standing, require_role, standing, standing_of
from backend.people import personal_id
from schemas.people import FoundPupil, FoundPupils, GuardianOfPupil, PupilCard, StaffList, StaffRow

_GUARDIANS = msgspec.json.Decoder(list[GuardianOfPupil])
_STAFF = msgspec.json.Decoder(list[StaffRow])
_FOUND_MAX = 20
# Parameters: $1 school, $2 account, $3 class or NULL, $4 today, as STANDING has them; what is more follows.

_CLASSES = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       json_build_object(
         'school_year', y.school_year,
         'classes', (SELECT coalesce(json_agg(json_build_object(
                              'class_id', c.class_id, 'name', c.name, 'grade', c.grade, 'sessions', c.sessions,
                              'pupils', (SELECT count(*)
                                           FROM enrolments e
                                          WHERE e.school_id = $1
                                            AND e.class_id = c.class_id
                                            AND e.to_on IS NULL),
                              'homeroom_teacher', (SELECT string_agg(t.full_name, ', ' ORDER BY t.sort_key)
                                                     FROM assignments a
                                                     JOIN staff t
                                                       ON t.school_id = a.school_id
                                                      AND t.staff_id = a.staff_id
                                                    WHERE a.school_id = $1
                                                      AND a.class_id = c.class_id
                                                      AND a.kind = 'homeroom'
                                                      AND a.from_on <= $4
                                                      AND (a.to_on IS NULL OR a.to_on >= $4)),
                              'my_homeroom', coalesce('' = ANY (mine.subjects), false),
                              'my_subjects', coalesce(array_remove(mine.subjects, ''), '{{}}'))
                            ORDER BY c.grade, length(c.name), c.name), '[]'::json)
                       FROM classes c
                       LEFT JOIN (SELECT a.class_id, array_agg(a.subject_code ORDER BY a.subject_code) AS subjects
                                    FROM assignments a
                                   WHERE a.school_id = $1
                                     AND a.staff_id = who.staff_id
                                     AND a.from_on <= $4
                                     AND (a.to_on IS NULL OR a.to_on >= $4)
                                   GROUP BY a.class_id) AS mine
                         ON mine.class_id = c.class_id
                      WHERE c.school_id = $1
                        AND c.school_year = y.school_year))::text AS page
  FROM school_years y
  LEFT JOIN who
    ON true
 WHERE y.school_id = $1
   AND (y.school_year = $5 OR ($5 IS NULL AND y.is_current))
   AND $3::uuid IS NULL
"""


async def classes_json(
    reader: Reader, school_id: int, account_id: UUID, *, today: date, school_year: str | None = None
) -> str:
    """Every class of a year (the current one when left out) as ready JSON (schemas.people.ClassList), for all staff."""
    row = await reader.fetchrow(_CLASSES, school_id, account_id, None, today, school_year)
    if row is None:
        raise NOT_FOUND()
    standing_of(row)
    found: str = row["page"]
    return found


_CLASS_PUPILS = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects,
       json_build_object(
         'class_id', c.class_id,
         'class_name', c.name,
         'pupils', (SELECT coalesce(json_agg(json_build_object(
                             'pupil_id', p.pupil_id, 'full_name', p.full_name, 'born_on', p.born_on, 'sex', p.sex,
                             'school_code', p.school_code,
                             'reachable', EXISTS (SELECT
                                                    FROM guardianships bond
                                                    JOIN guardians g
                                                      ON g.school_id = bond.school_id
                                                     AND g.guardian_id = bond.guardian_id
                                                   WHERE bond.school_id = $1
                                                     AND bond.pupil_id = p.pupil_id
                                                     AND bond.can_view
                                                     AND bond.gets_notices
                                                     AND bond.valid_from <= $4
                                                     AND (bond.valid_to IS NULL OR bond.valid_to >= $4)
                                                     AND (g.account_id IS NOT NULL OR g.phone_e164 IS NOT NULL)))
                           ORDER BY p.sort_key, p.pupil_id), '[]'::json)
                      FROM enrolments e
                      JOIN pupils p
                        ON p.school_id = e.school_id
                       AND p.pupil_id = e.pupil_id
                     WHERE e.school_id = $1
                       AND e.class_id = $3
                       AND e.to_on IS NULL))::text AS page
  FROM classes c
  LEFT JOIN who
    ON true
 WHERE c.school_id = $1
   AND c.class_id = $3
"""


async def class_pupils_json(reader: Reader, school_id: int, account_id: UUID, class_id: UUID, *, today: date) -> str:
    """The class list as ready JSON (schemas.people.ClassPupils): its teachers, the accountant, the administrator."""
    row = await reader.fetchrow(_CLASS_PUPILS, school_id, account_id, class_id, today)
    if row is None:
        raise NOT_FOUND()
    who = standing_of(row)
    if not (who.of_class or who.accountant):
        raise FORBIDDEN()
    found: str = row["page"]
    return found


async def pupil_card(
    reader: Reader, cipher: Cipher, school_id: int, account_id: UUID, pupil_id: UUID, *, today: date
) -> PupilCard:
    """For the homeroom teacher of the pupil's class, the accountant and the administrator."""
    row: Any = await reader.fetchrow(
        """
        SELECT p.pupil_id, p.full_name, p.born_on, p.sex, p.personal_id_sealed, p.moedu_id, p.school_code,
               p.status, p.source, c.class_id, c.name AS class_name,
               (SELECT coalesce(json_agg(json_build_object(
                         'guardian_id', g.guardian_id, 'full_name', g.full_name, 'relation', bond.kind,
                         'phone', g.phone_e164, 'has_account', g.account_id IS NOT NULL,
                         'can_view', bond.can_view, 'can_act', bond.can_act, 'gets_notices', bond.gets_notices,
                         'may_collect', bond.may_collect, 'valid_from', bond.valid_from, 'valid_to', bond.valid_to)
                       ORDER BY bond.kind, g.full_name), '[]'::json)
                  FROM guardianships bond
                  JOIN guardians g
                    ON g.school_id = bond.school_id
                   AND g.guardian_id = bond.guardian_id
                 WHERE bond.school_id = $1
                   AND bond.pupil_id = $2)::text AS guardians
          FROM pupils p
          LEFT JOIN (enrolments e
                JOIN classes c
                  ON c.school_id = e.school_id
                 AND c.class_id = e.class_id
                JOIN school_years y
                  ON y.school_id = c.school_id
                 AND y.school_year = c.school_year
                 AND y.is_current)
            ON e.school_id = p.school_id
           AND e.pupil_id = p.pupil_id
           AND e.to_on IS NULL
         WHERE p.school_id = $1
           AND p.pupil_id = $2
        """,
        school_id,
        pupil_id,
    )
    who = await standing(reader, school_id, account_id, class_id=row["class_id"] if row else None, on=today)
    if row is None:
        raise NOT_FOUND()
    if not (who.admin or who.accountant or who.homeroom):
        raise FORBIDDEN()
    return PupilCard(
        pupil_id=row["pupil_id"],
        full_name=row["full_name"],
        born_on=row["born_on"],
        sex=row["sex"],
        personal_id=personal_id.masked(cipher, row["personal_id_sealed"]),
        moedu_id=row["moedu_id"],
        school_code=row["school_code"],
        status=row["status"],
        source=row["source"],
        class_id=row["class_id"],
        class_name=row["class_name"],
        guardians=[_with_readable_phone(guardian) for guardian in _GUARDIANS.decode(row["guardians"])],
    )


def _with_readable_phone(guardian: GuardianOfPupil) -> GuardianOfPupil:
    return msgspec.structs.replace(guardian, phone=national(guardian.phone)) if guardian.phone else guardian


async def search_pupils(
    reader: Reader, cipher: Cipher, school_id: int, account_id: UUID, text: str, *, today: date
) -> FoundPupils:
    """By name without marks, school code, or a whole personal number. Teachers find the pupils of their own classes."""
    who = await standing(reader, school_id, account_id, on=today)
    folded, code = fold(text), text.strip()
    if not folded:
        return FoundPupils([])
    number = personal_id.index(cipher, code) if len(code) == 12 and code.isascii() and code.isdigit() else None
    rows = await reader.fetch(
        """
        SELECT p.pupil_id, p.full_name, p.born_on, c.class_id, c.name
          FROM pupils p
          LEFT JOIN (enrolments e
                JOIN classes c
                  ON c.school_id = e.school_id
                 AND c.class_id = e.class_id
                JOIN school_years y
                  ON y.school_id = c.school_id
                 AND y.school_year = c.school_year
                 AND y.is_current)
            ON e.school_id = p.school_id
           AND e.pupil_id = p.pupil_id
           AND e.to_on IS NULL
         WHERE p.school_id = $1
           AND (' ' || p.name_fold LIKE '% ' || $2 || '%'
                OR p.school_code = $3
                OR p.moedu_id = $3
                OR p.personal_id_index = $4)
           AND ($5 OR EXISTS (SELECT
                                FROM assignments a
                               WHERE a.school_id = $1
                                 AND a.staff_id = $6
                                 AND a.class_id = e.class_id
                                 AND a.from_on <= $7
                                 AND (a.to_on IS NULL OR a.to_on >= $7)))
         ORDER BY p.sort_key, p.pupil_id
         LIMIT $8
        """,
        school_id,
        folded,
        code,
        number,
        _sees_everybody(who),
        who.staff_id,
        today,
        _FOUND_MAX,
    )
    return FoundPupils([FoundPupil(*row) for row in rows])


def _sees_everybody(who: Standing) -> bool:
    return who.admin or who.accountant


_ME = f"""
WITH who AS ({STANDING})
SELECT json_build_object(
         'staff_id', t.staff_id, 'full_name', t.full_name, 'school_name', s.name, 'roles', who.roles,
         'assignments', (SELECT coalesce(json_agg(json_build_object(
                                  'class_id', c.class_id, 'class_name', c.name, 'kind', a.kind,
                                  'subject_code', a.subject_code,
                                  'subject_name', CASE WHEN $5 = 'en' THEN j.name_en ELSE j.name_vi END)
                                ORDER BY c.grade, length(c.name), c.name, a.kind, j.position), '[]'::json)
                           FROM assignments a
                           JOIN classes c
                             ON c.school_id = a.school_id
                            AND c.class_id = a.class_id
                           JOIN school_years y
                             ON y.school_id = c.school_id
                            AND y.school_year = c.school_year
                            AND y.is_current
                           LEFT JOIN subjects j
                             ON j.subject_code = a.subject_code
                          WHERE a.school_id = $1
                            AND a.staff_id = t.staff_id
                            AND a.from_on <= $4
                            AND (a.to_on IS NULL OR a.to_on >= $4)))::text
  FROM who
  JOIN staff t
    ON t.school_id = $1
   AND t.staff_id = who.staff_id
  JOIN schools s
    ON s.school_id = t.school_id
 WHERE $3::uuid IS NULL
"""


async def me_json(reader: Reader, school_id: int, account_id: UUID, *, today: date, language: str) -> str:
    """Who the reader is in this school as ready JSON (schemas.people.StaffMe)."""
    found: str | None = await reader.fetchval(_ME, school_id, account_id, None, today, language)
    if found is None:
        raise FORBIDDEN()
    return found


async def staff_list(reader: Reader, school_id: int, account_id: UUID, *, today: date, language: str) -> StaffList:
    """Everybody who works in the school, for its administrator."""
    await require_role(reader, school_id, account_id, "school_admin", on=today)
    found = await reader.fetchval(
        """
        SELECT coalesce(json_agg(json_build_object(
                 'staff_id', t.staff_id, 'full_name', t.full_name, 'phone', t.phone_e164, 'email', t.email,
                 'has_account', t.account_id IS NOT NULL,
                 'roles', array(SELECT r.role
                                  FROM staff_roles r
                                 WHERE r.school_id = $1
                                   AND r.staff_id = t.staff_id
                                 ORDER BY r.role),
                 'assignments', (SELECT coalesce(json_agg(json_build_object(
                                          'class_id', c.class_id, 'class_name', c.name, 'kind', a.kind,
                                          'subject_code', a.subject_code,
                                          'subject_name', CASE WHEN $3 = 'en' THEN j.name_en ELSE j.name_vi END)
                                        ORDER BY c.grade, length(c.name), c.name, a.kind, j.position), '[]'::json)
                                   FROM assignments a
                                   JOIN classes c
                                     ON c.school_id = a.school_id
                                    AND c.class_id = a.class_id
                                   JOIN school_years y
                                     ON y.school_id = c.school_id
                                    AND y.school_year = c.school_year
                                    AND y.is_current
                                   LEFT JOIN subjects j
                                     ON j.subject_code = a.subject_code
                                  WHERE a.school_id = $1
                                    AND a.staff_id = t.staff_id
                                    AND a.from_on <= $2
                                    AND (a.to_on IS NULL OR a.to_on >= $2)))
               ORDER BY t.sort_key, t.staff_id), '[]'::json)::text
          FROM staff t
         WHERE t.school_id = $1
           AND t.status = 'active'
        """,
        school_id,
        today,
        language,
    )
    staff = _STAFF.decode(found)
    return StaffList([msgspec.structs.replace(member, phone=national(member.phone)) for member in staff])


async def calendar_json(reader: Reader, school_id: int, account_id: UUID, *, today: date) -> str:
    """School years with their terms, and the days the school is closed, as ready JSON (schemas.people.Calendar)."""
    await standing(reader, school_id, account_id, on=today)
    found: str = await reader.fetchval(
        """
        SELECT json_build_object(
                 'years', (SELECT coalesce(json_agg(json_build_object(
                                    'school_year', y.school_year, 'starts_on', y.starts_on, 'ends_on', y.ends_on,
                                    'is_current', y.is_current,
                                    'terms', (SELECT coalesce(json_agg(json_build_object(
                                                       'term', t.term, 'starts_on', t.starts_on, 'ends_on', t.ends_on)
                                                     ORDER BY t.term), '[]'::json)
                                                FROM terms t
                                               WHERE t.school_id = $1
                                                 AND t.school_year = y.school_year))
                                  ORDER BY y.school_year DESC), '[]'::json)
                             FROM school_years y
                            WHERE y.school_id = $1),
                 'closed_days', (SELECT coalesce(json_agg(json_build_object('on', d.closed_on, 'reason', d.reason)
                                                          ORDER BY d.closed_on), '[]'::json)
                                   FROM closed_days d
                                   JOIN school_years y
                                     ON y.school_id = d.school_id
                                    AND y.is_current
                                    AND d.closed_on BETWEEN y.starts_on AND y.ends_on
                                  WHERE d.school_id = $1))::text
        """,
        school_id,
    )
    return found

"""What the console reads across the rooms: who sits at this desk, and which classes lie on it today. It owns no table."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.attendance.days import closed_because
from backend.core.database import Reader
from backend.identity.entitlement import STANDING, Standing, standing_of
from payments.balance import BALANCE


class Desk(msgspec.Struct, frozen=True):
    """A member of staff in one school. The roles come from the school's rows and not from the token."""

    school_id: int
    school_name: str
    who: Standing
    frauds_reported: int = 0
    dossiers: int = 0  # requests that the office has not looked at
    questions: int = 0  # of families: waiting for anybody who keeps the inbox, or lying with the reader

    @property
    def admin(self) -> bool:
        return self.who.admin

    @property
    def accountant(self) -> bool:
        return self.who.accountant

    @property
    def keeps_inbox(self) -> bool:
        """Runs the school, or was made to answer families."""
        return bool(self.who.roles & {"school_admin", "inbox"})

    @property
    def books(self) -> bool:
        """May read the school's money."""
        return self.who.accountant or self.who.admin


class Taken(msgspec.Struct, frozen=True):
    session: str
    absent: int
    late: int


class TaughtSubject(msgspec.Struct, frozen=True):
    code: str
    vi: str
    en: str


class ClassToday(msgspec.Struct, frozen=True):
    class_id: UUID
    name: str
    grade: int
    pupils: int
    sessions: list[str]
    homeroom: bool
    mine: bool
    subjects: list[TaughtSubject]
    taken: list[Taken]

    def roll(self, session: str) -> Taken | None:
        return next((taken for taken in self.taken if taken.session == session), None)


class Today(msgspec.Struct, frozen=True):
    closed_vi: str | None
    closed_en: str | None
    classes: list[ClassToday]


_CLASSES = msgspec.json.Decoder(list[ClassToday])

_DESK = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, s.name,
       (SELECT count(*)
          FROM fraud_cases c
         WHERE c.school_id = $1
           AND c.state = 'reported') AS frauds_reported,
       (SELECT count(*)
          FROM chat_handoffs h
         WHERE h.school_id = $1
           AND h.state IN ('waiting', 'taken')
           AND (h.taken_by = $2
                OR h.state = 'waiting' AND who.roles && ARRAY['school_admin', 'inbox'])) AS questions,
       (SELECT count(*)
          FROM dossiers d
         WHERE d.school_id = $1
           AND d.closed_at IS NULL
           AND d.state IN ('received', 'answered')
           AND who.roles && ARRAY['school_admin', 'inbox']) AS dossiers
  FROM schools s
  JOIN who
    ON true
 WHERE s.school_id = $1
"""


async def desk(reader: Reader, school_id: int, account_id: UUID, *, on: date) -> Desk:
    """Raises FORBIDDEN for anybody who is not active staff of the school."""
    row = await reader.fetchrow(_DESK, school_id, account_id, None, on)
    who = standing_of(row)
    assert row is not None
    return Desk(school_id, row["name"], who, row["frauds_reported"], row["dossiers"], row["questions"])


_TODAY = f"""
WITH who AS ({STANDING})
SELECT who.staff_id, who.roles, who.subjects, h.name_vi, h.name_en, d.reason,
       (SELECT coalesce(json_agg(json_build_object('class_id', c.class_id, 'name', c.name, 'grade', c.grade,
                                                   'pupils', n.pupils, 'sessions', c.sessions,
                                                   'homeroom', coalesce(mine.homeroom, false),
                                                   'mine', mine.class_id IS NOT NULL,
                                                   'subjects', coalesce(t.subjects, '[]'::json),
                                                   'taken', coalesce(r.taken, '[]'::json))
                                 ORDER BY mine.homeroom DESC NULLS LAST, c.grade, c.name_fold), '[]'::json)
          FROM school_years y
          JOIN classes c
            ON c.school_id = y.school_id
           AND c.school_year = y.school_year
          LEFT JOIN (SELECT a.class_id, bool_or(a.kind = 'homeroom') AS homeroom
                       FROM assignments a
                      WHERE a.school_id = $1
                        AND a.staff_id = who.staff_id
                        AND a.from_on <= $4
                        AND (a.to_on IS NULL OR a.to_on >= $4)
                      GROUP BY a.class_id) AS mine
            ON mine.class_id = c.class_id
          LEFT JOIN LATERAL (SELECT count(*) AS pupils
                               FROM enrolments e
                              WHERE e.school_id = $1
                                AND e.class_id = c.class_id
                                AND e.from_on <= $4
                                AND (e.to_on IS NULL OR e.to_on >= $4)) AS n
            ON true
          LEFT JOIN LATERAL (SELECT json_agg(json_build_object('code', u.subject_code, 'vi', u.name_vi, 'en', u.name_en)
                                             ORDER BY u.position) AS subjects
                               FROM class_subjects k
                               JOIN subjects u
                                 ON u.subject_code = k.subject_code
                              WHERE k.school_id = $1
                                AND k.class_id = c.class_id
                                AND ('school_admin' = ANY (who.roles)
                                     OR EXISTS (SELECT
                                                  FROM assignments a
                                                 WHERE a.school_id = $1
                                                   AND a.class_id = c.class_id
                                                   AND a.staff_id = who.staff_id
                                                   AND a.subject_code = k.subject_code
                                                   AND a.from_on <= $4
                                                   AND (a.to_on IS NULL OR a.to_on >= $4)))) AS t
            ON true
          LEFT JOIN LATERAL (SELECT json_agg(json_build_object('session', l.session, 'absent', l.absent, 'late', l.late)) AS taken
                               FROM (SELECT o.session,
                                            count(*) FILTER (WHERE m.mark IN ('excused', 'unexcused')) AS absent,
                                            count(*) FILTER (WHERE m.mark = 'late') AS late
                                       FROM roll_calls o
                                       LEFT JOIN roll_marks m
                                         ON m.school_id = o.school_id
                                        AND m.class_id = o.class_id
                                        AND m.held_on = o.held_on
                                        AND m.session = o.session
                                      WHERE o.school_id = $1
                                        AND o.class_id = c.class_id
                                        AND o.held_on = $4
                                      GROUP BY o.session) AS l) AS r
            ON true
         WHERE y.school_id = $1
           AND y.is_current
           AND (mine.class_id IS NOT NULL OR who.roles && array['school_admin', 'accountant']))::text AS classes
  FROM schools s
  JOIN who
    ON true
  LEFT JOIN public_holidays h
    ON h.holiday_on = $4
  LEFT JOIN closed_days d
    ON d.school_id = s.school_id
   AND d.closed_on = $4
 WHERE s.school_id = $1
"""


async def today(reader: Reader, school_id: int, account_id: UUID, *, on: date) -> Today:
    """The classes of a teacher, or all classes for those who run the school or keep its money, with today's rolls."""
    row = await reader.fetchrow(_TODAY, school_id, account_id, None, on)
    standing_of(row)
    assert row is not None
    closed = closed_because(on, (row["name_vi"], row["name_en"]) if row["name_vi"] else None, row["reason"])
    return Today(closed[0] if closed else None, closed[1] if closed else None, _CLASSES.decode(row["classes"]))


class OpenBill(msgspec.Struct, frozen=True):
    """An invoice that still asks for money, as an accountant looks for it."""

    invoice_id: UUID
    reference: str
    pupil_id: UUID
    pupil_name: str
    class_name: str
    title: str
    remaining: int


_BILLS = f"""
SELECT i.invoice_id, i.reference, i.pupil_id, p.full_name, c.name, f.title,
       balance.remaining
  FROM invoices i
  JOIN fees f
    ON f.school_id = i.school_id
   AND f.fee_id = i.fee_id
  JOIN classes c
    ON c.school_id = f.school_id
   AND c.class_id = f.class_id
  JOIN pupils p
    ON p.school_id = i.school_id
   AND p.pupil_id = i.pupil_id
  {BALANCE}
 WHERE i.school_id = $1
   AND i.cancelled_at IS NULL"""

_OPEN_BILLS = f"""
{_BILLS}
   AND balance.remaining > 0
   AND (i.invoice_id = ANY ($2::uuid[])
        OR p.name_fold LIKE '%' || $3 || '%'
        OR lower(i.reference) = replace($3, ' ', ''))
 ORDER BY i.invoice_id = ANY ($2::uuid[]) DESC, p.sort_key, i.due_on, i.invoice_id
 LIMIT 30
"""

_SUGGESTED_BILLS = f"""
{_BILLS}
   AND i.invoice_id = ANY ($2::uuid[])
 ORDER BY i.invoice_id
 LIMIT 50
"""


async def open_bills(reader: Reader, school_id: int, ids: list[UUID], found: str | None) -> list[OpenBill]:
    """The bills with these ids, and those whose pupil or reference fits the folded words. Thirty at most, named ones first.

    For pages of people who may read the school's books; the page has asked for that before.
    """
    rows = await reader.fetch(
        _OPEN_BILLS,
        school_id,
        ids,
        found,
    )
    return [OpenBill(*row) for row in rows]


async def suggested_bills(reader: Reader, school_id: int, ids: list[UUID]) -> list[OpenBill]:
    """These bills, paid or not: of a paid one the family may still get what came too much."""
    return [OpenBill(*row) for row in await reader.fetch(_SUGGESTED_BILLS, school_id, ids)] if ids else []


async def staff_names(reader: Reader, school_id: int) -> dict[UUID, str]:
    """Who is behind an account, also of those who have left."""
    rows = await reader.fetch(
        """
        SELECT account_id, full_name
          FROM staff
         WHERE school_id = $1
           AND account_id IS NOT NULL
        """,
        school_id,
    )
    return {row["account_id"]: row["full_name"] for row in rows}

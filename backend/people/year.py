"""The frame of a school year: its dates and terms, the days the school is closed, who teaches which class. Administrators only.

It owns closed_days, assignments and class_subjects, and school_years and terms after the school's first day (people/founding.py).
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from backend.core.text import clean
from backend.core.versions import TOUCH_FAMILIES
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from schemas.people import Assignments, SchoolYearIn

# Every child's class is another one in another year, so every family's screens change.
_TOUCH_EVERYBODY = TOUCH_FAMILIES.format(pupils="SELECT p.pupil_id FROM pupils p WHERE p.school_id = $1")
_SCHOOL_YEAR = re.compile(r"(20[0-9]{2})-(20[0-9]{2})")
_ORDER = ("Ngày bắt đầu phải trước ngày kết thúc.", "The start must come before the end.")
_OUTSIDE = ("Học kì phải nằm trong năm học.", "The semester must lie within the school year.")
_TERMS = ("Cần đúng học kì 1 rồi học kì 2, không chồng nhau.", "Semester 1, then semester 2, without overlap.")
_YEAR = ("Năm học có dạng 2026-2027.", "A school year looks like 2026-2027.")
_NOT_STAFF = ("Không có nhân viên này trong trường.", "There is no such member of staff.")
_SUBJECT = ("Môn học không đúng với loại phân công.", "The subject does not fit the kind of assignment.")
_TWICE = ("Phân công này được ghi hai lần.", "This assignment is listed twice.")


async def set_school_year(
    house: House, account_id: UUID, school_id: int, school_year: str, frame: SchoolYearIn
) -> None:
    """Make or change a school year with its two terms; `is_current` moves the whole school to it."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        _refuse_frame(school_year, frame)
        moves = frame.is_current and await _leave_current_year(tx, school_year)
        await tx.execute(
            """
            INSERT INTO school_years AS y (school_id, school_year, starts_on, ends_on, is_current)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (school_id, school_year)
                DO UPDATE SET starts_on = excluded.starts_on,
                              ends_on = excluded.ends_on,
                              is_current = y.is_current OR excluded.is_current
            """,
            school_id, school_year, frame.starts_on, frame.ends_on, frame.is_current,
        )  # fmt: skip
        await tx.executemany(
            """
            INSERT INTO terms (school_id, school_year, term, starts_on, ends_on)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (school_id, school_year, term)
                DO UPDATE SET starts_on = excluded.starts_on,
                              ends_on = excluded.ends_on
            """,
            [(school_id, school_year, term.term, term.starts_on, term.ends_on) for term in frame.terms],
        )
        if moves:
            await tx.execute(_TOUCH_EVERYBODY, school_id)
        detail = {"current": frame.is_current, "starts_on": str(frame.starts_on), "ends_on": str(frame.ends_on)}
        await record(tx, "school_year.set", "school_year", school_year, at=now, actor=account_id, detail=detail)


def _refuse_frame(school_year: str, frame: SchoolYearIn) -> None:
    wrong: list[FieldError] = []
    years = _SCHOOL_YEAR.fullmatch(school_year)
    if years is None or int(years[2]) != int(years[1]) + 1:
        wrong.append(FieldError("?school_year", *_YEAR))
    if frame.starts_on >= frame.ends_on:
        wrong.append(FieldError("/ends_on", *_ORDER))
    for position, term in enumerate(frame.terms):
        if term.starts_on >= term.ends_on:
            wrong.append(FieldError(f"/terms/{position}/ends_on", *_ORDER))
        elif not frame.starts_on <= term.starts_on < term.ends_on <= frame.ends_on:
            wrong.append(FieldError(f"/terms/{position}", *_OUTSIDE))
    first, second = frame.terms
    if (first.term, second.term) != (1, 2) or first.ends_on >= second.starts_on:
        wrong.append(FieldError("/terms", *_TERMS))
    if wrong:
        raise INVALID(*wrong)


async def _leave_current_year(tx: SchoolTx, school_year: str) -> bool:
    """Whether there was another current year."""
    left = await tx.fetchval(
        """
        UPDATE school_years
           SET is_current = false
         WHERE school_id = $1
           AND school_year <> $2
           AND is_current
        RETURNING true
        """,
        tx.school_id,
        school_year,
    )
    return left is True


async def close_day(house: House, account_id: UUID, school_id: int, on: date, reason: str) -> None:
    """No roll is taken on a closed day. Closing it again changes the reason."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        if not clean(reason):
            raise INVALID(FieldError("/reason", "Thiếu lý do.", "A reason is missing."))
        await tx.execute(
            """
            INSERT INTO closed_days (school_id, closed_on, reason, decided_by, decided_at)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (school_id, closed_on)
                DO UPDATE SET reason = excluded.reason,
                              decided_by = excluded.decided_by,
                              decided_at = excluded.decided_at
            """,
            school_id, on, clean(reason), account_id, now,
        )  # fmt: skip
        # Their timetables show it.
        await tx.execute(_TOUCH_EVERYBODY, school_id)
        await record(tx, "day.closed", "day", on, at=now, actor=account_id)


async def open_day(house: House, account_id: UUID, school_id: int, on: date) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        opened = await tx.fetchval(
            """
            DELETE FROM closed_days
             WHERE school_id = $1
               AND closed_on = $2
            RETURNING true
            """,
            school_id,
            on,
        )
        if opened is None:
            raise NOT_FOUND()
        await tx.execute(_TOUCH_EVERYBODY, school_id)
        await record(tx, "day.opened", "day", on, at=now, actor=account_id)


async def assign_teachers(house: House, account_id: UUID, school_id: int, class_id: UUID, wanted: Assignments) -> None:
    """Who teaches a class from today on. Whoever is not listed keeps the past and loses the class from today."""
    now = house.clock.now()
    today = school_day(now)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=today)
        await _refuse_assignments(tx, class_id, wanted)
        listed = wanted.assignments
        await _end_unlisted(tx, class_id, wanted, today)
        await tx.executemany(
            """
            INSERT INTO assignments AS a (school_id, class_id, kind, subject_code, staff_id, from_on)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (school_id, class_id, kind, subject_code, staff_id)
                DO UPDATE SET to_on = NULL
            """,
            [(school_id, class_id, line.kind, line.subject_code, line.staff_id, today) for line in listed],
        )
        # Marks can be entered for the subjects of a class, and who teaches one makes it one.
        await tx.executemany(
            """
            INSERT INTO class_subjects (school_id, class_id, subject_code)
            VALUES ($1, $2, $3)
                ON CONFLICT DO NOTHING
            """,
            [(school_id, class_id, line.subject_code) for line in listed if line.kind == "subject"],
        )
        await record(tx, "class.assigned", "class", class_id, at=now, actor=account_id, detail={"lines": len(listed)})


async def _refuse_assignments(tx: SchoolTx, class_id: UUID, wanted: Assignments) -> None:
    row = await tx.fetchrow(
        """
        SELECT array(SELECT t.staff_id
                       FROM staff t
                      WHERE t.school_id = $1
                        AND t.status = 'active'
                        AND t.staff_id = ANY ($3::uuid[])) AS staff,
               array(SELECT j.subject_code FROM subjects j) AS subjects
          FROM classes c
         WHERE c.school_id = $1
           AND c.class_id = $2
           FOR NO KEY UPDATE OF c
        """,
        tx.school_id,
        class_id,
        [line.staff_id for line in wanted.assignments],
    )
    if row is None:
        raise NOT_FOUND()
    staff, subjects = set(row["staff"]), set(row["subjects"])
    times = Counter(wanted.assignments)
    wrong: list[FieldError] = []
    for position, line in enumerate(wanted.assignments):
        if line.staff_id not in staff:
            wrong.append(FieldError(f"/assignments/{position}/staff_id", *_NOT_STAFF))
        if (line.subject_code not in subjects) if line.kind == "subject" else bool(line.subject_code):
            wrong.append(FieldError(f"/assignments/{position}/subject_code", *_SUBJECT))
        if times[line] > 1:
            wrong.append(FieldError(f"/assignments/{position}", *_TWICE))
    if wrong:
        raise INVALID(*wrong)


async def _end_unlisted(tx: SchoolTx, class_id: UUID, wanted: Assignments, today: date) -> None:
    """An assignment that began today or later was a mistake and goes; an older one ends yesterday."""
    listed = wanted.assignments
    arguments = (
        tx.school_id,
        class_id,
        [line.kind for line in listed],
        [line.subject_code for line in listed],
        [line.staff_id for line in listed],
        today,
    )
    await tx.execute(
        """
        DELETE FROM assignments a
         WHERE a.school_id = $1
           AND a.class_id = $2
           AND a.from_on >= $6
           AND NOT EXISTS (SELECT
                             FROM unnest($3::text[], $4::text[], $5::uuid[]) AS l (kind, subject_code, staff_id)
                            WHERE l.kind = a.kind
                              AND l.subject_code = a.subject_code
                              AND l.staff_id = a.staff_id)
        """,
        *arguments,
    )
    await tx.execute(
        """
        UPDATE assignments a
           SET to_on = $7
         WHERE a.school_id = $1
           AND a.class_id = $2
           AND a.from_on < $6
           AND (a.to_on IS NULL OR a.to_on >= $6)
           AND NOT EXISTS (SELECT
                             FROM unnest($3::text[], $4::text[], $5::uuid[]) AS l (kind, subject_code, staff_id)
                            WHERE l.kind = a.kind
                              AND l.subject_code = a.subject_code
                              AND l.staff_id = a.staff_id)
        """,
        *arguments,
        today - timedelta(days=1),
    )

"""A class's week from a day on: published, replaced before it begins, withdrawn. Administrators only. It owns timetables and timetable_lessons.

A week that has begun is never rewritten: what was true on earlier days stays. The same week published again is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import NOT_FOUND, FieldError
from backend.core.versions import TOUCH_FAMILIES
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.timetable import problems
from backend.timetable.clashes import clash_errors, clashes_of
from backend.timetable.contents import refuse_content, refuse_twice, tidy
from backend.timetable.telling import tell_of_week
from schemas.timetable import Clash, LessonIn, Published, TimetableIn

_BEFORE_THE_YEAR = timedelta(days=60)
Source = Literal["hand", "file"]


class Frame(NamedTuple):
    name: str
    school_year: str
    starts_on: date
    ends_on: date


# Locked in one order, so that two who publish wait for each other and never for both.
_FRAMES = """
SELECT c.class_id, c.name, c.school_year, y.starts_on, y.ends_on
  FROM classes c
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
 WHERE c.school_id = $1
   AND c.class_id = ANY ($2::uuid[])
 ORDER BY c.class_id
   FOR NO KEY UPDATE OF c
"""


async def frames_of(tx: SchoolTx, class_ids: Sequence[UUID]) -> dict[UUID, Frame]:
    """Name and school year of each class, the classes locked. Raises NOT_FOUND where one is none of the school's."""
    rows = await tx.fetch(_FRAMES, tx.school_id, list(class_ids))
    found = {row["class_id"]: Frame(row["name"], row["school_year"], row["starts_on"], row["ends_on"]) for row in rows}
    if set(class_ids) - set(found):
        raise NOT_FOUND()
    return found


async def publish(
    house: House, account_id: UUID, school_id: int, class_id: UUID, valid_from: date, wanted: TimetableIn
) -> Published:
    now = house.clock.now()
    today = school_day(now)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=today)
        frames = await frames_of(tx, [class_id])
        await refuse_content(tx, wanted.lessons, [f"/lessons/{n}" for n in range(len(wanted.lessons))])
        refuse_twice(wanted.lessons)
        done = await publish_all(
            tx, {class_id: [tidy(lesson) for lesson in wanted.lessons]}, valid_from, frames,
            source="hand", by=account_id, at=now, keep_clashes=wanted.keep_clashes, tell=wanted.tell_families,
        )  # fmt: skip
    return done[0]


async def publish_all(
    tx: SchoolTx,
    weeks: Mapping[UUID, Sequence[LessonIn]],
    valid_from: date,
    frames: Mapping[UUID, Frame],
    *,
    source: Source,
    by: UUID,
    at: datetime,
    keep_clashes: bool,
    tell: bool,
) -> list[Published]:
    """Many classes at once, all or nothing. Who may is asked before; `frames` holds the locked classes."""
    today = school_day(at)
    begun = await begun_by(tx, list(weeks), today)
    same = {
        class_id
        for class_id, lessons in weeks.items()
        if await kept_lessons(tx, class_id, valid_from) == as_set(lessons)
    }
    changed = [class_id for class_id in weeks if class_id not in same]
    for class_id in changed:
        refuse_first_day(valid_from, frames[class_id], today, begun=class_id in begun)
    clashes = await clashes_of(tx, {class_id: weeks[class_id] for class_id in changed}, valid_from, frames)
    if clashes and not keep_clashes:
        raise problems.CLASHES(*clash_errors(clashes, weeks))
    told: dict[UUID, int] = {}
    for class_id in changed:
        await _write(tx, class_id, valid_from, weeks[class_id], source, by, at)
        if tell and frames[class_id].ends_on >= today:
            told[class_id] = await tell_of_week(tx, class_id, frames[class_id].name, valid_from, by=by, at=at)
    await touch_classes(tx, changed)
    return [
        Published(
            class_id, valid_from, class_id not in same, len(lessons), _of_class(clashes, frames[class_id].name), told.get(class_id, 0)
        )
        for class_id, lessons in weeks.items()
    ]  # fmt: skip


def _of_class(clashes: Sequence[Clash], name: str) -> list[Clash]:
    return [clash for clash in clashes if clash.class_name == name]


def refuse_first_day(valid_from: date, frame: Frame, today: date, *, begun: bool) -> None:
    if not frame.starts_on - _BEFORE_THE_YEAR <= valid_from <= frame.ends_on:
        sentences = (
            words.format(school_year=frame.school_year) for words in (problems.OUTSIDE.vi, problems.OUTSIDE.en)
        )
        raise problems.OUTSIDE(FieldError("/valid_from", *sentences), school_year=frame.school_year)
    if valid_from < today and begun:
        raise problems.PAST(first=f"{today:%d/%m/%Y}")


async def begun_by(tx: SchoolTx, class_ids: Sequence[UUID], today: date) -> set[UUID]:
    rows = await tx.fetch(
        """
        SELECT DISTINCT v.class_id
          FROM timetables v
         WHERE v.school_id = $1
           AND v.class_id = ANY ($2::uuid[])
           AND v.valid_from <= $3
        """,
        tx.school_id,
        class_ids,
        today,
    )
    return {row["class_id"] for row in rows}


_COLUMNS = ("weekday", "session", "period", "subject_code", "title", "staff_id", "teacher", "room")
Kept = frozenset[tuple[Any, ...]]


def as_set(lessons: Sequence[LessonIn]) -> Kept:
    return frozenset(tuple(getattr(lesson, name) for name in _COLUMNS) for lesson in lessons)


_LESSONS = """
SELECT l.weekday, l.session, l.period, l.subject_code, l.title, l.staff_id, l.teacher, l.room
  FROM timetables v
  LEFT JOIN timetable_lessons l
    ON l.school_id = v.school_id
   AND l.class_id = v.class_id
   AND l.valid_from = v.valid_from
 WHERE v.school_id = $1
   AND v.class_id = $2
   AND v.valid_from = $3
"""


async def kept_lessons(tx: SchoolTx, class_id: UUID, valid_from: date) -> Kept | None:
    """The lessons of a week as a set; None where none begins on that day."""
    rows = await tx.fetch(_LESSONS, tx.school_id, class_id, valid_from)
    return frozenset(tuple(row) for row in rows if row["weekday"] is not None) if rows else None


_IN_FORCE = """
SELECT l.class_id, l.weekday, l.session, l.period, l.subject_code, l.title, l.staff_id, l.teacher, l.room
  FROM timetable_lessons l
 WHERE l.school_id = $1
   AND l.class_id = ANY ($2::uuid[])
   AND l.valid_from = (SELECT max(v.valid_from)
                         FROM timetables v
                        WHERE v.school_id = $1
                          AND v.class_id = l.class_id
                          AND v.valid_from <= $3)
 ORDER BY l.weekday, l.session DESC, l.period
"""


async def lessons_in_force(tx: SchoolTx, class_ids: Sequence[UUID], on: date) -> dict[UUID, list[LessonIn]]:
    """What the classes have on a day by their weeks, as it could be published again."""
    found: dict[UUID, list[LessonIn]] = {}
    for row in await tx.fetch(_IN_FORCE, tx.school_id, list(class_ids), on):
        lesson = LessonIn(**{name: row[name] for name in _COLUMNS})
        found.setdefault(row["class_id"], []).append(lesson)
    return found


_INSERT_LESSONS = """
INSERT INTO timetable_lessons (school_id, class_id, valid_from, weekday, session, period, subject_code, title, staff_id, teacher, room)
SELECT $1, $2, $3, l.weekday, l.session, l.period, l.subject_code, l.title, l.staff_id, l.teacher, l.room
  FROM unnest($4::smallint[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::uuid[], $10::text[], $11::text[])
       AS l (weekday, session, period, subject_code, title, staff_id, teacher, room)
"""


async def _write(
    tx: SchoolTx, class_id: UUID, valid_from: date, lessons: Sequence[LessonIn], source: Source, by: UUID, at: datetime
) -> None:
    await tx.execute(
        """
        INSERT INTO timetables (school_id, class_id, valid_from, source, published_by, published_at)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (school_id, class_id, valid_from)
            DO UPDATE SET source = excluded.source,
                          published_by = excluded.published_by,
                          published_at = excluded.published_at
        """,
        tx.school_id, class_id, valid_from, source, by, at,
    )  # fmt: skip
    await _drop_lessons(tx, class_id, valid_from)
    columns = [[getattr(lesson, name) for lesson in lessons] for name in _COLUMNS]
    await tx.execute(_INSERT_LESSONS, tx.school_id, class_id, valid_from, *columns)
    detail = {"valid_from": str(valid_from), "lessons": len(lessons), "source": source}
    await record(tx, "timetable.published", "class", class_id, at=at, actor=by, detail=detail)


async def _drop_lessons(tx: SchoolTx, class_id: UUID, valid_from: date) -> None:
    await tx.execute(
        """
        DELETE FROM timetable_lessons
         WHERE school_id = $1
           AND class_id = $2
           AND valid_from = $3
        """,
        tx.school_id,
        class_id,
        valid_from,
    )


_TOUCH_CLASSES = TOUCH_FAMILIES.format(
    pupils="SELECT e.pupil_id FROM enrolments e WHERE e.school_id = $1 AND e.class_id = ANY ($2::uuid[])"
)


async def touch_classes(tx: SchoolTx, class_ids: Sequence[UUID]) -> None:
    """What the families of the classes see has changed."""
    if class_ids:
        await tx.execute(_TOUCH_CLASSES, tx.school_id, list(class_ids))


async def withdraw(house: House, account_id: UUID, school_id: int, class_id: UUID, valid_from: date) -> None:
    """A week that has not begun goes away, and the one before it stays in force."""
    now = house.clock.now()
    today = school_day(now)
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=today)
        await frames_of(tx, [class_id])
        if await kept_lessons(tx, class_id, valid_from) is None:
            raise NOT_FOUND()
        if valid_from <= today:
            raise problems.IN_FORCE()
        await _drop_lessons(tx, class_id, valid_from)
        await tx.execute(
            """
            DELETE FROM timetables
             WHERE school_id = $1
               AND class_id = $2
               AND valid_from = $3
            """,
            school_id,
            class_id,
            valid_from,
        )
        await touch_classes(tx, [class_id])
        detail = {"valid_from": str(valid_from)}
        await record(tx, "timetable.withdrawn", "class", class_id, at=now, actor=account_id, detail=detail)

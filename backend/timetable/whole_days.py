"""A whole day of a class at once: no lesson is held, or those of another weekday are (học bù, học theo thời khóa biểu thứ Năm)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.attendance.days import NOT_A_SCHOOL_DAY
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, Problem
from backend.core.text import clean
from backend.identity.entitlement import require_role
from backend.timetable import problems
from backend.timetable.changes import (
    Deed,
    Row,
    clear,
    deed_of,
    done,
    off_of,
    planned_of,
    refuse_day,
    write,
)
from backend.timetable.contents import content_of
from backend.timetable.days import Facts, Slot, Taught, day_of
from backend.timetable.publishing import Frame
from backend.timetable.queries import facts_of_class
from schemas.timetable import Changed, Content, DayIn, SchoolDay


async def change_day(
    house: House, account_id: UUID, school_id: int, class_id: UUID, on: date, wanted: DayIn
) -> Changed:
    """No lesson in these sessions, or those of another weekday."""
    async with house.database.school(school_id) as tx:
        deed = await deed_of(tx, house, account_id, class_id)
        return await change_day_of(tx, deed, on, wanted)


# Every class whose school year holds the day, locked in one order.
_CLASSES = """
SELECT c.class_id, c.name, c.school_year, y.starts_on, y.ends_on
  FROM classes c
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
 WHERE c.school_id = $1
   AND $2 BETWEEN y.starts_on AND y.ends_on
 ORDER BY c.class_id
   FOR NO KEY UPDATE OF c
"""


async def change_day_everywhere(house: House, account_id: UUID, school_id: int, on: date, wanted: DayIn) -> SchoolDay:
    """The same for all classes (a storm, a make-up Saturday). A class that has no lesson for it is left alone. Administrators only."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        rows = await tx.fetch(_CLASSES, school_id, on)
        if on < school_day(now):
            raise problems.DAY_GONE()
        done = []
        for class_id, *frame in rows:
            try:
                done.append(await change_day_of(tx, Deed(class_id, Frame(*frame), account_id, now), on, wanted))
            except Problem as problem:
                if problem.kind is not INVALID:
                    raise
        if not done:
            raise INVALID(FieldError("/on", *problems.NOTHING_TO_CANCEL))
    return SchoolDay(on, len(done), sum(one.told for one in done))


async def change_day_of(tx: SchoolTx, deed: Deed, on: date, wanted: DayIn) -> Changed:
    refuse_day(deed, on)
    await clear(tx, deed.class_id, on, wanted.sessions)
    facts = await facts_of_class(tx, tx.school_id, deed.class_id, on, on)
    rows = _day_rows(facts, on, wanted)
    if not rows:
        raise INVALID(FieldError("/like_weekday" if wanted.like_weekday else "/sessions", *problems.NOTHING_TO_CANCEL))
    await write(tx, deed, rows)
    return await done(tx, deed, on, rows, tell=wanted.tell_families)


def _day_rows(facts: Facts, on: date, wanted: DayIn) -> list[Row]:
    off = off_of(facts, day_of(facts, on))
    note = clean(wanted.note) if wanted.note else None
    planned = {one.slot: one.was for one in planned_of(facts, on) if one.slot[0] in wanted.sessions}
    held: dict[Slot, Taught] = {}
    if wanted.like_weekday is not None:
        if off is not None and not wanted.make_up:
            raise NOT_A_SCHOOL_DAY(FieldError("/make_up", off.vi, off.en), reason=off)
        newest = max(facts.versions, key=lambda one: one.valid_from, default=None)
        for lesson in newest.lessons if newest else []:
            if lesson.weekday == wanted.like_weekday and lesson.session in wanted.sessions:
                held[lesson.slot] = lesson
        if not held:
            return []
    rows = [Row(on, *slot, "cancelled", Content(), note) for slot in planned if slot not in held]
    for slot, taught in held.items():
        kind = "replaced" if slot in planned else "added"
        rows.append(Row(on, *slot, kind, content_of(taught), note, None, off is not None))
    return rows

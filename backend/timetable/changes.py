"""What one day has instead of the week: a lesson that falls out, is replaced, moved or added. It owns lesson_changes.

The homeroom teacher for the own class, and the administrator. The newest word on a slot counts; taking it back brings the week back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.attendance.days import NOT_A_SCHOOL_DAY, OUTSIDE_SCHOOL_YEAR
from backend.core.clock import school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError
from backend.core.text import clean
from backend.identity.audit import record
from backend.identity.entitlement import require_class
from backend.timetable import problems
from backend.timetable.clashes import busy_on, sentences
from backend.timetable.contents import content_of, refuse_content
from backend.timetable.days import Day, Facts, Held, Taught, day_of
from backend.timetable.publishing import Frame, frames_of, touch_classes
from backend.timetable.queries import facts_of_class
from backend.timetable.telling import tell_of_day
from schemas.timetable import Changed, ChangeIn, Content, Session, SlotOn


class Deed(NamedTuple):
    """Who changes which class, and when."""

    class_id: UUID
    frame: Frame
    by: UUID
    at: datetime

    @property
    def today(self) -> date:
        return school_day(self.at)


class Row(NamedTuple):
    """A line of lesson_changes."""

    on: date
    session: Session
    period: int
    kind: str
    content: Content
    note: str | None = None
    other: SlotOn | None = None
    on_day_off: bool = False


async def change_lesson(
    house: House, account_id: UUID, school_id: int, class_id: UUID, where: SlotOn, wanted: ChangeIn
) -> Changed:
    async with house.database.school(school_id) as tx:
        deed = await deed_of(tx, house, account_id, class_id)
        await _refuse(tx, deed, where, wanted)
        await forget(tx, class_id, [where])
        facts = await facts_of_class(tx, school_id, class_id, *_span(where, wanted))
        rows = _rows(facts, deed, where, _tidy(wanted))
        if not wanted.keep_clashes:
            await _refuse_clashes(tx, deed, rows)
        await write(tx, deed, rows)
        return await done(tx, deed, where.on, rows, tell=wanted.tell_families)


async def deed_of(tx: SchoolTx, house: House, account_id: UUID, class_id: UUID) -> Deed:
    """Raises FORBIDDEN for everybody but the homeroom teacher and the administrator. The class is locked."""
    now = house.clock.now()
    await require_class(tx, tx.school_id, account_id, class_id, on=school_day(now))
    frames = await frames_of(tx, [class_id])
    return Deed(class_id, frames[class_id], account_id, now)


async def _refuse(tx: SchoolTx, deed: Deed, where: SlotOn, wanted: ChangeIn) -> None:
    refuse_day(deed, where.on)
    if wanted.move_to is not None:
        refuse_day(deed, wanted.move_to.on)
    has_content = wanted.subject_code is not None or wanted.title is not None
    moves = wanted.move_to is not None
    if wanted.kind == "cancelled" or (moves and not has_content):
        if has_content and not moves:
            raise INVALID(FieldError("/title", *problems.ONE_OF))
    else:
        await refuse_content(tx, [wanted], [""])


def refuse_day(deed: Deed, on: date) -> None:
    if on < deed.today:
        raise problems.DAY_GONE()
    if not deed.frame.starts_on <= on <= deed.frame.ends_on:
        raise OUTSIDE_SCHOOL_YEAR(school_year=deed.frame.school_year)


def _span(where: SlotOn, wanted: ChangeIn) -> tuple[date, date]:
    days = [where.on, wanted.move_to.on if wanted.move_to else where.on]
    return min(days), max(days)


def _tidy(wanted: ChangeIn) -> ChangeIn:
    words = {name: clean(getattr(wanted, name) or "") or None for name in ("title", "teacher", "room", "note")}
    return msgspec.structs.replace(wanted, **words)


def _rows(facts: Facts, deed: Deed, where: SlotOn, wanted: ChangeIn) -> list[Row]:
    here = _slot(facts, deed, where)
    if wanted.move_to is not None:
        return _moved(facts, deed, where, wanted, here)
    if wanted.kind == "cancelled":
        _require(here, "/kind")
        return [Row(where.on, where.session, where.period, "cancelled", Content(), wanted.note)]
    if wanted.kind == "replaced":
        _require(here, "/kind")
    elif here is not None and here.now is not None:
        raise INVALID(FieldError("/kind", *problems.SLOT_TAKEN))
    return [_held(facts, where, _content(wanted), wanted, "")]


def _moved(facts: Facts, deed: Deed, where: SlotOn, wanted: ChangeIn, here: Held | None) -> list[Row]:
    assert wanted.move_to is not None
    to = wanted.move_to
    lesson = _require(here, "/move_to")
    there = _slot(facts, deed, to)
    if to == where or (there is not None and there.now is not None):
        raise INVALID(FieldError("/move_to/period", *problems.SLOT_TAKEN))
    given = wanted.subject_code is not None or wanted.title is not None
    content = _content(wanted) if given else content_of(lesson)
    away = Row(where.on, where.session, where.period, "cancelled", Content(), wanted.note, to)
    return [away, _held(facts, to, content, wanted, "/move_to")._replace(other=where)]


def _held(facts: Facts, where: SlotOn, content: Content, wanted: ChangeIn, pointer: str) -> Row:
    """A lesson that is held on that day: instead of what the week has there, or as one more."""
    day = day_of(facts, where.on)
    off = off_of(facts, day)
    if off is not None and not wanted.make_up:
        raise NOT_A_SCHOOL_DAY(FieldError(f"{pointer}/on", off.vi, off.en), reason=off)
    planned = any(
        one.was is not None for one in planned_of(facts, where.on) if one.slot == (where.session, where.period)
    )
    kind = "replaced" if planned and off is None else "added"
    return Row(where.on, where.session, where.period, kind, content, wanted.note, None, off is not None)


def off_of(facts: Facts, day: Day) -> Any:
    """Why the school is closed, also where make-up lessons stand on the day already."""
    bare = msgspec.structs.replace(facts, changes=[])
    # A Sunday without lessons is closed as well: who adds one to it should mean it.
    return day_of(bare, day.on).closed


def planned_of(facts: Facts, on: date) -> list[Held]:
    """The slots of the week, as `was`."""
    bare = msgspec.structs.replace(facts, changes=[])
    return [Held(one.slot, None, one.now, None) for one in day_of(bare, on).slots]


def _slot(facts: Facts, deed: Deed, where: SlotOn) -> Held | None:
    day = day_of(facts, where.on)
    return next((one for one in day.slots if one.slot == (where.session, where.period)), None)


def _require(held: Held | None, pointer: str) -> Taught:
    if held is None or held.now is None:
        raise INVALID(FieldError(pointer, *problems.NO_LESSON))
    return held.now


def _content(given: Content) -> Content:
    return Content(
        subject_code=given.subject_code, title=given.title, staff_id=given.staff_id, teacher=given.teacher, room=given.room
    )  # fmt: skip


async def _refuse_clashes(tx: SchoolTx, deed: Deed, rows: Sequence[Row]) -> None:
    wrong = []
    for row in rows:
        if row.content.staff_id is not None:
            found = await busy_on(
                tx, row.content.staff_id, row.on, row.session, row.period, deed.class_id, deed.frame.name
            )
            wrong += [FieldError("/staff_id", *sentences(clash)) for clash in found]
    if wrong:
        raise problems.CLASHES(*wrong)


async def forget(tx: SchoolTx, class_id: UUID, slots: Sequence[SlotOn]) -> int:
    """What was said of the slots before, and the other ends of lessons that had moved between them and elsewhere."""
    rows = await tx.fetch(
        """
        DELETE FROM lesson_changes x
         WHERE x.school_id = $1
           AND x.class_id = $2
           AND EXISTS (SELECT
                         FROM unnest($3::date[], $4::text[], $5::smallint[]) AS s (held_on, session, period)
                        WHERE (s.held_on, s.session, s.period) = (x.held_on, x.session, x.period)
                           OR (s.held_on, s.session, s.period) = (x.other_on, x.other_session, x.other_period))
        RETURNING x.held_on
        """,
        tx.school_id,
        class_id,
        [slot.on for slot in slots],
        [slot.session for slot in slots],
        [slot.period for slot in slots],
    )
    return len(rows)


_INSERT = """
INSERT INTO lesson_changes (school_id, class_id, held_on, session, period, kind, subject_code, title, staff_id, teacher, room,
                            note, other_on, other_session, other_period, on_day_off, changed_by, changed_at)
SELECT $1, $2, c.held_on, c.session, c.period, c.kind, c.subject_code, c.title, c.staff_id, c.teacher, c.room,
       c.note, c.other_on, c.other_session, c.other_period, c.on_day_off, $3, $4
  FROM unnest($5::date[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::uuid[], $12::text[], $13::text[],
              $14::text[], $15::date[], $16::text[], $17::smallint[], $18::boolean[])
       AS c (held_on, session, period, kind, subject_code, title, staff_id, teacher, room,
             note, other_on, other_session, other_period, on_day_off)
"""


async def write(tx: SchoolTx, deed: Deed, rows: Sequence[Row]) -> None:
    """Whatever stood on these slots goes first."""
    await forget(tx, deed.class_id, [SlotOn(row.on, row.session, row.period) for row in rows])
    lines = [
        (
            row.on, row.session, row.period, row.kind, row.content.subject_code, row.content.title, row.content.staff_id,
            row.content.teacher, row.content.room, row.note, row.other.on if row.other else None,
            row.other.session if row.other else None, row.other.period if row.other else None, row.on_day_off,
        )
        for row in rows
    ]  # fmt: skip
    await tx.execute(_INSERT, tx.school_id, deed.class_id, deed.by, deed.at, *map(list, zip(*lines, strict=True)))


async def done(tx: SchoolTx, deed: Deed, on: date, rows: Sequence[Row], *, tell: bool) -> Changed:
    await touch_classes(tx, [deed.class_id])
    detail = {"on": str(on), "slots": len(rows), "kinds": sorted({row.kind for row in rows})}
    await record(tx, "timetable.changed", "class", deed.class_id, at=deed.at, actor=deed.by, detail=detail)
    told = await _tell(tx, deed, on, rows) if tell else 0
    return Changed(deed.class_id, on, len(rows), told)


async def _tell(tx: SchoolTx, deed: Deed, on: date, rows: Sequence[Row]) -> int:
    """Of the day that was changed. A lesson that moves is told where it was, with where it goes."""
    facts = await facts_of_class(tx, tx.school_id, deed.class_id, on, on)
    touched = {(row.session, row.period) for row in rows if row.on == on}
    away = {(row.session, row.period) for row in rows if row.on == on and row.other and row.kind == "cancelled"}
    held = [one for one in day_of(facts, on).slots if one.slot in (away or touched)]
    until = max(row.on for row in rows)
    return await tell_of_day(tx, deed.class_id, deed.frame.name, on, held, until=until, by=deed.by, at=deed.at)


async def clear(tx: SchoolTx, class_id: UUID, on: date, sessions: Sequence[Session]) -> int:
    """The week is back on that day; a lesson that had moved between it and another day is back where it was."""
    rows = await tx.fetch(
        """
        SELECT x.session, x.period
          FROM lesson_changes x
         WHERE x.school_id = $1
           AND x.class_id = $2
           AND x.held_on = $3
           AND x.session = ANY ($4::text[])
        """,
        tx.school_id,
        class_id,
        on,
        sessions,
    )
    slots = [SlotOn(on, row["session"], row["period"]) for row in rows]
    return await forget(tx, class_id, slots) if slots else 0


async def take_back(
    house: House, account_id: UUID, school_id: int, class_id: UUID, on: date, slot: SlotOn | None = None
) -> int:
    """One slot's change, or all of a day's. Twice is once. How many slots are as the week has them again."""
    async with house.database.school(school_id) as tx:
        deed = await deed_of(tx, house, account_id, class_id)
        if on < deed.today:
            raise problems.DAY_GONE()
        sessions: list[Session] = ["morning", "afternoon"]
        gone = await forget(tx, class_id, [slot]) if slot else await clear(tx, class_id, on, sessions)
        if gone:
            await touch_classes(tx, [class_id])
            detail = {"on": str(on), "slots": gone}
            await record(tx, "timetable.change_undone", "class", class_id, at=deed.at, actor=account_id, detail=detail)
    return gone

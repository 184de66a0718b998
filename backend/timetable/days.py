"""What lessons a day has: the week in force, the calendar and the day's changes. Pure; it reads no table and no clock.

On a holiday, on a day the school closed and outside the class's school year there is no lesson, except what was entered for
that day knowing that it is off. A change speaks for its slot, whatever week was published later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from backend.attendance.days import Reason
from schemas.timetable import Change, DayLessons, Lesson, Session, SlotOn, Week

Slot = tuple[Session, int]
SESSIONS: tuple[Session, Session] = ("morning", "afternoon")
_SUNDAY = 7
SUNDAY_OFF = Reason("Chủ nhật", "Sunday")
_OUTSIDE = Reason("ngoài năm học {year}", "outside the school year {year}")
_NO_CLASS = Reason("chưa xếp lớp", "in no class")


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is taught: names in both languages, the teacher's name as the roll or the sheet has it."""

    session: Session
    period: int
    vi: str
    en: str
    code: str | None = None
    staff_id: UUID | None = None
    teacher: str | None = None
    room: str | None = None

    @property
    def slot(self) -> Slot:
        return self.session, self.period


class WeekLesson(Taught, frozen=True, kw_only=True):
    weekday: int


class Version(msgspec.Struct, frozen=True):
    class_id: UUID
    valid_from: date
    lessons: list[WeekLesson]


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """vi, en and the rest are empty where the lesson is cancelled."""

    class_id: UUID
    on: date
    session: Session
    period: int
    kind: Literal["cancelled", "replaced", "added"]
    vi: str | None = None
    en: str | None = None
    code: str | None = None
    staff_id: UUID | None = None
    teacher: str | None = None
    room: str | None = None
    note: str | None = None
    other: SlotOn | None = None
    on_day_off: bool = False

    @property
    def slot(self) -> Slot:
        return self.session, self.period


class Room(msgspec.Struct, frozen=True):
    """A class in which somebody sits from a day to a day, with its school year."""

    class_id: UUID
    name: str
    level: str
    year: str
    from_on: date | None
    to_on: date | None
    starts_on: date
    ends_on: date

    def holds(self, on: date) -> bool:
        return (self.from_on is None or self.from_on <= on) and (self.to_on is None or on <= self.to_on)


class Holiday(msgspec.Struct, frozen=True):
    on: date
    vi: str
    en: str


class Bell(msgspec.Struct, frozen=True):
    level: str
    valid_from: date
    session: Session
    period: int
    starts_at: str
    ends_at: str


class Facts(msgspec.Struct, frozen=True):
    """Everything that days between two dates depend on, as one statement reads it."""

    rooms: list[Room]
    versions: list[Version]
    changes: list[Changed]
    holidays: list[Holiday]
    bells: list[Bell]
    next_from: date | None = None


class Held(msgspec.Struct, frozen=True):
    """A slot of a day: what is taught (None: cancelled), what the week had, and the change that says so."""

    slot: Slot
    now: Taught | None
    was: Taught | None
    change: Changed | None


class Day(msgspec.Struct, frozen=True):
    on: date
    room: Room | None
    kept: bool
    closed: Reason | None
    slots: list[Held]


def day_of(facts: Facts, on: date, room: Room | None = None) -> Day:
    """The day in one class: that of `room`, or where the pupil sits on that day."""
    room = room or room_on(facts, on)
    if room is None:
        return Day(on, None, False, _NO_CLASS, [])
    version = in_force(facts, room.class_id, on)
    week = {lesson.slot: lesson for lesson in version.lessons if lesson.weekday == on.isoweekday()} if version else {}
    outside = not room.starts_on <= on <= room.ends_on
    off = Reason(*(words.format(year=room.year) for words in _OUTSIDE)) if outside else _off(facts, on)
    plan = {} if off else week
    slots: dict[Slot, Held] = {slot: Held(slot, lesson, None, None) for slot, lesson in plan.items()}
    for change in facts.changes:
        if change.class_id == room.class_id and change.on == on and not outside:
            held = _changed(change, plan.get(change.slot), closed=off is not None)
            if held is not None:
                slots[change.slot] = held
    ordered = [slots[slot] for slot in sorted(slots, key=_order)]
    taught = any(held.now for held in ordered)
    if off is None and not ordered and on.isoweekday() == _SUNDAY:
        off = SUNDAY_OFF
    return Day(on, room, version is not None or taught, None if taught else off, ordered)


def _changed(change: Changed, planned: Taught | None, *, closed: bool) -> Held | None:
    match change.kind:
        case "cancelled":
            return Held(change.slot, None, planned, change) if planned else None
        case "replaced" if closed:
            return None
        case "added" if closed and not change.on_day_off:
            return None
    assert change.vi is not None and change.en is not None, "only a cancelled lesson has no name"
    now = Taught(
        session=change.session,
        period=change.period,
        vi=change.vi,
        en=change.en,
        code=change.code,
        staff_id=change.staff_id,
        teacher=change.teacher,
        room=change.room,
    )
    return Held(change.slot, now, planned, change)


def _order(slot: Slot) -> tuple[int, int]:
    return SESSIONS.index(slot[0]), slot[1]


def room_on(facts: Facts, on: date) -> Room | None:
    """Of two open seats, one in a class of a year gone by, the one whose school year holds the day; else the newest."""
    seats = [room for room in facts.rooms if room.holds(on)]
    return max(seats, key=lambda room: (room.starts_on <= on <= room.ends_on, room.starts_on), default=None)


def in_force(facts: Facts, class_id: UUID, on: date) -> Version | None:
    begun = [version for version in facts.versions if version.class_id == class_id and version.valid_from <= on]
    return max(begun, key=lambda version: version.valid_from, default=None)


def _off(facts: Facts, on: date) -> Reason | None:
    return next((Reason(day.vi, day.en) for day in facts.holidays if day.on == on), None)


def bells_on(facts: Facts, level: str, on: date) -> dict[Slot, Bell]:
    """The set of the level that is in force, else that of the whole school."""
    for wanted in (level, ""):
        begun = [bell for bell in facts.bells if bell.level == wanted and bell.valid_from <= on]
        if begun:
            newest = max(bell.valid_from for bell in begun)
            return {(bell.session, bell.period): bell for bell in begun if bell.valid_from == newest}
    return {}


# As it is read


def monday_of(on: date) -> date:
    return on - timedelta(days=on.weekday())


def days_from(starts_on: date, count: int = 7) -> list[date]:
    return [starts_on + timedelta(days=number) for number in range(count)]


def told_day(facts: Facts, day: Day, language: str) -> DayLessons:
    bells = bells_on(facts, day.room.level, day.on) if day.room else {}
    lessons = [told(held, bells.get(held.slot), language) for held in day.slots]
    return DayLessons(day.on, day.kept, day.closed[language == "en"] if day.closed else None, lessons)


def told(held: Held, bell: Bell | None, language: str) -> Lesson:
    shown = held.now or held.was
    assert shown is not None, "a slot has a lesson or had one"
    was = held.was if held.change is not None and held.now is not None else None
    return Lesson(
        session=held.slot[0],
        period=held.slot[1],
        title=_name(shown, language),
        held=held.now is not None,
        starts_at=bell.starts_at if bell else None,
        ends_at=bell.ends_at if bell else None,
        subject_code=shown.code,
        teacher=shown.teacher,
        room=shown.room,
        change=_kind(held.change),
        was=_name(was, language) if was else None,
        was_teacher=was.teacher if was else None,
        other=held.change.other if held.change else None,
        note=held.change.note if held.change else None,
    )


def _name(lesson: Taught, language: str) -> str:
    return lesson.en if language == "en" else lesson.vi


def _kind(change: Changed | None) -> Change | None:
    if change is None:
        return None
    if change.other is not None:
        return "moved_away" if change.kind == "cancelled" else "moved_here"
    return change.kind


def told_week(facts: Facts, starts_on: date, days: Sequence[date], language: str) -> Week:
    """Of one class, or of the class in which a pupil sits day by day."""
    found = [day_of(facts, on) for on in days]
    room = next((day.room for day in reversed(found) if day.room), None)
    version = in_force(facts, room.class_id, days[-1]) if room else None
    return Week(
        starts_on=starts_on,
        days=[told_day(facts, day, language) for day in found],
        class_name=room.name if room else None,
        valid_from=version.valid_from if version else None,
        next_from=facts.next_from,
    )

"""Shapes of the roll-call: one mark a pupil, day and session (buổi)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Session = Literal["morning", "afternoon"]
RollMark = Literal["present", "late", "excused", "unexcused", "left_early"]
NotPresent = Literal["late", "excused", "unexcused", "left_early"]


class RollException(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pupil who was not simply there. `excused` is absent with leave (P), `unexcused` without (K)."""

    pupil_id: UUID
    mark: NotPresent
    note: Annotated[str, Meta(max_length=200, examples=["Ốm, có đơn"])] | None = None


class RollIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole class in one request: only the exceptions are sent, everybody else is present."""

    exceptions: Annotated[list[RollException], Meta(max_length=200)]
    make_up: Annotated[bool, Meta(description="The class met on a Sunday or a day off (học bù).")] = False
    revision: Annotated[
        int | None,
        Meta(description="The revision this correction was made from; a newer one on the server refuses it."),
    ] = None


class Totals(msgspec.Struct, frozen=True):
    """Counted in sessions."""

    present: int
    late: int
    excused: int
    unexcused: int
    left_early: int


class RollTaken(msgspec.Struct, frozen=True):
    """What was kept. `notified` counts the pupils whose families are told now."""

    class_id: UUID
    on: date
    session: Session
    revision: int
    totals: Totals
    notified: int


class DayMark(msgspec.Struct, frozen=True):
    """What the roll says about one pupil in one session."""

    on: date
    session: Session
    mark: RollMark
    note: str | None
    at: datetime


class PupilMonth(msgspec.Struct, frozen=True):
    """A month of one pupil. `year` counts the current school year up to now."""

    pupil_id: UUID
    month: str
    marks: list[DayMark]
    totals: Totals
    year: Totals


class SessionMark(msgspec.Struct, frozen=True):
    session: Session
    mark: RollMark
    note: str | None


class SessionTaken(msgspec.Struct, frozen=True):
    session: Session
    revision: int
    taken_at: datetime
    taken_by: str | None


class PupilDay(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    born_on: date | None
    marks: list[SessionMark]


class ClassDay(msgspec.Struct, frozen=True):
    """A class on a day, pupils in the order of class lists. `closed` says why there is no school, if so."""

    class_id: UUID
    class_name: str
    on: date
    sessions: list[Session]
    closed: str | None
    taken: list[SessionTaken]
    pupils: list[PupilDay]


class Held(msgspec.Struct, frozen=True):
    on: date
    session: Session
    revision: int


class NotThere(msgspec.Struct, frozen=True):
    on: date
    session: Session
    mark: NotPresent


class PupilRegister(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    exceptions: list[NotThere]
    totals: Totals


class ClassMonth(msgspec.Struct, frozen=True):
    """The monthly register: which sessions were held, and every exception of every pupil."""

    class_id: UUID
    class_name: str
    month: str
    held: list[Held]
    pupils: list[PupilRegister]


class RollChange(msgspec.Struct, frozen=True):
    """One corrected mark: who changed it, when, from what to what."""

    pupil_id: UUID
    full_name: str
    session: Session
    old_mark: RollMark | None
    new_mark: RollMark
    changed_at: datetime
    changed_by: str | None


class RollHistory(msgspec.Struct, frozen=True):
    class_id: UUID
    on: date
    changes: list[RollChange]

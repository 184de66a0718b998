"""Shapes of the roll-call: one mark a pupil, day and session."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Session = Literal["morning", "afternoon"]
RollMark = Literal["present", "late", "excused", "unexcused", "left_early"]


class DayMark(msgspec.Struct, frozen=True):
    """What the roll says about one pupil in one session."""

    on: date
    session: Session
    mark: RollMark
    note: str | None
    at: datetime


class Totals(msgspec.Struct, frozen=True):
    """Counted in sessions (buổi)."""

    present: int
    late: int
    excused: int
    unexcused: int
    left_early: int


class PupilMonth(msgspec.Struct, frozen=True):
    """A month of one pupil. `year` counts the current school year up to now."""

    pupil_id: UUID
    month: str
    marks: list[DayMark]
    totals: Totals
    year: Totals

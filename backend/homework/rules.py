"""Who may write homework, which lines are wrong, and which day comes next. Pure: it reads no table and no clock.

With a subject: its teacher in the class, the homeroom teacher, the administrator. Without one (dặn dò): whoever teaches the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import msgspec

from backend.attendance.days import Reason, closed_because
from backend.core.problems import FieldError, problem
from backend.identity.entitlement import Standing
from schemas.homework import HomeworkChange, HomeworkLine

AHEAD_DAYS_MAX = 60
# How long what is over stays on the pages, and how far back the looks of a guardian are told.
KEPT_DAYS = 14
_SATURDAY = 5

WITHDRAWN = problem(
    "homework-withdrawn",
    409,
    vi="Bài này đã rút lại nên không sửa được nữa; có thể ghi bài mới.",
    en="This homework was withdrawn and cannot be changed; write it anew.",
)
NOTHING = (
    "Viết bài tập hoặc đồ cần mang, hoặc đính kèm một tệp.",
    "Write what to do or to bring, or attach a file.",
)
NO_CLASS = ("Không có lớp này trong năm học.", "There is no such class in this school year.")
NO_SUBJECT = ("Lớp này không học môn đó.", "This class does not have that subject.")
NOT_IN_CLASS = ("Học sinh này không có trong lớp.", "This pupil is not in the class.")
PAST = ("Ngày này đã qua.", "This day has passed.")
FAR = (
    f"Xa quá: nhiều nhất {AHEAD_DAYS_MAX} ngày nữa.",
    f"Too far ahead: {AHEAD_DAYS_MAX} days at most.",
)


class Scene(msgspec.Struct, frozen=True):
    """A class with its writer's standing. `taught`: the subjects that it has."""

    who: Standing
    taught: frozenset[str]
    pupils: frozenset[UUID]


def may_write(who: Standing, subject_code: str | None) -> bool:
    if who.admin or who.homeroom:
        return True
    return who.of_class if subject_code is None else subject_code in who.subjects


def may_change(who: Standing, subject_code: str | None, *, wrote: bool) -> bool:
    """A word to the class is its writer's; homework in a subject is the subject's, whoever of its teachers wrote it."""
    return may_write(who, subject_code) and (subject_code is not None or wrote or who.admin or who.homeroom)


def wrong_with(line: HomeworkLine, scene: Scene | None, today: date, pointer: str) -> list[FieldError]:
    """Every field of a line that cannot be so."""
    wrong = [*wrong_text(line, pointer), *wrong_day(line.due_on, today, pointer)]
    if scene is None:
        return [FieldError(f"{pointer}/class_id", *NO_CLASS), *wrong]
    if line.subject_code is not None and line.subject_code not in scene.taught:
        wrong.append(FieldError(f"{pointer}/subject_code", *NO_SUBJECT))
    wrong += [
        FieldError(f"{pointer}/pupil_ids/{n}", *NOT_IN_CLASS)
        for n, one in enumerate(line.pupil_ids)
        if one not in scene.pupils
    ]
    return wrong


def wrong_text(said: HomeworkLine | HomeworkChange, pointer: str = "") -> list[FieldError]:
    return [] if said.body or said.bring or said.file_ids else [FieldError(f"{pointer}/body", *NOTHING)]


def wrong_day(due_on: date | None, today: date, pointer: str = "") -> list[FieldError]:
    if due_on is None or today <= due_on <= today + timedelta(days=AHEAD_DAYS_MAX):
        return []
    return [FieldError(f"{pointer}/due_on", *(PAST if due_on < today else FAR))]


class Calendar(msgspec.Struct, frozen=True):
    """What is closed in the days ahead, and whether the class comes on Saturdays, as its roll shows."""

    closed: Mapping[date, Reason]
    saturdays: bool = True

    def closed_on(self, day: date) -> Reason | None:
        return self.closed.get(day) or closed_because(day, None, None)

    def next_day(self, today: date) -> date:
        """The next day on which the class comes; after a month of holidays simply tomorrow."""
        for ahead in range(1, 31):
            day = today + timedelta(days=ahead)
            if self.closed_on(day) is None and (self.saturdays or day.weekday() != _SATURDAY):
                return day
        return today + timedelta(days=1)


def still_told(due_on: date | None, given_on: date, today: date) -> bool:
    """Not over yet: it is due today or later, or for a next lesson that comes within the week."""
    return due_on >= today if due_on is not None else given_on >= today - timedelta(days=7)

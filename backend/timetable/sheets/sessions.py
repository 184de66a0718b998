"""Morning or afternoon, where the sheet leaves it to the numbers of the periods. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from backend.spreadsheets.cells import Cell
from schemas.timetable import Session

_PERIODS_IN_A_SESSION = 5


class RawLesson(NamedTuple):
    """An empty text is an empty slot. `session` may still be open."""

    sheet: str
    block: int
    row: int
    column: int
    class_name: str
    weekday: int
    session: Session | None
    period: int
    cell: Cell
    teacher: str


def with_sessions(lessons: list[RawLesson]) -> list[RawLesson]:
    """Where nobody says morning or afternoon the numbers do: those that begin again, or go on past five, are the afternoon.

    An afternoon that counts on from six is counted from one. Left open where a day has one run of numbers: the class decides.
    """
    days: dict[tuple[int, str, int], list[RawLesson]] = defaultdict(list)
    for lesson in lessons:
        days[lesson.block, lesson.class_name, lesson.weekday].append(lesson)
    found: list[RawLesson] = []
    for of_day in days.values():
        counts_on = min((one.period for one in of_day if one.session == "afternoon"), default=0) > _PERIODS_IN_A_SESSION
        goes_on = max(one.period for one in of_day) > _PERIODS_IN_A_SESSION + 1
        last, restarted = 0, False
        for one in of_day:
            restarted = restarted or (one.session is None and one.period <= last)
            last = one.period
            past_five = one.period > _PERIODS_IN_A_SESSION
            if one.session is None and (restarted or goes_on):
                afternoon = restarted or past_five
                one = one._replace(session="afternoon" if afternoon else "morning")
                counted_on = past_five and not restarted
            else:
                counted_on = one.session == "afternoon" and counts_on
            found.append(one._replace(period=one.period - _PERIODS_IN_A_SESSION) if counted_on else one)
    return found

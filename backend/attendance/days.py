"""Which days a roll can be taken on, as a pure rule over what the calendar says. It reads no table and no clock."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from backend.core.problems import INVALID, FieldError, Problem, problem

DAY_AHEAD = problem(
    "roll-day-ahead",
    422,
    vi="Chưa đến ngày này nên chưa điểm danh được.",
    en="This day is still to come, so the roll cannot be taken.",
)
OUTSIDE_SCHOOL_YEAR = problem(
    "outside-school-year",
    422,
    vi="Ngày này nằm ngoài năm học {school_year}.",
    en="This day lies outside the school year {school_year}.",
)
NOT_A_SCHOOL_DAY = problem(
    "not-a-school-day",
    422,
    vi="Ngày này không học: {reason:vi}. Nếu lớp học bù, xin đánh dấu học bù.",
    en="No school on this day: {reason:en}. If the class made up for a lost day, say so.",
)
_SUNDAY = 6
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


class Reason(NamedTuple):
    """Why there is no school. In a sentence, `{reason:en}` is its English."""

    vi: str
    en: str

    def __format__(self, language: str) -> str:
        return self.en if language == "en" else self.vi


def refuse_day(
    day: date,
    *,
    today: date,
    school_year: str,
    starts_on: date,
    ends_on: date,
    closed: Reason | None,
    make_up: bool,
) -> None:
    """Raises the first reason why a roll cannot be taken on `day`. `closed` is why there is no school, if so."""
    if day > today:
        raise DAY_AHEAD()
    if not starts_on <= day <= ends_on:
        raise OUTSIDE_SCHOOL_YEAR(school_year=school_year)
    if closed is not None and not make_up:
        raise NOT_A_SCHOOL_DAY(reason=closed)


def closed_because(day: date, holiday: tuple[str, str] | None, school_reason: str | None) -> Reason | None:
    """Why there is no school on a day; None on a school day. What the school itself wrote comes first, in its own words."""
    if school_reason:
        return Reason(school_reason, school_reason)
    if holiday:
        return Reason(*holiday)
    if day.weekday() == _SUNDAY:
        return Reason("Chủ nhật", "Sunday")
    return None


def month_of(text: str) -> date:
    """`2026-11` → the first of the month. Raises INVALID that points at the query parameter."""
    if not _MONTH.fullmatch(text):
        raise wrong_month()
    return date(int(text[:4]), int(text[5:]), 1)


def wrong_month() -> Problem:
    return INVALID(FieldError("?month", "Tháng có dạng 2026-11.", "A month looks like 2026-11."))

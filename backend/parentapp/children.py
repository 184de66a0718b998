"""One child's pages: marks by subject, and a month of attendance."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from backend.attendance.queries import month_for_family
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND
from backend.gradebook.queries import grades_for_family
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import page
from backend.parentapp.family import AnyRequest, child_of, today
from schemas.attendance import DayMark, PupilMonth
from schemas.gradebook import PupilGrades, SubjectResult, TermResult

_WORST_FIRST = ("unexcused", "excused", "left_early", "late", "present")
_EARLIEST_YEAR = 2000


@get("/app/{school_id:int}/children/{pupil_id:uuid}/marks", include_in_schema=False, **GUARDIAN)
async def marks_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], term: FromQuery[int | None] = None
) -> Response[bytes]:
    child = await child_of(request, school_id, pupil_id)
    grades = await grades_for_family(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        today(request),
        language=language_of(request),
    )
    if grades is None:
        raise NOT_FOUND()
    terms = sorted({result.term for subject in grades.subjects for result in subject.terms})
    shown = term if term in (1, 2) else (terms[-1] if terms else 1)
    return page(
        request,
        "app/marks.html",
        child=child,
        grades=grades,
        terms=sorted({*terms, shown}),
        shown=shown,
        rows=_rows(grades, shown),
        year_known=any(subject.year_average is not None for subject in grades.subjects),
    )


def _rows(grades: PupilGrades, term: int) -> list[tuple[SubjectResult, TermResult]]:
    return [(subject, result) for subject in grades.subjects for result in subject.terms if result.term == term]


@get("/app/{school_id:int}/children/{pupil_id:uuid}/attendance", include_in_schema=False, **GUARDIAN)
async def attendance_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], month: FromQuery[str | None] = None
) -> Response[bytes]:
    child = await child_of(request, school_id, pupil_id)
    on = today(request)
    first = _month(month, on)
    found = await month_for_family(
        house_of(request).database.reader, school_id, principal_of(request).account_id, pupil_id, first, on
    )
    if found is None:
        raise NOT_FOUND()
    following = (first + timedelta(days=32)).replace(day=1)
    return page(
        request,
        "app/attendance.html",
        child=child,
        first=first,
        month=found,
        days=_days(found, first, on),
        blanks=first.weekday(),
        earlier=(first - timedelta(days=1)).strftime("%Y-%m"),
        later=following.strftime("%Y-%m") if following <= on else None,
        remarkable=[mark for mark in found.marks if mark.mark != "present" or mark.note],
    )


def _month(asked: str | None, on: date) -> date:
    """The first day of the month asked for; this month for anything that is none, or that lies ahead."""
    try:
        first = date.fromisoformat(f"{asked}-01") if asked else on.replace(day=1)
    except ValueError:
        return on.replace(day=1)
    return first if first.year >= _EARLIEST_YEAR and first <= on else on.replace(day=1)


def _days(month: PupilMonth, first: date, on: date) -> list[dict[str, Any]]:
    """Every day of the month with its marks; where two sessions differ, the graver one colours the day."""
    by_day: dict[date, list[DayMark]] = {}
    for mark in month.marks:
        by_day.setdefault(mark.on, []).append(mark)
    days = []
    here = first
    while here.month == first.month:
        marks = by_day.get(here, [])
        worst = min((m.mark for m in marks), key=_WORST_FIRST.index) if marks else None
        days.append({"on": here, "marks": marks, "worst": worst, "today": here == on})
        here += timedelta(days=1)
    return days


ROUTES: list[Any] = [marks_page, attendance_page]

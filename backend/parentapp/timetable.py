"""A child's week: its lessons day by day, today first to be seen, with whatever is different on a day."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import page
from backend.parentapp.family import AnyRequest, child_of, today
from backend.timetable.days import monday_of
from backend.timetable.queries import next_monday, week_for_family
from backend.timetable.telling import differs

_SUNDAY = 6


@get("/app/{school_id:int}/children/{pupil_id:uuid}/timetable", include_in_schema=False, **GUARDIAN)
async def timetable_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], on: FromQuery[str | None] = None
) -> Response[bytes]:
    child = await child_of(request, school_id, pupil_id)
    here = today(request)
    monday = monday_asked(on, here)
    found = await week_for_family(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        monday,
        today=here,
        language=language_of(request),
    )
    if found is None:
        raise NOT_FOUND()
    return page(
        request,
        "app/timetable.html",
        child=child,
        week=found[1],
        kept=any(day.kept for day in found[1].days),
        today=here,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        differs=differs,
    )


def monday_asked(asked: str | None, here: date) -> date:
    """The week of the day asked for; anything that is none means this week, and on a Sunday the one that begins tomorrow."""
    try:
        return (
            monday_of(date.fromisoformat(asked))
            if asked
            else next_monday(here)
            if here.weekday() == _SUNDAY
            else monday_of(here)
        )
    except (ValueError, OverflowError):
        return monday_of(here)


ROUTES: list[Any] = [timetable_page]

"""The doors of the timetable: reading for staff and families, publishing for administrators, one day's changes for homeroom teachers."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, language_of, not_modified, unchanged
from backend.core.problems import NOT_FOUND
from backend.family.versions import etag, pupil_version
from backend.identity.guards import GUARDIAN, STAFF
from backend.identity.principal import principal_of
from backend.timetable import bells, changes, publishing, queries, registers, whole_days
from backend.timetable.days import monday_of
from backend.timetable.routes_imports import ROUTES as IMPORTS
from schemas.timetable import (
    Bells,
    BellsIn,
    Changed,
    ChangeIn,
    DayIn,
    Period,
    Published,
    SchoolDay,
    Session,
    SlotOn,
    TimetableIn,
    TimetableList,
    Week,
)

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/schools/{school_id:int}"
CLASS = SCHOOL + "/classes/{class_id:uuid}"
TAGS = ["timetable"]
WEEK_PAGE = "week1"
On = FromQuery[Annotated[date | None, Parameter(description="A day of the week asked for; this week when left out")]]


def _today(request: AnyRequest) -> date:
    return school_day(house_of(request).clock.now())


@get(
    "/v1/family/schools/{school_id:int}/pupils/{pupil_id:uuid}/timetable",
    tags=TAGS,
    responses={
        200: ResponseSpec(Week, description="Monday to Sunday, changes marked", generate_examples=False),
        304: ResponseSpec(
            None, description="Nothing changed since the ETag sent in If-None-Match", generate_examples=False
        ),
    },
    **GUARDIAN,
)
async def child_week(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], on: On = None
) -> Response[bytes]:
    """A child's lessons of a week, with what is different on its days, holidays and the hours where the school keeps them."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today, language = _today(request), language_of(request)
    monday = monday_of(on or today)
    if "if-none-match" in request.headers:
        version = await pupil_version(reader, school_id, account_id, pupil_id, today)
        tag = etag(WEEK_PAGE, today, language, pupil_id, monday, version or "")
        if version is not None and unchanged(request, tag):
            return not_modified(tag)
    found = await queries.week_for_family(
        reader, school_id, account_id, pupil_id, monday, today=today, language=language
    )
    if found is None:
        raise NOT_FOUND()
    return json_bytes(msgspec.json.encode(found[1]), etag=etag(WEEK_PAGE, today, language, pupil_id, monday, found[0]))


@get(CLASS + "/timetable", tags=TAGS, **STAFF)
async def class_week(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: On = None) -> Week:
    """A class's week, for everybody who works in the school."""
    today = _today(request)
    account_id = principal_of(request).account_id
    _, week = await queries.class_week(
        house_of(request).database.reader,
        school_id,
        account_id,
        class_id,
        monday_of(on or today),
        today=today,
        language=language_of(request),
    )
    return week


@get(SCHOOL + "/timetable/mine", tags=TAGS, **STAFF)
async def my_week(request: AnyRequest, school_id: FromPath[int], on: On = None) -> Week:
    """The reader's own lessons over all classes; those that somebody else holds are marked."""
    today = _today(request)
    return await queries.teachers_week(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        monday_of(on or today),
        today=today,
        language=language_of(request),
    )


@get(SCHOOL + "/timetables", tags=TAGS, **STAFF)
async def timetables(request: AnyRequest, school_id: FromPath[int]) -> TimetableList:
    """Every class of the current year: since when its week is in force, and which weeks begin later."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    _, found = await registers.versions(reader, school_id, account_id, today=_today(request))
    return TimetableList(found)


@put(CLASS + "/timetables/{valid_from:date}", tags=TAGS, **STAFF)
async def publish_timetable(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    valid_from: FromPath[date],
    data: JSONBody[TimetableIn],
) -> Published:
    """A class's whole week from a day on. Earlier days keep theirs; the same week again changes nothing. Administrators only."""
    return await publishing.publish(
        house_of(request), principal_of(request).account_id, school_id, class_id, valid_from, data
    )


@delete(CLASS + "/timetables/{valid_from:date}", tags=TAGS, **STAFF)
async def withdraw_timetable(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], valid_from: FromPath[date]
) -> None:
    """Take a week back that has not begun."""
    await publishing.withdraw(house_of(request), principal_of(request).account_id, school_id, class_id, valid_from)


@put(CLASS + "/timetable/{on:date}/{session:str}/{period:int}", tags=TAGS, **STAFF)
async def change_lesson(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    on: FromPath[date],
    session: FromPath[Session],
    period: FromPath[Period],
    data: JSONBody[ChangeIn],
) -> Changed:
    """One day's word on one period: it falls out, is replaced, moves, or is added. The homeroom teacher and administrators."""
    account_id = principal_of(request).account_id
    where = SlotOn(on, session, period)
    return await changes.change_lesson(house_of(request), account_id, school_id, class_id, where, data)


@delete(CLASS + "/timetable/{on:date}/{session:str}/{period:int}", tags=TAGS, **STAFF)
async def take_change_back(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    on: FromPath[date],
    session: FromPath[Session],
    period: FromPath[Period],
) -> None:
    """The period is as the week has it again; both ends of a lesson that had moved. Twice is once."""
    where = SlotOn(on, session, period)
    await changes.take_back(house_of(request), principal_of(request).account_id, school_id, class_id, on, where)


@put(CLASS + "/timetable/{on:date}", tags=TAGS, **STAFF)
async def change_day(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromPath[date], data: JSONBody[DayIn]
) -> Changed:
    """A whole day at once: no lessons, or those of another weekday (a make-up day)."""
    account_id = principal_of(request).account_id
    return await whole_days.change_day(house_of(request), account_id, school_id, class_id, on, data)


@put(SCHOOL + "/timetable/days/{on:date}", tags=TAGS, **STAFF)
async def change_school_day(
    request: AnyRequest, school_id: FromPath[int], on: FromPath[date], data: JSONBody[DayIn]
) -> SchoolDay:
    """The same day for every class: no lessons, or those of another weekday (a make-up day). Administrators only."""
    account_id = principal_of(request).account_id
    return await whole_days.change_day_everywhere(house_of(request), account_id, school_id, on, data)


@delete(CLASS + "/timetable/{on:date}", tags=TAGS, **STAFF)
async def take_day_back(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromPath[date]
) -> None:
    """The whole day is as the week has it again. Twice is once."""
    await changes.take_back(house_of(request), principal_of(request).account_id, school_id, class_id, on)


@get(SCHOOL + "/bells", tags=TAGS, **STAFF)
async def bell_times(request: AnyRequest, school_id: FromPath[int]) -> Bells:
    """The hours of the periods: every set with its level and first day, the newest first."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    return await bells.bells(reader, school_id, account_id, today=_today(request))


@put(SCHOOL + "/bells", tags=TAGS, status_code=204, **STAFF)
async def set_bell_times(request: AnyRequest, school_id: FromPath[int], data: JSONBody[BellsIn]) -> None:
    """Set the hours of all periods from a day on (winter hours are another set). Administrators only."""
    await bells.set_bells(house_of(request), principal_of(request).account_id, school_id, data)


ROUTES: list[Any] = [
    child_week,
    class_week,
    my_week,
    timetables,
    publish_timetable,
    withdraw_timetable,
    change_lesson,
    take_change_back,
    change_day,
    change_school_day,
    take_day_back,
    bell_times,
    set_bell_times,
    *IMPORTS,
]

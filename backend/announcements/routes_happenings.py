"""The doors of what follows from a letter: dates in the calendar and reminders, for staff and for families; a family's files."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.announcements import happenings, reminding
from backend.announcements.family import family_letter, require_family_file
from backend.core.clock import school_day
from backend.core.http import attachment, house_of
from backend.core.problems import NOT_FOUND
from backend.files.routes_serving import FILE, serve, serve_area
from backend.identity.guards import GUARDIAN, STAFF
from backend.identity.principal import principal_of
from schemas.happenings import Event, FamilyEvents, FamilyLetter, Following, NewEvent, NewReminder, Reminder

AnyRequest = Request[Any, Any, Any]
ONE = "/v1/schools/{school_id:int}/announcements/{announcement_id:uuid}"
NOTICE = "/v1/family/notices/{school_id:int}/{notice_id:uuid}"
ICS = ResponseSpec(bytes, description="One entry (RFC 5545)", media_type="text/calendar", generate_examples=False)


@get(ONE + "/following", tags=["announcements"], **STAFF)
async def read_following(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Following:
    """Dates and reminders that were made of a letter."""
    return await happenings.following(house_of(request), principal_of(request).account_id, school_id, announcement_id)


@post(ONE + "/events", tags=["announcements"], status_code=201, **STAFF)
async def add_event(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[NewEvent]
) -> Event:
    """Put a date of the letter into the calendar of those who got it."""
    account_id = principal_of(request).account_id
    return await happenings.add_event(house_of(request), account_id, school_id, announcement_id, data)


@delete(ONE + "/events/{event_id:uuid}", tags=["announcements"], **STAFF)
async def cancel_event(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], event_id: FromPath[UUID]
) -> None:
    """Take it out of the calendars again."""
    account_id = principal_of(request).account_id
    await happenings.cancel_event(house_of(request), account_id, school_id, announcement_id, event_id)


@post(ONE + "/reminders", tags=["announcements"], status_code=201, **STAFF)
async def promise_reminder(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[NewReminder]
) -> Reminder:
    """Say it once more, the evening before that day, to those who got the letter."""
    account_id = principal_of(request).account_id
    return await reminding.promise(house_of(request), account_id, school_id, announcement_id, data.about_on)


@delete(ONE + "/reminders/{about_on:date}", tags=["announcements"], **STAFF)
async def drop_reminder(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], about_on: FromPath[date]
) -> None:
    """Say it no second time after all."""
    account_id = principal_of(request).account_id
    await reminding.drop(house_of(request), account_id, school_id, announcement_id, about_on)


@get(NOTICE + "/letter", tags=["family"], **GUARDIAN)
async def read_family_letter(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> FamilyLetter:
    """What hangs on a notice that the school wrote: files, its end, a correction, dates. Of a recalled one only that it was."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    found = await family_letter(house.database.reader, school_id, account_id, notice_id, house.clock.now())
    if found is None:
        raise NOT_FOUND()
    return found


@get(NOTICE + "/files/{file_id:uuid}", tags=["family"], responses={200: FILE}, **GUARDIAN)
async def family_file(
    request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """What is attached to a notice to the reader."""
    house, account_id = house_of(request), principal_of(request).account_id
    reader, now = house.database.reader, house.clock.now()
    if await require_family_file(reader, school_id, account_id, notice_id, file_id, now):
        return await serve_area(request, file_id)
    return await serve(request, school_id, file_id)


@get("/v1/family/events", tags=["family"], **GUARDIAN)
async def list_family_events(request: AnyRequest) -> FamilyEvents:
    """What is coming, over all children and schools, soonest first."""
    house, principal = house_of(request), principal_of(request)
    today = school_day(house.clock.now())
    found = []
    for school_id in principal.guardian_in:
        found += await happenings.family_events(house.database.reader, school_id, principal.account_id, today=today)
    return FamilyEvents(sorted(found, key=lambda one: (one.held_on, str(one.starts_at or ""))))


@get("/v1/family/events/{school_id:int}/{event_id:uuid}/ics", tags=["family"], responses={200: ICS}, **GUARDIAN)
async def family_event_ics(request: AnyRequest, school_id: FromPath[int], event_id: FromPath[UUID]) -> Response[bytes]:
    """One date, for the calendar of the phone."""
    house, account_id = house_of(request), principal_of(request).account_id
    now = house.clock.now()
    found = await happenings.family_events(
        house.database.reader, school_id, account_id, today=school_day(now), event_id=event_id
    )
    if not found:
        raise NOT_FOUND()
    headers = {"content-disposition": attachment("lich.ics"), "cache-control": "private, no-store"}
    return Response(happenings.as_ics(found[0], now), media_type="text/calendar", headers=headers)


ROUTES: list[Any] = [
    read_following, add_event, cancel_event, promise_reminder, drop_reminder, read_family_letter, family_file,
    list_family_events, family_event_ics,
]  # fmt: skip

"""The doors of what shields and orders the talk: quiet hours, the school's settings, the duty roster."""

from typing import Any

from litestar import Request, delete, get, put
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.messages import duty, hours
from schemas.messages import DutyRoster, DutyRows, MessageSettings, MyQuietHours, QuietHours

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/schools/{school_id:int}"
TAGS = ["messages"]


@get(SCHOOL + "/quiet-hours", tags=TAGS, **STAFF)
async def my_quiet_hours(request: AnyRequest, school_id: FromPath[int]) -> MyQuietHours:
    """One's own quiet hours, if they differ from the school's, and the school's."""
    house = house_of(request)
    return await hours.my_hours(house.database.reader, school_id, principal_of(request).account_id, house.clock.now())


@put(SCHOOL + "/quiet-hours", tags=TAGS, status_code=204, **STAFF)
async def keep_quiet_hours(request: AnyRequest, school_id: FromPath[int], data: JSONBody[QuietHours]) -> None:
    """In these hours messages are kept and promised an answer, nobody is woken, and no reading is told."""
    await hours.keep_own(house_of(request), principal_of(request).account_id, school_id, data)


@delete(SCHOOL + "/quiet-hours", tags=TAGS, **STAFF)
async def drop_quiet_hours(request: AnyRequest, school_id: FromPath[int]) -> None:
    """From now on the school's hours hold."""
    await hours.keep_own(house_of(request), principal_of(request).account_id, school_id, None)


@get(SCHOOL + "/message-settings", tags=TAGS, **STAFF)
async def message_settings(request: AnyRequest, school_id: FromPath[int]) -> MessageSettings:
    """The school's quiet hours, and whether messages may be translated."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    return await hours.settings_of(house.database.reader, school_id, account_id, house.clock.now())


@put(SCHOOL + "/message-settings", tags=TAGS, status_code=204, **STAFF)
async def keep_message_settings(request: AnyRequest, school_id: FromPath[int], data: JSONBody[MessageSettings]) -> None:
    """For the administrator."""
    await hours.keep_settings(house_of(request), principal_of(request).account_id, school_id, data)


@get(SCHOOL + "/duty-roster", tags=TAGS, **STAFF)
async def duty_roster(request: AnyRequest, school_id: FromPath[int]) -> DutyRows:
    """Who is called when it cannot wait, by weekday and hour."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    return await duty.roster_of(house.database.reader, school_id, account_id, house.clock.now())


@put(SCHOOL + "/duty-roster", tags=TAGS, status_code=204, **STAFF)
async def keep_duty_roster(request: AnyRequest, school_id: FromPath[int], data: JSONBody[DutyRoster]) -> None:
    """The whole week anew, for the administrator. Outside of all turns an administrator is called."""
    await duty.keep_roster(house_of(request), principal_of(request).account_id, school_id, data)


ROUTES: list[Any] = [
    my_quiet_hours,
    keep_quiet_hours,
    drop_quiet_hours,
    message_settings,
    keep_message_settings,
    duty_roster,
    keep_duty_roster,
]

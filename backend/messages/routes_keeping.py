"""The doors of what shields and orders the talk: quiet hours, the duty roster, reports, blocks, and the heads' recorded look."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.database import Reader
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.messages import blocks, duty, hours, moderation, oversight
from schemas.messages import (
    BlockDecision,
    Blocks,
    DutyRoster,
    DutyRows,
    MessageSettings,
    MyQuietHours,
    NewBlock,
    Overseen,
    QuietHours,
    ReportDecision,
    Reports,
    UrgentCalls,
)

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/schools/{school_id:int}"
TAGS = ["messages"]


def _reading(request: AnyRequest, school_id: int) -> tuple[Reader, int, UUID, datetime]:
    """What every statement here is asked with: who reads, in which school, and when."""
    house = house_of(request)
    return house.database.reader, school_id, principal_of(request).account_id, house.clock.now()


@get(SCHOOL + "/quiet-hours", tags=TAGS, **STAFF)
async def my_quiet_hours(request: AnyRequest, school_id: FromPath[int]) -> MyQuietHours:
    """One's own quiet hours, if they differ from the school's, and the school's."""
    return await hours.my_hours(*_reading(request, school_id))


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
    return await hours.settings_of(*_reading(request, school_id))


@put(SCHOOL + "/message-settings", tags=TAGS, status_code=204, **STAFF)
async def keep_message_settings(request: AnyRequest, school_id: FromPath[int], data: JSONBody[MessageSettings]) -> None:
    """For the administrator."""
    await hours.keep_settings(house_of(request), principal_of(request).account_id, school_id, data)


@get(SCHOOL + "/duty-roster", tags=TAGS, **STAFF)
async def duty_roster(request: AnyRequest, school_id: FromPath[int]) -> DutyRows:
    """Who is called when it cannot wait, by weekday and hour."""
    return await duty.roster_of(*_reading(request, school_id))


@put(SCHOOL + "/duty-roster", tags=TAGS, status_code=204, **STAFF)
async def keep_duty_roster(request: AnyRequest, school_id: FromPath[int], data: JSONBody[DutyRoster]) -> None:
    """The whole week anew, for the administrator. Outside of all turns an administrator is called."""
    await duty.keep_roster(house_of(request), principal_of(request).account_id, school_id, data)


@get(SCHOOL + "/message-reports", tags=TAGS, **STAFF)
async def message_reports(request: AnyRequest, school_id: FromPath[int]) -> Reports:
    """What was reported, waiting ones first, for the administrator. The look is recorded."""
    return await moderation.reports(house_of(request), principal_of(request).account_id, school_id)


@post(SCHOOL + "/message-reports/{report_id:uuid}", tags=TAGS, status_code=204, **STAFF)
async def decide_report(
    request: AnyRequest, school_id: FromPath[int], report_id: FromPath[UUID], data: JSONBody[ReportDecision]
) -> None:
    """Hide the message behind a tombstone, or keep it (which also brings a hidden one back)."""
    account_id = principal_of(request).account_id
    await moderation.decide_report(house_of(request), account_id, school_id, report_id, data)


@get(SCHOOL + "/message-blocks", tags=TAGS, **STAFF)
async def message_blocks(request: AnyRequest, school_id: FromPath[int]) -> Blocks:
    """Which guardians' ordinary messages staff asked to pause, for the administrator."""
    return await blocks.blocks(*_reading(request, school_id))


@post(SCHOOL + "/message-blocks", tags=TAGS, status_code=204, **STAFF)
async def ask_block(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewBlock]) -> None:
    """Ask that a guardian's ordinary messages to oneself be paused. An administrator decides."""
    await blocks.ask_block(house_of(request), principal_of(request).account_id, school_id, data)


@post(SCHOOL + "/message-blocks/{block_id:uuid}", tags=TAGS, status_code=204, **STAFF)
async def decide_block(
    request: AnyRequest, school_id: FromPath[int], block_id: FromPath[UUID], data: JSONBody[BlockDecision]
) -> None:
    """Grant it to a day, refuse it, or end it. Absences, pick-ups, medicines and urgent matters always arrive."""
    account_id = principal_of(request).account_id
    await blocks.decide_block(house_of(request), account_id, school_id, block_id, data)


@get(SCHOOL + "/urgent-calls", tags=TAGS, **STAFF)
async def urgent_calls(request: AnyRequest, school_id: FromPath[int]) -> UrgentCalls:
    """How often each family called the duty in the last ninety days, for the administrator."""
    return await moderation.urgent_calls(*_reading(request, school_id))


@get(SCHOOL + "/threads/{thread_id:uuid}/oversight", tags=TAGS, **STAFF)
async def oversee(
    request: AnyRequest,
    school_id: FromPath[int],
    thread_id: FromPath[UUID],
    reason: FromQuery[Annotated[str, Parameter(max_length=300, description="Why; it is recorded")]] = "",
) -> Overseen:
    """Everything that was ever written in a conversation, for the administrator and a reason. Each look is recorded."""
    return await oversight.oversee(house_of(request), principal_of(request).account_id, school_id, thread_id, reason)


ROUTES: list[Any] = [
    message_reports,
    decide_report,
    message_blocks,
    ask_block,
    decide_block,
    urgent_calls,
    oversee,
    my_quiet_hours,
    keep_quiet_hours,
    drop_quiet_hours,
    message_settings,
    keep_message_settings,
    duty_roster,
    keep_duty_roster,
]

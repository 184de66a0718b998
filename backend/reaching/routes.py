"""The doors of reaching families: a family's wishes; a school's remainder, calls, caps and emergencies."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of, json_bytes
from backend.core.problems import NOT_FOUND
from backend.identity.guards import GUARDIAN, STAFF
from backend.identity.principal import principal_of
from backend.reaching import actions
from notifications.remainder import remainder_of
from schemas.reaching import Budgets, CallList, CallResult, EmergencyIn, MonthCap, PaidChannel, Preferences, Remainder

AnyRequest = Request[Any, Any, Any]
_SCHOOL = "/v1/schools/{school_id:int}"


def _answers(shape: type, what: str) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(data_container=shape, description=what)}


@get("/v1/family/preferences", tags=["family"], **GUARDIAN)
async def read_preferences(request: AnyRequest) -> Preferences:
    """What this person wants to hear at once, with the day's digest, or not; when it is quiet; by which way first."""
    return await actions.preferences_of(house_of(request), principal_of(request).account_id)


@put("/v1/family/preferences", tags=["family"], **GUARDIAN)
async def write_preferences(request: AnyRequest, data: JSONBody[Preferences]) -> Preferences:
    """The whole of it, over all schools. An emergency is told at any hour, whatever stands here."""
    return await actions.set_preferences(house_of(request), principal_of(request).account_id, data)


@get(
    _SCHOOL + "/notices/{notice_id:uuid}/remainder",
    tags=["announcements"],
    responses=_answers(Remainder, "Everybody is reached, pending or named with a reason"),
    **STAFF,
)
async def read_remainder(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> Response[bytes]:
    """Whom a notice has not reached, by name and reason. For whoever wrote it, and the school's administrator."""
    found = await remainder_of(
        house_of(request).database.reader, school_id, notice_id, principal_of(request).account_id
    )
    if found is None:
        raise NOT_FOUND()
    return json_bytes(found)


@post(_SCHOOL + "/notices/{notice_id:uuid}/emergency", tags=["announcements"], status_code=204, **STAFF)
async def declare_emergency(
    request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID], data: JSONBody[EmergencyIn]
) -> None:
    """Tell whoever has not read it, now, by every free way, at any hour; the paid ones follow in minutes. It is kept who did it and why."""
    account_id = principal_of(request).account_id
    await actions.declare_emergency(house_of(request), account_id, school_id, notice_id, data.reason)


@get(
    _SCHOOL + "/calls",
    tags=["announcements"],
    responses=_answers(CallList, "Families to ring up, those of the own class for its homeroom teacher"),
    **STAFF,
)
async def read_calls(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Families whom nothing reached in the last fourteen days."""
    return json_bytes(await actions.calls_json(house_of(request), principal_of(request).account_id, school_id))


@post(_SCHOOL + "/calls/{notice_id:uuid}/{guardian_id:uuid}", tags=["announcements"], status_code=204, **STAFF)
async def note_call(
    request: AnyRequest,
    school_id: FromPath[int],
    notice_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
    data: JSONBody[CallResult],
) -> None:
    """What became of a call."""
    account_id = principal_of(request).account_id
    await actions.note_call(house_of(request), account_id, school_id, notice_id, guardian_id, data.result)


@get(
    _SCHOOL + "/budgets", tags=["announcements"], responses=_answers(Budgets, "Of this month, by paid channel"), **STAFF
)
async def read_budgets(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """What may be spent this month, has been, and is left. For the school's administrator."""
    return json_bytes(await actions.budgets_json(house_of(request), principal_of(request).account_id, school_id))


@put(_SCHOOL + "/budgets/{channel:str}", tags=["announcements"], status_code=204, **STAFF)
async def write_cap(
    request: AnyRequest, school_id: FromPath[int], channel: FromPath[PaidChannel], data: JSONBody[MonthCap]
) -> None:
    """Without a cap nothing that costs money is sent."""
    await actions.set_cap(house_of(request), principal_of(request).account_id, school_id, channel, data)


ROUTES: list[Any] = [
    read_preferences,
    write_preferences,
    read_remainder,
    declare_emergency,
    read_calls,
    note_call,
    read_budgets,
    write_cap,
]

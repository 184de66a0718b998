"""The doors of how a school asks: its rules, whom today's reminders would reach, and pupils' standing codes."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from backend.core.http import house_of
from backend.identity.guards import SIGNED_IN, STAFF
from backend.identity.principal import principal_of
from payments import asking_rules, reminders, standing
from payments.routes_readers import reads_the_books
from schemas.asking import (
    AskingRules,
    NewPupilCodes,
    PupilCodesMade,
    ReminderPreview,
    StandingCodes,
    VirtualAccountList,
)

AnyRequest = Request[Any, Any, Any]

_PUPIL_CODES = "/v1/schools/{school_id:int}/pupils/{pupil_id:uuid}/standing-codes"
_RULES = "/v1/schools/{school_id:int}/asking-rules"


@get(_RULES, tags=["payments"], **STAFF)
async def get_rules(request: AnyRequest, school_id: FromPath[int]) -> AskingRules:
    """When the school reminds, and whether each pupil has a standing code."""
    await reads_the_books(request, school_id)
    return await asking_rules.rules(house_of(request).database.reader, school_id)


@post(_RULES, status_code=200, tags=["payments"], **STAFF)
async def change_rules(request: AnyRequest, school_id: FromPath[int], data: JSONBody[AskingRules]) -> AskingRules:
    """Changes them; without days nobody is reminded."""
    return await asking_rules.change(house_of(request), principal_of(request).account_id, school_id, data)


@get("/v1/schools/{school_id:int}/reminders/preview", tags=["payments"], **STAFF)
async def preview_reminders(request: AnyRequest, school_id: FromPath[int]) -> ReminderPreview:
    """Whom a run today would remind of what, and what it would leave alone and why. Sends nothing."""
    return await reminders.preview(house_of(request), principal_of(request).account_id, school_id)


@post("/v1/schools/{school_id:int}/pupil-codes", status_code=200, tags=["payments"], **STAFF)
async def give_codes(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewPupilCodes]) -> PupilCodesMade:
    """A standing code for every pupil who has none yet on this account. Accountants only, where the school has switched them on."""
    actor = principal_of(request).account_id
    return PupilCodesMade(await standing.give_codes(house_of(request), actor, school_id, data.bank_account_id))


@post(
    "/v1/schools/{school_id:int}/bank-accounts/{bank_account_id:int}/virtual-accounts",
    status_code=200,
    tags=["payments"],
    **STAFF,
)
async def take_virtual_accounts(
    request: AnyRequest, school_id: FromPath[int], bank_account_id: FromPath[int], data: JSONBody[VirtualAccountList]
) -> PupilCodesMade:
    """The bank's list of virtual accounts and pupils: all rows or none. The same list again changes nothing."""
    actor = principal_of(request).account_id
    return PupilCodesMade(await standing.take_list(house_of(request), actor, school_id, bank_account_id, data.rows))


@get(_PUPIL_CODES, tags=["family"], **SIGNED_IN)
async def standing_codes(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> StandingCodes:
    """A pupil's standing codes, one an account, for the family and the people who keep the money; none where they are off."""
    actor = principal_of(request).account_id
    return StandingCodes(await standing.codes_for(house_of(request), actor, school_id, pupil_id=pupil_id))


ROUTES: list[Any] = [
    get_rules,
    change_rules,
    preview_reminders,
    give_codes,
    take_virtual_accounts,
    standing_codes,
]

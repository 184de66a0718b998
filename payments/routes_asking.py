"""The doors of how a school asks: its rules, and whom today's reminders would reach."""

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from backend.core.clock import school_day
from backend.core.http import house_of
from backend.identity.entitlement import require_role
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments import asking_rules, reminders
from schemas.asking import AskingRules, ReminderPreview

AnyRequest = Request[Any, Any, Any]

_RULES = "/v1/schools/{school_id:int}/asking-rules"


@get(_RULES, tags=["payments"], **STAFF)
async def get_rules(request: AnyRequest, school_id: FromPath[int]) -> AskingRules:
    """When the school reminds, and whether each pupil has a standing code."""
    house = house_of(request)
    today = school_day(house.clock.now())
    actor = principal_of(request).account_id
    await require_role(house.database.reader, school_id, actor, "accountant", "school_admin", on=today)
    return await asking_rules.rules(house.database.reader, school_id)


@post(_RULES, status_code=200, tags=["payments"], **STAFF)
async def change_rules(request: AnyRequest, school_id: FromPath[int], data: JSONBody[AskingRules]) -> AskingRules:
    """Changes them; without days nobody is reminded."""
    return await asking_rules.change(house_of(request), principal_of(request).account_id, school_id, data)


@get("/v1/schools/{school_id:int}/reminders/preview", tags=["payments"], **STAFF)
async def preview_reminders(request: AnyRequest, school_id: FromPath[int]) -> ReminderPreview:
    """Whom a run today would remind of what, and what it would leave alone and why. Sends nothing."""
    return await reminders.preview(house_of(request), principal_of(request).account_id, school_id)


ROUTES: list[Any] = [get_rules, change_rules, preview_reminders]

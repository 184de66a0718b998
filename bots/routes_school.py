"""The school's side of the chat: questions that wait for a person."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from backend.core.clock import school_day
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from bots import handoffs
from schemas.chat import HandoffAnswered, HandoffAnswerIn, Handoffs

AnyRequest = Request[Any, Any, Any]

_HANDOFFS = "/v1/schools/{school_id:int}/chat/handoffs"


@get(_HANDOFFS, tags=["chat"], **STAFF)
async def list_handoffs(request: AnyRequest, school_id: FromPath[int]) -> Handoffs:
    """Questions the bot could not answer, for the school's administrators."""
    house = house_of(request)
    today = school_day(house.clock.now())
    return await handoffs.handoffs_of(house.database.reader, school_id, principal_of(request).account_id, today)


@post(_HANDOFFS + "/{handoff_id:uuid}/answer", status_code=200, tags=["chat"], **STAFF)
async def answer_handoff(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID], data: JSONBody[HandoffAnswerIn]
) -> HandoffAnswered:
    """Answer a question, or close it without a text. An answer to a Telegram chat is sent there."""
    house = house_of(request)
    today = school_day(house.clock.now())
    return await handoffs.answer(house, school_id, principal_of(request).account_id, handoff_id, data.text, today)


ROUTES: list[Any] = [list_handoffs, answer_handoff]

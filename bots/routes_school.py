"""The school's side of the chat: questions that wait for a person, and the conversations that come of them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from backend.core.clock import school_day
from backend.core.http import followed, house_of
from backend.files.routes_serving import FILE, serve
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from bots import answer_clock, desk, desk_reading
from schemas.chat import HandoffAnswered, HandoffAnswerIn, Handoffs
from schemas.conversations import (
    Assignees,
    AssignTo,
    Conversation,
    EndConversation,
    InboxSettings,
    NewWord,
    Said,
    TakenBy,
)

AnyRequest = Request[Any, Any, Any]

_EVENTS = {
    200: ResponseSpec(str, media_type="text/event-stream", description="Counts, as events", generate_examples=False)
}

_ROOT = "/v1/schools/{school_id:int}/chat"
_HANDOFFS = _ROOT + "/handoffs"
_ONE = _HANDOFFS + "/{handoff_id:uuid}"
# A page, its neighbour tab and a phone: more than this follow the same thing by mistake.
STREAMS_EACH = 6


@get(_HANDOFFS, tags=["chat"], **STAFF)
async def list_handoffs(request: AnyRequest, school_id: FromPath[int]) -> Handoffs:
    """Families' questions: all of them for who runs the school or keeps its inbox, otherwise those given to the reader."""
    house = house_of(request)
    today = school_day(house.clock.now())
    return await desk_reading.handoffs_of(house.database.reader, school_id, principal_of(request).account_id, today)


@get(_ROOT + "/inbox/live", tags=["chat"], responses=_EVENTS, **STAFF)
async def follow_inbox(request: AnyRequest, school_id: FromPath[int]) -> Stream:
    """Server-sent events: how many wait, how many past their time, how many lie with the reader, and how much was said."""
    house, account_id = house_of(request), principal_of(request).account_id
    await desk_reading.waiting(house.database.reader, house.clock, school_id, account_id)
    look = desk_reading.inbox_look(house, school_id, account_id)
    return followed(request, f"inbox:{school_id}:{account_id}", look, most=STREAMS_EACH)


@get(_ONE, tags=["chat"], **STAFF)
async def read_conversation(request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]) -> Conversation:
    """What was said on both sides since the question came, and what became of each word on its way to a messenger."""
    house = house_of(request)
    today = school_day(house.clock.now())
    account_id = principal_of(request).account_id
    return await desk_reading.conversation(house.database.reader, school_id, account_id, handoff_id, today)


@get(_ONE + "/live", tags=["chat"], responses=_EVENTS, **STAFF)
async def follow_conversation(request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]) -> Stream:
    """Server-sent events: how many words there are, who has it, whether the family is writing."""
    house, account_id = house_of(request), principal_of(request).account_id
    look = desk_reading.conversation_look(house, school_id, account_id, handoff_id)
    await look()
    return followed(request, f"handoff:{handoff_id}:{account_id}", look, most=STREAMS_EACH)


@get(_ONE + "/assignees", tags=["chat"], **STAFF)
async def list_assignees(request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]) -> Assignees:
    """To whom it may be given, the homeroom teachers of the family's children first."""
    house = house_of(request)
    today = school_day(house.clock.now())
    account_id = principal_of(request).account_id
    return await desk_reading.assignees(house.database.reader, school_id, account_id, handoff_id, today)


@post(_ONE + "/take", status_code=200, tags=["chat"], **STAFF)
async def take_conversation(request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]) -> TakenBy:
    """From now on the bot is silent in all chats of this family. 409 when somebody else was first."""
    return await desk.take(house_of(request), principal_of(request).account_id, school_id, handoff_id)


@post(_ONE + "/assign", status_code=200, tags=["chat"], **STAFF)
async def assign_conversation(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID], data: JSONBody[AssignTo]
) -> TakenBy:
    """Give it to a colleague, who sees this conversation from then on. The family is told who answers now."""
    return await desk.assign(house_of(request), principal_of(request).account_id, school_id, handoff_id, data)


@post(_ONE + "/words", status_code=201, tags=["chat"], **STAFF)
async def say_word(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID], data: JSONBody[NewWord]
) -> Said:
    """A word to the family: in the app at once, and in the messenger where it wrote last. Answering takes the conversation."""
    return await desk.reply(house_of(request), principal_of(request).account_id, school_id, handoff_id, data)


@post(_ONE + "/typing", status_code=204, tags=["chat"], **STAFF)
async def types(request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]) -> None:
    """For some seconds the family's page shows that an answer is being written."""
    await desk.types(house_of(request), principal_of(request).account_id, school_id, handoff_id)


@get(_ONE + "/files/{file_id:uuid}", tags=["chat"], responses={200: FILE}, **STAFF)
async def conversation_picture(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A picture of a conversation that the reader may see."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    await desk_reading.require_picture(house.database.reader, school_id, account_id, handoff_id, file_id, today)
    return await serve(request, school_id, file_id)


@post(_ONE + "/end", status_code=200, tags=["chat"], **STAFF)
async def end_conversation(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID], data: JSONBody[EndConversation]
) -> TakenBy:
    """Hand the family back to the assistant, or close. The family is told; the assistant answers again."""
    return await desk.finish(house_of(request), principal_of(request).account_id, school_id, handoff_id, data.how)


@post(_ONE + "/answer", status_code=200, tags=["chat"], **STAFF)
async def answer_handoff(
    request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID], data: JSONBody[HandoffAnswerIn]
) -> HandoffAnswered:
    """One answer and the end of it, or the end without one."""
    return await desk.answer(house_of(request), principal_of(request).account_id, school_id, handoff_id, data.text)


@get(_ROOT + "/inbox/settings", tags=["chat"], **STAFF)
async def read_inbox_settings(request: AnyRequest, school_id: FromPath[int]) -> InboxSettings:
    return await answer_clock.read_settings(house_of(request), principal_of(request).account_id, school_id)


@put(_ROOT + "/inbox/settings", tags=["chat"], **STAFF)
async def keep_inbox_settings(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[InboxSettings]
) -> InboxSettings:
    """Questions that wait already keep their time."""
    await answer_clock.keep_settings(house_of(request), principal_of(request).account_id, school_id, data)
    return data


ROUTES: list[Any] = [
    list_handoffs,
    follow_inbox,
    read_conversation,
    follow_conversation,
    list_assignees,
    take_conversation,
    assign_conversation,
    say_word,
    conversation_picture,
    types,
    end_conversation,
    answer_handoff,
    read_inbox_settings,
    keep_inbox_settings,
]

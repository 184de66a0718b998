"""The doors beside the conversation itself: what is asked before writing, the rules, messages to many, decisions, files, translations."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.response import Stream

from backend.core.http import followed, house_of, language_of
from backend.files.routes_serving import FILE, serve
from backend.identity.guards import GUARDIAN, SIGNED_IN, STAFF
from backend.identity.principal import principal_of
from backend.messages import acceptance, deciding, following, groups, moderation, offers, queries, translation
from backend.messages.routes_bot import with_the_bot
from schemas.messages import (
    AnsweredBy,
    Decision,
    GroupMessage,
    NewGroupMessage,
    NewReport,
    Question,
    Rules,
    RulesAccepted,
    Suggestions,
    Translation,
)

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/schools/{school_id:int}"
THREAD = SCHOOL + "/threads/{thread_id:uuid}"
TAGS = ["messages"]


@post("/v1/family/schools/{school_id:int}/threads/before-asking", tags=TAGS, status_code=200, **GUARDIAN)
async def before_asking(request: AnyRequest, school_id: FromPath[int], data: JSONBody[Question]) -> Suggestions:
    """What may answer a question before it reaches a teacher: the school's notices, bills, the roll, the bot's knowledge.

    The question is not kept; only that something was offered.
    """
    house, account_id = house_of(request), principal_of(request).account_id
    language = language_of(request)
    found = await offers.suggestions(house, account_id, school_id, data, language)
    found = await with_the_bot(house, account_id, data, found, language)
    await offers.keep_offer(house, account_id, school_id, data, len(found))
    return Suggestions(data.offer_id, found)


@post(
    "/v1/family/schools/{school_id:int}/threads/before-asking/{offer_id:uuid}/answered",
    tags=TAGS,
    status_code=204,
    **GUARDIAN,
)
async def it_answered_me(
    request: AnyRequest, school_id: FromPath[int], offer_id: FromPath[UUID], data: JSONBody[AnsweredBy]
) -> None:
    """The suggestion was enough, and nobody was troubled."""
    await offers.answered(house_of(request), principal_of(request).account_id, school_id, offer_id, data.kind)


@get(SCHOOL + "/message-rules", tags=TAGS, **SIGNED_IN)
async def message_rules(request: AnyRequest, school_id: FromPath[int]) -> Rules:
    """The community rules that hold today, and when the reader took note of them."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    return await acceptance.rules_for(
        house.database.reader, school_id, account_id, house.clock.now(), language_of(request)
    )


@post(SCHOOL + "/message-rules", tags=TAGS, status_code=204, **SIGNED_IN)
async def accept_rules(request: AnyRequest, school_id: FromPath[int], data: JSONBody[RulesAccepted]) -> None:
    """Take note of the rules, once."""
    await acceptance.accept(house_of(request), principal_of(request).account_id, school_id, data.version)


@post(SCHOOL + "/group-messages", tags=TAGS, status_code=201, **STAFF)
async def send_to_group(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewGroupMessage]
) -> Response[GroupMessage]:
    """Write to the families of a class, or of some of its pupils; each answers in its own private conversation."""
    house, account_id = house_of(request), principal_of(request).account_id
    new = await groups.send_to_group(house, account_id, school_id, data)
    found = await groups.group_message(
        house.database.reader,
        school_id,
        account_id,
        data.group_message_id,
        house.clock.now(),
        language_of(request),
    )
    return Response(found, status_code=201 if new else 200)


@get(SCHOOL + "/group-messages/{group_message_id:uuid}", tags=TAGS, **STAFF)
async def group_message(
    request: AnyRequest, school_id: FromPath[int], group_message_id: FromPath[UUID]
) -> GroupMessage:
    """Who has read it and who has answered, by name; for its author and the administrator."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    return await groups.group_message(
        house.database.reader, school_id, account_id, group_message_id, house.clock.now(), language_of(request)
    )


@post(SCHOOL + "/message-requests/{message_id:uuid}", tags=TAGS, status_code=204, **STAFF)
async def decide(
    request: AnyRequest, school_id: FromPath[int], message_id: FromPath[UUID], data: JSONBody[Decision]
) -> None:
    """Take note of an absence, a late coming, a pick-up or a medicine; or say that it cannot be."""
    await deciding.decide(house_of(request), principal_of(request).account_id, school_id, message_id, data)


@post(THREAD + "/messages/{message_id:uuid}/report", tags=TAGS, status_code=204, **SIGNED_IN)
async def report(
    request: AnyRequest,
    school_id: FromPath[int],
    thread_id: FromPath[UUID],
    message_id: FromPath[UUID],
    data: JSONBody[NewReport],
) -> None:
    """Report a message of the other side to the school's heads."""
    account_id = principal_of(request).account_id
    await moderation.report(house_of(request), account_id, school_id, thread_id, message_id, data)


@get(THREAD + "/messages/{message_id:uuid}/translation", tags=TAGS, **SIGNED_IN)
async def translate(
    request: AnyRequest,
    school_id: FromPath[int],
    thread_id: FromPath[UUID],
    message_id: FromPath[UUID],
    to: FromQuery[Annotated[Literal["vi", "en"], Parameter(description="The language to read it in")]],
) -> Translation:
    """A message in another language, where the school has turned that on. The original stays beside it."""
    account_id = principal_of(request).account_id
    return await translation.translate(house_of(request), account_id, school_id, thread_id, message_id, to)


@get(
    THREAD + "/live",
    tags=TAGS,
    responses={
        200: ResponseSpec(str, media_type="text/event-stream", description="Counts, as events", generate_examples=False)
    },
    **SIGNED_IN,
)
async def follow_thread(request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID]) -> Stream:
    """Server-sent events that say that something changed in a conversation. They end after some minutes; browsers ask again."""
    house = house_of(request)
    reader, account_id = house.database.reader, principal_of(request).account_id
    who = await queries.require_party(reader, school_id, account_id, thread_id, house.clock.now())
    return followed(request, following.key_of(who), following.look_of(reader, house.clock, who))


@get(THREAD + "/files/{file_id:uuid}", tags=TAGS, responses={200: FILE}, **SIGNED_IN)
async def thread_file(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A picture or PDF of a conversation, for those who belong to it, unless its message was withdrawn."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    await queries.require_file(house.database.reader, school_id, account_id, thread_id, file_id, house.clock.now())
    return await serve(request, school_id, file_id)


ROUTES: list[Any] = [
    before_asking,
    it_answered_me,
    message_rules,
    accept_rules,
    send_to_group,
    group_message,
    decide,
    report,
    translate,
    follow_thread,
    thread_file,
]

"""The doors of the talk between families and school. One set of doors for both sides: who somebody is, the thread itself says."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.identity.guards import GUARDIAN, SIGNED_IN, STAFF
from backend.identity.principal import principal_of
from backend.messages import actions, changing, opening, queries
from backend.messages.routes_keeping import ROUTES as KEEPING
from backend.messages.routes_more import ROUTES as MORE
from schemas.messages import (
    Contacts,
    EditedText,
    FoundMessages,
    Muted,
    NewMessage,
    NewThread,
    Posted,
    ReadUpTo,
    Thread,
    Threads,
)

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/threads"
ONE = ROOT + "/{thread_id:uuid}"
MESSAGE = ONE + "/messages/{message_id:uuid}"
TAGS = ["messages"]
_ASKED = Annotated[str, Parameter(min_length=1, max_length=200, description="Words; marks are not needed")]


@get("/v1/family/threads", tags=TAGS, **GUARDIAN)
async def family_threads(request: AnyRequest) -> Threads:
    """The conversations of a family, over all children and schools, newest first."""
    house, principal = house_of(request), principal_of(request)
    found = []
    for school_id in principal.guardian_in:
        found += await queries.family_threads(
            house.database.reader,
            school_id,
            principal.account_id,
            school_day(house.clock.now()),
            language_of(request),
        )
    return Threads(sorted(found, key=lambda head: str(head.last_at), reverse=True))


@get("/v1/family/schools/{school_id:int}/pupils/{pupil_id:uuid}/contacts", tags=TAGS, **GUARDIAN)
async def contacts(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Contacts:
    """Whom a family can write to about a child, with the time by which an answer usually comes."""
    house = house_of(request)
    return await opening.contacts(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        house.clock.now(),
        language_of(request),
    )


@get("/v1/family/schools/{school_id:int}/messages/search", tags=TAGS, **GUARDIAN)
async def search_of_family(request: AnyRequest, school_id: FromPath[int], q: FromQuery[_ASKED]) -> FoundMessages:
    """Find messages in the family's own conversations. Words are found without marks; with the same marks they come first."""
    house = house_of(request)
    return await queries.search_messages(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        school_day(house.clock.now()),
        q,
        language_of(request),
        side="family",
    )


@get("/v1/schools/{school_id:int}/messages/search", tags=TAGS, **STAFF)
async def search_of_staff(request: AnyRequest, school_id: FromPath[int], q: FromQuery[_ASKED]) -> FoundMessages:
    """Find messages in the conversations of one's own desks."""
    house = house_of(request)
    await queries.require_staff(house.database.reader, school_id, principal_of(request).account_id, house.clock.now())
    return await queries.search_messages(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        school_day(house.clock.now()),
        q,
        language_of(request),
        side="school",
    )


@get(ROOT, tags=TAGS, **STAFF)
async def staff_threads(request: AnyRequest, school_id: FromPath[int]) -> Threads:
    """The inbox of somebody who works in the school: urgent first, then what waits longest, then the newest."""
    house = house_of(request)
    account_id, now = principal_of(request).account_id, house.clock.now()
    await queries.require_staff(house.database.reader, school_id, account_id, now)
    return await queries.staff_threads(
        house.database.reader, school_id, account_id, school_day(now), language_of(request)
    )


@post(
    ROOT,
    tags=TAGS,
    status_code=201,
    responses={200: ResponseSpec(Thread, description="This conversation was there already", generate_examples=False)},
    **SIGNED_IN,
)
async def open_thread(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewThread]) -> Response[Thread]:
    """Open the conversation about a pupil with a teacher, the homeroom teacher, the office or the duty; or find it.

    Families open for their own children, staff at their own desk. The answer's id is the one to use.
    """
    house, account_id = house_of(request), principal_of(request).account_id
    thread_id, new = await opening.open_thread(house, account_id, school_id, data)
    found = await queries.thread(
        house.database.reader, school_id, account_id, thread_id, house.clock.now(), language_of(request)
    )
    return Response(found, status_code=201 if new else 200)


@get(ONE, tags=TAGS, **SIGNED_IN)
async def thread(
    request: AnyRequest,
    school_id: FromPath[int],
    thread_id: FromPath[UUID],
    before: FromQuery[Annotated[UUID | None, Parameter(description="`before` of the page before")]] = None,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=100)]] = queries.PAGE,
) -> Thread:
    """A conversation, for those who belong to it: the newest page, or an older one. Reading it here marks nothing as read."""
    house = house_of(request)
    return await queries.thread(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        thread_id,
        house.clock.now(),
        language_of(request),
        before=before,
        limit=limit,
    )


@post(
    ONE + "/messages",
    tags=TAGS,
    status_code=201,
    responses={200: ResponseSpec(Posted, description="The same request was here before", generate_examples=False)},
    **SIGNED_IN,
)
async def send(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], data: JSONBody[NewMessage]
) -> Response[Posted]:
    """Write in a conversation: a text, or an absence, a late coming, a pick-up, a medicine; or what is urgent, to the duty.

    In a teacher's quiet hours the message is kept and promised an answer, and nobody is woken.
    """
    account_id = principal_of(request).account_id
    posted, new = await actions.send(house_of(request), account_id, school_id, thread_id, data, language_of(request))
    return Response(posted, status_code=201 if new else 200)


@post(ONE + "/read", tags=TAGS, status_code=204, **SIGNED_IN)
async def read(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], data: JSONBody[ReadUpTo]
) -> None:
    """Everything up to this message has been read. What a teacher reads in quiet hours is told when they are over."""
    account_id = principal_of(request).account_id
    await changing.read_up_to(house_of(request), account_id, school_id, thread_id, data.message_id)


@post(ONE + "/mute", tags=TAGS, status_code=204, **GUARDIAN)
async def mute(request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], data: JSONBody[Muted]) -> None:
    """No push from this conversation, or again one. What is written can be read all the same."""
    await changing.mute(house_of(request), principal_of(request).account_id, school_id, thread_id, data.muted)


@post(MESSAGE + "/edit", tags=TAGS, status_code=204, **SIGNED_IN)
async def edit(
    request: AnyRequest,
    school_id: FromPath[int],
    thread_id: FromPath[UUID],
    message_id: FromPath[UUID],
    data: JSONBody[EditedText],
) -> None:
    """Say one's own message anew. It is shown as edited; what was said before stays in the record."""
    account_id = principal_of(request).account_id
    await changing.edit(house_of(request), account_id, school_id, thread_id, message_id, data.text)


@post(MESSAGE + "/withdraw", tags=TAGS, status_code=204, **SIGNED_IN)
async def withdraw(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], message_id: FromPath[UUID]
) -> None:
    """Take one's own message back. Its place stays, and the school's heads can read it for a recorded reason."""
    account_id = principal_of(request).account_id
    await changing.withdraw(house_of(request), account_id, school_id, thread_id, message_id)


ROUTES: list[Any] = [
    family_threads,
    contacts,
    search_of_family,
    search_of_staff,
    staff_threads,
    open_thread,
    thread,
    send,
    read,
    mute,
    edit,
    withdraw,
    *MORE,
    *KEEPING,
]

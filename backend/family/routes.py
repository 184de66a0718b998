"""The doors of a family. The home screen is the most asked question of the house: few layers, one statement, ready bytes."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.types import ASGIApp, Scope

from backend.attendance.days import month_of
from backend.attendance.queries import versioned_month_json_for_family
from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.http import house_of, json_bytes, language_of, not_modified, unchanged
from backend.core.problems import FORBIDDEN, NOT_FOUND
from backend.family import actions, claims, queries
from backend.family.home import HOME_PAGE, home, todo
from backend.family.ready import Ready, asked, knows
from backend.family.versions import etag, family_version, pupil_version
from backend.gradebook.queries import versioned_grades_for_family
from backend.gradebook.results import encode
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from schemas.attendance import PupilMonth
from schemas.family import Claim, FamilyNotice, Home, Inbox, Release, Todo
from schemas.gradebook import PupilGrades

AnyRequest = Request[Any, Any, Any]
NOT_CHANGED = ResponseSpec(
    None, description="Nothing changed since the ETag sent in If-None-Match", generate_examples=False
)


# The guard of this door stands in its first lines: the framework copies the whole handler for every guard it asks.
@get(
    "/v1/family/home",
    tags=["family"],
    access="guardian",
    media_type=MediaType.JSON,
    responses={
        200: ResponseSpec(Home, description="Every child in every school", generate_examples=False),
        304: NOT_CHANGED,
    },
)
async def family_home(scope: Scope) -> ASGIApp:
    """For every child in every school: today's attendance, unread notices, newest marks, balance due, things to do."""
    principal = principal_of(scope)
    if not principal.guardian_in:
        raise FORBIDDEN()
    house = scope["litestar_app"].state.house
    reader = house.database.reader
    account_id, schools = principal.account_id, principal.guardian_in
    today = school_day(house.clock.now())
    wishes, known = asked(scope["headers"])
    language = language_of(Request(scope)) if wishes else "vi"
    if known is not None:
        versions = [await family_version(reader, school, account_id) for school in schools]
        tag = etag(HOME_PAGE, today, language, *versions)
        if knows(known, tag):
            return Ready(304, tag)
    versions, page = await home(reader, account_id, schools, today, language)
    return Ready(200, etag(HOME_PAGE, today, language, *versions), page)


@get(
    "/v1/family/todo",
    tags=["family"],
    responses={
        200: ResponseSpec(Todo, description="One list over all children and schools", generate_examples=False),
        304: NOT_CHANGED,
    },
    **GUARDIAN,
)
async def family_todo(request: AnyRequest) -> Response[bytes]:
    """What is asked of the family, folded, by urgency: each line one action and the one place where it is done."""
    house, principal = house_of(request), principal_of(request)
    reader, today = house.database.reader, school_day(house.clock.now())
    versions = [await family_version(reader, school, principal.account_id) for school in principal.guardian_in]
    tag = etag("todo1", today, "-", *versions)
    if unchanged(request, tag):
        return not_modified(tag)
    found = await todo(reader, principal.account_id, principal.guardian_in, today)
    return json_bytes(msgspec.json.encode(found), etag=tag)


@post("/v1/family/todo/{school_id:int}/claim", status_code=204, tags=["family"], **GUARDIAN)
async def claim_todo(request: AnyRequest, school_id: FromPath[int], data: JSONBody[Claim]) -> None:
    """“I take this one”: the other guardians see who has it, and it leaves their open list. Twice is once."""
    await claims.claim_everywhere(house_of(request), principal_of(request).account_id, school_id, data)


@post("/v1/family/todo/{school_id:int}/release", status_code=204, tags=["family"], **GUARDIAN)
async def release_todo(request: AnyRequest, school_id: FromPath[int], data: JSONBody[Release]) -> None:
    """Give it back: it is on everybody's list again."""
    await claims.release_everywhere(house_of(request), principal_of(request).account_id, school_id, data.key)


@get(
    "/v1/family/schools/{school_id:int}/pupils/{pupil_id:uuid}/grades",
    tags=["family"],
    responses={
        200: ResponseSpec(PupilGrades, description="Published marks and averages", generate_examples=False),
        304: NOT_CHANGED,
    },
    **GUARDIAN,
)
async def child_grades(
    request: AnyRequest,
    school_id: FromPath[int],
    pupil_id: FromPath[UUID],
    term: FromQuery[Literal[1, 2] | None] = None,
) -> Response[bytes]:
    """A child's published marks of the current school year, with averages by circular 22. No rank, no other pupil."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    today, language = school_day(house.clock.now()), language_of(request)
    key = (house.database.reader, school_id, account_id, pupil_id)
    if "if-none-match" in request.headers:
        tag = etag("grades1", today, language, pupil_id, term or 0, await _version(*key, today))
        if unchanged(request, tag):
            return not_modified(tag)
    found = await versioned_grades_for_family(*key, today, language=language, term=term)
    if found is None:
        raise NOT_FOUND()
    return json_bytes(encode(found[1]), etag=etag("grades1", today, language, pupil_id, term or 0, found[0]))


@get(
    "/v1/family/schools/{school_id:int}/pupils/{pupil_id:uuid}/attendance",
    tags=["family"],
    responses={
        200: ResponseSpec(PupilMonth, description="The month, and totals of the year", generate_examples=False),
        304: NOT_CHANGED,
    },
    **GUARDIAN,
)
async def child_attendance(
    request: AnyRequest,
    school_id: FromPath[int],
    pupil_id: FromPath[UUID],
    month: FromQuery[Annotated[str | None, Parameter(description="2026-10; this month when left out")]] = None,
) -> Response[bytes]:
    """A child's attendance of a month, session by session."""
    house = house_of(request)
    account_id = principal_of(request).account_id
    today, language = school_day(house.clock.now()), language_of(request)
    first = month_of(month) if month else today.replace(day=1)
    key = (house.database.reader, school_id, account_id, pupil_id)
    if "if-none-match" in request.headers:
        tag = etag("month1", today, language, pupil_id, first, await _version(*key, today))
        if unchanged(request, tag):
            return not_modified(tag)
    found = await versioned_month_json_for_family(*key, first, today)
    if found is None:
        raise NOT_FOUND()
    return json_bytes(found[1], etag=etag("month1", today, language, pupil_id, first, found[0]))


async def _version(reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, today: date) -> str:
    version = await pupil_version(reader, school_id, account_id, pupil_id, today)
    if version is None:
        raise NOT_FOUND()
    return version


@get("/v1/family/notices", tags=["family"], **GUARDIAN)
async def notices(
    request: AnyRequest,
    before: FromQuery[
        Annotated[UUID | None, Parameter(description="`next` of the page before; the newest page when left out")]
    ] = None,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=50)]] = 20,
) -> Inbox:
    """Everything that was sent to this family, newest first, in the reader's language."""
    house = house_of(request)
    principal = principal_of(request)
    return await queries.inbox(
        house.database.reader,
        principal.account_id,
        principal.guardian_in,
        school_day(house.clock.now()),
        language=language_of(request),
        before=before,
        limit=limit,
    )


@get("/v1/family/notices/{school_id:int}/{notice_id:uuid}", tags=["family"], **GUARDIAN)
async def one_notice(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> FamilyNotice:
    """One notice in full. Reading it here does not yet count as opened: the app says so when it is shown."""
    house = house_of(request)
    found = await queries.notice(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        notice_id,
        school_day(house.clock.now()),
        language=language_of(request),
        schools=principal_of(request).guardian_in,
    )
    if found is None:
        raise NOT_FOUND()
    return found


@post("/v1/family/notices/{school_id:int}/{notice_id:uuid}/opened", status_code=204, tags=["family"], **GUARDIAN)
async def open_notice(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> None:
    """The family has opened the notice; its sender sees so by name. Twice is once."""
    account_id = principal_of(request).account_id
    await actions.answer_notice(house_of(request), account_id, school_id, notice_id, "opened")


@post("/v1/family/notices/{school_id:int}/{notice_id:uuid}/acknowledged", status_code=204, tags=["family"], **GUARDIAN)
async def acknowledge_notice(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> None:
    """The family has taken note; its sender sees so by name. Twice is once."""
    account_id = principal_of(request).account_id
    await actions.answer_notice(house_of(request), account_id, school_id, notice_id, "acknowledged")


ROUTES: list[Any] = [
    family_home,
    family_todo,
    claim_todo,
    release_todo,
    child_grades,
    child_attendance,
    notices,
    one_notice,
    open_notice,
    acknowledge_notice,
]

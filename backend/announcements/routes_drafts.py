"""The doors of letters before they leave: drafts, the look before sending, approval, undo, and how the school writes."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from backend.announcements import carrying, draft_queries, drafts, rules
from backend.announcements.looking import look
from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.problems import FieldError, Problem
from backend.files.routes_serving import FILE, serve
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.announcements import AnnouncementRules
from schemas.drafts import (
    Carried,
    CarriedEvent,
    CarriedForm,
    CarriedIn,
    CarriedMessage,
    CarriedWords,
    Draft,
    DraftIn,
    DraftList,
    DraftReturn,
    DraftSend,
    DraftVersion,
    Letter,
    Look,
    VersionList,
)

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/announcement-drafts"
ONE = ROOT + "/{announcement_id:uuid}"
RULES = "/v1/schools/{school_id:int}/announcement-rules"


async def _draft(request: AnyRequest, school_id: int, announcement_id: UUID) -> Draft:
    house = house_of(request)
    return await draft_queries.draft(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        today=school_day(house.clock.now()),
    )


@get(ROOT, tags=["announcements"], **STAFF)
async def list_drafts(request: AnyRequest, school_id: FromPath[int]) -> DraftList:
    """One's own letters that have not left, and for administrators what waits for approval or is about to leave."""
    house = house_of(request)
    today = school_day(house.clock.now())
    return await draft_queries.drafts(house.database.reader, school_id, principal_of(request).account_id, today=today)


@post(ROOT + "/look", tags=["announcements"], status_code=200, **STAFF)
async def look_at_letter(request: AnyRequest, school_id: FromPath[int], data: JSONBody[Letter]) -> Look:
    """Before sending: whom it reaches and who is left, what each way may cost, what its dates mean, what families would ask back."""
    account_id = principal_of(request).account_id
    return await look(house_of(request), account_id, school_id, data, language=language_of(request))


@put(ONE, tags=["announcements"], **STAFF)
async def save_draft(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[DraftIn]
) -> Draft:
    """Save a letter; anything may still be missing. Every saving is a version that is kept."""
    await drafts.save(house_of(request), principal_of(request).account_id, school_id, announcement_id, data)
    return await _draft(request, school_id, announcement_id)


@put(ONE + "/carried", tags=["announcements"], **STAFF)
async def send_carried(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[CarriedIn]
) -> Draft:
    """Send a form, other words for one, or a message to a class the way letters go: approval where the school wants it, undo before it leaves."""
    account_id = principal_of(request).account_id
    try:
        await carrying.submit(house_of(request), account_id, school_id, announcement_id, data)
    except Problem as problem:
        raise pointing(problem, data.carried) from problem
    return await _draft(request, school_id, announcement_id)


def pointing(problem: Problem, carried: Carried) -> Problem:
    """The rooms point into the form or message; here it stands deeper."""
    inside = {CarriedForm: "form", CarriedWords: "text", CarriedMessage: "message", CarriedEvent: "event"}[
        type(carried)
    ]
    errors = tuple(FieldError(f"/carried/{inside}{one.pointer}", one.vi, one.en) for one in problem.errors)
    return Problem(problem.kind, errors=errors, params=problem.params)


@get(ONE, tags=["announcements"], **STAFF)
async def read_draft(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Draft:
    """A letter that has not left. Unfinished ones are their author's alone."""
    return await _draft(request, school_id, announcement_id)


@get(ONE + "/versions", tags=["announcements"], **STAFF)
async def draft_versions(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> VersionList:
    """Whatever was ever saved of it, newest first."""
    house = house_of(request)
    return await draft_queries.versions(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        today=school_day(house.clock.now()),
    )


@get(ONE + "/files/{file_id:uuid}", tags=["announcements"], responses={200: FILE}, **STAFF)
async def draft_file(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """What is attached to it."""
    house = house_of(request)
    await draft_queries.require_file(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        file_id,
        today=school_day(house.clock.now()),
    )
    return await serve(request, school_id, file_id)


@post(ONE + "/send", tags=["announcements"], status_code=200, **STAFF)
async def send_draft(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[DraftSend]
) -> Draft:
    """Let it leave: after a moment to think again, or at its hour. Where the school wants a second person, it waits for one first."""
    await drafts.send(house_of(request), principal_of(request).account_id, school_id, announcement_id, data)
    return await _draft(request, school_id, announcement_id)


@post(ONE + "/take-back", tags=["announcements"], status_code=204, **STAFF)
async def take_draft_back(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> None:
    """Undo: it has not left, and is a draft again."""
    await drafts.take_back(house_of(request), principal_of(request).account_id, school_id, announcement_id)


@post(ONE + "/approve", tags=["announcements"], status_code=200, **STAFF)
async def approve_draft(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[DraftVersion]
) -> Draft:
    """Approve exactly the version that was read. Nobody approves the own letter."""
    account_id = principal_of(request).account_id
    await drafts.approve(house_of(request), account_id, school_id, announcement_id, data.version)
    return await _draft(request, school_id, announcement_id)


@post(ONE + "/return", tags=["announcements"], status_code=204, **STAFF)
async def return_draft(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[DraftReturn]
) -> None:
    """Give it back to its author with what to mend."""
    account_id = principal_of(request).account_id
    await drafts.give_back(house_of(request), account_id, school_id, announcement_id, data.reason)


@delete(ONE, tags=["announcements"], **STAFF)
async def discard_draft(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> None:
    """Throw a draft away."""
    await drafts.discard(house_of(request), principal_of(request).account_id, school_id, announcement_id)


@get(RULES, tags=["announcements"], **STAFF)
async def read_rules(request: AnyRequest, school_id: FromPath[int]) -> AnnouncementRules:
    """How this school writes."""
    return await rules.read_rules(house_of(request), principal_of(request).account_id, school_id)


@put(RULES, tags=["announcements"], **STAFF)
async def set_rules(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[AnnouncementRules]
) -> AnnouncementRules:
    """Whether letters need a second person, how long they wait before they leave, and when reminders go."""
    return await rules.set_rules(house_of(request), principal_of(request).account_id, school_id, data)


ROUTES: list[Any] = [
    list_drafts, send_carried, look_at_letter, save_draft, read_draft, draft_versions, draft_file, send_draft, take_draft_back, approve_draft,
    return_draft, discard_draft, read_rules, set_rules,
]  # fmt: skip

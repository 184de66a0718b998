"""A letter that has not left: its words, its state, undo, approval. The announcements room decides."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.announcements import draft_queries, drafts
from backend.announcements.looking import look
from backend.console.carrying import edited_at, went_to
from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.writing import form_of, letter_form
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import whole_number
from schemas.drafts import Draft

_ONE = "/console/{school_id:int}/announcements/drafts/{announcement_id:uuid}"


async def _draft(request: AnyRequest, school_id: int, announcement_id: UUID) -> Draft:
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    return await draft_queries.draft(reader, school_id, account_id, announcement_id, today=today_of(request))


@get(_ONE, include_in_schema=False, **STAFF)
async def draft_page(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    draft = await _draft(request, school_id, announcement_id)
    if draft.state == "published":
        return go(went_to(school_id, draft))
    return await _show(request, school_id, draft)


async def _show(
    request: AnyRequest, school_id: int, draft: Draft, *, refused: Refusal | None = None, reason: str = ""
) -> Response[bytes]:
    """Whoever approves sees what its writer saw before sending."""
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    seen = None
    if draft.state == "waiting":
        try:
            seen = await look(house, account_id, school_id, draft.letter, language=language_of(request))
        except Problem as problem:
            refused = refused or Refusal(problem, language_of(request))
    versions = await draft_queries.versions(
        house.database.reader, school_id, account_id, draft.announcement_id, today=today_of(request)
    )
    return console_page(
        request,
        desk,
        "console/draft.html",
        status=refused.status if refused and reason else 200,
        draft=draft,
        letter=draft,
        look=seen,
        versions=versions.versions,
        now=house.clock.now(),
        refused=refused,
        reason=reason,
    )


@get(_ONE + "/edit", include_in_schema=False, **STAFF)
async def edit_page(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    draft = await _draft(request, school_id, announcement_id)
    if "edit" not in draft.may:
        return go(f"/console/{school_id}/announcements/drafts/{announcement_id}")
    if elsewhere := edited_at(school_id, draft):
        return go(elsewhere)
    page: Response[bytes] = await letter_form(request, school_id, form_of(draft))
    return page


@post(_ONE + "/take-back", include_in_schema=False, **STAFF)
async def take_back(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    account_id = principal_of(request).account_id
    deed = drafts.take_back(house_of(request), account_id, school_id, announcement_id)
    return await _done(request, school_id, announcement_id, deed, "writing.taken_back")


@post(_ONE + "/approve", include_in_schema=False, **STAFF)
async def approve(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    version = whole_number(form.get("version", "")) or 0
    account_id = principal_of(request).account_id
    deed = drafts.approve(house_of(request), account_id, school_id, announcement_id, version)
    return await _done(request, school_id, announcement_id, deed, "writing.approved")


@post(_ONE + "/return", include_in_schema=False, **STAFF)
async def give_back(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    reason = (await read_form(request)).get("reason", "")[:500]
    account_id = principal_of(request).account_id
    try:
        await drafts.give_back(house_of(request), account_id, school_id, announcement_id, reason)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        draft = await _draft(request, school_id, announcement_id)
        return await _show(request, school_id, draft, refused=refused, reason=reason or " ")
    return go(f"/console/{school_id}/announcements", "writing.returned")


@post(_ONE + "/discard", include_in_schema=False, **STAFF)
async def discard(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    await drafts.discard(house_of(request), principal_of(request).account_id, school_id, announcement_id)
    return go(f"/console/{school_id}/announcements", "writing.discarded")


async def _done(
    request: AnyRequest, school_id: int, announcement_id: UUID, deed: Awaitable[None], said: str
) -> Response[bytes]:
    """Too late is no fault of the form: the page that follows shows how things stand."""
    here = f"/console/{school_id}/announcements/drafts/{announcement_id}"
    try:
        await deed
    except Problem as problem:
        if problem.kind.status != 409:
            raise
        return go(here, "writing.too_late", tone="bad")
    return go(here, said)


ROUTES: list[Any] = [draft_page, edit_page, take_back, approve, give_back, discard]

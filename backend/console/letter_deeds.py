"""What follows from a letter, one tap each: a date in the calendar, a reminder, a form; and their ends. The announcements room decides."""

from collections.abc import Awaitable
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from backend.announcements import forming, happenings, reminding
from backend.announcements.rules import NEEDS_APPROVAL
from backend.console import carrying
from backend.console.desks import AnyRequest
from backend.core.http import house_of, language_of
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import go, read_form
from backend.pages.forms import into
from schemas.drafts import CarriedEvent, CarriedForm
from schemas.happenings import NewEvent

_ONE = "/console/{school_id:int}/announcements/{announcement_id:uuid}"
_NO_DAY = FieldError("/due_on", "Ngày không đúng.", "This is not a valid day.")


@post(_ONE + "/events", include_in_schema=False, **STAFF)
async def add_event(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    account_id = principal_of(request).account_id

    async def deed() -> Response[bytes] | None:
        values = {name: form.get(name) or None for name in ("starts_at", "ends_at", "place")}
        new = into(NewEvent, {**values, **{name: form.get(name, "") for name in ("event_id", "title", "held_on")}})
        try:
            await happenings.add_event(house_of(request), account_id, school_id, announcement_id, new)
        except Problem as problem:
            if problem.kind is not NEEDS_APPROVAL:
                raise
            return await carrying.submitted(request, school_id, new.event_id, CarriedEvent(announcement_id, new), form)
        return None

    return await _then(request, school_id, announcement_id, deed(), "writing.event_added")


@post(_ONE + "/events/{event_id:uuid}/cancel", include_in_schema=False, **STAFF)
async def cancel_event(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], event_id: FromPath[UUID]
) -> Response[bytes]:
    account_id = principal_of(request).account_id
    deed = happenings.cancel_event(house_of(request), account_id, school_id, announcement_id, event_id)
    return await _then(request, school_id, announcement_id, deed, "writing.event_cancelled")


@post(_ONE + "/reminders/{about_on:date}", include_in_schema=False, **STAFF)
async def remind(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], about_on: FromPath[date]
) -> Response[bytes]:
    """`do`: drop, or promise."""
    form, account_id = await read_form(request), principal_of(request).account_id
    if form.get("do") == "drop":
        drop = reminding.drop(house_of(request), account_id, school_id, announcement_id, about_on)
        return await _then(request, school_id, announcement_id, drop, "writing.reminder_dropped")
    deed = reminding.promise(house_of(request), account_id, school_id, announcement_id, about_on)
    return await _then(request, school_id, announcement_id, deed, "writing.reminder_promised")


@post(_ONE + "/form", include_in_schema=False, **STAFF)
async def make_form(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    form, account_id = await read_form(request), principal_of(request).account_id

    async def deed() -> Response[bytes] | None:
        try:
            form_id, due_on = UUID(form.get("form_id", "")), date.fromisoformat(form.get("due_on", ""))
        except ValueError as error:
            raise INVALID(_NO_DAY) from error
        made_of = (house_of(request), account_id, school_id, announcement_id, form_id, due_on)
        try:
            await forming.make_form(*made_of)
        except Problem as problem:
            if problem.kind is not NEEDS_APPROVAL:
                raise
            new = await forming.form_of_letter(*made_of)
            return await carrying.submitted(request, school_id, form_id, CarriedForm(new), form)
        return None

    return await _then(request, school_id, announcement_id, deed(), "writing.form_made")


async def _then(
    request: AnyRequest, school_id: int, announcement_id: UUID, deed: Awaitable[Any], said: str
) -> Response[bytes]:
    """Back to the letter, with what was done or the first thing that is wrong; or on to what waits for a second person."""
    here = f"/console/{school_id}/announcements/{announcement_id}"
    try:
        elsewhere = await deed
    except Problem as problem:
        if problem.kind.status not in (409, 422):
            raise
        language = language_of(request)
        wrong = [error.en if language == "en" else error.vi for error in problem.errors]
        return go(here, "writing.not_done", tone="bad", why=" ".join(wrong) or problem.sentence(language))
    return elsewhere if isinstance(elsewhere, Response) else go(here, said)


ROUTES: list[Any] = [add_event, cancel_event, remind, make_form]

"""An area asks all its families: the form, the look before sending, the numbers, and its deeds. The forms room decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.announcements import area as letters_area
from backend.console import form_editor
from backend.console.desks import AnyRequest, done_or_shown, shown_in_form
from backend.console.forms import days_of
from backend.console.warning import not_seen, words_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.forms import area, area_reading
from backend.forms.slip import in_words
from backend.identity.guards import AREA
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from backend.pages.forms import into
from schemas.area_forms import NewAreaForm
from schemas.area_letters import AreaLook
from schemas.drafts import Found
from schemas.forms import FormText, Question, Until

_ROOT = "/console/area/forms"
_ONE = _ROOT + "/{form_id:uuid}"
_UNDO_SECONDS = 60

Form = dict[str, str]


@get(_ROOT, include_in_schema=False, **AREA)
async def forms_page(request: AnyRequest) -> Response[bytes]:
    return await _editor(request, {}, form_editor.rows_of({}))


@post(_ROOT, include_in_schema=False, **AREA)
async def look_or_send(request: AnyRequest) -> Response[bytes]:
    """`do`: more (another row), look (how many it reaches), change (back to the form), send."""
    house, who = house_of(request), principal_of(request)
    form = await read_form(request)
    deed = form.get("do", "look")
    rows = form_editor.rows_of(form, more=deed == "more")
    if deed in ("more", "change"):
        return await _editor(request, form, rows)
    try:
        new = form_editor.read(NewAreaForm, _values(form), form, rows)
        area.read_area_form(new, house.clock.now())
        if deed != "send":
            look = await letters_area.look(house, who, new.area_code, new.level)
            warned = await not_seen(request, None, words_of(new.title, new.body, new.questions), form)
            return await _editor(request, form, rows, look=look, warned=warned)
        await area.send(house, who, new)
    except Problem as problem:
        return await _editor(request, form, rows, refused=_refusal(request, problem, rows))
    return go(f"/console/area/forms/{new.form_id}")


def _values(form: Form) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: form.get(name, "").strip() for name in ("form_id", "area_code", "signature", "due_on", "per")
    }
    remind_days = days_of(form.get("remind_days", ""))
    return {**values, "level": form.get("level") or None, "remind_days": remind_days, "undo_seconds": _UNDO_SECONDS}


def _refusal(request: AnyRequest, problem: Problem, rows: list[form_editor.Row]) -> Refusal:
    """Each wrong field stands beside the row it is in."""
    shown = shown_in_form(problem)
    errors = tuple(form_editor.at_rows(shown.errors, rows))
    return Refusal(Problem(shown.kind, errors=errors, params=shown.params), language_of(request))


async def _editor(
    request: AnyRequest,
    form: Form,
    rows: list[form_editor.Row],
    *,
    look: AreaLook | None = None,
    refused: Refusal | None = None,
    warned: Sequence[Found] = (),
) -> Response[bytes]:
    house, who = house_of(request), principal_of(request)
    found = await area_reading.area_forms(house, who)
    return page(
        request,
        "console/area_forms.html",
        status=refused.status if refused else 200,
        forms=found.forms,
        areas=await letters_area.areas(house.database.reader, who),
        form={name: value for name, value in form.items() if name != "do"},
        form_id=form.get("form_id") or new_id(),
        rows=rows,
        kinds=form_editor.KINDS,
        look=look,
        warned=warned,
        refused=refused,
    )


@get(_ONE, include_in_schema=False, **AREA)
async def form_page(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    return await _show(request, form_id)


async def _show(request: AnyRequest, form_id: UUID, *, refused: Refusal | None = None) -> Response[bytes]:
    found = await area_reading.area_form(house_of(request), principal_of(request), form_id)
    language = language_of(request)

    def said(question: Question, choice: str) -> str:
        return in_words(question, choice, language)

    status = refused.status if refused else 200
    return page(request, "console/area_form.html", status=status, found=found, said=said, refused=refused)


@get(_ONE + "/text", include_in_schema=False, **AREA)
async def words_page(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    found = (await area_reading.area_form(house_of(request), principal_of(request), form_id)).form
    fields = form_editor.fields_for(FormText(found.title, found.body, found.questions))
    return await _words(request, form_id, fields, form_editor.rows_for(found.questions))


@post(_ONE + "/text", include_in_schema=False, **AREA)
async def reword(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    rows = form_editor.rows_of(form, more=form.get("do") == "more")
    if form.get("do") == "more":
        return await _words(request, form_id, form, rows)
    try:
        text = form_editor.read(FormText, {"new_version": form.get("new_version") == "yes"}, form, rows)
        if warned := await not_seen(request, None, words_of(text.title, text.body, text.questions), form):
            return await _words(request, form_id, form, rows, warned=warned)
        await area.reword(house_of(request), principal_of(request), form_id, text)
    except Problem as problem:
        return await _words(request, form_id, form, rows, refused=_refusal(request, problem, rows))
    return go(f"/console/area/forms/{form_id}", "forms.area_on_its_way")


async def _words(
    request: AnyRequest,
    form_id: UUID,
    form: Form,
    rows: list[form_editor.Row],
    *,
    refused: Refusal | None = None,
    warned: Sequence[Found] = (),
) -> Response[bytes]:
    found = await area_reading.area_form(house_of(request), principal_of(request), form_id)
    return page(
        request,
        "console/area_form_words.html",
        status=refused.status if refused else 200,
        row=found.form,
        form=form,
        warned=warned,
        rows=rows,
        kinds=form_editor.KINDS,
        refused=refused,
    )


@post(_ONE + "/take-back", include_in_schema=False, **AREA)
async def take_back(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    here = f"/console/area/forms/{form_id}"
    try:
        await area.take_back(house_of(request), principal_of(request), form_id)
    except Problem as problem:
        if problem.kind is not area.HAS_LEFT:
            raise
        return go(here, "forms.area_too_late", tone="bad")
    return go(here, "writing.taken_back")


@post(_ONE + "/close", include_in_schema=False, **AREA)
async def close(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    await area.close(house_of(request), principal_of(request), form_id)
    return go(f"/console/area/forms/{form_id}", "forms.area_on_its_way")


@post(_ONE + "/remind", include_in_schema=False, **AREA)
async def remind(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    await area.remind(house_of(request), principal_of(request), form_id)
    return go(f"/console/area/forms/{form_id}", "forms.area_on_its_way")


@post(_ONE + "/until", include_in_schema=False, **AREA)
async def set_last_day(request: AnyRequest, form_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        until = into(Until, {"due_on": form.get("due_on", "")})
        await area.set_last_day(house_of(request), principal_of(request), form_id, until)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, form_id, refused=refused)

    path = f"/console/area/forms/{form_id}"
    return await done_or_shown(request, deed(), again, path, "forms.area_on_its_way")


ROUTES: list[Any] = [
    forms_page, look_or_send, form_page, words_page, reword, take_back, close, remind, set_last_day,
]  # fmt: skip

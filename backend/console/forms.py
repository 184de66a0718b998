"""Slips and questionnaires at the school's desk: the list, the editor, and other words for one that is out. The forms room decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import carrying, form_editor, queries
from backend.console.desks import AnyRequest, console_page, desk_of, done_or_shown, shown_in_form, today_of
from backend.console.warning import not_seen, words_of
from backend.console.writing import require_audience_of, uuid_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import INVALID, NOT_FOUND, FieldError, Problem
from backend.forms import actions, chasing, rewording
from backend.forms import queries as asked
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from schemas.drafts import CarriedForm, CarriedWords, Found
from schemas.forms import FormRules, FormText, NewForm

ROOT = "/console/{school_id:int}/forms"
ONE = ROOT + "/{form_id:uuid}"
_DAYS = FieldError(
    "/remind_days", "Ghi các số ngày cách nhau bằng dấu phẩy, ví dụ 3, 1.", "Write days with commas, such as 3, 1."
)

Form = dict[str, str]


@get(ROOT, include_in_schema=False, **STAFF)
async def forms_page(
    request: AnyRequest, school_id: FromPath[int], before: FromQuery[UUID | None] = None
) -> Response[bytes]:
    return await _list(request, school_id, before=before)


@post(ROOT + "/rules", include_in_schema=False, **STAFF)
async def change_rules(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        new = into(FormRules, {"remind_hour": form.get("remind_hour", "")})
        await chasing.change_rules(house_of(request), principal_of(request).account_id, school_id, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _list(request, school_id, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/forms", "forms.rules_changed")


async def _list(
    request: AnyRequest, school_id: int, *, before: UUID | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader = house_of(request).database.reader
    found = await asked.forms(
        reader, school_id, principal_of(request).account_id, today=today_of(request), before=before
    )
    return console_page(
        request,
        desk,
        "console/forms.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/forms",
        page=found,
        rules=await chasing.rules(reader, school_id),
        refused=refused,
    )


@get(ROOT + "/new", include_in_schema=False, **STAFF)
async def new_form_page(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromQuery[UUID | None] = None,
    draft: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """`draft`: a form that came back from approval, or was taken back."""
    if draft is not None:
        old = await carrying.draft_of(request, school_id, draft)
        if not isinstance(old.carried, CarriedForm):
            raise NOT_FOUND()
        rows = form_editor.rows_for(old.carried.form.questions)
        return await _editor(request, school_id, carrying.fields_of(old), rows or form_editor.rows_of({}))
    form = {"to": f"class:{class_id}"} if class_id else {}
    return await _editor(request, school_id, form, form_editor.rows_of(form))


@post(ROOT + "/new", include_in_schema=False, **STAFF)
async def write_form(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """`do`: more (another row for a question), open."""
    form = await read_form(request)
    rows = form_editor.rows_of(form, more=form.get("do") == "more")
    if form.get("do") == "more":
        return await _editor(request, school_id, form, rows)
    try:
        new = form_editor.read(NewForm, _values(form), form, rows)
        if warned := await not_seen(request, school_id, words_of(new.title, new.body, new.questions), form):
            return await _editor(request, school_id, form, rows, warned=warned)
        if await carrying.waits(request, school_id, form):
            return await carrying.submitted(request, school_id, new.form_id, CarriedForm(new), form)
        made, _ = await actions.create_form(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        return await _editor(request, school_id, form, rows, refused=_refusal(request, problem, rows))
    return go(
        f"/console/{school_id}/forms/{made.form_id}", "forms.opened", pupils=made.pupils, guardians=made.guardians
    )


def _values(form: Form) -> dict[str, Any]:
    return {
        "form_id": form.get("form_id", ""),
        "audience": require_audience_of(form),
        "signature": form.get("signature", ""),
        "due_on": form.get("due_on", ""),
        "remind_days": days_of(form.get("remind_days", "")),
    }


def days_of(typed: str) -> list[int]:
    try:
        days = [int(part) for part in typed.split(",") if part.strip()]
    except ValueError as error:
        raise INVALID(_DAYS) from error
    if len(days) > 10 or any(not 0 <= day <= 30 for day in days):
        raise INVALID(_DAYS)
    return days


def _refusal(request: AnyRequest, problem: Problem, rows: list[form_editor.Row]) -> Refusal:
    """Each wrong field stands beside the row it is in."""
    shown = shown_in_form(problem)
    errors = tuple(form_editor.at_rows(shown.errors, rows))
    return Refusal(Problem(shown.kind, errors=errors, params=shown.params), language_of(request))


async def _editor(
    request: AnyRequest,
    school_id: int,
    form: Form,
    rows: list[form_editor.Row],
    *,
    refused: Refusal | None = None,
    warned: Sequence[Found] = (),
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = await queries.today(reader, school_id, account_id, on=today_of(request))
    classes = today.classes if desk.admin else [one for one in today.classes if one.mine]
    return console_page(
        request,
        desk,
        "console/form_edit.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/forms/new",
        form=form,
        rows=rows,
        form_id=form.get("form_id") or new_id(),
        kinds=form_editor.KINDS,
        warned=warned,
        classes=classes,
        grades=sorted({one.grade for one in classes}) if desk.admin else [],
        refused=refused,
    )


@get(ONE + "/text", include_in_schema=False, **STAFF)
async def reword_page(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], draft: FromQuery[UUID | None] = None
) -> Response[bytes]:
    row = await _own(request, school_id, form_id)
    if draft is not None:
        old = await carrying.draft_of(request, school_id, draft)
        if not isinstance(old.carried, CarriedWords) or old.carried.form_id != form_id:
            raise NOT_FOUND()
        fields = carrying.fields_of(old) | {"draft_id": str(draft)}
        return await _words(request, school_id, form_id, fields, form_editor.rows_for(old.carried.text.questions))
    text = FormText(row.title, row.body, row.questions)
    return await _words(request, school_id, form_id, form_editor.fields_for(text), form_editor.rows_for(row.questions))


@post(ONE + "/text", include_in_schema=False, **STAFF)
async def reword(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    await _own(request, school_id, form_id)
    form = await read_form(request)
    rows = form_editor.rows_of(form, more=form.get("do") == "more")
    if form.get("do") == "more":
        return await _words(request, school_id, form_id, form, rows)
    try:
        again = {"new_version": form.get("new_version") == "yes"}
        text = form_editor.read(FormText, again, form, rows)
        if warned := await not_seen(request, school_id, words_of(text.title, text.body, text.questions), form):
            return await _words(request, school_id, form_id, form, rows, warned=warned)
        if await carrying.waits(request, school_id, form):
            draft_id = uuid_of(form.get("draft_id", "")) or new_id()
            return await carrying.submitted(request, school_id, draft_id, CarriedWords(form_id, text), form)
        changed = await rewording.reword(house_of(request), principal_of(request).account_id, school_id, form_id, text)
    except Problem as problem:
        return await _words(request, school_id, form_id, form, rows, refused=_refusal(request, problem, rows))
    return go(f"/console/{school_id}/forms/{form_id}", "forms.reworded", guardians=changed.asked_again)


async def _own(request: AnyRequest, school_id: int, form_id: UUID) -> Any:
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    return await asked.require_answers(reader, school_id, account_id, form_id, today=today_of(request))


async def _words(
    request: AnyRequest,
    school_id: int,
    form_id: UUID,
    form: Form,
    rows: list[form_editor.Row],
    *,
    refused: Refusal | None = None,
    warned: Sequence[Found] = (),
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    row = await _own(request, school_id, form_id)
    return console_page(
        request,
        desk,
        "console/form_words.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/forms/{form_id}/text",
        row=row,
        form=form,
        draft_id=form.get("draft_id") or new_id(),
        rows=rows,
        kinds=form_editor.KINDS,
        warned=warned,
        refused=refused,
    )


ROUTES: list[Any] = [forms_page, change_rules, new_form_page, write_form, reword_page, reword]

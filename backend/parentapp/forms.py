"""Slips and questionnaires on the phone: the list, one to read, answer and sign, and what was signed. The forms room decides.

Everything works without scripts; a drawn signature is an addition of scripts to the typed one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, Problem
from backend.family.actions import answer_notice
from backend.forms import everywhere, family, slips
from backend.forms.problems import FORM_CHANGED, NOT_SIGNED
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page
from backend.pages.answers import BODY_BYTES_MAX, answers_of
from backend.pages.forms import into
from backend.parentapp.family import AnyRequest, child_of, today
from schemas.forms import FamilyForm, NewSignature, Withdrawal

_FORM = "/app/{school_id:int}/forms/{form_id:uuid}"
_SHOWN_AGAIN = frozenset({400, 409, 413, 415, 422, 429})

Values = dict[str, Any]


@get("/app/forms", include_in_schema=False, **GUARDIAN)
async def forms_page(request: AnyRequest) -> Response[bytes]:
    principal = principal_of(request)
    reader = house_of(request).database.reader
    found = await family.forms(reader, principal.account_id, principal.guardian_in, today(request))
    return page(request, "app/forms.html", forms=found.forms)


@get(_FORM, include_in_schema=False, **GUARDIAN)
async def form_page(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    form = await _form_of(request, school_id, form_id)
    await _notice_opened(request, school_id, form)
    return _show(request, form, _before(form))


@post(_FORM, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **GUARDIAN)
async def sign_form(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    """Signed, or the form once more as it was filled in, with what is wrong."""
    form = await _form_of(request, school_id, form_id)
    values: Values = {}
    try:
        values, wrong_file = await _values(request, form)
        if wrong_file is not None:
            raise wrong_file
        new = into(NewSignature, values)
        agent = request.headers.get("user-agent")
        await everywhere.sign(house_of(request), principal_of(request), school_id, form_id, new, user_agent=agent)
    except Problem as problem:
        if problem.kind.status not in _SHOWN_AGAIN:
            raise
        if problem.kind is FORM_CHANGED:
            form = await _form_of(request, school_id, form_id)
        return _show(request, form, values, refused=Refusal(problem, language_of(request)))
    return go(request.scope["path"], "forms.app_answered" if form.signature == "answer" else "forms.app_signed")


@post(_FORM + "/withdraw", include_in_schema=False, **GUARDIAN)
async def withdraw_signature(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    form = await _form_of(request, school_id, form_id)
    sent = await open_form(request)
    try:
        what = into(Withdrawal, {"signature_id": new_id(), "pupil_ids": [str(sent.get("pupil_id", ""))]})
        who, agent = principal_of(request), request.headers.get("user-agent")
        await everywhere.withdraw(house_of(request), who, school_id, form_id, what, user_agent=agent)
    except Problem as problem:
        if problem.kind.status not in _SHOWN_AGAIN:
            raise
        if problem.kind is not NOT_SIGNED:  # pressed twice is pressed once
            return _show(request, form, _before(form), refused=Refusal(problem, language_of(request)))
    return go(f"/app/{school_id}/forms/{form_id}", "forms.app_withdrawn")


@get(_FORM + "/slips/{pupil_id:uuid}", include_in_schema=False, **GUARDIAN)
async def slips_page(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], pupil_id: FromPath[UUID]
) -> Response[bytes]:
    """Word for word what the reader signed for a child, with the SHA-256 by which it can be proved."""
    child = await child_of(request, school_id, pupil_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = await slips.own(reader, school_id, account_id, form_id, pupil_id, on=today(request))
    papers = f"/v1/family/forms/{school_id}/{form_id}/slips/{pupil_id}"
    return page(
        request,
        "app/slips.html",
        child=child,
        slips=slips.history(found).slips,
        papers=papers,
        form_path=f"/app/{school_id}/forms/{form_id}",
    )


async def _form_of(request: AnyRequest, school_id: int, form_id: UUID) -> FamilyForm:
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = await family.form(reader, school_id, account_id, form_id, today(request))
    if found is None:
        raise NOT_FOUND()
    return found


def _before(form: FamilyForm) -> Values:
    """What the reader answered last stands in the fields again."""
    answers = next((child.answers for child in form.children if child.answers is not None), {})
    return {"answers": answers, "pupil_ids": [], "name": ""}


async def _values(request: AnyRequest, form: FamilyForm) -> tuple[Values, Problem | None]:
    """The fields as the JSON door takes them, and what is wrong with a file among them."""
    sent = await open_form(request)
    answers, wrong_file = await answers_of(request, sent, form.school_id, form.questions)
    values = {
        "signature_id": str(sent.get("signature_id", "")),
        "version": str(sent.get("version", "")),
        "pupil_ids": [str(value) for value in sent.getall("pupil", [])],
        "answers": answers,
        "name": str(sent.get("name", "")).strip(),
        "drawing": str(sent.get("drawing", "")) or None,
    }
    return values, wrong_file


async def _notice_opened(request: AnyRequest, school_id: int, form: FamilyForm) -> None:
    """Who reads the form has read the letter about it."""
    try:
        account_id = principal_of(request).account_id
        await answer_notice(house_of(request), account_id, school_id, form.notice_id, "opened")
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise


def _show(request: AnyRequest, form: FamilyForm, values: Values, *, refused: Refusal | None = None) -> Response[bytes]:
    able = [child for child in form.children if child.may_sign]
    waiting = [str(child.pupil_id) for child in able if child.waits]
    return page(
        request,
        "app/form.html",
        status=refused.status if refused else 200,
        form=form,
        able=able,
        # Ticked: what was ticked before, else the children that wait, else all of them.
        ticked=values.get("pupil_ids") or waiting or [str(child.pupil_id) for child in able],
        values=values,
        signature_id=new_id(),
        refused=refused,
    )


ROUTES: list[Any] = [forms_page, form_page, sign_form, withdraw_signature, slips_page]

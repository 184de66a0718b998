"""How far a form has come, by name: who is missing, who disagrees, what was answered, and asking again. The forms room decides."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import queries
from backend.console.desks import AnyRequest, console_page, desk_of, done_or_shown, shown_in_form, today_of
from backend.console.forms import ONE
from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.forms import actions, chasing, signing, slips
from backend.forms import queries as asked
from backend.forms.slip import in_words
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.answers import BODY_BYTES_MAX, answers_of
from backend.pages.forms import into
from schemas.announcements import ToClass, ToGrade, ToSchool
from schemas.forms import FormRow, PaperSlip, Until

_SHOWN_MAX = 300
_WAITING = ("missing", "partly", "disagree", "nobody")


@get(ONE, include_in_schema=False, **STAFF)
async def results_page(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], show: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _show(request, school_id, form_id, show=show)


@post(ONE + "/remind", include_in_schema=False, **STAFF)
async def remind(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    told = await chasing.remind(house_of(request), principal_of(request).account_id, school_id, form_id)
    path = f"/console/{school_id}/forms/{form_id}"
    return go(path, "forms.reminded" if told.guardians else "forms.reminded_nobody", guardians=told.guardians)


@post(ONE + "/close", include_in_schema=False, **STAFF)
async def close(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    await actions.close(house_of(request), principal_of(request).account_id, school_id, form_id)
    return go(f"/console/{school_id}/forms/{form_id}", "forms.closed_now")


@post(ONE + "/until", include_in_schema=False, **STAFF)
async def change_last_day(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Response[bytes]:
    """A later last day for an open form, a new one for a closed form."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    row = await asked.require_answers(reader, school_id, account_id, form_id, today=today_of(request))
    form = await read_form(request)
    verb = actions.extend if row.open else actions.reopen

    async def deed() -> None:
        until = into(Until, {"due_on": form.get("due_on", "")})
        await verb(house_of(request), account_id, school_id, form_id, until)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, form_id, refused=refused)

    work: Awaitable[None] = deed()
    path = f"/console/{school_id}/forms/{form_id}"
    return await done_or_shown(request, work, again, path, "forms.extended" if row.open else "forms.reopened")


@get(ONE + "/slips/{pupil_id:uuid}/{guardian_id:uuid}", include_in_schema=False, **STAFF)
async def slips_page(
    request: AnyRequest,
    school_id: FromPath[int],
    form_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    account_id = principal_of(request).account_id
    found = await slips.somebodys(
        house_of(request), school_id, account_id, form_id, pupil_id, guardian_id, on=today_of(request), how="page"
    )
    papers = f"/v1/schools/{school_id}/forms/{form_id}/slips/{pupil_id}/{guardian_id}"
    return console_page(
        request,
        desk,
        "console/form_slips.html",
        back_path=request.scope["path"],
        form_path=f"/console/{school_id}/forms/{form_id}",
        slips=slips.history(found).slips,
        papers=papers,
    )


@get(ONE + "/paper/{pupil_id:uuid}/{guardian_id:uuid}", include_in_schema=False, **STAFF)
async def paper_page(
    request: AnyRequest,
    school_id: FromPath[int],
    form_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
) -> Response[bytes]:
    return await _paper(request, school_id, form_id, pupil_id, guardian_id, {})


@post(
    ONE + "/paper/{pupil_id:uuid}/{guardian_id:uuid}",
    include_in_schema=False,
    request_max_body_size=BODY_BYTES_MAX,
    **STAFF,
)
async def enter_paper(
    request: AnyRequest,
    school_id: FromPath[int],
    form_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
) -> Response[bytes]:
    """What a guardian signed on paper; with what is wrong it comes back as it was typed."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    row = await asked.require_answers(reader, school_id, account_id, form_id, today=today_of(request))
    sent = await open_form(request)
    answers, wrong_file = await answers_of(request, sent, school_id, row.questions)
    try:
        if wrong_file is not None:
            raise wrong_file
        values = {
            "signature_id": str(sent.get("signature_id", "")),
            "version": str(sent.get("version", "")),
            "pupil_id": pupil_id,
            "guardian_id": guardian_id,
            "answers": answers,
        }
        await signing.enter_paper(house_of(request), account_id, school_id, form_id, into(PaperSlip, values))
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _paper(request, school_id, form_id, pupil_id, guardian_id, answers, refused=refused)
    return go(f"/console/{school_id}/forms/{form_id}", "forms.paper_entered")


async def _paper(
    request: AnyRequest,
    school_id: int,
    form_id: UUID,
    pupil_id: UUID,
    guardian_id: UUID,
    answers: dict[str, Any],
    *,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    row = await asked.require_answers(reader, school_id, account_id, form_id, today=today_of(request))
    pupil, signer = await asked.signer(reader, school_id, row, pupil_id, guardian_id, today=today_of(request))
    return console_page(
        request,
        desk,
        "console/form_paper.html",
        status=refused.status if refused else 200,
        back_path=request.scope["path"],
        row=row,
        pupil=pupil,
        signer=signer,
        answers=answers,
        signature_id=new_id(),
        refused=refused,
    )


async def _show(
    request: AnyRequest, school_id: int, form_id: UUID, *, show: str | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    account_id, today = principal_of(request).account_id, today_of(request)
    found = await asked.results(house_of(request), school_id, account_id, form_id, today=today, how="page")
    people = [one for one in found.pupils if show != "waiting" or one.state in _WAITING]
    language = language_of(request)
    reader = house_of(request).database.reader
    waiting = {one.class_name for one in found.pupils if one.state in ("missing", "partly")}
    rooms = (await queries.today(reader, school_id, account_id, on=today)).classes if waiting else []
    return console_page(
        request,
        desk,
        "console/form.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/forms/{form_id}",
        row=found.form,
        results=found,
        answered=found.counts["done"],
        own_classes=[one for one in rooms if one.mine and one.name in waiting] if followed_by_class(found.form) else [],
        people=people[:_SHOWN_MAX],
        more=max(0, len(people) - _SHOWN_MAX),
        show=show,
        said=lambda question, answer: in_words(question, answer, language),
        refused=refused,
    )


def followed_by_class(row: FormRow) -> bool:
    """Of a form to chosen pupils or a group, a class's teacher may not write to those who are missing."""
    return isinstance(row.audience, ToSchool | ToGrade | ToClass)


ROUTES: list[Any] = [results_page, remind, close, change_last_day, slips_page, paper_page, enter_paper]

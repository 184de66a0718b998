"""Requests to the school on the phone: the list, a new one, one with its history, adding papers, taking it back, the slip.

Everything works without scripts. The dossiers room decides; what a kind wants is told by the chat's answers.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, Problem
from backend.dossiers import family, filing, rules, stepping
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page
from backend.pages.answers import BODY_BYTES_MAX
from backend.pages.attaching import files_of
from backend.pages.forms import into
from backend.parentapp.family import AnyRequest, all_children, children_in, today
from bots.answers.procedures import with_words
from schemas.dossiers import DossierKind, FamilyDeed, NewDossier

_SCHOOL = "/app/{school_id:int}/dossiers"
_ONE = _SCHOOL + "/{dossier_id:uuid}"
_SHOWN_AGAIN = frozenset({400, 409, 413, 415, 422, 429})

Values = dict[str, Any]


@get("/app/dossiers", include_in_schema=False, **GUARDIAN)
async def dossiers_page(request: AnyRequest) -> Response[bytes]:
    principal = principal_of(request)
    found = await family.everywhere(
        house_of(request).database.reader, principal.account_id, principal.guardian_in, today(request),
        language=language_of(request),
    )  # fmt: skip
    may_act = [child for child in await all_children(request) if child.can_act]
    schools = {child.school_id: child.school_name for child in may_act}
    return page(request, "app/dossiers.html", dossiers=found.dossiers, schools=schools)


@get(_SCHOOL + "/new", include_in_schema=False, **GUARDIAN)
async def new_dossier_page(
    request: AnyRequest, school_id: FromPath[int], kind: FromQuery[str | None] = None
) -> Response[bytes]:
    """Without a kind, the kinds to choose from."""
    return await _form(request, school_id, {"kind": kind or ""})


@post(_SCHOOL + "/new", include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **GUARDIAN)
async def file_dossier(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Filed, or the form once more as it was filled in, with what is wrong."""
    values: Values = {}
    try:
        sent = await open_form(request)
        file_ids, wrong_file = await files_of(request, sent, school_id)
        values = {name: str(sent.get(name, "")) for name in ("dossier_id", "pupil_id", "kind", "details")}
        values["file_ids"] = file_ids
        if wrong_file is not None:
            raise wrong_file
        new = into(NewDossier, values)
        filed, _ = await filing.file(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        if problem.kind.status not in _SHOWN_AGAIN:
            raise
        return await _form(request, school_id, values, refused=Refusal(problem, language_of(request)))
    return go(f"/app/{school_id}/dossiers/{filed.dossier_id}", "dossiers.filed", number=filed.number)


async def _form(
    request: AnyRequest, school_id: int, values: Values, *, refused: Refusal | None = None
) -> Response[bytes]:
    if school_id not in principal_of(request).guardian_in:
        raise FORBIDDEN()
    reader, language, on = house_of(request).database.reader, language_of(request), today(request)
    children = [child for child in await children_in(request, school_id) if child.can_act]
    kinds = [one for one in await rules.kinds_of(reader, school_id, language, on) if one.open]
    chosen: list[DossierKind] = [one for one in kinds if one.kind == values.get("kind")]
    told = await with_words(reader, school_id, chosen, language=language, on=on)
    return page(
        request,
        "app/dossier_new.html",
        status=refused.status if refused else 200,
        school_id=school_id,
        children=children,
        kinds=kinds,
        kind=told[0] if told else None,
        values=values,
        dossier_id=values.get("dossier_id") or new_id(),
        refused=refused,
    )


@get(_ONE, include_in_schema=False, **GUARDIAN)
async def dossier_page(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> Response[bytes]:
    return await _show(request, school_id, dossier_id, {})


@post(_ONE, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **GUARDIAN)
async def step_on(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> Response[bytes]:
    """`step`: add, withdraw."""
    values: Values = {}
    try:
        sent = await open_form(request)
        file_ids, wrong_file = await files_of(request, sent, school_id)
        values = {name: str(sent.get(name, "")) for name in ("step_id", "seen", "step", "note")}
        values["file_ids"] = file_ids
        if wrong_file is not None:
            raise wrong_file
        deed = into(FamilyDeed, values)
        account_id = principal_of(request).account_id
        await stepping.family_step(house_of(request), account_id, school_id, dossier_id, deed)
    except Problem as problem:
        if problem.kind.status not in _SHOWN_AGAIN:
            raise
        refused = Refusal(problem, language_of(request))
        return await _show(request, school_id, dossier_id, values, refused=refused)
    return go(request.scope["path"], f"dossiers.did_{deed.step}")


@get(_ONE + "/slip", include_in_schema=False, **GUARDIAN)
async def slip_page(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> Response[bytes]:
    one = await family.one_of(
        house_of(request).database.reader, school_id, principal_of(request).account_id, dossier_id, today(request),
        language=language_of(request),
    )  # fmt: skip
    return page(
        request, "app/dossier_slip.html", one=one, back_to=f"/app/{school_id}/dossiers/{dossier_id}", school=one.school_name
    )  # fmt: skip


async def _show(
    request: AnyRequest, school_id: int, dossier_id: UUID, values: Values, *, refused: Refusal | None = None
) -> Response[bytes]:
    one = await family.one_of(
        house_of(request).database.reader, school_id, principal_of(request).account_id, dossier_id, today(request),
        language=language_of(request),
    )  # fmt: skip
    return page(
        request,
        "app/dossier.html",
        status=refused.status if refused else 200,
        one=one,
        values=values,
        step_id=new_id(),
        refused=refused,
    )


ROUTES: list[Any] = [dossiers_page, new_dossier_page, file_dossier, dossier_page, step_on, slip_page]

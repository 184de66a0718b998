"""A request entered for a guardian who came to the office, and what the school takes and promises. The dossiers room decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import (
    AnyRequest,
    admin_desk,
    console_page,
    desk_of,
    done_or_shown,
    shown_in_form,
    today_of,
)
from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, Problem
from backend.dossiers import counter, filing, queries, rules
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.answers import BODY_BYTES_MAX
from backend.pages.attaching import files_of
from backend.pages.forms import into
from bots.answers.procedures import with_words
from schemas.dossiers import CounterDossier, KindRule

ROOT = "/console/{school_id:int}/dossiers"

Values = dict[str, Any]


@get(ROOT + "/new", include_in_schema=False, **STAFF)
async def find_page(
    request: AnyRequest, school_id: FromPath[int], find: FromQuery[str | None] = None
) -> Response[bytes]:
    """First the pupil."""
    desk = await desk_of(request, school_id)
    if not queries.is_office(desk.who):
        raise FORBIDDEN()
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = await counter.find(reader, school_id, account_id, find, today=today_of(request)) if find else None
    return console_page(request, desk, "console/dossier_find.html", find=find or "", found=found)


@get(ROOT + "/new/{pupil_id:uuid}", include_in_schema=False, **STAFF)
async def enter_page(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], kind: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _form(request, school_id, pupil_id, {"kind": kind or "confirm-enrolment"})


@post(ROOT + "/new/{pupil_id:uuid}", include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def enter(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """`do`: look (another kind, with its papers), enter."""
    values: Values = {}
    try:
        sent = await open_form(request)
        values = {name: str(sent.get(name, "")) for name in ("dossier_id", "guardian_id", "kind", "details")}
        values["pupil_id"] = str(pupil_id)
        values["papers"] = [str(value) for value in sent.getall("paper", [])]
        values["papers"] += [line.strip() for line in str(sent.get("more_papers", "")).splitlines() if line.strip()]
        values["file_ids"], wrong_file = await files_of(request, sent, school_id)
        if sent.get("do") == "look":
            return await _form(request, school_id, pupil_id, values)
        if wrong_file is not None:
            raise wrong_file
        new = into(CounterDossier, values)
        filed, _ = await filing.enter(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _form(request, school_id, pupil_id, values, refused=refused)
    return go(f"/console/{school_id}/dossiers/{filed.dossier_id}", "dossiers.filed", number=filed.number)


async def _form(
    request: AnyRequest, school_id: int, pupil_id: UUID, values: Values, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, language, today = house_of(request).database.reader, language_of(request), today_of(request)
    who = await counter.applicants(reader, school_id, principal_of(request).account_id, pupil_id, today=today)
    kinds = await rules.kinds_of(reader, school_id, language, today)
    chosen = [one for one in kinds if one.kind == values.get("kind")]
    told = await with_words(reader, school_id, chosen, language=language, on=today)
    papers = told[0].papers if told else []
    return console_page(
        request,
        desk,
        "console/dossier_new.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/dossiers/new/{pupil_id}",
        who=who,
        kinds=kinds,
        kind=told[0] if told else None,
        papers=papers,
        more_papers="\n".join(paper for paper in values.get("papers", []) if paper not in papers),
        values=values,
        dossier_id=values.get("dossier_id") or new_id(),
        refused=refused,
    )


@get(ROOT + "/kinds", include_in_schema=False, **STAFF)
async def kinds_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _kinds(request, school_id)


@post(ROOT + "/kinds/{kind:str}", include_in_schema=False, **STAFF)
async def change_kind(request: AnyRequest, school_id: FromPath[int], kind: FromPath[str]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        values = {
            "open": form.get("open") == "yes",
            "working_days": form.get("working_days", ""),
            "homeroom": form.get("homeroom") == "yes",
        }
        account_id = principal_of(request).account_id
        await rules.change(house_of(request), account_id, school_id, kind, into(KindRule, values))

    async def again(refused: Refusal) -> Response[bytes]:
        return await _kinds(request, school_id, changed=kind, form=form, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/dossiers/kinds", "dossiers.kind_changed")


async def _kinds(
    request: AnyRequest,
    school_id: int,
    *,
    changed: str = "",
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    reader, language, today = house_of(request).database.reader, language_of(request), today_of(request)
    return console_page(
        request,
        desk,
        "console/dossier_kinds.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/dossiers/kinds",
        kinds=await rules.kinds_of(reader, school_id, language, today),
        changed=changed,
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [find_page, enter_page, enter, kinds_page, change_kind]

"""Requests of families at the school's desk: the list with its clocks, one with its next steps as buttons, and the slip to print.

A new one at the counter and what the school takes are dossiers_counter.py. The dossiers room decides.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.dossiers_counter import ROOT
from backend.console.dossiers_counter import ROUTES as COUNTER
from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.core.text import fold
from backend.dossiers import queries, rules, stepping
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go
from backend.pages.answers import BODY_BYTES_MAX
from backend.pages.attaching import files_of
from backend.pages.forms import into
from schemas.dossiers import OfficeDeed

_ONE = ROOT + "/{dossier_id:uuid}"
SHOWS = ("open", "waiting", "overdue", "papers", "ready", "closed")

Values = dict[str, Any]


@get(ROOT, include_in_schema=False, **STAFF)
async def dossiers_page(
    request: AnyRequest,
    school_id: FromPath[int],
    show: FromQuery[Literal["open", "waiting", "overdue", "papers", "ready", "closed"]] = "open",
    kind: FromQuery[str | None] = None,
    find: FromQuery[str | None] = None,
    before: FromQuery[str | None] = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, language, today = house_of(request).database.reader, language_of(request), today_of(request)
    wanted = queries.Wanted(show, kind or None, fold(find or "")[:60] or None, (before or "")[:60] or None)
    found = await queries.dossiers(
        reader, school_id, principal_of(request).account_id, wanted, today=today, language=language
    )
    return console_page(
        request,
        desk,
        "console/dossiers.html",
        page=found,
        shows=SHOWS,
        show=show,
        kind=kind or "",
        find=find or "",
        kinds=await rules.kinds_of(reader, school_id, language, today),
        office=queries.is_office(desk.who),
        today=today,
    )


@get(_ONE, include_in_schema=False, **STAFF)
async def dossier_page(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> Response[bytes]:
    return await _show(request, school_id, dossier_id, {})


@post(_ONE, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def step_on(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> Response[bytes]:
    """One step; with what is wrong the page comes back as it was filled in."""
    values: Values = {}
    try:
        sent = await open_form(request)
        values = {name: str(sent.get(name, "")) for name in ("step_id", "seen", "step", "note")}
        values["promised_on"] = str(sent.get("promised_on", "")) or None
        values["file_ids"], wrong_file = await files_of(request, sent, school_id)
        if wrong_file is not None:
            raise wrong_file
        deed = into(OfficeDeed, values)
        account_id = principal_of(request).account_id
        await stepping.office_step(house_of(request), account_id, school_id, dossier_id, deed)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show(request, school_id, dossier_id, values, refused=refused)
    return go(f"/console/{school_id}/dossiers/{dossier_id}", "dossiers.step_done")


@get(_ONE + "/slip", include_in_schema=False, **STAFF)
async def slip_page(request: AnyRequest, school_id: FromPath[int], dossier_id: FromPath[UUID]) -> Response[bytes]:
    """The receipt with the promised day, as a page to print."""
    desk = await desk_of(request, school_id)
    one = await queries.dossier(
        house_of(request), school_id, principal_of(request).account_id, dossier_id,
        today=today_of(request), language=language_of(request), how="slip",
    )  # fmt: skip
    back_to = f"/console/{school_id}/dossiers/{dossier_id}"
    return console_page(request, desk, "console/dossier_slip.html", one=one, back_to=back_to, school=desk.school_name)


async def _show(
    request: AnyRequest, school_id: int, dossier_id: UUID, values: Values, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    one = await queries.dossier(
        house_of(request), school_id, principal_of(request).account_id, dossier_id,
        today=today_of(request), language=language_of(request), how="page",
    )  # fmt: skip
    return console_page(
        request,
        desk,
        "console/dossier.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/dossiers/{dossier_id}",
        one=one,
        values=values,
        step_id=new_id(),
        today=today_of(request),
        refused=refused,
    )


ROUTES: list[Any] = [dossiers_page, *COUNTER, dossier_page, step_on, slip_page]

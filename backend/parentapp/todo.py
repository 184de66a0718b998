"""“Để tôi lo”: the buttons of the list on the family's first page. The family room decides who has what."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from backend.core.http import house_of
from backend.core.problems import INVALID, NOT_FOUND, Problem
from backend.family import claims
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import go
from backend.pages.forms import into, read_form
from backend.parentapp.family import AnyRequest
from schemas.family import Claim


@post("/app/{school_id:int}/todo", include_in_schema=False, **GUARDIAN)
async def take_on(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """`do`: claim, take_over, release. Back to the first page with what came of it."""
    form = await read_form(request)
    house, account_id, do = house_of(request), principal_of(request).account_id, form.get("do", "claim")
    try:
        if do == "release":
            await claims.release_everywhere(house, account_id, school_id, form.get("key", ""))
            return go("/app", "parentapp.todo_released")
        new = into(Claim, {"key": form.get("key", ""), "take_over": do == "take_over"})
        await claims.claim_everywhere(house, account_id, school_id, new)
    except Problem as problem:
        if problem.kind is claims.TAKEN:
            return go("/app", "parentapp.todo_was_taken", tone="bad", name=problem.params["name"])
        if problem.kind is claims.NOT_SHARED or problem.kind is INVALID:
            return go("/app", "parentapp.todo_not_shared", tone="bad")
        if problem.kind is NOT_FOUND and school_id in principal_of(request).guardian_in:
            return go("/app", "parentapp.todo_gone", tone="bad")
        raise
    return go("/app", "parentapp.todo_mine_now")


ROUTES: list[Any] = [take_on]

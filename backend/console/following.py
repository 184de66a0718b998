"""Asking again those who have not answered an announcement. The announcements room decides who they are."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from backend.announcements.following import ask_again
from backend.console.desks import AnyRequest
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import go, read_form
from backend.pages.forms import into
from schemas.announcements import AskAgain

_ONE = "/console/{school_id:int}/announcements/{announcement_id:uuid}"


@post(_ONE + "/again", include_in_schema=False, **STAFF)
async def again(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    asked = into(AskAgain, {"reminder_id": form.get("reminder_id", "")})
    account_id = principal_of(request).account_id
    done = await ask_again(house_of(request), account_id, school_id, announcement_id, asked.reminder_id)
    return go(f"/console/{school_id}/announcements/{announcement_id}", "console.asked_again", guardians=done.guardians)


ROUTES: list[Any] = [again]

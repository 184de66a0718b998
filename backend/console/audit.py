"""Who did what: the school's audit trail, for its administrators."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, admin_desk, console_page, today_of
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.identity.queries import audit_page

_PAGE_SIZE = 50


@get("/console/{school_id:int}/audit", include_in_schema=False, **STAFF)
async def audit_trail(
    request: AnyRequest,
    school_id: FromPath[int],
    before: FromQuery[UUID | None] = None,
    actor: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    found = await audit_page(
        house_of(request).database.reader,
        principal_of(request),
        school_id,
        on=today_of(request),
        before=before,
        limit=_PAGE_SIZE,
        subject_kind=None,
        subject_id=None,
        actor=actor,
    )
    return console_page(request, desk, "console/audit.html", events=found.events, next_before=found.before, actor=actor)


ROUTES: list[Any] = [audit_trail]

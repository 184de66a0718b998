"""What is coming, over all children and schools: dates that were made of letters. The announcements room decides who sees which."""

from typing import Any

from litestar import Response, get

from backend.announcements.happenings import family_events
from backend.core.http import house_of
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import page
from backend.parentapp.family import AnyRequest, today


@get("/app/events", include_in_schema=False, **GUARDIAN)
async def events_page(request: AnyRequest) -> Response[bytes]:
    principal, reader = principal_of(request), house_of(request).database.reader
    found = []
    for school_id in principal.guardian_in:
        found += await family_events(reader, school_id, principal.account_id, today=today(request))
    return page(
        request, "app/events.html", events=sorted(found, key=lambda one: (one.held_on, str(one.starts_at or "")))
    )


ROUTES: list[Any] = [events_page]

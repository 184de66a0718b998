"""The family's first page: every child in every school, what today is like, and what is asked."""

from typing import Any

import msgspec
from litestar import Response, get

from backend.core.http import house_of, language_of
from backend.family.home import HOME_PAGE, home
from backend.family.versions import etag
from backend.identity.guards import SIGNED_IN
from backend.identity.principal import principal_of
from backend.pages import go, page
from backend.parentapp.family import AnyRequest, today
from schemas.family import Home

_HOME = msgspec.json.Decoder(Home)


@get("/app", include_in_schema=False, **SIGNED_IN)
async def home_page(request: AnyRequest) -> Response[bytes]:
    principal = principal_of(request)
    if not principal.guardian_in and principal.staff_in:
        return go("/console")
    house = house_of(request)
    on, language = today(request), language_of(request)
    versions, found = await home(house.database.reader, principal.account_id, principal.guardian_in, on, language)
    return page(
        request,
        "app/home.html",
        home=_HOME.decode(found),
        # What the page's script asks with whether anything has changed.
        etag=etag(HOME_PAGE, on, language, *versions),
        made_at=house.clock.now(),
    )


ROUTES: list[Any] = [home_page]

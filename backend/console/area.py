"""What an area (a commune, a province) sees: its schools in counts. No pupil, no name; identity decides which schools."""

from typing import Any

from litestar import Response, get

from backend.announcements.area import areas
from backend.console.desks import AnyRequest
from backend.core.http import house_of
from backend.identity.guards import AREA
from backend.identity.principal import principal_of
from backend.identity.queries import area_schools
from backend.pages import page


@get("/console/area", include_in_schema=False, **AREA)
async def area_page(request: AnyRequest) -> Response[bytes]:
    reader, who = house_of(request).database.reader, principal_of(request)
    schools = await area_schools(reader, who)
    totals = {
        name: sum(getattr(school, name) for school in schools)
        for name in ("pupils", "classes", "staff", "guardians", "guardians_signed_in")
    }
    return page(request, "console/area.html", schools=schools, totals=totals, areas=await areas(reader, who))


ROUTES: list[Any] = [area_page]

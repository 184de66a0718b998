"""The demo school's own page: who can be tried out, and what to try. It exists in demo mode only."""

from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get

from backend.core.http import house_of
from backend.core.problems import NOT_FOUND
from backend.identity.guards import PUBLIC
from backend.pages.frame import AnyRequest, page


class Person(msgspec.Struct):
    """As the demo's seed wrote it: what begins with the part the person plays."""

    what: str
    name: str
    phone: str

    @property
    def part(self) -> str:
        return next((part for start, part in _PARTS.items() if self.what.startswith(start)), "family")

    @property
    def door(self) -> str:
        return "/app/sign-in" if self.part == "family" else "/console/sign-in/phone"


class Cast(msgspec.Struct):
    people: list[Person] = []


_PARTS = {"homeroom": "teacher", "accountant": "accountant", "school administrator": "admin"}
_TO_TRY = 5


@get("/demo", include_in_schema=False, **PUBLIC)
async def demo_page(request: AnyRequest) -> Response[bytes]:
    settings = house_of(request).settings
    if not settings.demo:
        raise NOT_FOUND()
    kept = Path(settings.data_dir) / "cast.json"
    cast = msgspec.json.decode(kept.read_bytes(), type=Cast) if kept.is_file() else Cast()
    return page(request, "house/demo.html", people=cast.people, to_try=range(1, _TO_TRY + 1))


ROUTES: list[Any] = [demo_page]

"""The doors of an area's letters: a commune or province writes to the families of all its schools."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from backend.announcements import area
from backend.core.http import house_of
from backend.identity.guards import AREA
from backend.identity.principal import principal_of
from schemas.area_letters import AreaLetter, AreaLetterList, AreaLook, AreaProgress, NewAreaLetter, SchoolLevel

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/area/letters"
ONE = ROOT + "/{letter_id:uuid}"


@get(ROOT + "/look", tags=["announcements"], **AREA)
async def look_at_area(
    request: AnyRequest, area_code: FromQuery[str], level: FromQuery[SchoolLevel | None] = None
) -> AreaLook:
    """How many schools and families a letter of this area reaches. Counts only."""
    return await area.look(house_of(request), principal_of(request), area_code, level)


@post(ROOT, tags=["announcements"], status_code=201, **AREA)
async def send_area_letter(request: AnyRequest, data: JSONBody[NewAreaLetter]) -> AreaLetter:
    """Write to the families of every school of the area. It leaves school by school; sent twice, it is one letter."""
    return await area.send(house_of(request), principal_of(request), data)


@get(ROOT, tags=["announcements"], **AREA)
async def list_area_letters(request: AnyRequest) -> AreaLetterList:
    """Letters of one's own areas, newest first, with how far they have come."""
    return await area.area_letters(house_of(request), principal_of(request))


@get(ONE, tags=["announcements"], **AREA)
async def read_area_letter(request: AnyRequest, letter_id: FromPath[UUID]) -> AreaProgress:
    """One letter, school by school."""
    return await area.letter(house_of(request), principal_of(request), letter_id)


@post(ONE + "/take-back", tags=["announcements"], status_code=204, **AREA)
async def take_area_letter_back(request: AnyRequest, letter_id: FromPath[UUID]) -> None:
    """Undo, before the first school has it."""
    await area.take_back(house_of(request), principal_of(request), letter_id)


@post(ONE + "/recall", tags=["announcements"], status_code=204, **AREA)
async def recall_area_letter(request: AnyRequest, letter_id: FromPath[UUID]) -> None:
    """Take it back in every school that has it; the others never get it."""
    await area.recall(house_of(request), principal_of(request), letter_id)


ROUTES: list[Any] = [
    look_at_area, send_area_letter, list_area_letters, read_area_letter, take_area_letter_back, recall_area_letter,
]  # fmt: skip

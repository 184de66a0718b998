"""The doors of an area's letters: a commune or province writes to the families of all its schools."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, Parameter

from backend.announcements import area
from backend.core.http import house_of, one_file_only
from backend.core.problems import NOT_FOUND
from backend.files.area import is_area_uploader, upload_area
from backend.files.content import FILE_BYTES_MAX
from backend.files.routes_serving import FILE, serve_area
from backend.identity.guards import AREA
from backend.identity.principal import principal_of
from schemas.area_letters import AreaLetter, AreaLetterList, AreaLook, AreaProgress, NewAreaLetter, SchoolLevel
from schemas.files import Kept

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/area/letters"
ONE = ROOT + "/{letter_id:uuid}"
FILES = "/v1/area/files"
_BODY_BYTES_MAX = FILE_BYTES_MAX + 65_536


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


@get(ONE + "/files/{file_id:uuid}", tags=["announcements"], responses={200: FILE}, **AREA)
async def area_letter_file(request: AnyRequest, letter_id: FromPath[UUID], file_id: FromPath[UUID]) -> Response[bytes]:
    """What hangs on a letter of one's own area."""
    await area.require_own_file(house_of(request).database.reader, principal_of(request), letter_id, file_id)
    return await serve_area(request, file_id)


@post(
    FILES,
    tags=["announcements"],
    status_code=201,
    request_max_body_size=_BODY_BYTES_MAX,
    before_request=one_file_only,
    **AREA,
)
async def upload_area_file(
    request: AnyRequest,
    data: MultipartBody[UploadFile],
    file_id: FromQuery[Annotated[UUID, Parameter(description="Made by the client: sent twice, it is kept once")]],
) -> Kept:
    """Send a picture or a PDF to hang on a letter to the area's schools. It is kept once, whatever their number."""
    house, who = house_of(request), principal_of(request)
    await area.require_officer(house.database.reader, who)
    content = await data.read(FILE_BYTES_MAX + 1)
    return await upload_area(house, who.account_id, file_id=file_id, name=data.filename or "", data=content)


@get(FILES + "/{file_id:uuid}", tags=["announcements"], responses={200: FILE}, **AREA)
async def own_area_file(request: AnyRequest, file_id: FromPath[UUID]) -> Response[bytes]:
    """What one has uploaded oneself."""
    if not await is_area_uploader(house_of(request).database.reader, file_id, principal_of(request).account_id):
        raise NOT_FOUND()
    return await serve_area(request, file_id)


ROUTES: list[Any] = [
    area_letter_file, upload_area_file, own_area_file,
    look_at_area, send_area_letter, list_area_letters, read_area_letter, take_area_letter_back, recall_area_letter,
]  # fmt: skip

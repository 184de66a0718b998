"""The doors of files: upload one, and look at what one has uploaded. Everybody else sees a file through the thing it hangs on."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, MultipartBody, Parameter

from backend.core.http import house_of, one_file_only
from backend.core.problems import NOT_FOUND
from backend.files import actions, queries
from backend.files.content import FILE_BYTES_MAX
from backend.files.routes_serving import FILE, serve
from backend.identity.guards import SIGNED_IN
from backend.identity.principal import principal_of
from schemas.files import Kept

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/files"
# A multipart body is the file with a little around it.
BODY_BYTES_MAX = FILE_BYTES_MAX + 65_536


@post(
    ROOT,
    tags=["files"],
    status_code=201,
    request_max_body_size=BODY_BYTES_MAX,
    before_request=one_file_only,
    **SIGNED_IN,
)
async def upload_file(
    request: AnyRequest,
    school_id: FromPath[int],
    data: MultipartBody[UploadFile],
    file_id: FromQuery[Annotated[UUID, Parameter(description="Made by the client: sent twice, it is kept once")]],
) -> Kept:
    """Send a picture (JPEG, PNG, WebP) or a PDF, to attach it to something afterwards.

    Kind and size are read from the content. Pictures are made small and lose what the camera wrote beside them.
    What is attached to nothing is forgotten after a week.
    """
    house, account_id = house_of(request), principal_of(request).account_id
    await actions.require_member(house, account_id, school_id)
    content = await data.read(FILE_BYTES_MAX + 1)
    return await actions.upload(house, account_id, school_id, file_id=file_id, name=data.filename or "", data=content)


@get(ROOT + "/{file_id:uuid}", tags=["files"], responses={200: FILE}, **SIGNED_IN)
async def own_file(request: AnyRequest, school_id: FromPath[int], file_id: FromPath[UUID]) -> Response[bytes]:
    """A file that one has uploaded oneself. What others attached is read at the thing it is attached to."""
    house, account_id = house_of(request), principal_of(request).account_id
    if not await queries.is_uploader(house.database.reader, school_id, file_id, account_id):
        raise NOT_FOUND()
    return await serve(request, school_id, file_id)


ROUTES: list[Any] = [upload_file, own_file]

"""The doors of the timetable import: upload and look, fetch the file with its errors, apply. School administrators only."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, Parameter

from backend.core.http import NO_FILE, attachment, house_of, one_file_only
from backend.core.problems import INVALID
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.spreadsheets import limits
from backend.timetable import imports
from schemas.timetable import ApplyImport, TimetableImport, TimetableImportList, TimetableReview

AnyRequest = Request[Any, Any, Any]
IMPORTS = "/v1/schools/{school_id:int}/timetable-imports"
TAGS = ["timetable"]
# A multipart body is the file with a little around it.
BODY_BYTES_MAX = limits.FILE_BYTES_MAX + 65_536
_FILE = ResponseSpec(
    bytes,
    description="xlsx, or CSV where text was sent",
    media_type="application/octet-stream",
    generate_examples=False,
)


@post(
    IMPORTS,
    tags=TAGS,
    status_code=201,
    request_max_body_size=BODY_BYTES_MAX,
    before_request=one_file_only,
    **STAFF,
)
async def upload_timetable(
    request: AnyRequest,
    school_id: FromPath[int],
    data: MultipartBody[UploadFile],
    valid_from: FromQuery[
        Annotated[date | None, Parameter(description="The first day; the file's own, else next Monday, when left out")]
    ] = None,
) -> TimetableReview:
    """Read a timetable from a spreadsheet (classes as columns or rows, or one class a sheet) and say what it would do."""
    content = await data.read(limits.FILE_BYTES_MAX + 1)
    if not content:
        raise INVALID(NO_FILE)
    account_id = principal_of(request).account_id
    return await imports.upload(house_of(request), account_id, school_id, content, data.filename or "", valid_from)


@get(IMPORTS, tags=TAGS, **STAFF)
async def timetable_imports(request: AnyRequest, school_id: FromPath[int]) -> TimetableImportList:
    """The files of the last three months, newest first."""
    return TimetableImportList(
        await imports.list_imports(house_of(request), principal_of(request).account_id, school_id)
    )


@get(IMPORTS + "/{import_id:uuid}", tags=TAGS, **STAFF)
async def look_at_timetable(
    request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]
) -> TimetableReview:
    """What the uploaded file would do now: classes, every doubt by cell, teachers in two classes at once."""
    return await imports.look(house_of(request), principal_of(request).account_id, school_id, import_id)


@get(IMPORTS + "/{import_id:uuid}/errors", tags=TAGS, responses={200: _FILE}, **STAFF)
async def timetable_errors(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    """The same file with a column that says, row by row, what to mend. It can be sent back as it is."""
    account_id = principal_of(request).account_id
    content, name, media_type = await imports.errors(house_of(request), account_id, school_id, import_id)
    headers = {"content-disposition": attachment(name), "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@post(IMPORTS + "/{import_id:uuid}/apply", tags=TAGS, status_code=200, **STAFF)
async def apply_timetable(
    request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID], data: JSONBody[ApplyImport]
) -> TimetableImport:
    """Publish the file's classes: all of them or none. Asking again changes nothing."""
    account_id = principal_of(request).account_id
    kept, _ = await imports.apply(house_of(request), account_id, school_id, import_id, data)
    return kept


ROUTES: list[Any] = [upload_timetable, timetable_imports, look_at_timetable, timetable_errors, apply_timetable]

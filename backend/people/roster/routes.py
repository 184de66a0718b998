"""The doors of the roster import: upload and look, fetch the file with its errors, apply. School administrators only."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, MultipartBody, Parameter

from backend.core.http import NO_FILE, attachment, house_of, one_file_only
from backend.core.problems import INVALID
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.people.roster import imports
from backend.spreadsheets import limits
from schemas.roster import RosterImport, RosterImportList, RosterReview

AnyRequest = Request[Any, Any, Any]
IMPORTS = "/v1/schools/{school_id:int}/roster-imports"
# A multipart body is the file with a little around it.
_BODY_BYTES_MAX = limits.FILE_BYTES_MAX + 65_536
_FILE = ResponseSpec(
    bytes,
    description="xlsx, or CSV where text was sent",
    media_type="application/octet-stream",
    generate_examples=False,
)


@post(
    IMPORTS,
    tags=["roster"],
    status_code=201,
    request_max_body_size=_BODY_BYTES_MAX,
    before_request=one_file_only,
    **STAFF,
)
async def upload_roster(
    request: AnyRequest,
    school_id: FromPath[int],
    data: MultipartBody[UploadFile],
    school_year: FromQuery[
        Annotated[
            str | None,
            Parameter(
                pattern=r"^20[0-9]{2}-20[0-9]{2}$", description="2026-2027; by default the file's, else the current"
            ),
        ]
    ] = None,
) -> RosterReview:
    """Read a spreadsheet of pupils (and staff) and say what it would do to the roll. Nothing is changed."""
    content = await data.read(limits.FILE_BYTES_MAX + 1)
    if not content:
        raise INVALID(NO_FILE)
    return await imports.upload(
        house_of(request), principal_of(request), school_id, content, data.filename or "", school_year
    )


@get(IMPORTS, tags=["roster"], **STAFF)
async def roster_imports(request: AnyRequest, school_id: FromPath[int]) -> RosterImportList:
    """The files of the last three months, newest first."""
    return RosterImportList(await imports.list_imports(house_of(request), principal_of(request), school_id))


@get(IMPORTS + "/{import_id:uuid}", tags=["roster"], **STAFF)
async def look_at_roster(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> RosterReview:
    """What the uploaded file would do to the roll as it stands now."""
    return await imports.look(house_of(request), principal_of(request), school_id, import_id)


@get(
    IMPORTS + "/{import_id:uuid}/errors",
    tags=["roster"],
    responses={
        200: ResponseSpec(
            bytes,
            description="xlsx, or CSV where text was sent",
            media_type="application/octet-stream",
            generate_examples=False,
        )
    },
    **STAFF,
)
async def roster_errors(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    """The same file with a column that says, row by row, what to mend. It can be sent back as it is."""
    content, name, media_type = await imports.errors(house_of(request), principal_of(request), school_id, import_id)
    return Response(
        content, media_type=media_type, headers={"content-disposition": attachment(name), "cache-control": "no-store"}
    )


@post(IMPORTS + "/{import_id:uuid}/apply", tags=["roster"], status_code=200, **STAFF)
async def apply_roster(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> RosterImport:
    """Write the uploaded file into the roll: all of it or nothing. Asking again changes nothing."""
    return await imports.apply(house_of(request), principal_of(request), school_id, import_id)


ROUTES: list[Any] = [upload_roster, roster_imports, look_at_roster, roster_errors, apply_roster]

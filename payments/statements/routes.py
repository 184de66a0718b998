"""The doors of bank statements: upload and look, say what columns mean, fetch the file with its errors, apply. The accountant's."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from backend.core.http import NO_FILE, attachment, house_of, one_file_only
from backend.core.problems import INVALID
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments.statements import imports
from schemas.statements import ColumnMapping, StatementFile, StatementFileList, StatementReview

AnyRequest = Request[Any, Any, Any]
STATEMENTS = "/v1/schools/{school_id:int}/statements"
_STATEMENT = STATEMENTS + "/{statement_id:uuid}"
# A multipart body is the file with a little around it.
_BODY_BYTES_MAX = imports.FILE_BYTES_MAX + 65_536


@post(
    STATEMENTS,
    tags=["statements"],
    status_code=201,
    request_max_body_size=_BODY_BYTES_MAX,
    before_request=one_file_only,
    **STAFF,
)
async def upload_statement(
    request: AnyRequest,
    school_id: FromPath[int],
    data: MultipartBody[UploadFile],
    bank_account_id: FromQuery[int | None] = None,
) -> StatementReview:
    """Read a bank's statement (xlsx, xls, HTML, CSV, MT940, camt.053) and say what it would add to the books. Nothing is booked.

    `bank_account_id` says whose it is where the file does not. The same bytes again are the same statement.
    """
    content = await data.read(imports.FILE_BYTES_MAX + 1)
    if not content:
        raise INVALID(NO_FILE)
    return await imports.upload(
        house_of(request), principal_of(request), school_id, content, data.filename or "", bank_account_id
    )


@get(STATEMENTS, tags=["statements"], **STAFF)
async def list_statements(request: AnyRequest, school_id: FromPath[int]) -> StatementFileList:
    """The last hundred files, newest first."""
    return StatementFileList(await imports.list_statements(house_of(request), principal_of(request), school_id))


@get(_STATEMENT, tags=["statements"], **STAFF)
async def look_at_statement(
    request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID]
) -> StatementReview:
    """What the uploaded file would add to the books as they stand now, with its control totals and every row that is not read."""
    return await imports.look(house_of(request), principal_of(request), school_id, statement_id)


@post(_STATEMENT + "/columns", tags=["statements"], status_code=200, **STAFF)
async def say_columns(
    request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID], data: JSONBody[ColumnMapping]
) -> StatementReview:
    """Say what the columns mean where they were not or wrongly understood. Kept for the account's next files with this heading."""
    return await imports.choose(house_of(request), principal_of(request), school_id, statement_id, data)


@get(
    _STATEMENT + "/errors",
    tags=["statements"],
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
async def statement_errors(
    request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID]
) -> Response[bytes]:
    """The same file with a column that says, row by row, what was not read and why."""
    content, name, media_type = await imports.errors(house_of(request), principal_of(request), school_id, statement_id)
    headers = {"content-disposition": attachment(name), "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@post(_STATEMENT + "/apply", tags=["statements"], status_code=200, **STAFF)
async def apply_statement(request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID]) -> StatementFile:
    """Book the new lines of the statement: all of them or none. Asking again changes nothing."""
    return await imports.apply(house_of(request), principal_of(request), school_id, statement_id)


ROUTES: list[Any] = [
    upload_statement,
    list_statements,
    look_at_statement,
    say_columns,
    statement_errors,
    apply_statement,
]

"""A school's roster from its spreadsheet: upload and look, fetch the file with its errors, apply. The import decides what is understood."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, shown_in_form
from backend.core.http import house_of, language_of
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go
from backend.pages.forms import open_form
from backend.people.roster import imports
from backend.spreadsheets import limits

_IMPORTS = "/console/{school_id:int}/import"
_IMPORT = _IMPORTS + "/{import_id:uuid}"
# A multipart body is the file with a little around it.
_BODY_BYTES_MAX = limits.FILE_BYTES_MAX + 65_536
_NO_FILE = FieldError("/file", "Chưa chọn tệp.", "No file was chosen.")
_SHOWN_MAX = 200


@get(_IMPORTS, include_in_schema=False, **STAFF)
async def imports_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show_all(request, school_id)


@post(_IMPORTS, include_in_schema=False, request_max_body_size=_BODY_BYTES_MAX, **STAFF)
async def upload(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Who may not import is refused before the file is read."""
    await admin_desk(request, school_id)
    form = await open_form(request)
    file = form.get("file")
    try:
        if not isinstance(file, UploadFile):
            raise INVALID(_NO_FILE)
        content = await file.read(limits.FILE_BYTES_MAX + 1)
        if not content:
            raise INVALID(_NO_FILE)
        found = await imports.upload(
            house_of(request), principal_of(request), school_id, content, file.filename or "", None
        )
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show_all(request, school_id, refused=refused)
    return go(f"/console/{school_id}/import/{found.import_id}")


@get(_IMPORT, include_in_schema=False, **STAFF)
async def import_page(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    return await _show_one(request, school_id, import_id)


@get(_IMPORT + "/errors", include_in_schema=False, **STAFF)
async def errors_file(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    """The same file with a column that says what to mend."""
    content, name, media_type = await imports.errors(house_of(request), principal_of(request), school_id, import_id)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}", "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@post(_IMPORT + "/apply", include_in_schema=False, **STAFF)
async def apply(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    await admin_desk(request, school_id)
    try:
        done = await imports.apply(house_of(request), principal_of(request), school_id, import_id)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show_one(request, school_id, import_id, refused=refused)
    return go(
        f"/console/{school_id}/import/{import_id}",
        "console.import_done",
        new=done.pupils_new,
        changed=done.pupils_changed,
        same=done.pupils_same,
    )


async def _show_all(request: AnyRequest, school_id: int, *, refused: Refusal | None = None) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    listed = await imports.list_imports(house_of(request), principal_of(request), school_id)
    return console_page(
        request,
        desk,
        "console/imports.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/import",
        imports=listed,
        refused=refused,
    )


async def _show_one(
    request: AnyRequest, school_id: int, import_id: UUID, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    found = await imports.look(house_of(request), principal_of(request), school_id, import_id)
    return console_page(
        request,
        desk,
        "console/import.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/import/{import_id}",
        one=found,
        shown=_SHOWN_MAX,
        refused=refused,
    )


ROUTES: list[Any] = [imports_page, upload, import_page, errors_file, apply]

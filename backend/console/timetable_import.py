"""A school's timetable from its spreadsheet: upload and look, fetch the file with its errors, apply."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, shown_in_form
from backend.console.timetable import day_in
from backend.core.http import attachment, house_of, language_of
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import open_form
from backend.spreadsheets import limits
from backend.timetable import imports
from backend.timetable.clashes import sentences
from backend.timetable.routes_imports import BODY_BYTES_MAX
from schemas.timetable import ApplyImport

_IMPORTS = "/console/{school_id:int}/timetable/import"
_IMPORT = _IMPORTS + "/{import_id:uuid}"
_NO_FILE = FieldError("/file", "Chưa chọn tệp.", "No file was chosen.")
_SHOWN_MAX = 200


@get(_IMPORTS, include_in_schema=False, **STAFF)
async def imports_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show_all(request, school_id)


@post(_IMPORTS, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def upload(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Who may not import is refused before the file is read."""
    await admin_desk(request, school_id)
    form = await open_form(request)
    file, first = form.get("file"), str(form.get("valid_from") or "")
    try:
        if not isinstance(file, UploadFile):
            raise INVALID(_NO_FILE)
        content = await file.read(limits.FILE_BYTES_MAX + 1)
        if not content:
            raise INVALID(_NO_FILE)
        wanted = day_in({"valid_from": first}, "valid_from") if first else None
        account_id = principal_of(request).account_id
        found = await imports.upload(house_of(request), account_id, school_id, content, file.filename or "", wanted)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show_all(request, school_id, valid_from=first, refused=refused)
    return go(f"/console/{school_id}/timetable/import/{found.import_id}")


@get(_IMPORT, include_in_schema=False, **STAFF)
async def import_page(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    return await _show_one(request, school_id, import_id)


@get(_IMPORT + "/errors", include_in_schema=False, **STAFF)
async def errors_file(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    """The same file with a column that says what to mend."""
    account_id = principal_of(request).account_id
    content, name, media_type = await imports.errors(house_of(request), account_id, school_id, import_id)
    headers = {"content-disposition": attachment(name), "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@post(_IMPORT + "/apply", include_in_schema=False, **STAFF)
async def apply(request: AnyRequest, school_id: FromPath[int], import_id: FromPath[UUID]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)
    how = ApplyImport(keep_clashes=form.get("keep_clashes") == "yes", tell_families=form.get("tell_families") == "yes")
    try:
        account_id = principal_of(request).account_id
        done, published = await imports.apply(house_of(request), account_id, school_id, import_id, how)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show_one(request, school_id, import_id, refused=refused)
    return go(
        f"/console/{school_id}/timetable/import/{import_id}",
        "timetable.import_done",
        changed=done.classes_new + done.classes_changed,
        same=done.classes_same,
        told=sum(one.told for one in published),
    )


async def _show_all(
    request: AnyRequest, school_id: int, *, valid_from: str = "", refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    listed = await imports.list_imports(house_of(request), principal_of(request).account_id, school_id)
    return console_page(
        request,
        desk,
        "console/timetable_imports.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/timetable/import",
        imports=listed,
        valid_from=valid_from,
        refused=refused,
    )


async def _show_one(
    request: AnyRequest, school_id: int, import_id: UUID, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    found = await imports.look(house_of(request), principal_of(request).account_id, school_id, import_id)
    return console_page(
        request,
        desk,
        "console/timetable_import.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/timetable/import/{import_id}",
        one=found,
        clashing=[sentences(clash)[language_of(request) == "en"] for clash in found.clashing],
        shown=_SHOWN_MAX,
        refused=refused,
    )


ROUTES: list[Any] = [imports_page, upload, import_page, errors_file, apply]

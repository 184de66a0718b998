"""Bank statements at the accountant's desk: upload, look, say what columns mean, fetch the errors, book. The import decides what is understood."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form
from backend.core.http import attachment, house_of, language_of
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into, open_form, whole_number
from payments import accounts
from payments.statements import imports
from payments.statements.columns import ROLES, role_of
from schemas.statements import ColumnMapping, StatementReview

_STATEMENTS = "/console/{school_id:int}/statements"
_STATEMENT = _STATEMENTS + "/{statement_id:uuid}"
# A multipart body is the file with a little around it.
_BODY_BYTES_MAX = imports.FILE_BYTES_MAX + 65_536
_NO_FILE = FieldError("/file", "Chưa chọn tệp.", "No file was chosen.")
_SHOWN_MAX = 100
_COLUMNS_MAX = 100


@get(_STATEMENTS, include_in_schema=False, **STAFF)
async def statements_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show_all(request, school_id)


@post(_STATEMENTS, include_in_schema=False, request_max_body_size=_BODY_BYTES_MAX, **STAFF)
async def upload(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Who may not import is refused before the file is read."""
    await books_desk(request, school_id)
    form = await open_form(request)
    file, account = form.get("file"), str(form.get("bank_account_id") or "")
    try:
        if not isinstance(file, UploadFile):
            raise INVALID(_NO_FILE)
        content = await file.read(imports.FILE_BYTES_MAX + 1)
        if not content:
            raise INVALID(_NO_FILE)
        found = await imports.upload(
            house_of(request), principal_of(request), school_id, content, file.filename or "", whole_number(account)
        )
    except Problem as problem:
        return await _show_all(request, school_id, refused=_refusal(request, problem), account=account)
    return go(f"/console/{school_id}/statements/{found.statement_id}")


@get(_STATEMENT, include_in_schema=False, **STAFF)
async def statement_page(
    request: AnyRequest,
    school_id: FromPath[int],
    statement_id: FromPath[UUID],
    sheet: FromQuery[str | None] = None,
    row: FromQuery[int | None] = None,
) -> Response[bytes]:
    """`sheet` and `row`: where a person says that the heading is."""
    return await _show_one(request, school_id, statement_id, sheet=sheet, row=row)


@get(_STATEMENT + "/errors", include_in_schema=False, **STAFF)
async def statement_errors(
    request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID]
) -> Response[bytes]:
    """The same file with a column that says what was not read and why."""
    content, name, media_type = await imports.errors(house_of(request), principal_of(request), school_id, statement_id)
    headers = {"content-disposition": attachment(name), "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@post(_STATEMENT + "/columns", include_in_schema=False, **STAFF)
async def say_columns(request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID]) -> Response[bytes]:
    await books_desk(request, school_id)
    form = await read_form(request)
    count = max(
        (int(n) + 1 for n in (name.removeprefix("role-") for name in form) if n.isdigit() and len(n) < 3), default=0
    )
    values = {
        "bank_account_id": form.get("bank_account_id", ""),
        "sheet": form.get("sheet", ""),
        "row": form.get("row", ""),
        "roles": [form.get(f"role-{index}", "none") for index in range(min(count, _COLUMNS_MAX))],
    }
    try:
        order = into(ColumnMapping, values)
        await imports.choose(house_of(request), principal_of(request), school_id, statement_id, order)
    except Problem as problem:
        refused = _refusal(request, problem)
        row = whole_number(form.get("row", ""))
        return await _show_one(request, school_id, statement_id, sheet=form.get("sheet"), row=row, refused=refused, form=form)  # fmt: skip
    return go(f"/console/{school_id}/statements/{statement_id}", "statements.columns_said")


@post(_STATEMENT + "/apply", include_in_schema=False, **STAFF)
async def apply(request: AnyRequest, school_id: FromPath[int], statement_id: FromPath[UUID]) -> Response[bytes]:
    await books_desk(request, school_id)
    try:
        done = await imports.apply(house_of(request), principal_of(request), school_id, statement_id)
    except Problem as problem:
        return await _show_one(request, school_id, statement_id, refused=_refusal(request, problem))
    return go(
        f"/console/{school_id}/statements/{statement_id}",
        "statements.applied_done",
        new=done.lines_new,
        known=done.lines_known,
        told=done.lines_told,
    )


async def _show_all(
    request: AnyRequest, school_id: int, *, refused: Refusal | None = None, account: str = ""
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house = house_of(request)
    return console_page(
        request,
        desk,
        "console/statements.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/statements",
        statements=await imports.list_statements(house, principal_of(request), school_id),
        accounts=await accounts.open_accounts(house.database.reader, school_id),
        account=account,
        refused=refused,
    )


async def _show_one(
    request: AnyRequest,
    school_id: int,
    statement_id: UUID,
    *,
    sheet: str | None = None,
    row: int | None = None,
    refused: Refusal | None = None,
    form: dict[str, str] | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house = house_of(request)
    found = await imports.look(house, principal_of(request), school_id, statement_id)
    return console_page(
        request,
        desk,
        "console/statement.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/statements/{statement_id}",
        one=found,
        shown=_SHOWN_MAX,
        roles=ROLES,
        pointed=_pointed(found, sheet, row),
        pointed_sheet=sheet,
        pointed_row=row,
        accounts=await accounts.open_accounts(house.database.reader, school_id),
        form=form or {},
        refused=refused,
    )


def _pointed(found: StatementReview, sheet: str | None, row: int | None) -> list[tuple[str, str]]:
    """The titles in the row that a person points at, each with what it seems to mean."""
    for head in found.heads:
        for one in head.rows:
            if (head.sheet, one.row) == (sheet, row):
                return [(title, role_of(title) or "none") for title in one.cells]
    return []


def _refusal(request: AnyRequest, problem: Problem) -> Refusal:
    return Refusal(shown_in_form(problem), language_of(request))


ROUTES: list[Any] = [statements_page, upload, statement_page, statement_errors, say_columns, apply]

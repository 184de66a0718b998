"""The doors of reports: for the accountant and the school's head, as JSON, workbook and paper."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.http import house_of, json_bytes
from backend.identity.guards import GUARDIAN, STAFF
from backend.identity.principal import principal_of
from payments.reports import accounting, collection, day_book, day_close, debts, funds, printed, shelf, xlsx
from payments.routes_readers import reads_the_books
from schemas.reports import (
    AccountNumbers,
    Collection,
    DayBook,
    DayClose,
    DebtList,
    FundAccounts,
    NewDayClose,
    NewOpening,
    Sealed,
)

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"
_REPORTS = _SCHOOL + "/reports"
_PRIVATE = {"cache-control": "private, no-store"}


def _json(shape: Any) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(data_container=shape, description="Done", generate_examples=False)}


@get(_REPORTS + "/day-book", tags=["reports"], responses=_json(DayBook), **STAFF)
async def get_day_book(
    request: AnyRequest,
    school_id: FromPath[int],
    from_on: FromQuery[date | None] = None,
    to_on: FromQuery[date | None] = None,
    bank_account_id: FromQuery[int | None] = None,
) -> Response[bytes]:
    """Every movement on the school's accounts with the balance after it; of this month unless another time is named."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    what = shelf.asked(shelf.today_of(house), from_on, to_on, bank_account_id=bank_account_id)
    reader = house.database.reader
    return json_bytes(await day_book.day_book_json(reader, school_id, what.from_on, what.to_on, what.bank_account_id))


@get(_REPORTS + "/debts", tags=["reports"], responses=_json(DebtList), **STAFF)
async def get_debts(
    request: AnyRequest,
    school_id: FromPath[int],
    on: FromQuery[date | None] = None,
    class_id: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """Who owes what was due by a day. Voluntary items are nobody's debt and never listed."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    what = shelf.asked(shelf.today_of(house), to_on=on, class_id=class_id)
    return json_bytes(await debts.debts_json(house.database.reader, school_id, on=what.to_on, class_id=what.class_id))


@get(_REPORTS + "/collection", tags=["reports"], responses=_json(Collection), **STAFF)
async def get_collection(
    request: AnyRequest,
    school_id: FromPath[int],
    from_on: FromQuery[date | None] = None,
    to_on: FromQuery[date | None] = None,
) -> Response[bytes]:
    """What was asked for and collected, by item and class."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    what = shelf.asked(shelf.today_of(house), from_on, to_on)
    return json_bytes(
        await collection.collection_json(house.database.reader, school_id, what.span, what.from_on, what.to_on)
    )


@get(_REPORTS + "/day-close", tags=["reports"], **STAFF)
async def get_day_close(request: AnyRequest, school_id: FromPath[int], on: FromQuery[date | None] = None) -> DayClose:
    """Each account's day beside what the bank or the box was said to hold, and what reached the day after it was closed."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    what = shelf.asked(shelf.today_of(house), to_on=on)
    return await day_close.day(house.database.reader, house.cipher, school_id, what.to_on)


@post(_REPORTS + "/day-close", status_code=200, tags=["reports"], **STAFF)
async def close_day(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewDayClose]) -> Sealed:
    """Closes an account's day. A difference needs a note; closing again adds a revision, the same close adds nothing."""
    return await day_close.close_day(house_of(request), principal_of(request).account_id, school_id, data)


@post(_REPORTS + "/openings", status_code=204, tags=["reports"], **STAFF)
async def bring_forward(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewOpening]) -> None:
    """What an account held when these books began. Once an account."""
    await day_close.bring_forward(house_of(request), principal_of(request).account_id, school_id, data)


_FILES = {
    200: ResponseSpec(
        data_container=bytes, media_type=xlsx.XLSX, description="The report as a file", generate_examples=False
    )
}


@get(_SCHOOL + "/report-files/{name:str}/{form:str}", tags=["reports"], responses=_FILES, **STAFF)
async def get_report_file(
    request: AnyRequest,
    school_id: FromPath[int],
    name: FromPath[str],
    form: FromPath[Literal["xlsx", "pdf"]],
    from_on: FromQuery[date | None] = None,
    to_on: FromQuery[date | None] = None,
    class_id: FromQuery[UUID | None] = None,
    bank_account_id: FromQuery[int | None] = None,
) -> Response[bytes]:
    """A report as workbook or on A4 paper, in Vietnamese. `to_on` is the day of reports about one day."""
    await reads_the_books(request, school_id)
    house = house_of(request)
    what = shelf.asked(shelf.today_of(house), from_on, to_on, class_id=class_id, bank_account_id=bank_account_id)
    tables = await shelf.tables(house, school_id, name, what, "vi")
    body = await xlsx.written(tables) if form == "xlsx" else await printed.printed(tables)
    headers = {**_PRIVATE, "content-disposition": f'attachment; filename="{name}-{what.to_on:%Y-%m-%d}.{form}"'}
    return Response(body, media_type=xlsx.XLSX if form == "xlsx" else "application/pdf", headers=headers)


@get(_REPORTS + "/funds", tags=["reports"], responses=_json(FundAccounts), **STAFF)
async def get_funds(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Voluntary funds: received, spent, left, and how every account that holds them sums to its ledger balance."""
    await reads_the_books(request, school_id)
    return json_bytes(await funds.funds_json(house_of(request).database.reader, school_id))


@get("/v1/family/schools/{school_id:int}/funds", tags=["family"], responses=_json(FundAccounts), **GUARDIAN)
async def family_funds(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """The public account of the school's voluntary funds, for all its families alike."""
    house = house_of(request)
    actor, today = principal_of(request).account_id, shelf.today_of(house)
    return json_bytes(await funds.funds_json_for_family(house.database.reader, school_id, actor, on=today))


@get(_SCHOOL + "/account-numbers", tags=["reports"], **STAFF)
async def get_account_numbers(request: AnyRequest, school_id: FromPath[int]) -> AccountNumbers:
    """Which account of the accounting software an entry goes to."""
    await reads_the_books(request, school_id)
    return await accounting.numbers_of(house_of(request).database.reader, school_id)


@put(_SCHOOL + "/account-numbers", status_code=204, tags=["reports"], **STAFF)
async def set_account_numbers(request: AnyRequest, school_id: FromPath[int], data: JSONBody[AccountNumbers]) -> None:
    """Sets numbers of the school's own chart of accounts; what is not named stays as it was."""
    await accounting.set_numbers(house_of(request), principal_of(request).account_id, school_id, data)


ROUTES: list[Any] = [
    get_funds,
    family_funds,
    get_account_numbers,
    set_account_numbers,
    get_day_book,
    get_debts,
    get_collection,
    get_day_close,
    close_day,
    bring_forward,
    get_report_file,
]

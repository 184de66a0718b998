"""The doors of forms for the school: open one, word it anew, close, see who is missing, ask again, read what was signed."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import school_day
from backend.core.http import attachment, house_of, language_of
from backend.files.routes_serving import serve
from backend.forms import actions, chasing, queries, rewording, sheet, signing, slips
from backend.forms.routes_family import ROUTES as FAMILY
from backend.forms.routes_family import slip_file
from backend.identity.entitlement import standing
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments.reports import csv_text, xlsx
from schemas.forms import (
    FormChanged,
    FormOpened,
    FormPage,
    FormResults,
    FormRow,
    FormRules,
    FormText,
    NewForm,
    PaperSlip,
    Reminded,
    Signed,
    SlipHistory,
    Until,
)

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/forms"
ONE = ROOT + "/{form_id:uuid}"
_SLIPS = ONE + "/slips/{pupil_id:uuid}/{guardian_id:uuid}"
_PRIVATE = {"cache-control": "private, no-store"}
PDF = "application/pdf"


@post(
    ROOT,
    tags=["forms"],
    status_code=201,
    responses={200: ResponseSpec(FormOpened, description="The same request was here before", generate_examples=False)},
    **STAFF,
)
async def open_form(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewForm]) -> Response[FormOpened]:
    """Ask the families of the school, a grade, a class or some pupils. Sent twice, it is opened once."""
    made, new = await actions.create_form(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(made, status_code=201 if new else 200)


@get(ROOT, tags=["forms"], **STAFF)
async def forms(
    request: AnyRequest,
    school_id: FromPath[int],
    before: FromQuery[Annotated[UUID | None, Parameter(description="`next` of the page before")]] = None,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=50)]] = 20,
) -> FormPage:
    """What was asked, newest first, with for how many pupils nothing is missing any more."""
    house = house_of(request)
    return await queries.forms(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        today=school_day(house.clock.now()),
        before=before,
        limit=limit,
    )


@get(ONE, tags=["forms"], **STAFF)
async def form(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> FormRow:
    """One form with how far it has come."""
    house = house_of(request)
    today = school_day(house.clock.now())
    return await queries.form(house.database.reader, school_id, principal_of(request).account_id, form_id, today=today)


@put(ONE + "/text", tags=["forms"], **STAFF)
async def reword(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], data: JSONBody[FormText]
) -> FormChanged:
    """Other words. Once somebody has answered this needs `new_version`, and everybody is asked again."""
    account_id = principal_of(request).account_id
    return await rewording.reword(house_of(request), account_id, school_id, form_id, data)


@post(ONE + "/close", tags=["forms"], status_code=204, **STAFF)
async def close(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> None:
    """Nothing is signed, withdrawn or chased any more. Twice is once."""
    await actions.close(house_of(request), principal_of(request).account_id, school_id, form_id)


@post(ONE + "/reopen", tags=["forms"], status_code=204, **STAFF)
async def reopen(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], data: JSONBody[Until]) -> None:
    """Open again until a day. What was signed before still counts."""
    await actions.reopen(house_of(request), principal_of(request).account_id, school_id, form_id, data)


@post(ONE + "/extend", tags=["forms"], status_code=204, **STAFF)
async def extend(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], data: JSONBody[Until]) -> None:
    """A later last day."""
    await actions.extend(house_of(request), principal_of(request).account_id, school_id, form_id, data)


@post(ONE + "/remind", tags=["forms"], status_code=200, **STAFF)
async def remind(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> Reminded:
    """Write to those whose answer is missing, once a day at most, and to nobody who has answered."""
    return await chasing.remind(house_of(request), principal_of(request).account_id, school_id, form_id)


@post(ONE + "/paper", tags=["forms"], status_code=200, **STAFF)
async def enter_paper(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], data: JSONBody[PaperSlip]
) -> Signed:
    """Enter what a guardian signed on paper. It never replaces what the guardian has signed in the app."""
    return await signing.enter_paper(house_of(request), principal_of(request).account_id, school_id, form_id, data)


@get(ONE + "/results", tags=["forms"], **STAFF)
async def results(request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID]) -> FormResults:
    """By name who has answered and who is missing; guardians who answered differently are shown as such.

    Answers are for the author and administrators, and reading them is recorded; a class's teachers see who is missing in their class.
    """
    return await _results(request, school_id, form_id, "json")


async def _results(request: AnyRequest, school_id: int, form_id: UUID, how: str) -> FormResults:
    house = house_of(request)
    account_id = principal_of(request).account_id
    today = school_day(house.clock.now())
    return await queries.results(house, school_id, account_id, form_id, today=today, how=how)


_FILE = {200: ResponseSpec(bytes, media_type=xlsx.XLSX, description="The results as a file", generate_examples=False)}


@get("/v1/schools/{school_id:int}/form-files/{form_id:uuid}/{kind:str}", tags=["forms"], responses=_FILE, **STAFF)
async def results_file(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], kind: FromPath[Literal["xlsx", "csv"]]
) -> Response[bytes]:
    """Every answer in a row, for author and administrator. What families wrote is harmless to spreadsheets."""
    house = house_of(request)
    account_id, now = principal_of(request).account_id, house.clock.now()
    await queries.require_answers(house.database.reader, school_id, account_id, form_id, today=school_day(now))
    found = await _results(request, school_id, form_id, kind)
    school_name = await queries.school_name(house.database.reader, school_id)
    table = sheet.as_table(found, language_of(request), school_name=school_name, made_at=now)
    body, media_type = (
        (csv_text.written(table), csv_text.CSV) if kind == "csv" else (await xlsx.written([table]), xlsx.XLSX)
    )
    headers = {**_PRIVATE, "content-disposition": attachment(f"{found.form.title[:80]}.{kind}")}
    return Response(body, media_type=media_type, headers=headers)


@get(_SLIPS, tags=["forms"], **STAFF)
async def signed_slips(
    request: AnyRequest,
    school_id: FromPath[int],
    form_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
) -> SlipHistory:
    """Everything that a guardian signed and withdrew for a pupil, word for word with its SHA-256. The reading is recorded."""
    return slips.history(await _slips(request, school_id, form_id, pupil_id, guardian_id, "slip"))


@get(
    _SLIPS + "/{number:int}/{kind:str}",
    tags=["forms"],
    responses={200: ResponseSpec(bytes, media_type=PDF, description="The slip as a file", generate_examples=False)},
    **STAFF,
)
async def slip_paper(
    request: AnyRequest,
    school_id: FromPath[int],
    form_id: FromPath[UUID],
    pupil_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
    number: FromPath[int],
    kind: FromPath[Literal["paper", "text"]],
) -> Response[bytes]:
    """One of them as PDF, or its exact text, byte for byte what the SHA-256 is of."""
    found = await _slips(request, school_id, form_id, pupil_id, guardian_id, kind)
    return await slip_file(slips.numbered(found, number), kind)


@get(
    ONE + "/files/{file_id:uuid}",
    tags=["forms"],
    responses={200: ResponseSpec(bytes, description="A picture or a PDF", generate_examples=False)},
    **STAFF,
)
async def answer_file(
    request: AnyRequest, school_id: FromPath[int], form_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A file that a family sent as an answer. The reading is recorded."""
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    await slips.require_file(house, school_id, account_id, form_id, file_id, on=today)
    return await serve(request, school_id, file_id)


async def _slips(
    request: AnyRequest, school_id: int, form_id: UUID, pupil_id: UUID, guardian_id: UUID, how: str
) -> list[slips.Stored]:
    house = house_of(request)
    account_id, today = principal_of(request).account_id, school_day(house.clock.now())
    return await slips.somebodys(house, school_id, account_id, form_id, pupil_id, guardian_id, on=today, how=how)


@get("/v1/schools/{school_id:int}/form-rules", tags=["forms"], media_type=MediaType.JSON, **STAFF)
async def form_rules(request: AnyRequest, school_id: FromPath[int]) -> FormRules:
    """The hour of the day at which reminders leave."""
    house = house_of(request)
    reader = house.database.reader
    await standing(reader, school_id, principal_of(request).account_id, on=school_day(house.clock.now()))
    return await chasing.rules(reader, school_id)


@put("/v1/schools/{school_id:int}/form-rules", tags=["forms"], **STAFF)
async def change_form_rules(request: AnyRequest, school_id: FromPath[int], data: JSONBody[FormRules]) -> FormRules:
    """The administrator decides at which hour."""
    return await chasing.change_rules(house_of(request), principal_of(request).account_id, school_id, data)


ROUTES: list[Any] = [
    open_form,
    forms,
    form,
    reword,
    close,
    reopen,
    extend,
    remind,
    enter_paper,
    results,
    results_file,
    signed_slips,
    slip_paper,
    answer_file,
    form_rules,
    change_form_rules,
    *FAMILY,
]

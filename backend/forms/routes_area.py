"""The doors of an area's forms: a commune or province asks the families of all its schools, and reads numbers."""

from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.http import attachment, house_of, language_of
from backend.forms import area, area_reading
from backend.identity.guards import AREA
from backend.identity.principal import principal_of
from payments.reports import csv_text, xlsx
from schemas.area_forms import AreaForm, AreaFormList, AreaFormPage, NewAreaForm
from schemas.forms import FormText, Until

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/area/forms"
ONE = ROOT + "/{form_id:uuid}"
_FILE = {200: ResponseSpec(bytes, media_type=xlsx.XLSX, description="The numbers as a file", generate_examples=False)}


@post(ROOT, tags=["forms"], status_code=201, **AREA)
async def send_area_form(request: AnyRequest, data: JSONBody[NewAreaForm]) -> AreaForm:
    """Ask the families of every school of the area. It leaves school by school; sent twice, it is one form."""
    house, who = house_of(request), principal_of(request)
    await area.send(house, who, data)
    return (await area_reading.area_form(house, who, data.form_id)).form


@get(ROOT, tags=["forms"], **AREA)
async def list_area_forms(request: AnyRequest) -> AreaFormList:
    """Forms of one's own areas, newest first, with how many have answered."""
    return await area_reading.area_forms(house_of(request), principal_of(request))


@get(ONE, tags=["forms"], **AREA)
async def read_area_form(request: AnyRequest, form_id: FromPath[UUID]) -> AreaFormPage:
    """One form with numbers, school by school. Names and answers in words stay in the schools."""
    return await area_reading.area_form(house_of(request), principal_of(request), form_id)


@put(ONE + "/text", tags=["forms"], status_code=204, **AREA)
async def reword_area_form(request: AnyRequest, form_id: FromPath[UUID], data: JSONBody[FormText]) -> None:
    """Other words in every school. Once a school has it they are a new version, and whoever had signed is asked again."""
    await area.reword(house_of(request), principal_of(request), form_id, data)


@post(ONE + "/take-back", tags=["forms"], status_code=204, **AREA)
async def take_area_form_back(request: AnyRequest, form_id: FromPath[UUID]) -> None:
    """Undo, before the first school has it."""
    await area.take_back(house_of(request), principal_of(request), form_id)


@post(ONE + "/close", tags=["forms"], status_code=204, **AREA)
async def close_area_form(request: AnyRequest, form_id: FromPath[UUID]) -> None:
    """Nothing is signed, withdrawn or chased any more, in no school."""
    await area.close(house_of(request), principal_of(request), form_id)


@post(ONE + "/until", tags=["forms"], status_code=204, **AREA)
async def set_area_form_day(request: AnyRequest, form_id: FromPath[UUID], data: JSONBody[Until]) -> None:
    """A later last day in every school, or a new one for a form that is closed."""
    await area.set_last_day(house_of(request), principal_of(request), form_id, data)


@post(ONE + "/remind", tags=["forms"], status_code=204, **AREA)
async def remind_area_form(request: AnyRequest, form_id: FromPath[UUID]) -> None:
    """Ask those whose answer is missing, in every school; nobody hears of it twice a day."""
    await area.remind(house_of(request), principal_of(request), form_id)


@get("/v1/area/form-files/{form_id:uuid}/{kind:str}", tags=["forms"], responses=_FILE, **AREA)
async def area_form_file(
    request: AnyRequest, form_id: FromPath[UUID], kind: FromPath[Literal["xlsx", "csv"]]
) -> Response[bytes]:
    """The numbers of every school in a row."""
    house = house_of(request)
    found = await area_reading.area_form(house, principal_of(request), form_id)
    table = area_reading.as_table(found, language_of(request), made_at=house.clock.now())
    body, media_type = (
        (csv_text.written(table), csv_text.CSV) if kind == "csv" else (await xlsx.written([table]), xlsx.XLSX)
    )
    named = attachment(f"{found.form.title[:80]}.{kind}")
    return Response(
        body, media_type=media_type, headers={"cache-control": "private, no-store", "content-disposition": named}
    )


ROUTES: list[Any] = [
    send_area_form, list_area_forms, read_area_form, reword_area_form, take_area_form_back, close_area_form,
    set_area_form_day, remind_area_form, area_form_file,
]  # fmt: skip

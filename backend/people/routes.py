"""The doors of the roll: what staff read of it, and the small changes an administrator makes by hand."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, language_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.people import about, actions, registers, year
from schemas.people import (
    Assignments,
    Calendar,
    ClassList,
    ClassPupils,
    CloseDay,
    Custody,
    FoundPupils,
    NewPhone,
    NewPupil,
    PupilCard,
    PupilMade,
    SchoolAbout,
    SchoolYear,
    SchoolYearIn,
    StaffList,
    StaffMe,
    Transfer,
)

AnyRequest = Request[Any, Any, Any]
SCHOOL = "/v1/schools/{school_id:int}"


def _today(request: AnyRequest) -> date:
    return school_day(house_of(request).clock.now())


# Reading


@get(
    SCHOOL + "/me",
    tags=["people"],
    responses={200: ResponseSpec(StaffMe, description="Who you are here", generate_examples=False)},
    **STAFF,
)
async def staff_me(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Who the reader is in this school: roles, and which classes and subjects."""
    found = await registers.me_json(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        today=_today(request),
        language=language_of(request),
    )
    return json_bytes(found)


@get(
    SCHOOL + "/classes",
    tags=["people"],
    responses={200: ResponseSpec(ClassList, description="By grade", generate_examples=False)},
    **STAFF,
)
async def classes(
    request: AnyRequest,
    school_id: FromPath[int],
    school_year: FromQuery[
        Annotated[str | None, Parameter(max_length=9, description="2026-2027; the current one when left out")]
    ] = None,
) -> Response[bytes]:
    """The classes of a school year with their size and homeroom teacher, and what the reader is to each."""
    found = await registers.classes_json(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        today=_today(request),
        school_year=school_year,
    )
    return json_bytes(found)


@get(
    SCHOOL + "/classes/{class_id:uuid}/pupils",
    tags=["people"],
    responses={200: ResponseSpec(ClassPupils, description="In the order of class lists", generate_examples=False)},
    **STAFF,
)
async def class_pupils(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    """The class list, for its teachers, the accountant and the administrator."""
    found = await registers.class_pupils_json(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        today=_today(request),
    )
    return json_bytes(found)


@get(SCHOOL + "/pupils", tags=["people"], **STAFF)
async def find_pupils(
    request: AnyRequest,
    school_id: FromPath[int],
    q: FromQuery[Annotated[str, Parameter(min_length=1, max_length=60, description="A name, with or without marks")]],
) -> FoundPupils:
    """Pupils by the beginning of any part of the name, school code, or a whole personal number; twenty at most."""
    house = house_of(request)
    return await registers.search_pupils(
        house.database.reader, house.cipher, school_id, principal_of(request).account_id, q, today=_today(request)
    )


@get(SCHOOL + "/pupils/{pupil_id:uuid}", tags=["people"], **STAFF)
async def pupil_card(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> PupilCard:
    """A pupil with guardians, for the homeroom teacher, the accountant and the administrator."""
    house = house_of(request)
    return await registers.pupil_card(
        house.database.reader,
        house.cipher,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        today=_today(request),
    )


@get(SCHOOL + "/staff", tags=["people"], **STAFF)
async def staff(request: AnyRequest, school_id: FromPath[int]) -> StaffList:
    """Everybody who works here, with roles and classes, for the administrator."""
    return await registers.staff_list(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        today=_today(request),
        language=language_of(request),
    )


@get(
    SCHOOL + "/calendar",
    tags=["people"],
    responses={200: ResponseSpec(Calendar, description="Newest first", generate_examples=False)},
    **STAFF,
)
async def calendar(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """School years with their semesters, and the days the school is closed this year."""
    found = await registers.calendar_json(
        house_of(request).database.reader, school_id, principal_of(request).account_id, today=_today(request)
    )
    return json_bytes(found)


# Changing


@post(
    SCHOOL + "/pupils",
    tags=["people"],
    status_code=201,
    responses={200: ResponseSpec(PupilMade, description="The same request was here before", generate_examples=False)},
    **STAFF,
)
async def create_pupil(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewPupil]) -> Response[PupilMade]:
    """A pupil entered by hand, into a class, with guardians."""
    made = await actions.create_pupil(house_of(request), principal_of(request), school_id, data)
    return Response(PupilMade(data.pupil_id), status_code=201 if made else 200)


@post(SCHOOL + "/pupils/{pupil_id:uuid}/transfer", tags=["people"], status_code=204, **STAFF)
async def transfer_pupil(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], data: JSONBody[Transfer]
) -> None:
    """Move a pupil to another class of the school from a day on."""
    await actions.transfer_pupil(house_of(request), principal_of(request), school_id, pupil_id, data)


@put(SCHOOL + "/guardians/{guardian_id:uuid}/phone", tags=["people"], status_code=204, **STAFF)
async def change_phone(
    request: AnyRequest, school_id: FromPath[int], guardian_id: FromPath[UUID], data: JSONBody[NewPhone]
) -> None:
    """Change or remove a guardian's telephone number. Whoever signed in with the old one no longer sees these children."""
    await actions.change_phone(house_of(request), principal_of(request), school_id, guardian_id, data.phone)


@patch(SCHOOL + "/pupils/{pupil_id:uuid}/guardians/{guardian_id:uuid}", tags=["people"], status_code=204, **STAFF)
async def set_custody(
    request: AnyRequest,
    school_id: FromPath[int],
    pupil_id: FromPath[UUID],
    guardian_id: FromPath[UUID],
    data: JSONBody[Custody],
) -> None:
    """What a guardian may see, do and receive for one child, and until when."""
    await actions.set_custody(house_of(request), principal_of(request), school_id, pupil_id, guardian_id, data)


@put(SCHOOL + "/classes/{class_id:uuid}/assignments", tags=["people"], status_code=204, **STAFF)
async def assign_teachers(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], data: JSONBody[Assignments]
) -> None:
    """Who teaches a class from today on: the homeroom teacher and each subject's."""
    await year.assign_teachers(house_of(request), principal_of(request).account_id, school_id, class_id, data)


@put(SCHOOL + "/years/{school_year:str}", tags=["people"], status_code=204, **STAFF)
async def set_school_year(
    request: AnyRequest, school_id: FromPath[int], school_year: FromPath[SchoolYear], data: JSONBody[SchoolYearIn]
) -> None:
    """Make or change a school year and its two semesters; `is_current` moves the school to it."""
    await year.set_school_year(house_of(request), principal_of(request).account_id, school_id, school_year, data)


@put(SCHOOL + "/closed-days/{on:date}", tags=["people"], status_code=204, **STAFF)
async def close_day(
    request: AnyRequest, school_id: FromPath[int], on: FromPath[date], data: JSONBody[CloseDay]
) -> None:
    """No school on this day: the province's break, a storm. No roll is taken on it."""
    await year.close_day(house_of(request), principal_of(request).account_id, school_id, on, data.reason)


@delete(SCHOOL + "/closed-days/{on:date}", tags=["people"], status_code=204, **STAFF)
async def open_day(request: AnyRequest, school_id: FromPath[int], on: FromPath[date]) -> None:
    """There is school after all."""
    await year.open_day(house_of(request), principal_of(request).account_id, school_id, on)


@get(SCHOOL + "/about", tags=["people"], **STAFF)
async def read_about(request: AnyRequest, school_id: FromPath[int]) -> SchoolAbout:
    """What the school says of itself: phones, hours, prices, menu, calendar. The chat answers with it."""
    return await about.about(house_of(request), principal_of(request), school_id)


@put(SCHOOL + "/about", tags=["people"], **STAFF)
async def change_about(request: AnyRequest, school_id: FromPath[int], data: JSONBody[SchoolAbout]) -> SchoolAbout:
    """The whole of it: an empty line is told no more."""
    return await about.change(house_of(request), principal_of(request), school_id, data, _today(request))


ROUTES: list[Any] = [
    staff_me,
    read_about,
    change_about,
    classes,
    class_pupils,
    find_pupils,
    pupil_card,
    staff,
    calendar,
    create_pupil,
    transfer_pupil,
    change_phone,
    set_custody,
    assign_teachers,
    set_school_year,
    close_day,
    open_day,
]

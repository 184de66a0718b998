"""The doors of the gradebook."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, language_of
from backend.gradebook import actions, registers
from backend.gradebook.results import encode
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.gradebook import (
    ClassAverages,
    ClassSubject,
    MarkHistory,
    MarksIn,
    MarksKept,
    MarksPublished,
    MarksToPublish,
)

AnyRequest = Request[Any, Any, Any]
SubjectCode = Annotated[str, Parameter(min_length=1, max_length=10, description="TOAN, VAN, …")]
Term = Literal[1, 2]


@put("/v1/schools/{school_id:int}/classes/{class_id:uuid}/marks", tags=["gradebook"], **STAFF)
async def enter_marks(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], data: JSONBody[MarksIn]
) -> MarksKept:
    """Enter or correct one column of marks for a class.

    Every wrong line is pointed at, and then nothing is kept. A mark that families already see needs a reason.
    """
    return await actions.enter_marks(house_of(request), principal_of(request).account_id, school_id, class_id, data)


@post(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/marks/publish",
    tags=["gradebook"],
    status_code=200,
    **STAFF,
)
async def publish_marks(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], data: JSONBody[MarksToPublish]
) -> MarksPublished:
    """Let families see what was entered; each family is told once. Publishing again changes nothing."""
    return await actions.publish_marks(house_of(request), principal_of(request).account_id, school_id, class_id, data)


@get(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/marks",
    tags=["gradebook"],
    responses={
        200: ResponseSpec(ClassSubject, description="The subject's page of the gradebook", generate_examples=False)
    },
    **STAFF,
)
async def class_subject(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    subject: FromQuery[SubjectCode],
    term: FromQuery[Term],
) -> Response[bytes]:
    """One subject of a class in one semester, with averages by circular 22."""
    house = house_of(request)
    found = await registers.class_subject(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        subject,
        term,
        today=school_day(house.clock.now()),
        language=language_of(request),
    )
    return json_bytes(encode(found))


@get(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/averages",
    tags=["gradebook"],
    responses={
        200: ResponseSpec(ClassAverages, description="Every subject's average of every pupil", generate_examples=False)
    },
    **STAFF,
)
async def class_averages(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], term: FromQuery[Term]
) -> Response[bytes]:
    """The homeroom teacher's overview of a semester."""
    house = house_of(request)
    found = await registers.class_averages(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        term,
        today=school_day(house.clock.now()),
        language=language_of(request),
    )
    return json_bytes(encode(found))


@get(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/marks/history",
    tags=["gradebook"],
    responses={200: ResponseSpec(MarkHistory, description="Newest first", generate_examples=False)},
    **STAFF,
)
async def mark_history(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    subject: FromQuery[SubjectCode],
    term: FromQuery[Term],
) -> Response[bytes]:
    """Who changed which mark after it was first entered, when, from what to what, and why."""
    house = house_of(request)
    return json_bytes(
        await registers.mark_history_json(
            house.database.reader,
            school_id,
            principal_of(request).account_id,
            class_id,
            subject,
            term,
            today=school_day(house.clock.now()),
        )
    )


ROUTES: list[Any] = [enter_marks, publish_marks, class_subject, class_averages, mark_history]

"""The doors of the roll-call."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.attendance import actions, queries
from backend.attendance.days import month_of
from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, language_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.attendance import ClassDay, ClassMonth, RollHistory, RollIn, RollTaken, Session

AnyRequest = Request[Any, Any, Any]


@put(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/roll/{on:date}/{session:str}",
    tags=["attendance"],
    **STAFF,
)
async def take_roll(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    on: FromPath[date],
    session: FromPath[Session],
    data: JSONBody[RollIn],
) -> RollTaken:
    """Take or correct the roll of a class for one session: only the exceptions are sent, everybody else is present.

    Families of pupils absent without leave are told at once, and only once a session however often the roll is corrected.
    """
    account_id = principal_of(request).account_id
    return await actions.take_roll(house_of(request), account_id, school_id, class_id, on, session, data)


@get("/v1/schools/{school_id:int}/classes/{class_id:uuid}/roll/{on:date}", tags=["attendance"], **STAFF)
async def class_day(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromPath[date]
) -> ClassDay:
    """A class on a day: its pupils, what was called, whether there is school."""
    house = house_of(request)
    return await queries.class_day(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        on,
        today=school_day(house.clock.now()),
        language=language_of(request),
    )


@get(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/roll/{on:date}/history",
    tags=["attendance"],
    responses={200: ResponseSpec(RollHistory, description="Newest first", generate_examples=False)},
    **STAFF,
)
async def roll_history(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], on: FromPath[date]
) -> Response[bytes]:
    """Who corrected which mark of a class's roll, and when."""
    house = house_of(request)
    return json_bytes(
        await queries.roll_history_json(
            house.database.reader,
            school_id,
            principal_of(request).account_id,
            class_id,
            on,
            today=school_day(house.clock.now()),
        )
    )


@get(
    "/v1/schools/{school_id:int}/classes/{class_id:uuid}/roll",
    tags=["attendance"],
    responses={200: ResponseSpec(ClassMonth, description="The register of the month", generate_examples=False)},
    **STAFF,
)
async def class_month(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    month: FromQuery[Annotated[str, Parameter(description="2026-11", pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]],
) -> Response[bytes]:
    """The monthly register of a class: which sessions were held, every exception, totals by pupil."""
    house = house_of(request)
    return json_bytes(
        await queries.class_month_json(
            house.database.reader,
            school_id,
            principal_of(request).account_id,
            class_id,
            month_of(month),
            today=school_day(house.clock.now()),
        )
    )


ROUTES: list[Any] = [take_roll, class_day, roll_history, class_month]

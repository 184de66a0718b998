"""The doors of homework for those who write it. What families read and tick is in routes_family.py."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.files.routes_serving import FILE, serve
from backend.homework import changing, looking, queries, writing
from backend.homework.routes_family import ROUTES as FAMILY
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.homework import (
    ClassHomework,
    HomeworkChange,
    HomeworkDetail,
    HomeworkKept,
    HomeworkLook,
    HomeworkRevision,
    NewHomework,
)

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/homework"
ONE = ROOT + "/{homework_id:uuid}"
TAGS = ["homework"]


@post(
    ROOT,
    tags=TAGS,
    status_code=201,
    responses={200: ResponseSpec(HomeworkKept, description="All of it was here before", generate_examples=False)},
    **STAFF,
)
async def write_homework(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewHomework]
) -> Response[HomeworkKept]:
    """Write homework: several subjects, things to bring, parallel classes at once. All of it is written, or nothing.

    With a subject it is for its teacher in the class, the homeroom teacher or an administrator; without one for whoever teaches the class.
    Families are told once a day, whatever is added after it.
    """
    kept, new = await writing.write(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(kept, status_code=201 if new else 200)


@post(ROOT + "/look", tags=TAGS, status_code=200, **STAFF)
async def look_at_homework(request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewHomework]) -> HomeworkLook:
    """Before it is written: a child's private data, children compared, and days without school. Nothing is kept."""
    house, account_id = house_of(request), principal_of(request).account_id
    now = house.clock.now()
    return await looking.look(house.database.reader, account_id, school_id, data.lines, now, language_of(request))


@get("/v1/schools/{school_id:int}/classes/{class_id:uuid}/homework", tags=TAGS, **STAFF)
async def class_homework(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> ClassHomework:
    """What a class was given in the last fortnight and what is still due, with how many families have seen it."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    return await queries.of_class(house.database.reader, school_id, account_id, class_id, today, language_of(request))


@get(ONE, tags=TAGS, **STAFF)
async def one_homework(request: AnyRequest, school_id: FromPath[int], homework_id: FromPath[UUID]) -> HomeworkDetail:
    """Every wording, and child by child whether a guardian has seen it and the family has ticked it. No ranking."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    return await queries.one(house.database.reader, school_id, account_id, homework_id, today, language_of(request))


@put(ONE, tags=TAGS, **STAFF)
async def change_homework(
    request: AnyRequest, school_id: FromPath[int], homework_id: FromPath[UUID], data: JSONBody[HomeworkChange]
) -> HomeworkRevision:
    """Change it as a whole. The earlier wording stays; nobody is told again."""
    return await changing.change(house_of(request), principal_of(request).account_id, school_id, homework_id, data)


@post(ONE + "/withdraw", tags=TAGS, status_code=204, **STAFF)
async def withdraw_homework(request: AnyRequest, school_id: FromPath[int], homework_id: FromPath[UUID]) -> None:
    """Take it out of the families' sight. It stays for the class's teachers."""
    await changing.withdraw(house_of(request), principal_of(request).account_id, school_id, homework_id)


@get(ONE + "/files/{file_id:uuid}", tags=TAGS, responses={200: FILE}, **STAFF)
async def staff_homework_file(
    request: AnyRequest, school_id: FromPath[int], homework_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """A picture or PDF of homework, also of an earlier wording, for whoever teaches the class."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    await queries.require_file(house.database.reader, school_id, account_id, homework_id, file_id, today)
    return await serve(request, school_id, file_id)


ROUTES: list[Any] = [
    write_homework,
    look_at_homework,
    class_homework,
    one_homework,
    change_homework,
    withdraw_homework,
    staff_homework_file,
    *FAMILY,
]

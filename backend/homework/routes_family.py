"""Homework's doors for families: reading, files, the family's own ticks, and that it has been seen."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from backend.core.clock import school_day
from backend.core.http import house_of, json_bytes, language_of, not_modified, unchanged
from backend.core.problems import NOT_FOUND
from backend.family.versions import etag, pupil_version
from backend.files.routes_serving import FILE, serve
from backend.homework import family
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from schemas.homework import PupilHomework

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/family/schools/{school_id:int}/pupils/{pupil_id:uuid}/homework"
ONE = ROOT + "/{homework_id:uuid}"
TAGS = ["homework"]


@get(
    ROOT,
    tags=TAGS,
    responses={
        200: ResponseSpec(PupilHomework, description="By the day on which it is due", generate_examples=False),
        304: ResponseSpec(
            None, description="Nothing changed since the ETag sent in If-None-Match", generate_examples=False
        ),
    },
    **GUARDIAN,
)
async def child_homework(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """A child's homework and things to bring, from a fortnight back. Reading it here does not yet count as seen."""
    house, account_id = house_of(request), principal_of(request).account_id
    reader, today, language = house.database.reader, school_day(house.clock.now()), language_of(request)
    if "if-none-match" in request.headers:
        version = await pupil_version(reader, school_id, account_id, pupil_id, today)
        if version is None:
            raise NOT_FOUND()
        tag = etag("homework1", today, language, pupil_id, version)
        if unchanged(request, tag):
            return not_modified(tag)
    found = await family.of_child(reader, school_id, account_id, pupil_id, today, language)
    if found is None:
        raise NOT_FOUND()
    tag = etag("homework1", today, language, pupil_id, found.version)
    return json_bytes(msgspec.json.encode(found.homework), etag=tag)


@post(ROOT + "/seen", tags=TAGS, status_code=204, **GUARDIAN)
async def see_homework(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> None:
    """The app shows the child's homework: its teachers see that the family has seen it, and the notices of it count as opened."""
    await family.look(house_of(request), principal_of(request).account_id, school_id, pupil_id)


@put(ONE + "/done", tags=TAGS, status_code=204, **GUARDIAN)
async def tick_homework(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], homework_id: FromPath[UUID]
) -> None:
    """The family ticks it: done. The child's other guardians and its teachers see the tick."""
    await family.tick(house_of(request), principal_of(request).account_id, school_id, pupil_id, homework_id, done=True)


@delete(ONE + "/done", tags=TAGS, **GUARDIAN)
async def untick_homework(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], homework_id: FromPath[UUID]
) -> None:
    """Not done after all."""
    await family.tick(house_of(request), principal_of(request).account_id, school_id, pupil_id, homework_id, done=False)


@get(ONE + "/files/{file_id:uuid}", tags=TAGS, responses={200: FILE}, **GUARDIAN)
async def child_homework_file(
    request: AnyRequest,
    school_id: FromPath[int],
    pupil_id: FromPath[UUID],
    homework_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Response[bytes]:
    """A picture or PDF of a child's homework, while it stands there."""
    house, account_id = house_of(request), principal_of(request).account_id
    today = school_day(house.clock.now())
    await family.require_file(house.database.reader, school_id, account_id, pupil_id, homework_id, file_id, today)
    return await serve(request, school_id, file_id)


ROUTES: list[Any] = [child_homework, see_homework, tick_homework, untick_homework, child_homework_file]

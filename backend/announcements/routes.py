"""The doors of announcements."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from backend.announcements import actions, queries
from backend.core.clock import school_day
from backend.core.http import house_of
from backend.core.problems import NOT_FOUND
from backend.files.routes_serving import FILE, serve, serve_area
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from notifications.audience import Reach
from schemas.announcements import Announced, AnnouncementPage, AnnouncementRow, AudienceIn, NewAnnouncement
from schemas.notifications import Receipts

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/announcements"
ONE = ROOT + "/{announcement_id:uuid}"


@post(
    ROOT,
    tags=["announcements"],
    status_code=201,
    responses={200: ResponseSpec(Announced, description="The same request was here before", generate_examples=False)},
    **STAFF,
)
async def announce(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewAnnouncement]
) -> Response[Announced]:
    """Write to families at once: of the school, a grade, a class, a group, some pupils, or whoever is absent, owes, has not answered.

    Administrators write to anybody in the school, teachers to the classes they teach and their own groups. Sent twice, it is announced
    once. There is no undo here: a letter that shall wait, or be approved, begins as a draft.
    """
    made, new = await actions.announce(house_of(request), principal_of(request).account_id, school_id, data)
    return Response(made, status_code=201 if new else 200)


@post(ROOT + "/preview", tags=["announcements"], status_code=200, **STAFF)
async def preview(request: AnyRequest, school_id: FromPath[int], data: JSONBody[AudienceIn]) -> Reach:
    """How many homes an announcement would reach, and by name those whom nothing can reach."""
    return await actions.preview(house_of(request), principal_of(request).account_id, school_id, data.audience)


@get(ROOT, tags=["announcements"], **STAFF)
async def announcements(
    request: AnyRequest,
    school_id: FromPath[int],
    before: FromQuery[Annotated[UUID | None, Parameter(description="`next` of the page before")]] = None,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=50)]] = 20,
) -> AnnouncementPage:
    """What was announced, newest first, with how many families have opened and acknowledged it."""
    house = house_of(request)
    return await queries.announcements(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        today=school_day(house.clock.now()),
        before=before,
        limit=limit,
    )


@get(ONE, tags=["announcements"], **STAFF)
async def announcement(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]
) -> AnnouncementRow:
    """One announcement with how far it has come."""
    house = house_of(request)
    return await queries.announcement(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        today=school_day(house.clock.now()),
    )


@get(ONE + "/receipts", tags=["announcements"], **STAFF)
async def receipts(
    request: AnyRequest,
    school_id: FromPath[int],
    announcement_id: FromPath[UUID],
    class_id: FromQuery[Annotated[UUID | None, Parameter(description="Only the families of this class")]] = None,
) -> Receipts:
    """Who has received, opened and acknowledged it, by name. A class's teachers ask with `class_id` for their own families."""
    house = house_of(request)
    return await queries.receipts(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        class_id=class_id,
        today=school_day(house.clock.now()),
    )


@get(ONE + "/files/{file_id:uuid}", tags=["announcements"], responses={200: FILE}, **STAFF)
async def announcement_file(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], file_id: FromPath[UUID]
) -> Response[bytes]:
    """What is attached to it, for staff whom it concerns. Families read it at their notice."""
    house = house_of(request)
    row = await queries.announcement(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        today=school_day(house.clock.now()),
    )
    if file_id not in [one.file_id for one in row.files]:
        raise NOT_FOUND()
    if file_id in row.area_file_ids:
        return await serve_area(request, file_id)
    return await serve(request, school_id, file_id)


@post(ONE + "/recall", tags=["announcements"], status_code=204, **STAFF)
async def recall(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> None:
    """Take an announcement back: families no longer see it, and what still waits is not sent."""
    account_id = principal_of(request).account_id
    await actions.recall_announcement(house_of(request), account_id, school_id, announcement_id)


ROUTES: list[Any] = [announce, preview, announcements, announcement, receipts, announcement_file, recall]

"""The doors for following an announcement: counts, counts as they happen, one person's story, the list as a file, asking again."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from backend.announcements import following, receipts_file
from backend.core.catalogue import say
from backend.core.clock import school_day
from backend.core.http import followed, house_of, json_bytes, language_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from notifications.progress import progress
from payments.reports import csv_text, xlsx
from payments.reports.table import Table
from schemas.announcements import AskAgain, AskedAgain
from schemas.notifications import Happenings, Progress

AnyRequest = Request[Any, Any, Any]

ONE = "/v1/schools/{school_id:int}/announcements/{announcement_id:uuid}"


@get(
    ONE + "/progress",
    tags=["announcements"],
    responses={200: ResponseSpec(Progress, description="Counts so far")},
    **STAFF,
)
async def get_progress(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]
) -> Response[bytes]:
    """How far it has come, for its author and the administrator."""
    notice_id = await _followed(request, school_id, announcement_id)
    return json_bytes(await progress(house_of(request).database.reader, school_id, notice_id))


@get(
    ONE + "/live",
    tags=["announcements"],
    responses={
        200: ResponseSpec(
            str, media_type="text/event-stream", description="Progress, as events", generate_examples=False
        )
    },
    **STAFF,
)
async def follow(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Stream:
    """The same as server-sent events: at once, and whenever it changes. Ends after some minutes; browsers then ask again by themselves."""
    house = house_of(request)
    notice_id = await _followed(request, school_id, announcement_id)
    # Author and administrator see the same counts, so whoever may follow shares one look.
    return followed(
        request, f"notice:{school_id}:{notice_id}", lambda: progress(house.database.reader, school_id, notice_id)
    )


@get(ONE + "/receipts/{guardian_id:uuid}", tags=["announcements"], **STAFF)
async def get_happenings(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], guardian_id: FromPath[UUID]
) -> Happenings:
    """Everything that channels and devices said about one guardian, in order of time."""
    house = house_of(request)
    return await following.of_one(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        guardian_id,
        today=school_day(house.clock.now()),
    )


@get(
    ONE + "/receipts.xlsx",
    tags=["announcements"],
    responses={200: ResponseSpec(bytes, media_type=xlsx.XLSX, description="A row a guardian", generate_examples=False)},
    **STAFF,
)
async def receipts_workbook(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]
) -> Response[bytes]:
    """Who has received, opened and acknowledged it, as a workbook."""
    data = await xlsx.written([await _receipts_table(request, school_id, announcement_id)])
    return _file(data, xlsx.XLSX, "receipts.xlsx")


@get(
    ONE + "/receipts.csv",
    tags=["announcements"],
    responses={
        200: ResponseSpec(bytes, media_type="text/csv", description="A row a guardian", generate_examples=False)
    },
    **STAFF,
)
async def receipts_csv(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]
) -> Response[bytes]:
    """Who has received, opened and acknowledged it, as CSV."""
    data = csv_text.written(await _receipts_table(request, school_id, announcement_id))
    return _file(data, csv_text.CSV, "receipts.csv")


@post(ONE + "/again", tags=["announcements"], status_code=200, **STAFF)
async def ask_again(
    request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID], data: JSONBody[AskAgain]
) -> AskedAgain:
    """Say it once more to those who have not acknowledged it, or not opened it where no answer was asked. At most once an hour."""
    return await following.ask_again(
        house_of(request), principal_of(request).account_id, school_id, announcement_id, data.reminder_id
    )


async def _followed(request: AnyRequest, school_id: int, announcement_id: UUID) -> UUID:
    house = house_of(request)
    return await following.followed(
        house.database.reader,
        school_id,
        principal_of(request).account_id,
        announcement_id,
        today=school_day(house.clock.now()),
    )


async def _receipts_table(request: AnyRequest, school_id: int, announcement_id: UUID) -> Table:
    house, language = house_of(request), language_of(request)
    now = house.clock.now()
    letter, found = await following.everybody(
        house.database.reader, school_id, principal_of(request).account_id, announcement_id, today=school_day(now)
    )
    return receipts_file.as_table(
        found,
        language,
        title=letter.title,
        subtitle=say("console.who_has_read", language),
        school_name=letter.school_name,
        made_at=now,
    )


def _file(data: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(data, media_type=media_type, headers=headers)


ROUTES: list[Any] = [get_progress, follow, get_happenings, receipts_workbook, receipts_csv, ask_again]

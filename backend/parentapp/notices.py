"""What was sent to the family: the list, one notice, and taking note of it. Opening a notice here is opening it."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.announcements.family import family_letter
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND
from backend.dossiers.family import of_notice as dossier_of_notice
from backend.family.actions import answer_notice
from backend.family.queries import inbox, notice
from backend.homework.family import rung_for
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.messages.queries import thread_of_notice
from backend.pages import go, page
from backend.parentapp.family import AnyRequest, today

_PAGE_SIZE = 20
_NOTICE = "/app/{school_id:int}/notices/{notice_id:uuid}"


@get("/app/notices", include_in_schema=False, **GUARDIAN)
async def notices_page(request: AnyRequest, before: FromQuery[UUID | None] = None) -> Response[bytes]:
    principal = principal_of(request)
    found = await inbox(
        house_of(request).database.reader,
        principal.account_id,
        principal.guardian_in,
        today(request),
        language=language_of(request),
        before=before,
        limit=_PAGE_SIZE,
    )
    return page(request, "app/notices.html", inbox=found)


@get(_NOTICE, include_in_schema=False, **GUARDIAN)
async def notice_page(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> Response[bytes]:
    house = house_of(request)
    reader, account_id = house.database.reader, principal_of(request).account_id
    letter = await family_letter(reader, school_id, account_id, notice_id, house.clock.now())
    found = await notice(
        reader,
        school_id,
        account_id,
        notice_id,
        today(request),
        language=language_of(request),
        schools=principal_of(request).guardian_in,
    )
    if found is None:
        if letter is None or letter.recalled_at is None:
            # Of a class's bells for homework only the newest stands; what an older one rang for is read where it always is.
            pupil_id = await rung_for(reader, school_id, account_id, notice_id, today(request))
            if pupil_id is None:
                raise NOT_FOUND()
            return go(f"/app/{school_id}/children/{pupil_id}/homework")
        return page(request, "app/recalled.html", status=410, letter=letter)
    if found.opened_at is None:
        await answer_notice(house, account_id, school_id, notice_id, "opened")
    if found.of is not None:
        return go(f"/app/{school_id}/notices/{found.of}")
    if found.kind == "message":
        thread_id = await thread_of_notice(reader, school_id, notice_id)
        if thread_id is not None:
            return go(f"/app/{school_id}/messages/{thread_id}")
    if found.kind == "homework" and len(found.children) == 1:
        return go(f"/app/{school_id}/children/{found.children[0].pupil_id}/homework")
    if found.kind == "dossier":
        dossier_id = await dossier_of_notice(reader, school_id, notice_id)
        if dossier_id is not None:
            return go(f"/app/{school_id}/dossiers/{dossier_id}")
    return page(request, "app/notice.html", notice=found, letter=letter)


@post(_NOTICE, include_in_schema=False, **GUARDIAN)
async def take_note(request: AnyRequest, school_id: FromPath[int], notice_id: FromPath[UUID]) -> Response[bytes]:
    await answer_notice(house_of(request), principal_of(request).account_id, school_id, notice_id, "acknowledged")
    return go(request.scope["path"], "parentapp.acknowledged")


ROUTES: list[Any] = [notices_page, notice_page, take_note]

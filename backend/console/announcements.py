"""Writing to families: the list, the form, the look before sending, and who has read it by name. The announcements room decides."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.announcements import draft_queries, drafts, happenings
from backend.announcements import queries as announced
from backend.announcements.actions import recall_announcement
from backend.announcements.audiences import require_audience
from backend.announcements.leaving import publish_due
from backend.announcements.looking import checked, look
from backend.announcements.rules import rules_of
from backend.console import queries
from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.writing import BODY_BYTES_MAX, FormRefused, letter_form, letter_of, read_letter_form, to_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import BAD_REQUEST, FORBIDDEN, NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import go
from schemas.announcements import AnnouncementRow
from schemas.drafts import DraftIn, DraftSend, Letter
from schemas.notifications import Receipts

_ROOT = "/console/{school_id:int}/announcements"
_ONE = _ROOT + "/{announcement_id:uuid}"
_SHOWN_MAX = 300


@get(_ROOT, include_in_schema=False, **STAFF)
async def announcements_page(
    request: AnyRequest, school_id: FromPath[int], before: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """What has left, newest first; above it what has not: own drafts, and for administrators what waits for them."""
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    found = await announced.announcements(reader, school_id, account_id, today=today_of(request), before=before)
    unsent = await draft_queries.drafts(reader, school_id, account_id, today=today_of(request))
    return console_page(request, desk, "console/announcements.html", page=found, drafts=[] if before else unsent.drafts)


@get(_ROOT + "/new", include_in_schema=False, **STAFF)
async def new_page(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromQuery[UUID | None] = None,
    to: FromQuery[str | None] = None,
    template: FromQuery[str | None] = None,
    corrects: FromQuery[UUID | None] = None,
) -> Response[bytes]:
    """`template`: begun from a model; `corrects`: begun from the words of an earlier letter."""
    form = {"to": to or (f"class:{class_id}" if class_id else "")}
    if corrects is not None:
        reader, account_id = house_of(request).database.reader, principal_of(request).account_id
        row = await announced.announcement(reader, school_id, account_id, corrects, today=today_of(request))
        form = {"to": to_of(row.audience), "title": row.title, "body": row.body, "corrects": str(corrects)}
        form |= {"needs_acknowledgement": "yes"} if row.needs_acknowledgement else {}
    page: Response[bytes] = await letter_form(request, school_id, form, template=template or "")
    return page


@post(_ROOT + "/new", include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def look_or_send(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """`do`: look (before anything is sent), change (back to the form), save, send."""
    await desk_of(request, school_id)
    page: Response[bytes]
    try:
        form = await read_letter_form(request, school_id)
    except FormRefused as refused:
        page = await letter_form(request, school_id, refused.form, refused=refused.problem)
        return page
    if form.get("do") == "change":
        page = await letter_form(request, school_id, form)
        return page
    try:
        letter = letter_of(form)
        if form.get("do") in ("save", "send"):
            return await _kept(request, school_id, form, letter)
        return await _look(request, school_id, form, letter)
    except Problem as problem:
        page = await letter_form(request, school_id, form, refused=shown_in_form(problem))
        return page


async def _kept(request: AnyRequest, school_id: int, form: dict[str, str], letter: Letter) -> Response[bytes]:
    """Saved; and sent, if that is wanted. Where there is no moment to think again, it has left when the next page is shown."""
    house, account_id = house_of(request), principal_of(request).account_id
    announcement_id, was = _ids(form)
    if letter.audience is not None:
        await require_audience(house.database.reader, school_id, account_id, letter.audience, today_of(request))
    version = await drafts.save(house, account_id, school_id, announcement_id, DraftIn(letter, was))
    here = f"/console/{school_id}/announcements/drafts/{announcement_id}"
    if form.get("do") == "save":
        return go(here, "writing.saved")
    try:
        state = await drafts.send(house, account_id, school_id, announcement_id, DraftSend(version))
    except Problem:
        form["version"] = str(version)  # it is saved, and the form goes on from there
        raise
    if state == "scheduled" and not (await rules_of(house.database.reader, school_id)).undo_seconds:
        await publish_due(house, school_id)
    return go(here)


def _ids(form: dict[str, str]) -> tuple[UUID, int]:
    try:
        return UUID(form.get("announcement_id", "")), int(form.get("version") or 0)
    except ValueError as error:
        raise BAD_REQUEST() from error


async def _look(request: AnyRequest, school_id: int, form: dict[str, str], letter: Letter) -> Response[bytes]:
    """Everything that sending would refuse is refused here already, so that the next page's button sends."""
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    drafts.require_whole(letter, house.clock.now())
    seen = await look(house, account_id, school_id, letter, language=language_of(request))
    return console_page(
        request,
        desk,
        "console/announcement_look.html",
        back_path=f"/console/{school_id}/announcements/new",
        form={name: value for name, value in form.items() if name != "do"},
        new=letter,
        look=seen,
        files=letter.file_ids,
    )


@get(_ONE, include_in_schema=False, **STAFF)
async def announcement_page(
    request: AnyRequest,
    school_id: FromPath[int],
    announcement_id: FromPath[UUID],
    class_id: FromQuery[UUID | None] = None,
    show: FromQuery[str | None] = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    row = await announced.announcement(reader, school_id, account_id, announcement_id, today=today_of(request))
    found, chosen, classes = await _receipts(request, school_id, row, class_id)
    people = found.recipients if found else []
    waiting = [one for one in people if (one.acknowledged_at if row.needs_acknowledgement else one.opened_at) is None]
    shown = waiting if show == "waiting" else people
    return console_page(
        request,
        desk,
        "console/announcement.html",
        back_path=f"/console/{school_id}/announcements/{announcement_id}",
        row=row,
        letter=row,
        following=await _following(request, school_id, row),
        seen=await _seen(request, school_id, row) if desk.admin or row.mine else None,
        form_id=new_id(),
        receipts=found,
        people=shown[:_SHOWN_MAX],
        more=max(0, len(shown) - _SHOWN_MAX) + (found.more if found else 0),
        show=show,
        waiting=len(waiting),
        reminder_id=new_id(),
        class_id=chosen,
        classes=classes,
    )


async def _following(request: AnyRequest, school_id: int, row: AnnouncementRow) -> Any:
    try:
        return await happenings.following(
            house_of(request), principal_of(request).account_id, school_id, row.announcement_id
        )
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        return None


async def _seen(request: AnyRequest, school_id: int, row: AnnouncementRow) -> Any:
    """The days and deeds that the letter names, for one tap each. Days that are over ask nothing."""
    letter = Letter(row.title, row.body, row.audience, corrects=row.announcement_id)
    found = await checked(house_of(request).database.reader, school_id, letter, row.audience, row.published_at)
    days = sorted({*found.facts.dates, *(one.on for one in found.resolved)})
    coming = [one for one in days if one >= today_of(request)]
    return {
        "days": coming,
        "ids": {one: new_id() for one in coming},
        "place": found.facts.place,
        "due_on": min((one for one in found.deadlines if one >= today_of(request)), default=None),
    }


async def _receipts(
    request: AnyRequest, school_id: int, row: AnnouncementRow, class_id: UUID | None
) -> tuple[Receipts | None, UUID | None, list[queries.ClassToday]]:
    """Whose reading the reader may see: everybody's for author and administrator, the own class's for a teacher."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = today_of(request)
    classes = (await queries.today(reader, school_id, account_id, on=today)).classes
    for which in (class_id, *(one.class_id for one in classes if one.mine and class_id is None)):
        try:
            found = await announced.receipts(
                reader, school_id, account_id, row.announcement_id, class_id=which, today=today
            )
        except Problem as problem:
            if problem.kind is not FORBIDDEN:
                raise
            continue
        return found, which, classes
    return None, None, classes


@post(_ONE + "/recall", include_in_schema=False, **STAFF)
async def recall(request: AnyRequest, school_id: FromPath[int], announcement_id: FromPath[UUID]) -> Response[bytes]:
    await recall_announcement(house_of(request), principal_of(request).account_id, school_id, announcement_id)
    return go(f"/console/{school_id}/announcements/{announcement_id}", "console.recalled")


ROUTES: list[Any] = [announcements_page, new_page, look_or_send, announcement_page, recall]

"""Writing to families: the form, the look before sending, and who has read it by name. The announcements room decides."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.announcements import queries as announced
from backend.announcements.actions import announce, preview, recall_announcement
from backend.console import queries
from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, INVALID, FieldError, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.people.registers import class_pupils_json
from schemas.announcements import AnnouncementRow, NewAnnouncement
from schemas.notifications import Receipts
from schemas.people import ClassPupils

_ROOT = "/console/{school_id:int}/announcements"
_ONE = _ROOT + "/{announcement_id:uuid}"
_SHOWN_MAX = 300
_PUPILS = msgspec.json.Decoder(ClassPupils)
_NOBODY = FieldError("/to", "Chọn nơi nhận.", "Choose who should get this.")


@get(_ROOT, include_in_schema=False, **STAFF)
async def announcements_page(
    request: AnyRequest, school_id: FromPath[int], before: FromQuery[UUID | None] = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    found = await announced.announcements(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        today=today_of(request),
        before=before,
    )
    return console_page(request, desk, "console/announcements.html", page=found)


@get(_ROOT + "/new", include_in_schema=False, **STAFF)
async def new_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromQuery[UUID | None] = None
) -> Response[bytes]:
    form = {"to": f"class:{class_id}"} if class_id else {}
    return await _form(request, school_id, form)


@post(_ROOT + "/new", include_in_schema=False, **STAFF)
async def look_or_send(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """`do`: look (who it reaches, before anything is sent), change (back to the form), send."""
    form = await read_form(request)
    if form.get("do") == "change":
        return await _form(request, school_id, form)
    account_id = principal_of(request).account_id
    try:
        new = into(NewAnnouncement, _values(form))
        if form.get("do") != "send":
            reached = await preview(house_of(request), account_id, school_id, new.audience)
            return await _look(request, school_id, form, new, reached)
        made, _ = await announce(house_of(request), account_id, school_id, new)
    except Problem as problem:
        return await _form(request, school_id, form, refused=Refusal(shown_in_form(problem), language_of(request)))
    path = f"/console/{school_id}/announcements/{made.announcement_id}"
    return go(path, "console.announced", guardians=made.guardians)


def _values(form: dict[str, str]) -> dict[str, Any]:
    return {
        "announcement_id": form.get("announcement_id", ""),
        "title": form.get("title", "").strip(),
        "body": form.get("body", "").strip(),
        "audience": _audience(form),
        "needs_acknowledgement": form.get("needs_acknowledgement") == "yes",
        "urgent": form.get("urgent") == "yes",
    }


def _audience(form: dict[str, str]) -> dict[str, Any]:
    """`school`, `grade:6`, `class:<id>`; and of a class, the pupils that were ticked, if any."""
    kind, _, which = form.get("to", "").partition(":")
    ticked = [name.removeprefix("pupil-") for name in form if name.startswith("pupil-")]
    if kind == "class" and ticked and form.get("some") == "yes":
        return {"kind": "pupils", "pupil_ids": ticked}
    if kind == "class":
        return {"kind": "class", "class_id": which}
    if kind == "grade" and which.isdigit():
        return {"kind": "grade", "grade": int(which)}
    if kind == "school":
        return {"kind": "school"}
    raise INVALID(_NOBODY)


async def _form(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = await queries.today(reader, school_id, account_id, on=today_of(request))
    classes = today.classes if desk.admin else [one for one in today.classes if one.mine]
    return console_page(
        request,
        desk,
        "console/announcement_form.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/announcements/new",
        form=form,
        announcement_id=form.get("announcement_id") or new_id(),
        classes=classes,
        grades=sorted({one.grade for one in classes}) if desk.admin else [],
        pupils=await _pupils_of(request, school_id, form),
        refused=refused,
    )


async def _pupils_of(request: AnyRequest, school_id: int, form: dict[str, str]) -> ClassPupils | None:
    """The list to tick pupils from, when the form is about one class that the reader may read."""
    kind, _, which = form.get("to", "").partition(":")
    if kind != "class":
        return None
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    try:
        return _PUPILS.decode(
            await class_pupils_json(reader, school_id, account_id, UUID(which), today=today_of(request))
        )
    except (ValueError, Problem):
        return None


async def _look(
    request: AnyRequest, school_id: int, form: dict[str, str], new: NewAnnouncement, reached: Any
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    return console_page(
        request,
        desk,
        "console/announcement_look.html",
        back_path=f"/console/{school_id}/announcements/new",
        form={name: value for name, value in form.items() if name != "do"},
        new=new,
        reach=reached,
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
        receipts=found,
        people=shown[:_SHOWN_MAX],
        more=max(0, len(shown) - _SHOWN_MAX),
        show=show,
        waiting=len(waiting),
        reminder_id=new_id(),
        class_id=chosen,
        classes=classes,
    )


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

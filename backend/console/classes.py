"""The roll at the console: classes, one class, its teachers. The roll's own actions decide who may change what."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import queries
from backend.console.desks import AnyRequest, admin_desk, console_page, desk_of, done_or_shown, today_of
from backend.core.http import house_of, language_of
from backend.core.problems import NOT_FOUND
from backend.identity.entitlement import standing
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from backend.people.registers import class_pupils_json, classes_json, search_pupils, staff_list
from backend.people.year import assign_teachers
from schemas.people import Assignments, ClassList, ClassPupils, StaffRow

_CLASSES = "/console/{school_id:int}/classes"
_CLASS = _CLASSES + "/{class_id:uuid}"
_LIST = msgspec.json.Decoder(ClassList)
_PUPILS = msgspec.json.Decoder(ClassPupils)


@get(_CLASSES, include_in_schema=False, **STAFF)
async def classes_page(
    request: AnyRequest, school_id: FromPath[int], find: FromQuery[str | None] = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    reader, today = house.database.reader, today_of(request)
    listed = _LIST.decode(await classes_json(reader, school_id, account_id, today=today))
    found = None
    if find and find.strip():
        found = await search_pupils(reader, house.cipher, school_id, account_id, find[:100], today=today)
    return console_page(request, desk, "console/classes.html", listed=listed, find=find or "", found=found)


@get(_CLASS, include_in_schema=False, **STAFF)
async def class_page(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = today_of(request)
    pupils = _PUPILS.decode(await class_pupils_json(reader, school_id, account_id, class_id, today=today))
    here = await standing(reader, school_id, account_id, class_id=class_id, on=today)
    one = await _class_today(request, school_id, class_id)
    return console_page(request, desk, "console/class.html", pupils=pupils, one=one, here=here)


async def _class_today(request: AnyRequest, school_id: int, class_id: UUID) -> queries.ClassToday | None:
    """None for a class of an earlier year."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = await queries.today(reader, school_id, account_id, on=today_of(request))
    return next((one for one in today.classes if one.class_id == class_id), None)


@get(_CLASS + "/teachers", include_in_schema=False, **STAFF)
async def teachers_page(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    return await _show_teachers(request, school_id, class_id)


@post(_CLASS + "/teachers", include_in_schema=False, **STAFF)
async def change_teachers(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    """Every select of the form is one assignment: `homeroom.…` or `subject.CODE.…`; an empty one is none."""
    await admin_desk(request, school_id)
    form = await read_form(request)
    lines = []
    for name, staff_id in form.items():
        kind, _, rest = name.partition(".")
        if kind in ("homeroom", "subject") and staff_id:
            code = rest.partition(".")[0] if kind == "subject" else ""
            lines.append({"staff_id": staff_id, "kind": kind, "subject_code": code})

    async def assign() -> None:
        wanted = into(Assignments, {"assignments": lines})
        await assign_teachers(house_of(request), principal_of(request).account_id, school_id, class_id, wanted)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show_teachers(request, school_id, class_id, refused=refused)

    path = f"/console/{school_id}/classes/{class_id}"
    return await done_or_shown(request, assign(), again, path, "console.teachers_assigned")


async def _show_teachers(
    request: AnyRequest, school_id: int, class_id: UUID, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    one = await _class_today(request, school_id, class_id)
    if one is None:
        raise NOT_FOUND()
    listed = await staff_list(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        today=today_of(request),
        language=language_of(request),
    )
    return console_page(
        request,
        desk,
        "console/teachers.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/classes/{class_id}/teachers",
        one=one,
        staff=listed.staff,
        now=_teaching(listed.staff, class_id),
        refused=refused,
    )


def _teaching(staff: list[StaffRow], class_id: UUID) -> dict[str, list[UUID]]:
    """Subject code (empty: homeroom) → who teaches it in the class now."""
    found: dict[str, list[UUID]] = {}
    for member in staff:
        for line in member.assignments:
            if line.class_id == class_id:
                found.setdefault(line.subject_code, []).append(member.staff_id)
    return found


ROUTES: list[Any] = [classes_page, class_page, teachers_page, change_teachers]

"""Groups of pupils: the list, and one with its pupils to tick. The announcements room decides who may keep which."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.announcements import groups
from backend.console import queries
from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.writing import pupils_of, uuid_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import FORBIDDEN, NOT_FOUND, Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from schemas.groups import Group, GroupIn

_ROOT = "/console/{school_id:int}/groups"
_ONE = _ROOT + "/{group_id:uuid}"


@get(_ROOT, include_in_schema=False, **STAFF)
async def groups_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    found = await groups.groups(house_of(request), principal_of(request).account_id, school_id)
    return console_page(request, desk, "console/groups.html", groups=found.groups, fresh_id=new_id())


@get(_ONE, include_in_schema=False, **STAFF)
async def group_page(
    request: AnyRequest, school_id: FromPath[int], group_id: FromPath[UUID], class_id: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """Also the form of a new one: an id that nobody has used yet."""
    found = await _found(request, school_id, group_id)
    form = {"name": found.name, "kind": found.kind, "owner": str(found.owner_staff_id)} if found else {}
    return await _show(request, school_id, group_id, found, form, class_id)


@post(_ONE, include_in_schema=False, **STAFF)
async def change(request: AnyRequest, school_id: FromPath[int], group_id: FromPath[UUID]) -> Response[bytes]:
    """`do`: add (show another class to tick from), save, close."""
    form = await read_form(request)
    house, account_id = house_of(request), principal_of(request).account_id
    if form.get("do") == "close":
        await groups.close_group(house, account_id, school_id, group_id)
        return go(f"/console/{school_id}/groups", "writing.group_closed")
    values: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "kind": form.get("kind", ""),
        "pupil_ids": [name.removeprefix("pupil-") for name in form if name.startswith("pupil-")],
        "owner_staff_id": form.get("owner") or None,
    }
    try:
        await groups.put_group(house, account_id, school_id, group_id, into(GroupIn, values))
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        found = await _found(request, school_id, group_id)
        return await _show(
            request, school_id, group_id, found, form, uuid_of(form.get("class_id", "")), refused=refused
        )
    if form.get("do") == "add" and (class_id := uuid_of(form.get("class_id", ""))):
        return go(f"/console/{school_id}/groups/{group_id}?class_id={class_id}", "writing.group_saved")
    return go(f"/console/{school_id}/groups/{group_id}", "writing.group_saved")


async def _found(request: AnyRequest, school_id: int, group_id: UUID) -> Group | None:
    try:
        return await groups.group(house_of(request), principal_of(request).account_id, school_id, group_id)
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        return None


async def _show(
    request: AnyRequest,
    school_id: int,
    group_id: UUID,
    found: Group | None,
    form: dict[str, str],
    class_id: UUID | None,
    *,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    today = await queries.today(reader, school_id, account_id, on=today_of(request))
    classes = today.classes if desk.admin else [one for one in today.classes if one.mine]
    if not desk.admin and found is None and not classes:
        raise FORBIDDEN()
    return console_page(
        request,
        desk,
        "console/group.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/groups/{group_id}",
        group_id=group_id,
        group=found,
        form=form,
        classes=classes,
        room=await pupils_of(request, school_id, class_id),
        class_id=class_id,
        staff=await queries.staff_names(reader, school_id) if desk.admin else [],
        refused=refused,
    )


ROUTES: list[Any] = [groups_page, group_page, change]

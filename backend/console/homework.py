"""A class's homework at the console: writing several subjects at once, who has seen it, changing and withdrawing. The homework room decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.console.homework_form import copied, in_fields, lines_of, marks_of
from backend.console.writing import BODY_BYTES_MAX, FormRefused, file_ids_of, read_letter_form
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import BAD_REQUEST, Problem
from backend.homework import changing, queries, writing
from backend.homework.desk import Desk, ahead_of, desk_of_class
from backend.homework.looking import look
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go
from backend.pages.forms import into, whole_number
from schemas.homework import HomeworkChange, HomeworkLook, NewHomework

_CLASS = "/console/{school_id:int}/classes/{class_id:uuid}/homework"
_ONE = "/console/{school_id:int}/homework/{homework_id:uuid}"


@get(_CLASS, include_in_schema=False, **STAFF)
async def homework_page(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    return await _show(request, school_id, await _desk(request, school_id, class_id))


async def _desk(request: AnyRequest, school_id: int, class_id: UUID) -> Desk:
    account_id = principal_of(request).account_id
    return await desk_of_class(
        house_of(request).database.reader, school_id, account_id, class_id, today_of(request)
    )  # fmt: skip


async def _show(
    request: AnyRequest,
    school_id: int,
    writes: Desk,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
    warned: HomeworkLook | None = None,
) -> Response[bytes]:
    """`warned`: what to look at once more is shown, and the next press writes, unless the new words say something else."""
    desk = await desk_of(request, school_id)
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    found = await queries.of_class(reader, school_id, account_id, writes.class_id, today, language_of(request))
    begun = form or {"key": str(new_id()), "when": "lesson" if writes.ahead.lessons else "day"}
    return console_page(
        request,
        desk,
        "console/homework.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/classes/{writes.class_id}/homework",
        writes=writes,
        homework=found,
        form={"due_on": str(writes.ahead.next_day), **begun},
        files=file_ids_of(begun),
        refused=refused,
        warned=warned,
        today=today,
    )


@post(_CLASS, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def write_homework(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    """What the checker finds is shown first; it goes out once nothing is found that its writer has not looked at."""
    house, account_id = house_of(request), principal_of(request).account_id
    writes = await _desk(request, school_id, class_id)
    try:
        form = await read_letter_form(request, school_id)
    except FormRefused as refusal:
        refused = Refusal(shown_in_form(refusal.problem), language_of(request))
        return await _show(request, school_id, writes, form=refusal.form, refused=refused)
    copies = copied(form, writes)
    ahead = {class_id: writes.ahead}
    for one in copies:
        ahead[one.class_id] = await ahead_of(house.database.reader, school_id, one.class_id, today_of(request))
    try:
        said = lines_of(form, writes, ahead, file_ids_of(form))
        found = await look(
            house.database.reader, account_id, school_id, said.lines, house.clock.now(), language_of(request)
        )
        if not marks_of(found, said) <= set(form.get("looked", "").split()):
            form["looked"] = " ".join(sorted(marks_of(found, said)))
            return await _show(request, school_id, writes, form=form, warned=found)
        try:
            await writing.write(house, account_id, school_id, NewHomework(said.lines))
        except Problem as problem:
            raise in_fields(problem, said) from problem
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _show(request, school_id, writes, form=form, refused=refused)
    rooms = ", ".join([writes.class_name, *(one.name for one in copies)])
    return go(request.scope["path"], "homework.written_said", count=len(said.lines), rooms=rooms)


@get(_ONE, include_in_schema=False, **STAFF)
async def one_page(request: AnyRequest, school_id: FromPath[int], homework_id: FromPath[UUID]) -> Response[bytes]:
    return await _one(request, school_id, homework_id)


async def _one(
    request: AnyRequest,
    school_id: int,
    homework_id: UUID,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader, account_id, today = house_of(request).database.reader, principal_of(request).account_id, today_of(request)
    found = await queries.one(reader, school_id, account_id, homework_id, today, language_of(request))
    item = found.item
    begun = form or {
        "revision": str(item.revision),
        "due_on": str(item.due_on or ""),
        "body": item.body,
        "bring": item.bring,
        "files": ",".join(str(one.file_id) for one in item.files),
    }
    return console_page(
        request,
        desk,
        "console/homework_one.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/homework/{homework_id}",
        detail=found,
        form=begun,
        files=file_ids_of(begun),
        refused=refused,
    )


@post(_ONE, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **STAFF)
async def change_homework(
    request: AnyRequest, school_id: FromPath[int], homework_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: change, withdraw."""
    house, account_id = house_of(request), principal_of(request).account_id
    await queries.one(
        house.database.reader, school_id, account_id, homework_id, today_of(request), language_of(request)
    )
    form: dict[str, str] = {}
    try:
        form = await read_letter_form(request, school_id)
        if form.get("do") == "withdraw":
            await changing.withdraw(house, account_id, school_id, homework_id)
            return go(request.scope["path"], "homework.withdrawn_said")
        if form.get("do") != "change":
            raise BAD_REQUEST()
        change = into(HomeworkChange, _change_of(form))
        await changing.change(house, account_id, school_id, homework_id, change)
    except FormRefused as refusal:
        refused = Refusal(shown_in_form(refusal.problem), language_of(request))
        return await _one(request, school_id, homework_id, form=refusal.form, refused=refused)
    except Problem as problem:
        refused = Refusal(shown_in_form(problem), language_of(request))
        return await _one(request, school_id, homework_id, form=form, refused=refused)
    return go(request.scope["path"], "homework.changed_said")


def _change_of(form: dict[str, str]) -> dict[str, Any]:
    return {
        "revision": whole_number(form.get("revision", "")) or 0,
        "due_on": form.get("due_on", "").strip() or None,
        "body": form.get("body", "").strip(),
        "bring": form.get("bring", "").strip(),
        "file_ids": file_ids_of(form),
    }


ROUTES: list[Any] = [homework_page, write_homework, one_page, change_homework]

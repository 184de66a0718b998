"""An area writes to all its schools: the form, the look before sending, and how far it has come. The announcements room decides."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.announcements import area, letters
from backend.console.desks import AnyRequest, shown_in_form
from backend.console.writing import BODY_BYTES_MAX, FormRefused, file_ids_of, moment_of, read_with_files
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.files.area import upload_area
from backend.identity.guards import AREA
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page
from backend.pages.forms import into
from schemas.area_letters import AreaLook, NewAreaLetter
from schemas.files import Kept

_ROOT = "/console/area/letters"
_ONE = _ROOT + "/{letter_id:uuid}"
_UNDO_SECONDS = 60


@get(_ROOT, include_in_schema=False, **AREA)
async def letters_page(request: AnyRequest) -> Response[bytes]:
    return await _show(request, {})


@post(_ROOT, include_in_schema=False, request_max_body_size=BODY_BYTES_MAX, **AREA)
async def look_or_send(request: AnyRequest) -> Response[bytes]:
    """`do`: look (how many it reaches), change (back to the form), send."""
    house, who = house_of(request), principal_of(request)

    async def keep(file_id: UUID, name: str, data: bytes) -> Kept:
        await area.require_officer(house.database.reader, who)
        return await upload_area(house, who.account_id, file_id=file_id, name=name, data=data)

    try:
        form = await read_with_files(request, keep)
    except FormRefused as refused:
        return await _show(request, refused.form, refused=Refusal(refused.problem, language_of(request)))
    if form.get("do") == "change":
        return await _show(request, form)
    try:
        new = _letter(form)
        if form.get("do") != "send":
            letters.read_texts(new.title, new.body)
            return await _show(request, form, look=await area.look(house, who, new.area_code, new.level))
        made = await area.send(house, who, new)
    except Problem as problem:
        return await _show(request, form, refused=Refusal(shown_in_form(problem), language_of(request)))
    return go(f"/console/area/letters/{made.letter_id}")


def _letter(form: dict[str, str]) -> NewAreaLetter:
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in ("letter_id", "area_code", "title", "body")}
    values |= {name: form.get(name) == "yes" for name in ("needs_acknowledgement", "urgent")}
    values |= {name: moment_of(form, name) for name in ("send_at", "expires_at")}
    return into(
        NewAreaLetter,
        {**values, "level": form.get("level") or None, "file_ids": file_ids_of(form), "undo_seconds": _UNDO_SECONDS},
    )


async def _show(
    request: AnyRequest, form: dict[str, str], *, look: AreaLook | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    house, who = house_of(request), principal_of(request)
    found = await area.area_letters(house, who)
    return page(
        request,
        "console/area_letters.html",
        status=refused.status if refused else 200,
        letters=found.letters,
        areas=await area.areas(house.database.reader, who),
        form={name: value for name, value in form.items() if name != "do"},
        letter_id=form.get("letter_id") or new_id(),
        files=file_ids_of(form),
        look=look,
        refused=refused,
    )


@get(_ONE, include_in_schema=False, **AREA)
async def letter_page(request: AnyRequest, letter_id: FromPath[UUID]) -> Response[bytes]:
    found = await area.letter(house_of(request), principal_of(request), letter_id)
    return page(request, "console/area_letter.html", letter=found.letter, schools=found.schools)


@post(_ONE + "/take-back", include_in_schema=False, **AREA)
async def take_back(request: AnyRequest, letter_id: FromPath[UUID]) -> Response[bytes]:
    here = f"/console/area/letters/{letter_id}"
    try:
        await area.take_back(house_of(request), principal_of(request), letter_id)
    except Problem as problem:
        if problem.kind is not area.HAS_LEFT:
            raise
        return go(here, "writing.too_late", tone="bad")
    return go(here, "writing.taken_back")


@post(_ONE + "/recall", include_in_schema=False, **AREA)
async def recall(request: AnyRequest, letter_id: FromPath[UUID]) -> Response[bytes]:
    await area.recall(house_of(request), principal_of(request), letter_id)
    return go(f"/console/area/letters/{letter_id}", "console.recalled")


ROUTES: list[Any] = [letters_page, look_or_send, letter_page, take_back, recall]

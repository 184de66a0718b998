"""One pupil's card at the console, and a new pupil. The roll's actions decide; a changed phone or custody needs a second factor."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import (
    AnyRequest,
    admin_desk,
    console_page,
    desk_of,
    done_or_shown,
    today_of,
)
from backend.core.http import house_of
from backend.core.ids import new_id
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from backend.people import actions
from backend.people.registers import classes_json, pupil_card
from schemas.people import ClassList, ClassRow, Custody, NewPhone, NewPupil, Transfer

_PUPILS = "/console/{school_id:int}/pupils"
_PUPIL = _PUPILS + "/{pupil_id:uuid}"
_LIST = msgspec.json.Decoder(ClassList)
FLAGS = ("can_view", "can_act", "gets_notices", "may_collect")


@get(_PUPIL, include_in_schema=False, **STAFF)
async def pupil_page(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    return await _show(request, school_id, pupil_id)


@post(_PUPIL + "/transfer", include_in_schema=False, **STAFF)
async def transfer(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        wanted = into(Transfer, {"class_id": form.get("class_id", ""), "on": form.get("on", "")})
        await actions.transfer_pupil(house_of(request), principal_of(request), school_id, pupil_id, wanted)

    return await _done(request, school_id, pupil_id, deed(), "console.pupil_moved")


@post(_PUPIL + "/guardians/{guardian_id:uuid}/phone", include_in_schema=False, **STAFF)
async def change_phone(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], guardian_id: FromPath[UUID]
) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        phone = into(NewPhone, {"phone": form.get("phone", "").strip() or None}).phone
        await actions.change_phone(house_of(request), principal_of(request), school_id, guardian_id, phone)

    return await _done(request, school_id, pupil_id, deed(), "console.phone_changed")


@post(_PUPIL + "/guardians/{guardian_id:uuid}/custody", include_in_schema=False, **STAFF)
async def change_custody(
    request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID], guardian_id: FromPath[UUID]
) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        values: dict[str, Any] = {flag: form.get(flag) == "yes" for flag in FLAGS}
        values["valid_to"] = form.get("valid_to") or None
        wanted = into(Custody, values)
        await actions.set_custody(house_of(request), principal_of(request), school_id, pupil_id, guardian_id, wanted)

    return await _done(request, school_id, pupil_id, deed(), "console.custody_changed")


@get(_PUPILS + "/new", include_in_schema=False, **STAFF)
async def new_pupil_page(
    request: AnyRequest, school_id: FromPath[int], class_id: FromQuery[UUID | None] = None
) -> Response[bytes]:
    return await _new_form(request, school_id, {"class_id": str(class_id or "")})


@post(_PUPILS + "/new", include_in_schema=False, **STAFF)
async def create_pupil(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        new = into(NewPupil, _new_values(form))
        await actions.create_pupil(house_of(request), principal_of(request), school_id, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _new_form(request, school_id, form, refused=refused)

    path = f"/console/{school_id}/pupils/{form.get('pupil_id', '')}"
    return await done_or_shown(request, deed(), again, path, "console.pupil_created")


def _new_values(form: dict[str, str]) -> dict[str, Any]:
    filled = {name: value.strip() for name, value in form.items() if value.strip()}
    wanted = ("pupil_id", "full_name", "class_id", "born_on", "sex", "personal_id", "school_code")
    values: dict[str, Any] = {name: filled[name] for name in wanted if name in filled}
    guardians = []
    for number in (1, 2):
        if name := filled.get(f"guardian_{number}"):
            guardian = {"full_name": name, "relation": form.get(f"relation_{number}", "guardian")}
            guardians.append(guardian | ({"phone": phone} if (phone := filled.get(f"phone_{number}")) else {}))
    return values | {"guardians": guardians}


async def _new_form(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    return console_page(
        request,
        desk,
        "console/pupil_form.html",
        status=refused.status if refused else 200,
        form=form,
        pupil_id=form.get("pupil_id") or new_id(),
        classes=await _classes(request, school_id),
        refused=refused,
    )


async def _classes(request: AnyRequest, school_id: int) -> list[ClassRow]:
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    return _LIST.decode(await classes_json(reader, school_id, account_id, today=today_of(request))).classes


async def _done(
    request: AnyRequest, school_id: int, pupil_id: UUID, deed: Awaitable[None], said: str
) -> Response[bytes]:
    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, pupil_id, refused=refused)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/pupils/{pupil_id}", said)


async def _show(
    request: AnyRequest, school_id: int, pupil_id: UUID, *, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house = house_of(request)
    card = await pupil_card(
        house.database.reader,
        house.cipher,
        school_id,
        principal_of(request).account_id,
        pupil_id,
        today=today_of(request),
    )
    return console_page(
        request,
        desk,
        "console/pupil.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/pupils/{pupil_id}",
        card=card,
        classes=await _classes(request, school_id) if desk.admin else [],
        flags=FLAGS,
        today=today_of(request),
        refused=refused,
    )


ROUTES: list[Any] = [pupil_page, transfer, change_phone, change_custody, new_pupil_page, create_pupil]

"""How the school asks for money: reminders and whom they would reach today, pupils' standing codes, the bank's virtual accounts."""

import base64
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, books_desk, console_page, done_or_shown
from backend.core.http import house_of
from backend.core.problems import INVALID, FieldError
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal
from backend.pages.forms import into, read_form
from payments import accounts, asking_rules, qrimage, reminders, standing
from schemas.asking import AskingRules, NewPupilCodes, NewVirtualAccount

_ASKING = "/console/{school_id:int}/asking"
_ROWS_MAX = 5000
_DAYS = FieldError(
    "/reminder_days",
    "Ghi các số ngày cách nhau bằng dấu phẩy, từ -30 đến 90, nhiều nhất mười số. Ví dụ: -3, 0, 3, 10.",
    "Give up to ten numbers of days between -30 and 90, with commas between. For example: -3, 0, 3, 10.",
)


@get(_ASKING, include_in_schema=False, **STAFF)
async def asking_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_ASKING + "/rules", include_in_schema=False, **STAFF)
async def change_rules(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        new = AskingRules("pupil_codes" in form, "reminders" in form, _days(form.get("reminder_days", "")))
        await asking_rules.change(house_of(request), principal_of(request).account_id, school_id, new)

    return await _done(request, school_id, deed(), form, "console.asking_changed")


@post(_ASKING + "/codes", include_in_schema=False, **STAFF)
async def give_codes(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        account = into(NewPupilCodes, {"bank_account_id": form.get("bank_account_id", "")}).bank_account_id
        await standing.give_codes(house_of(request), principal_of(request).account_id, school_id, account)

    return await _done(request, school_id, deed(), form, "console.codes_given")


@post(_ASKING + "/virtual-accounts", include_in_schema=False, **STAFF)
async def take_virtual_accounts(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Two columns pasted from the bank's sheet: virtual account, pupil's code."""
    form = await read_form(request)

    async def deed() -> None:
        account = into(NewPupilCodes, {"bank_account_id": form.get("bank_account_id", "")}).bank_account_id
        actor = principal_of(request).account_id
        await standing.take_list(house_of(request), actor, school_id, account, _rows(form.get("rows", "")))

    return await _done(request, school_id, deed(), form, "console.virtual_accounts_taken")


@get(_ASKING + "/cards/{class_id:uuid}", include_in_schema=False, **STAFF)
async def cards_page(request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID]) -> Response[bytes]:
    """One card a pupil, to print and cut."""
    desk = await books_desk(request, school_id)
    actor = principal_of(request).account_id
    found = await standing.codes_for(house_of(request), actor, school_id, class_id=class_id)
    cards = [(one, base64.b64encode(qrimage.svg(one.payload)).decode()) for one in found]
    return console_page(request, desk, "console/cards.html", cards=cards)


async def _done(request: AnyRequest, school_id: int, deed: Any, form: dict[str, str], said: str) -> Response[bytes]:
    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, refused=refused, form=form)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/asking", said)


async def _show(
    request: AnyRequest, school_id: int, *, refused: Refusal | None = None, form: dict[str, str] | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house, actor = house_of(request), principal_of(request).account_id
    preview = await reminders.preview(house, actor, school_id)
    return console_page(
        request,
        desk,
        "console/asking.html",
        status=refused.status if refused else 200,
        preview=preview,
        days=", ".join(map(str, preview.rules.reminder_days)),
        accounts=await accounts.open_accounts(house.database.reader, school_id),
        form=form or {},
        refused=refused,
    )


def _days(text: str) -> list[int]:
    try:
        days = sorted({int(part) for part in text.split(",") if part.strip()})
    except ValueError as error:
        raise INVALID(_DAYS) from error
    if len(days) > 10 or any(not -30 <= day <= 90 for day in days):
        raise INVALID(_DAYS)
    return days


def _rows(text: str) -> list[NewVirtualAccount]:
    rows = []
    for line in text.splitlines()[:_ROWS_MAX]:
        number, _, pupil = line.strip().replace(";", "\t").replace(",", "\t").partition("\t")
        if number or pupil:
            rows.append(NewVirtualAccount(number.strip(), pupil.strip()))
    if not rows:
        raise INVALID(FieldError("/rows", "Danh sách còn trống.", "The list is empty."))
    return rows


ROUTES: list[Any] = [asking_page, change_rules, give_codes, take_virtual_accounts, cards_page]

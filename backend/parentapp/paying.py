"""Paying several bills at once: choose, then one VietQR code for each receiving account."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.core.http import house_of, language_of, open_form
from backend.core.problems import INVALID, NOT_FOUND, FieldError, Problem
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import go, page
from backend.pages.forms import Refusal
from backend.parentapp.family import AnyRequest, today
from payments import requests
from payments.codes import open_bills, open_gifts

_PAY = "/app/{school_id:int}/pay"
_CODES_MAX = 10
_NONE_CHOSEN = FieldError("/bill", "Xin chọn ít nhất một khoản.", "Please choose at least one bill.")
_NOT_OPEN = FieldError(
    "/bill",
    "Có khoản vừa được nộp hoặc không còn phải nộp; xin chọn lại.",
    "One of the bills has just been paid or is not asked for any more; please choose again.",
)


@get(_PAY, include_in_schema=False, **GUARDIAN)
async def choose_bills(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """Every open bill of the family's children in this school, the gifts unticked."""
    return await _choosing(request, school_id)


@post(_PAY, include_in_schema=False, **GUARDIAN)
async def pay_chosen(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await open_form(request)
    chosen = [str(value) for value in form.getall("bill", [])]
    everything = form.get("all") == "1"
    try:
        made = await requests.family_requests(
            house_of(request),
            principal_of(request).account_id,
            school_id,
            None if everything else _ids(chosen),
        )
    except Problem as problem:
        if everything and problem.kind is requests.NOTHING_OPEN:  # only gifts are open, and those are chosen
            return go(f"/app/{school_id}/pay")
        if problem.kind is not INVALID:
            raise
        return await _choosing(request, school_id, chosen, Refusal(problem, language_of(request)))
    return go(f"/app/{school_id}/pay/{'.'.join(one.code for one in made)}")


@get(_PAY + "/{codes:str}", include_in_schema=False, **GUARDIAN)
async def pay_page(request: AnyRequest, school_id: FromPath[int], codes: FromPath[str]) -> Response[bytes]:
    """The codes of one press of the button; those that were paid meanwhile say so."""
    asked, paid = [], []
    for code in codes.split(".")[:_CODES_MAX]:
        try:
            asked.append(
                await requests.family_request(house_of(request), principal_of(request).account_id, school_id, code)
            )
        except Problem as problem:
            if problem.kind is not requests.NOTHING_OPEN:
                raise
            paid.append(code)
    return page(request, "app/pay.html", school_id=school_id, asked=asked, paid=paid)


async def _choosing(
    request: AnyRequest, school_id: int, chosen: list[str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    owed = await open_bills(reader, school_id, account_id, None, on=today(request))
    gifts = await open_gifts(reader, school_id, account_id, on=today(request))
    if school_id not in principal_of(request).guardian_in:
        raise NOT_FOUND()
    return page(
        request,
        "app/pay_choose.html",
        status=refused.status if refused else 200,
        school_id=school_id,
        owed=owed,
        gifts=gifts,
        chosen=chosen,
        total=sum(bill["remaining"] for bill in owed),
        refused=refused,
    )


def _ids(chosen: list[str]) -> list[UUID]:
    if not chosen:
        raise INVALID(_NONE_CHOSEN)
    try:
        return [UUID(value) for value in chosen[:200]]
    except ValueError as error:
        raise INVALID(_NOT_OPEN) from error


ROUTES: list[Any] = [choose_bills, pay_chosen, pay_page]

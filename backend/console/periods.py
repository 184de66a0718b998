"""Months of the books, closed and opened again by two people, and what the accounts held at any day. Payments decides."""

from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console import queries
from backend.console.desks import AnyRequest, books_desk, console_page, done_or_shown, today_of
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from payments import periods
from schemas.books import NewPeriodChange

_PERIODS = "/console/{school_id:int}/periods"


@get(_PERIODS, include_in_schema=False, **STAFF)
async def periods_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_PERIODS, include_in_schema=False, **STAFF)
async def propose_on_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)

    async def deed() -> None:
        new = into(NewPeriodChange, {name: form.get(name, "").strip() for name in ("action", "month", "reason")})
        await periods.propose(house_of(request), principal_of(request).account_id, school_id, new)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, form=form, refused=refused)

    return await done_or_shown(request, deed(), again, f"/console/{school_id}/periods", "books.period_proposed")


@post(_PERIODS + "/{change_id:uuid}/confirm", include_in_schema=False, **STAFF)
async def confirm_on_page(request: AnyRequest, school_id: FromPath[int], change_id: FromPath[UUID]) -> Response[bytes]:
    deed = periods.confirm(house_of(request), principal_of(request).account_id, school_id, change_id)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, refused=refused)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/periods", "books.period_confirmed")


@post(_PERIODS + "/{change_id:uuid}/drop", include_in_schema=False, **STAFF)
async def drop_on_page(request: AnyRequest, school_id: FromPath[int], change_id: FromPath[UUID]) -> Response[bytes]:
    deed = periods.drop(house_of(request), principal_of(request).account_id, school_id, change_id)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, refused=refused)

    return await done_or_shown(request, deed, again, f"/console/{school_id}/periods", "books.period_dropped")


@get("/console/{school_id:int}/balances", include_in_schema=False, **STAFF)
async def balances_page(
    request: AnyRequest, school_id: FromPath[int], on: FromQuery[str | None] = None
) -> Response[bytes]:
    """Summed by kind of account; a day that cannot be read is today."""
    desk = await books_desk(request, school_id)
    try:
        asked = date.fromisoformat(on) if on else today_of(request)
    except ValueError:
        asked = today_of(request)
    found = await periods.balances(house_of(request).database.reader, school_id, asked)
    kinds = [
        (account, sum(one.balance for one in rows), len(rows))
        for account, group in groupby(found.balances, key=lambda one: one.account)
        if (rows := list(group))
    ]
    return console_page(
        request,
        desk,
        "console/balances.html",
        back_path=f"/console/{school_id}/balances",
        on=asked,
        kinds=kinds,
        total=sum(balance for _, balance, _ in kinds),
    )


async def _show(
    request: AnyRequest, school_id: int, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    reader = house_of(request).database.reader
    found = await periods.changes(reader, school_id)
    return console_page(
        request,
        desk,
        "console/periods.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/periods",
        closed_through=found.closed_through,
        changes=found.changes,
        names=await queries.staff_names(reader, school_id),
        me=principal_of(request).account_id,
        last_month=f"{today_of(request).replace(day=1) - timedelta(days=1):%Y-%m}",
        form=form or {},
        refused=refused,
    )


ROUTES: list[Any] = [periods_page, propose_on_page, confirm_on_page, drop_on_page, balances_page]

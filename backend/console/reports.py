"""Reports and the day's close at the accountant's desk. What stands in them and who may close is decided by payments."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, books_desk, console_page, shown_in_form, today_of
from backend.console.sums import written_sum
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from payments.reports import day_close, shelf
from payments.reports.table import shown
from schemas.reports import NewDayClose, NewOpening

_REPORTS = "/console/{school_id:int}/reports"
_CLOSE = _REPORTS + "/day-close"
_ROWS_SHOWN = 500


@get(_REPORTS, include_in_schema=False, **STAFF)
async def reports_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    return console_page(request, desk, "console/reports.html", names=list(shelf.SHELF))


@get(_REPORTS + "/show/{name:str}", include_in_schema=False, **STAFF)
async def report_page(
    request: AnyRequest,
    school_id: FromPath[int],
    name: FromPath[str],
    from_on: FromQuery[str | None] = None,
    to_on: FromQuery[str | None] = None,
) -> Response[bytes]:
    """A time that cannot be read is this month; one that is no time is said so beside the form."""
    desk = await books_desk(request, school_id)
    today, refused = today_of(request), None
    try:
        what = shelf.asked(today, _day(from_on), _day(to_on))
    except Problem as problem:
        what, refused = shelf.asked(today), Refusal(shown_in_form(problem), language_of(request))
    tables = await shelf.tables(house_of(request), school_id, name, what, language_of(request))
    return console_page(
        request,
        desk,
        "console/report.html",
        status=refused.status if refused else 200,
        name=name,
        tables=tables,
        what=what,
        one_day=name in shelf.OF_ONE_DAY,
        cell=shown,
        rows_max=_ROWS_SHOWN,
        refused=refused,
    )


@get(_CLOSE, include_in_schema=False, **STAFF)
async def day_close_page(
    request: AnyRequest, school_id: FromPath[int], to_on: FromQuery[str | None] = None
) -> Response[bytes]:
    return await _show(request, school_id, _day(to_on) or today_of(request))


@post(_CLOSE, include_in_schema=False, **STAFF)
async def close_day(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await books_desk(request, school_id)
    form = await read_form(request)
    values = {
        **_which(form),
        "stated": written_sum(form["stated"]) if form.get("stated", "").strip() else None,
        "note": form.get("note", "").strip() or None,
    }
    try:
        new = into(NewDayClose, values)
        sealed = await day_close.close_day(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        return await _refused(request, school_id, form, problem)
    path = f"/console/{school_id}/reports/day-close?to_on={new.on}"
    return go(path, "reports.closed", revision=sealed.revision, seal=sealed.seal[:12])


@post(_REPORTS + "/openings", include_in_schema=False, **STAFF)
async def bring_forward(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    await books_desk(request, school_id)
    form = await read_form(request)
    try:
        new = into(NewOpening, {**_which(form), "amount": written_sum(form.get("amount", ""))})
        await day_close.bring_forward(house_of(request), principal_of(request).account_id, school_id, new)
    except Problem as problem:
        return await _refused(request, school_id, form, problem)
    return go(f"/console/{school_id}/reports/day-close?to_on={new.on}", "reports.opening_kept")


def _which(form: dict[str, str]) -> dict[str, Any]:
    return {"bank_account_id": form.get("bank_account_id", ""), "on": form.get("on", "")}


async def _refused(request: AnyRequest, school_id: int, form: dict[str, str], problem: Problem) -> Response[bytes]:
    refused = Refusal(shown_in_form(problem), language_of(request))
    on = _day(form.get("on")) or today_of(request)
    return await _show(request, school_id, on, form=form, refused=refused)


async def _show(
    request: AnyRequest,
    school_id: int,
    on: date,
    *,
    form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await books_desk(request, school_id)
    house = house_of(request)
    return console_page(
        request,
        desk,
        "console/day_close.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/reports/day-close?to_on={on}",
        found=await day_close.day(house.database.reader, house.cipher, school_id, on),
        on=on,
        today=today_of(request),
        form=form or {},
        refused=refused,
    )


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


ROUTES: list[Any] = [reports_page, report_page, day_close_page, close_day, bring_forward]

"""Quiet hours, the duty roster, reports and blocks as pages. The messages room decides; the heads' looks are recorded there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, admin_desk, console_page, desk_of
from backend.core.clock import school_day
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.messages import blocks, duty, hours, moderation, offers, oversight
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from backend.pages.talk import refusal_of
from backend.people.registers import staff_list
from schemas.messages import BlockDecision, DutyRoster, MessageSettings, QuietHours, ReportDecision

_HOURS = "/console/{school_id:int}/message-hours"
_ORDER = "/console/{school_id:int}/moderation"
_TURNS_SHOWN = 12


@get(_HOURS, include_in_schema=False, **STAFF)
async def hours_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _hours(request, school_id)


@post(_HOURS, include_in_schema=False, **STAFF)
async def keep_hours(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    """`do`: own, schools (my own are dropped), school, duty."""
    form = await read_form(request)
    await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        match form.get("do"):
            case "own":
                await hours.keep_own(house, account_id, school_id, into(QuietHours, _quiet(form)))
            case "school":
                settings = {"quiet": _quiet(form), "translation": form.get("translation") == "yes"}
                await hours.keep_settings(house, account_id, school_id, into(MessageSettings, settings))
            case "duty":
                await duty.keep_roster(house, account_id, school_id, into(DutyRoster, {"turns": _turns(form)}))
            case _:
                await hours.keep_own(house, account_id, school_id, None)
    except Problem as problem:
        return await _hours(request, school_id, form=form, refused=refusal_of(request, problem))
    return go(f"/console/{school_id}/message-hours", "messages.kept_said")


def _quiet(form: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: form.get(name, "") for name in ("quiet_from", "quiet_to", "answer_by")},
        "quiet_weekdays": [day for day in range(7) if form.get(f"day-{day}") == "yes"],
    }


def _turns(form: dict[str, str]) -> list[dict[str, Any]]:
    """Rows whose person is left empty are no turns."""
    rows = [n for n in range(_TURNS_SHOWN * 20) if form.get(f"staff-{n}")]
    return [
        {
            "staff_id": form[f"staff-{n}"],
            "weekday": int(form.get(f"weekday-{n}", "0")) if form.get(f"weekday-{n}", "0").isdigit() else 9,
            "from_at": form.get(f"from-{n}", ""),
            "to_at": "24:00" if form.get(f"to-{n}") in ("00:00", "") else form.get(f"to-{n}", ""),
        }
        for n in rows
    ]


async def _hours(
    request: AnyRequest, school_id: int, *, form: dict[str, str] | None = None, refused: Refusal | None = None
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    reader, now = house.database.reader, house.clock.now()
    mine = await hours.my_hours(reader, school_id, account_id, now)
    roster = await duty.roster_of(reader, school_id, account_id, now)
    people = []
    if desk.admin:
        listed = await staff_list(reader, school_id, account_id, today=school_day(now), language=language_of(request))
        people = listed.staff
    return console_page(
        request,
        desk,
        "console/message_hours.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/message-hours",
        own=mine.own or mine.school,
        is_own=mine.own is not None,
        school=await hours.settings_of(reader, school_id, account_id, now),
        roster=roster.turns,
        blank=max(2, _TURNS_SHOWN - len(roster.turns)),
        people=people,
        form=form or {},
        refused=refused,
    )


@get(_ORDER, include_in_schema=False, **STAFF)
async def order_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _order(request, school_id)


async def _order(request: AnyRequest, school_id: int, *, refused: Refusal | None = None) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    reader, now = house.database.reader, house.clock.now()
    return console_page(
        request,
        desk,
        "console/moderation.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/moderation",
        reports=(await moderation.reports(house, account_id, school_id)).reports,
        blocks=(await blocks.blocks(reader, school_id, account_id, now)).blocks,
        urgent=(await moderation.urgent_calls(reader, school_id, account_id, now)).families,
        counts=await offers.answered_count(reader, school_id, now - offers.RECENT),
        refused=refused,
    )


@post(_ORDER + "/reports/{report_id:uuid}", include_in_schema=False, **STAFF)
async def decide_report(request: AnyRequest, school_id: FromPath[int], report_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    await admin_desk(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        values = {"state": form.get("do", ""), "note": form.get("note", "")}
        await moderation.decide_report(house, account_id, school_id, report_id, into(ReportDecision, values))
    except Problem as problem:
        return await _order(request, school_id, refused=refusal_of(request, problem))
    return go(f"/console/{school_id}/moderation", "messages.kept_said")


@post(_ORDER + "/blocks/{block_id:uuid}", include_in_schema=False, **STAFF)
async def decide_block(request: AnyRequest, school_id: FromPath[int], block_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    await admin_desk(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    try:
        values = {"state": form.get("do", ""), "until_on": form.get("until_on") or None}
        await blocks.decide_block(house, account_id, school_id, block_id, into(BlockDecision, values))
    except Problem as problem:
        return await _order(request, school_id, refused=refusal_of(request, problem))
    return go(f"/console/{school_id}/moderation", "messages.kept_said")


@get(_ORDER + "/threads/{thread_id:uuid}", include_in_schema=False, **STAFF)
async def oversee_page(
    request: AnyRequest, school_id: FromPath[int], thread_id: FromPath[UUID], reason: FromQuery[str] = ""
) -> Response[bytes]:
    """First the reason, then the look; each look is a line of the trail."""
    desk = await admin_desk(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    seen, refused = None, None
    if reason:
        try:
            seen = await oversight.oversee(house, account_id, school_id, thread_id, reason)
        except Problem as problem:
            refused = refusal_of(request, problem)
    return console_page(
        request,
        desk,
        "console/oversight.html",
        status=refused.status if refused else 200,
        thread_id=thread_id,
        reason=reason,
        seen=seen,
        refused=refused,
    )


ROUTES: list[Any] = [hours_page, keep_hours, order_page, decide_report, decide_block, oversee_page]

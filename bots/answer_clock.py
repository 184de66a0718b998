"""Until when a family has an answer, counted in the school's own hours, and what it is told about that. It owns inbox_settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from backend.messages.hours import Door, hours_of
from backend.messages.shield import DAYS_AHEAD, Hours, is_quiet, quiet_ends
from schemas.conversations import InboxSettings

# Where a school has set nothing.
ANSWER_MINUTES = 120
KEPT_DAYS = 365


class Due(msgspec.Struct, frozen=True):
    """`opens_at` is the instant itself within the hours. Both None: nobody works within the next months."""

    opens_at: datetime | None
    due_at: datetime | None


def due_after(at: datetime, minutes: int, hours: Hours, closed: frozenset[date]) -> Due:
    """`minutes` of open hours after `at`. What is left of a day is carried into the next open one."""
    opens = quiet_ends(at, hours, closed)
    left, begins = timedelta(minutes=minutes), opens
    while begins is not None and begins - at < timedelta(days=DAYS_AHEAD):
        ends = _quiet_begins(begins, hours, closed)
        if ends is None or begins + left <= ends:
            return Due(opens, begins + left)
        left -= ends - begins
        begins = quiet_ends(ends, hours, closed)
    return Due(opens, None)


def _quiet_begins(open_at: datetime, hours: Hours, closed: frozenset[date]) -> datetime | None:
    """Quiet can only begin at midnight, before a quiet day, or when the quiet hours do. None: not within the months looked at."""
    first = open_at.astimezone(SCHOOL_ZONE).date()
    for number in range(DAYS_AHEAD):
        for clock in sorted({time(0), hours.quiet_from}):
            instant = datetime.combine(first + timedelta(days=number), clock, SCHOOL_ZONE).astimezone(UTC)
            if instant > open_at and is_quiet(instant, hours, closed):
                return instant
    return None


async def due_for(door: Door, school_id: int, at: datetime) -> Due:
    """Two statements, when a family begins to wait; nothing is asked while it waits."""
    hours, closed = await hours_of(door, school_id, None, at)
    rows = await door.fetch(_MINUTES, school_id)
    return due_after(at, _minutes(rows), hours, closed)


_MINUTES = "SELECT s.answer_minutes FROM inbox_settings s WHERE s.school_id = $1"
_SETTINGS = "SELECT s.answer_minutes, s.kept_days FROM inbox_settings s WHERE s.school_id = $1"


def _minutes(rows: Sequence[Any]) -> int:
    return int(rows[0]["answer_minutes"]) if rows else ANSWER_MINUTES


# -- In words ---------------------------------------------------------------------------------------------------------


def promise(due: Due, at: datetime, language: str) -> str:
    """What a family is told when its question goes to people; empty where nothing can be promised."""
    if due.opens_at is None or due.due_at is None:
        return ""
    if due.opens_at > at:
        return say("bots.promise_opens", language, when=_when(due.opens_at, at, language))
    return say("bots.promise_by", language, when=_when(due.due_at, at, language))


def _when(instant: datetime, at: datetime, language: str) -> str:
    """`7:30`, or `7:30 thứ Hai 30/11` on another day."""
    here = instant.astimezone(SCHOOL_ZONE)
    clock = f"{here.hour}:{here:%M}"
    if here.date() == at.astimezone(SCHOOL_ZONE).date():
        return clock
    weekday = say(f"bots.weekday_{here.weekday()}", language)
    return f"{clock} {weekday} {here.day}/{here.month}"


# -- The setting ------------------------------------------------------------------------------------------------------


async def settings_of(reader: Reader, school_id: int) -> InboxSettings:
    rows = await reader.fetch(_SETTINGS, school_id)
    return InboxSettings(_minutes(rows), rows[0]["kept_days"] if rows else KEPT_DAYS)


async def read_settings(house: House, account_id: UUID, school_id: int) -> InboxSettings:
    """For those who answer families."""
    reader, today = house.database.reader, school_day(house.clock.now())
    await require_role(reader, school_id, account_id, "school_admin", "inbox", on=today)
    return await settings_of(reader, school_id)


async def keep_settings(house: House, account_id: UUID, school_id: int, wanted: InboxSettings) -> None:
    """Questions that wait already keep their time."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO inbox_settings AS s (school_id, answer_minutes, changed_by, changed_at, kept_days)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (school_id) DO UPDATE
               SET answer_minutes = $2, changed_by = $3, changed_at = $4, kept_days = $5
            """,
            school_id,
            wanted.answer_minutes,
            account_id,
            now,
            wanted.kept_days,
        )
        detail = {"answer_minutes": wanted.answer_minutes, "kept_days": wanted.kept_days}
        await record(tx, "inbox.settings_changed", "school", school_id, at=now, actor=account_id, detail=detail)

"""Whose hours hold: the teacher's own, or the school's, or the house's; and the days on which nobody works. It owns the two tables of hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import FORBIDDEN, INVALID, FieldError
from backend.identity.audit import record
from backend.identity.entitlement import require_role, standing
from backend.messages.shield import DAYS_AHEAD, Hours
from schemas.messages import MessageSettings, MyQuietHours, QuietHours

_NEVER_OPEN = (
    "Không còn giờ nào để trả lời trong tuần.",
    "No hour of the week is left for answers.",
)
_TWICE = ("Ngày này đã có ở trên.", "This day is there already.")
_IN_QUIET = ("Giờ hứa trả lời nằm trong giờ yên.", "The promised hour lies within the quiet hours.")


class Door(Protocol):
    async def fetch(self, sql: str, *arguments: Any) -> list[Any]: ...


_HOURS = """
SELECT asked.staff_id, (q.staff_id IS NOT NULL) AS own, q.quiet_from AS own_from, q.quiet_to AS own_to, q.quiet_weekdays AS own_weekdays,
       q.answer_by AS own_by,
       m.quiet_from, m.quiet_to, m.quiet_weekdays, m.answer_by, coalesce(m.translation, false) AS translation,
       array(SELECT h.holiday_on
               FROM public_holidays h
              WHERE h.holiday_on BETWEEN $3 AND $4
              UNION
             SELECT d.closed_on
               FROM closed_days d
              WHERE d.school_id = $1
                AND d.closed_on BETWEEN $3 AND $4) AS closed
  FROM schools s
 CROSS JOIN unnest($2::uuid[]) AS asked (staff_id)
  LEFT JOIN message_settings m
    ON m.school_id = s.school_id
  LEFT JOIN quiet_hours q
    ON q.school_id = s.school_id
   AND q.staff_id = asked.staff_id
 WHERE s.school_id = $1
"""


async def hours_of(door: Door, school_id: int, staff_id: UUID | None, at: datetime) -> tuple[Hours, frozenset[date]]:
    """The hours that shield this member of staff (the school's for a desk without a person), and the closed days to come."""
    return (await hours_of_each(door, school_id, [staff_id], at))[staff_id]


async def hours_of_each(
    door: Door, school_id: int, staff_ids: Sequence[UUID | None], at: datetime
) -> dict[UUID | None, tuple[Hours, frozenset[date]]]:
    """The same for several at once; None among them are the school's."""
    rows = await _read(door, school_id, staff_ids, at)
    return {row["staff_id"]: (_own(row) if row["own"] else _schools(row), frozenset(row["closed"])) for row in rows}


async def my_hours(door: Any, school_id: int, account_id: UUID, at: datetime) -> MyQuietHours:
    who = await standing(door, school_id, account_id, on=school_day(at))
    (row,) = await _read(door, school_id, [who.staff_id], at)
    return MyQuietHours(own=_told(_own(row)) if row["own"] else None, school=_told(_schools(row)))


async def settings_of(door: Any, school_id: int, account_id: UUID, at: datetime) -> MessageSettings:
    await standing(door, school_id, account_id, on=school_day(at))
    (row,) = await _read(door, school_id, [None], at)
    return MessageSettings(_told(_schools(row)), row["translation"])


async def translates(door: Door, school_id: int, at: datetime) -> bool:
    (row,) = await _read(door, school_id, [None], at)
    return bool(row["translation"])


async def keep_own(house: House, account_id: UUID, school_id: int, wanted: QuietHours | None) -> None:
    """None: the school's hours hold again."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        if wanted is None:
            await tx.execute("DELETE FROM quiet_hours WHERE school_id = $1 AND staff_id = $2", school_id, who.staff_id)
        else:
            hours = read_hours(wanted, "")
            await tx.execute(
                """
                INSERT INTO quiet_hours AS q
                       (school_id, staff_id, quiet_from, quiet_to, quiet_weekdays, answer_by, changed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                    ON CONFLICT (school_id, staff_id) DO UPDATE
                   SET quiet_from = $3, quiet_to = $4, quiet_weekdays = $5, answer_by = $6, changed_at = $7
                """,
                school_id, who.staff_id, hours.quiet_from, hours.quiet_to, sorted(hours.quiet_weekdays), hours.answer_by, now,
            )  # fmt: skip
        await record(tx, "messages.quiet_hours_changed", "staff", who.staff_id, at=now, actor=account_id)


async def keep_settings(house: House, account_id: UUID, school_id: int, wanted: MessageSettings) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        hours = read_hours(wanted.quiet, "/quiet")
        await tx.execute(
            """
            INSERT INTO message_settings AS m
                   (school_id, quiet_from, quiet_to, quiet_weekdays, answer_by, translation, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (school_id) DO UPDATE
               SET quiet_from = $2, quiet_to = $3, quiet_weekdays = $4, answer_by = $5, translation = $6, changed_by = $7,
                   changed_at = $8
            """,
            school_id, hours.quiet_from, hours.quiet_to, sorted(hours.quiet_weekdays), hours.answer_by, wanted.translation,
            account_id, now,
        )  # fmt: skip
        await record(tx, "messages.settings_changed", "school", school_id, at=now, actor=account_id)


def read_hours(wanted: QuietHours, under: str) -> Hours:
    """Raises INVALID for hours in which nobody could ever answer what was promised."""
    hours = Hours(
        time.fromisoformat(wanted.quiet_from),
        time.fromisoformat(wanted.quiet_to),
        frozenset(wanted.quiet_weekdays),
        time.fromisoformat(wanted.answer_by),
    )
    wrong = []
    if len(hours.quiet_weekdays) != len(wanted.quiet_weekdays):
        wrong.append(FieldError(f"{under}/quiet_weekdays", *_TWICE))
    if len(hours.quiet_weekdays) == 7:
        wrong.append(FieldError(f"{under}/quiet_weekdays", *_NEVER_OPEN))
    if _within(hours.answer_by, hours):
        wrong.append(FieldError(f"{under}/answer_by", *_IN_QUIET))
    if wrong:
        raise INVALID(*wrong)
    return hours


def _within(clock: time, hours: Hours) -> bool:
    """The last minute before quiet begins may be promised."""
    if hours.quiet_from <= hours.quiet_to:
        return hours.quiet_from < clock <= hours.quiet_to
    return clock > hours.quiet_from or clock <= hours.quiet_to


async def _read(door: Door, school_id: int, staff_ids: Sequence[UUID | None], at: datetime) -> list[Any]:
    """A row for each of `staff_ids`."""
    today = school_day(at)
    rows = await door.fetch(
        _HOURS, school_id, list(staff_ids), today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD)
    )
    if len(rows) != len(staff_ids):
        raise FORBIDDEN()
    return rows


def _own(row: Any) -> Hours:
    return Hours(row["own_from"], row["own_to"], frozenset(row["own_weekdays"]), row["own_by"])


def _schools(row: Any) -> Hours:
    if row["quiet_from"] is None:
        return Hours()
    return Hours(row["quiet_from"], row["quiet_to"], frozenset(row["quiet_weekdays"]), row["answer_by"])


def _told(hours: Hours) -> QuietHours:
    return QuietHours(
        f"{hours.quiet_from:%H:%M}", f"{hours.quiet_to:%H:%M}", sorted(hours.quiet_weekdays), f"{hours.answer_by:%H:%M}"
    )

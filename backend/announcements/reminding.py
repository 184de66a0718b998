"""Saying it once more, the evening before, to those who got the letter. It owns announcement_reminders."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from backend.announcements.following import own_letter
from backend.announcements.letters import AHEAD_MAX
from backend.announcements.rules import rules_of
from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import SchoolTx
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import INVALID, FieldError
from backend.identity.audit import record
from notifications.audience import SomePupils
from notifications.outbox import Notice, publish
from schemas.happenings import Reminder

_FAR = ("Không được quá một năm nữa.", "Not more than a year ahead.")
_OVER = ("Tối hôm trước ngày này đã qua.", "The evening before that day is over.")


async def promise(house: House, account_id: UUID, school_id: int, announcement_id: UUID, about_on: date) -> Reminder:
    """One reminder a day that a letter is about, at the school's hour of the evening before. Asking again changes nothing."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await own_letter(tx, account_id, announcement_id, now)
        hour = (await rules_of(tx, school_id)).reminder_hour
        if about_on > school_day(now) + AHEAD_MAX:
            raise INVALID(FieldError("/about_on", *_FAR))
        remind_at = datetime.combine(max(about_on, school_day(now)) - timedelta(days=1), time(hour), SCHOOL_ZONE)
        if remind_at <= now:
            raise INVALID(FieldError("/about_on", *_OVER))
        row = await tx.fetchrow(
            """
            INSERT INTO announcement_reminders (school_id, announcement_id, about_on, remind_at, state, made_by, made_at)
            VALUES ($1, $2, $3, $4, 'due', $5, $6)
                ON CONFLICT (school_id, announcement_id, about_on)
                DO UPDATE SET state = 'due', remind_at = $4, made_by = $5, made_at = $6, ended_at = NULL
                    WHERE announcement_reminders.state = 'dropped'
            RETURNING true
            """,
            school_id,
            announcement_id,
            about_on,
            remind_at,
            account_id,
            now,
        )
        if row is not None:
            detail = {"about_on": about_on.isoformat()}
            await record(tx, "announcement.reminder", "announcement", announcement_id, at=now, actor=account_id, detail=detail)  # fmt: skip
    return Reminder(announcement_id, about_on, remind_at, "due")


async def drop(house: House, account_id: UUID, school_id: int, announcement_id: UUID, about_on: date) -> None:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await own_letter(tx, account_id, announcement_id, now)
        row = await tx.fetchrow(
            """
            UPDATE announcement_reminders
               SET state    = 'dropped',
                   ended_at = $4
             WHERE school_id = $1
               AND announcement_id = $2
               AND about_on = $3
               AND state = 'due'
            RETURNING true
            """,
            school_id,
            announcement_id,
            about_on,
            now,
        )
        if row is not None:
            detail = {"about_on": about_on.isoformat()}
            await record(tx, "announcement.reminder_dropped", "announcement", announcement_id, at=now, actor=account_id, detail=detail)  # fmt: skip


_NEXT = """
SELECT r.announcement_id, r.about_on, r.made_by, n.title, n.body, n.recalled_at, n.expires_at, n.notice_id, n.audience_kind
  FROM announcement_reminders r
  JOIN announcements n
    ON n.school_id = r.school_id
   AND n.announcement_id = r.announcement_id
 WHERE r.school_id = $1
   AND r.state = 'due'
   AND r.remind_at <= $2
 ORDER BY r.remind_at, r.announcement_id
 LIMIT 1
   FOR NO KEY UPDATE OF r SKIP LOCKED
   FOR SHARE OF n
"""
_ABOUT = """
SELECT DISTINCT about.pupil_id
  FROM notice_recipients r
 CROSS JOIN LATERAL unnest(r.pupil_ids) AS about (pupil_id)
 WHERE r.school_id = $1
   AND r.notice_id = $2
 LIMIT 50000
"""


async def remind_next(house: House, school_id: int) -> int | None:
    """A letter that was recalled, or whose day is over because the machine stood still, is not said again."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        row = await tx.fetchrow(_NEXT, school_id, now)
        if row is None:
            return None
        is_over = row["expires_at"] is not None and row["expires_at"] <= now
        if row["recalled_at"] is not None or is_over or row["about_on"] < school_day(now):
            await _ended(tx, row, "dropped", None, now)
            return 0
        notice_id = new_id()
        pupils = tuple(one["pupil_id"] for one in await tx.fetch(_ABOUT, school_id, row["notice_id"]))
        notice = Notice(
            notice_id=notice_id,
            kind="reminder",
            source_kind="announcement",
            source_id=str(row["announcement_id"]),
            title=row["title"],
            body=row["body"],
            params={"about_on": row["about_on"].isoformat()},
            created_by=row["made_by"],
            created_at=now,
            expires_at=datetime.combine(row["about_on"] + timedelta(days=1), time(0), SCHOOL_ZONE),
        )
        personal = row["audience_kind"] in ("pupils", "absent", "unpaid")
        await publish(tx, notice, SomePupils(pupils, personal=personal))
        await _ended(tx, row, "sent", notice_id, now)
        return 1


async def _ended(tx: SchoolTx, row: Any, state: str, notice_id: UUID | None, at: datetime) -> None:
    await tx.execute(
        """
        UPDATE announcement_reminders
           SET state     = $4,
               notice_id = $5,
               ended_at  = $6
         WHERE school_id = $1
           AND announcement_id = $2
           AND about_on = $3
        """,
        tx.school_id,
        row["announcement_id"],
        row["about_on"],
        state,
        notice_id,
        at,
    )

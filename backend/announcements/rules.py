"""How a school writes: whether letters need a second person, how long they wait before they leave, when reminders go. It owns announcement_rules."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import problem
from backend.identity.audit import record
from backend.identity.entitlement import Standing, require_role, standing
from schemas.announcements import AnnouncementRules

NEEDS_APPROVAL = problem(
    "announcement-needs-approval",
    409,
    vi="Trường yêu cầu duyệt trước khi gửi. Hãy lưu bản nháp rồi gửi duyệt.",
    en="The school wants letters approved before they leave. Save it as a draft and send that for approval.",
)
USUAL = AnnouncementRules()


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


async def rules_of(door: Door, school_id: int) -> AnnouncementRules:
    row = await door.fetchrow(
        """
        SELECT approval, undo_seconds, reminder_hour
          FROM announcement_rules
         WHERE school_id = $1
        """,
        school_id,
    )
    return AnnouncementRules(**dict(row)) if row else USUAL


def is_held(who: Standing, rules: AnnouncementRules) -> bool:
    """Whether a letter, a form or a message to a class of this person waits for a second one."""
    return rules.approval == "everything" or (rules.approval == "teachers" and not who.admin)


async def require_unheld(door: Door, who: Standing, school_id: int) -> None:
    """For the doors at which something leaves at once, to families of a class or more."""
    if is_held(who, await rules_of(door, school_id)):
        raise NEEDS_APPROVAL()


async def read_rules(house: House, account_id: UUID, school_id: int) -> AnnouncementRules:
    """For everybody who works in the school."""
    await standing(house.database.reader, school_id, account_id, on=school_day(house.clock.now()))
    return await rules_of(house.database.reader, school_id)


async def set_rules(house: House, account_id: UUID, school_id: int, rules: AnnouncementRules) -> AnnouncementRules:
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO announcement_rules (school_id, approval, undo_seconds, reminder_hour, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (school_id)
                DO UPDATE SET approval = $2, undo_seconds = $3, reminder_hour = $4, changed_by = $5, changed_at = $6
            """,
            school_id,
            rules.approval,
            rules.undo_seconds,
            rules.reminder_hour,
            account_id,
            now,
        )
        detail = msgspec.to_builtins(rules)
        await record(tx, "announcement.rules", "school", school_id, at=now, actor=account_id, detail=detail)
    return rules

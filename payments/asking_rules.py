"""How a school asks: reminders and their days, and a standing code for each pupil or none. It owns asking_rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from backend.core.clock import school_day
from backend.core.house import House
from backend.identity import audit
from backend.identity.entitlement import require_role
from schemas.asking import AskingRules

# Days after the due day; below nothing, before it.
REMINDER_DAYS = (-3, 0, 3, 10)


class Door(Protocol):
    async def fetchrow(self, sql: str, *arguments: Any) -> Any: ...


async def rules(door: Door, school_id: int) -> AskingRules:
    """What the school decided; until then the usual days, and no standing codes."""
    row = await door.fetchrow(
        """
        SELECT pupil_codes, reminders, reminder_days
          FROM asking_rules
         WHERE school_id = $1
        """,
        school_id,
    )
    if row is None:
        return AskingRules(pupil_codes=False, reminders=True, reminder_days=list(REMINDER_DAYS))
    return AskingRules(row["pupil_codes"], row["reminders"], row["reminder_days"])


async def change(house: House, actor: UUID, school_id: int, new: AskingRules) -> AskingRules:
    """The accountant and the administrator decide; the trail keeps who."""
    now = house.clock.now()
    days: Sequence[int] = sorted(set(new.reminder_days))
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, actor, "accountant", "school_admin", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO asking_rules (school_id, pupil_codes, reminders, reminder_days, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (school_id)
                DO UPDATE SET pupil_codes = excluded.pupil_codes, reminders = excluded.reminders,
                              reminder_days = excluded.reminder_days, changed_by = excluded.changed_by,
                              changed_at = excluded.changed_at
            """,
            school_id,
            new.pupil_codes,
            new.reminders,
            days,
            actor,
            now,
        )
        detail = {"pupil_codes": new.pupil_codes, "reminders": new.reminders, "reminder_days": list(days)}
        await audit.record(tx, "asking_rules.changed", "school", school_id, at=now, actor=actor, detail=detail)
    return AskingRules(new.pupil_codes, new.reminders, list(days))

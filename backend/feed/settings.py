"""What a school has set for its feeds: who approves, whether comments wait, how long posts stay. It owns feed_settings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.core.clock import school_day
from backend.core.house import House
from backend.identity.audit import record
from backend.identity.entitlement import require_role
from schemas.feed import FeedSettings

# A school that has set nothing is careful.
UNSET = FeedSettings()


async def of_school(door: Any, school_id: int) -> FeedSettings:
    row = await door.fetchrow(
        """
        SELECT approval, moderate_comments, keep_days
          FROM feed_settings
         WHERE school_id = $1
        """,
        school_id,
    )
    return FeedSettings(*row) if row else UNSET


async def keep(house: House, account_id: UUID, school_id: int, settings: FeedSettings) -> None:
    """For the administrator. A shorter time takes posts out of sight at once; the night removes them."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await require_role(tx, school_id, account_id, "school_admin", on=school_day(now))
        await tx.execute(
            """
            INSERT INTO feed_settings (school_id, approval, moderate_comments, keep_days, changed_by, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (school_id)
                DO UPDATE SET approval = excluded.approval, moderate_comments = excluded.moderate_comments,
                              keep_days = excluded.keep_days, changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """,
            school_id, settings.approval, settings.moderate_comments, settings.keep_days, account_id, now,
        )  # fmt: skip
        detail = {"approval": settings.approval, "keep_days": settings.keep_days}
        await record(tx, "feed.settings", "school", school_id, at=now, actor=account_id, detail=detail)

"""A notice declared an emergency: every free way at once, at any hour, against every wish, and the paid ones minutes later.

Who may declare it and the audit trail are the caller's (backend/reaching); this is what it does to the deliveries.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backend.core.database import SchoolTx
from backend.core.versions import TOUCH_GUARDIANS
from notifications.bells import BELL
from notifications.cascade import openings
from notifications.promises import URGENT

_STEPS = ",\n                       ".join(
    f"('{o.known_by}', '{o.channel}', interval '{int(o.after.total_seconds())} seconds')"
    for o in openings()
    if o.urgency == "emergency"
)

# Whoever has read it is left in peace. What waits, for the night, for the digest or for its time, waits no longer; what somebody did
# not want to hear of is told after all; what was sent is not sent again.
_DECLARE = f"""
WITH notice AS (
        UPDATE notices n
           SET urgency = 'emergency', urgent = true, emergency_by = $4, emergency_at = $3, emergency_reason = $5
         WHERE n.school_id = $1
           AND n.notice_id = $2
           AND n.recalled_at IS NULL
           AND n.urgency <> 'emergency'
     RETURNING n.notice_id),
     unread AS MATERIALIZED (
        SELECT r.notice_id, r.guardian_id,
               CASE WHEN g.account_id IS NOT NULL THEN 'account'
                    WHEN g.phone_e164 IS NOT NULL THEN 'phone'
                    ELSE 'nothing' END AS known_by
          FROM notice n
          JOIN notice_recipients r
            ON r.school_id = $1
           AND r.notice_id = n.notice_id
           AND r.opened_at IS NULL
          JOIN guardians g
            ON g.school_id = $1
           AND g.guardian_id = r.guardian_id),
     delivery AS (
        INSERT INTO deliveries AS d (school_id, notice_id, guardian_id, channel, state, priority, due_at)
        SELECT $1, u.notice_id, u.guardian_id, step.channel, 'due', {URGENT}, $3 + step.wait
          FROM unread u
          JOIN (VALUES {_STEPS}) AS step (known_by, channel, wait)
            ON step.known_by = u.known_by
         ORDER BY u.guardian_id, step.channel
            ON CONFLICT (school_id, notice_id, guardian_id, channel)
            DO UPDATE SET state = 'due', due_at = least(d.due_at, excluded.due_at), priority = {URGENT}, reason = NULL, finished_at = NULL
                    WHERE d.state IN ('due', 'held')
                       OR (d.state = 'skipped' AND d.reason IN ('off_by_choice', 'stopped'))
     RETURNING d.guardian_id),
     touched AS ({TOUCH_GUARDIANS.format(guardians="SELECT u.guardian_id FROM unread u")}
     RETURNING 1)
SELECT (SELECT count(*) FROM notice) AS declared,
       (SELECT count(DISTINCT guardian_id) FROM delivery) AS guardians
"""


async def declare(tx: SchoolTx, notice_id: UUID, reason: str, *, by: UUID, at: datetime) -> int | None:
    """How many guardians are told now; None when there is no such notice, it was recalled, or it is one already."""
    row = await tx.fetchrow(_DECLARE, tx.school_id, notice_id, at, by, reason)
    assert row is not None, "an aggregate answers one row"
    if not row["declared"]:
        return None
    tx.ring(BELL, tx.school_id)
    return int(row["guardians"])

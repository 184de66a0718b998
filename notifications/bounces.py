"""What was accepted and, as its provider says later, did not arrive: the delivery is judged once more, and the chain goes on.

The worker judges it (turns.py), since only there it is known which channels lead to the family. Nothing is sent again and nothing paid
back: what was accepted was spent. It writes the receipt beside receipts.py, and the delivery beside settling.py.
"""

from __future__ import annotations

from typing import Final

from backend.core.house import House
from notifications.bells import BELL
from notifications.tracking import Tracked

# The mark on the delivery: reason `bounced:<code>`.
MARK: Final = "bounced:"

# A report may come before the worker has written down that the message left: then the mark waits for it on the leased row (settling.py).
# `due_at` becomes the instant at which it left, since when the family has had nothing. What was reported as arrived stays so.
_BOUNCED = """
WITH back AS (
        UPDATE deliveries d
           SET reason      = 'bounced:' || $5::text,
               state       = CASE WHEN d.state = 'sent' THEN 'due' ELSE d.state END,
               due_at      = coalesce(d.finished_at, d.due_at),
               finished_at = NULL
         WHERE d.school_id = $1
           AND d.notice_id = $2
           AND d.guardian_id = $3
           AND d.channel = $4
           AND d.state IN ('sent', 'leased')
           AND NOT EXISTS (SELECT
                             FROM notice_receipts r
                            WHERE r.school_id = $1
                              AND r.notice_id = $2
                              AND r.guardian_id = $3
                              AND r.channel = $4
                              AND r.kind IN ('delivered', 'bounced'))
     RETURNING d.notice_id, d.guardian_id, d.channel),
     receipt AS (
        INSERT INTO notice_receipts (school_id, notice_id, guardian_id, kind, happened_at, channel, code)
        SELECT $1, b.notice_id, b.guardian_id, 'bounced', $6, b.channel, $5
          FROM back b
            ON CONFLICT DO NOTHING)
SELECT count(*) FROM back
"""


async def bounced(house: House, of: Tracked, channel: str, code: str) -> bool:
    """Twice is once, and a report about what never left, was read as arrived or is over changes nothing."""
    if not of.school_id:
        return False
    async with house.database.school(of.school_id) as tx:
        back = await tx.fetchval(_BOUNCED, of.school_id, of.notice_id, of.guardian_id, channel, code, house.clock.now())
        if back:
            tx.ring(BELL, of.school_id)
    return bool(back)


def bounce_of(reason: str | None) -> str | None:
    """The provider's word, when this is why the delivery is due."""
    return reason.removeprefix(MARK) if reason is not None and reason.startswith(MARK) else None

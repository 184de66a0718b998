"""What came back from people and devices: delivered, opened, acknowledged. Rows are only added; a recipient's state moves only forward.

It owns notice_receipts (bounces.py adds what bounced), and the three columns of notice_recipients that repeat its newest state.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.core.database import SchoolTx
from backend.core.problems import NOT_FOUND
from backend.core.versions import TOUCH_GUARDIANS

ReceiptKind = Literal["delivered", "opened", "acknowledged"]
Channel = Literal["app", "push", "telegram", "web", "zns", "sms", "zalo", "zalo_bot"]

# A later step implies the earlier ones: who acknowledged has opened, who opened has received.
_RECORD_OF = f"""
WITH mine AS (
        SELECT r.guardian_id, r.notice_id
          FROM guardians family
          JOIN notice_recipients r
            ON r.school_id = family.school_id
           AND r.guardian_id = family.guardian_id
           AND r.notice_id = $3
         WHERE family.school_id = $1
           AND family.{{who}} = $2),
     receipt AS (
        INSERT INTO notice_receipts (school_id, notice_id, guardian_id, kind, happened_at, channel)
        SELECT $1, m.notice_id, m.guardian_id, $4, $5, $6
          FROM mine m
            ON CONFLICT DO NOTHING
     RETURNING guardian_id),
     state AS (
        UPDATE notice_recipients r
           SET delivered_at    = coalesce(r.delivered_at, $5),
               opened_at       = CASE WHEN $4 IN ('opened', 'acknowledged') THEN coalesce(r.opened_at, $5) ELSE r.opened_at END,
               acknowledged_at = CASE WHEN $4 = 'acknowledged' THEN coalesce(r.acknowledged_at, $5) ELSE r.acknowledged_at END,
               awaits_acknowledgement = r.awaits_acknowledgement AND $4 <> 'acknowledged'
          FROM mine m
         WHERE r.school_id = $1
           AND r.guardian_id = m.guardian_id
           AND r.notice_id = m.notice_id
           AND CASE $4 WHEN 'delivered' THEN r.delivered_at IS NULL
                       WHEN 'opened' THEN r.opened_at IS NULL
                       ELSE r.acknowledged_at IS NULL END
     RETURNING r.guardian_id),
     touched AS ({TOUCH_GUARDIANS.format(guardians="SELECT s.guardian_id FROM state s")}
     RETURNING 1)
SELECT (SELECT count(*) FROM mine) AS mine,
       (SELECT count(*) FROM state) AS moved
"""
_RECORD = _RECORD_OF.format(who="account_id")
_RECORD_ARRIVAL = _RECORD_OF.format(who="guardian_id")


async def record(
    tx: SchoolTx, account_id: UUID, notice_id: UUID, kind: ReceiptKind, *, at: datetime, channel: Channel = "app"
) -> bool:
    """One statement. True when something moved forward; repeating it changes nothing. NOT_FOUND for a notice to somebody else."""
    row = await tx.fetchrow(_RECORD, tx.school_id, account_id, notice_id, kind, at, channel)
    assert row is not None, "an aggregate answers one row"
    if not row["mine"]:
        raise NOT_FOUND()
    return bool(row["moved"])


async def record_arrival(tx: SchoolTx, guardian_id: UUID, notice_id: UUID, *, at: datetime, channel: Channel) -> None:
    """A provider reports that its message is on the phone. What names nobody, or was known, changes nothing."""
    await tx.fetchrow(_RECORD_ARRIVAL, tx.school_id, guardian_id, notice_id, "delivered", at, channel)

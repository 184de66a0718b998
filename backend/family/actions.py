"""What a family does with a notice: it opens it, it acknowledges it. The receipts are the notifications room's."""

from __future__ import annotations

from uuid import UUID

from backend.core.house import House
from notifications import receipts
from notifications.receipts import ReceiptKind


async def answer_notice(house: House, account_id: UUID, school_id: int, notice_id: UUID, kind: ReceiptKind) -> None:
    """Twice is once. Raises NOT_FOUND for notices to other people.

    Several notices of one announcement are one line on the family's list, so taking note of one of them is taking note of all.
    """
    async with house.database.school(school_id) as tx:
        now = house.clock.now()
        await receipts.record(tx, account_id, notice_id, kind, at=now, channel="app")
        if kind == "acknowledged":
            for row in await tx.fetch(_OF_THE_SAME, school_id, account_id, notice_id):
                await receipts.record(tx, account_id, row["notice_id"], kind, at=now, channel="app")


_OF_THE_SAME = """
SELECT DISTINCT r.notice_id
  FROM notices told
  JOIN notices n
    ON n.school_id = told.school_id
   AND n.source_kind = told.source_kind
   AND n.source_id = told.source_id
   AND n.recalled_at IS NULL
  JOIN notice_recipients r
    ON r.school_id = n.school_id
   AND r.notice_id = n.notice_id
   AND r.awaits_acknowledgement
  JOIN guardians family
    ON family.school_id = r.school_id
   AND family.guardian_id = r.guardian_id
   AND family.account_id = $2
 WHERE told.school_id = $1
   AND told.notice_id = $3
 ORDER BY r.notice_id
 LIMIT 50
"""

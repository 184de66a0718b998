"""What a family does with a notice: it opens it, it acknowledges it. The receipts are the notifications room's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backend.core.house import House
from notifications import receipts
from notifications.receipts import Channel, ReceiptKind


async def answer_notice(
    house: House, account_id: UUID, school_id: int, notice_id: UUID, kind: ReceiptKind, *, channel: Channel = "app"
) -> None:
    """Twice is once. Raises NOT_FOUND for notices to other people.

    Several notices of one announcement are one line on the family's list, so taking note of one of them is taking note of all.
    """
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        await receipts.record(tx, account_id, notice_id, kind, at=now, channel=channel)
        if kind == "acknowledged":
            for row in await tx.fetch(_OF_THE_SAME, school_id, account_id, notice_id):
                await receipts.record(tx, account_id, row["notice_id"], kind, at=now, channel=channel)
        area = await tx.fetchval(_AREA, school_id, notice_id)
    if area is not None:
        await _answer_copies(house, account_id, school_id, area, kind, now, channel)


async def _answer_copies(
    house: House, account_id: UUID, school_id: int, area: str, kind: ReceiptKind, now: datetime, channel: Channel
) -> None:
    """An area's letter stands in several of the family's schools and is read once. A crash between two is mended by reading again."""
    for row in await house.database.reader.fetch(OTHER_SCHOOLS, account_id, school_id):
        async with house.database.school(row["school_id"]) as tx:
            for copy in await tx.fetch(_COPIES, tx.school_id, account_id, area):
                await receipts.record(tx, account_id, copy["notice_id"], kind, at=now, channel=channel)


_AREA = """
SELECT n.params ->> 'area'
  FROM notices n
 WHERE n.school_id = $1
   AND n.notice_id = $2
"""
OTHER_SCHOOLS = """
SELECT DISTINCT p.school_id
  FROM account_persons p
 WHERE p.account_id = $1
   AND p.person_kind = 'guardian'
   AND p.school_id <> $2
 ORDER BY p.school_id
 LIMIT 20
"""
_COPIES = """
SELECT DISTINCT r.notice_id
  FROM notices n
  JOIN notice_recipients r
    ON r.school_id = n.school_id
   AND r.notice_id = n.notice_id
  JOIN guardians family
    ON family.school_id = r.school_id
   AND family.guardian_id = r.guardian_id
   AND family.account_id = $2
 WHERE n.school_id = $1
   AND n.source_kind IN ('announcement', 'form')
   AND n.source_id = $3
   AND n.recalled_at IS NULL
 ORDER BY r.notice_id
 LIMIT 5
"""

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

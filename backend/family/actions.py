"""What a family does with a notice: it opens it, it acknowledges it. The receipts are the notifications room's."""

from __future__ import annotations

from uuid import UUID

from backend.core.house import House
from notifications import receipts
from notifications.receipts import ReceiptKind


async def answer_notice(house: House, account_id: UUID, school_id: int, notice_id: UUID, kind: ReceiptKind) -> None:
    """Twice is once. Raises NOT_FOUND for notices to other people."""
    async with house.database.school(school_id) as tx:
        await receipts.record(tx, account_id, notice_id, kind, at=house.clock.now(), channel="app")

"""What another school has told a person already is not sent a second time. The notice stands in the app all the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.core.database import SchoolTx

TOLD_ELSEWHERE = "told_elsewhere"

_SKIP = """
UPDATE deliveries
   SET state       = 'skipped',
       reason      = $5,
       finished_at = $4
 WHERE school_id = $1
   AND notice_id = $2
   AND guardian_id = ANY ($3::uuid[])
   AND state IN ('due', 'held')
"""


async def tell_no_more(tx: SchoolTx, notice_id: UUID, guardian_ids: Sequence[UUID], *, at: datetime) -> None:
    """In the transaction that published the notice, before anything of it can leave."""
    if guardian_ids:
        await tx.execute(_SKIP, tx.school_id, notice_id, list(guardian_ids), at, TOLD_ELSEWHERE)

"""The list of families whom somebody at the school rings up, since nothing else reached them. It owns call_list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from backend.core.crypto import token_hash
from backend.core.house import House
from notifications.leases import Batch
from notifications.outcomes import Sent
from notifications.rounds import Item, Try

_LIST = """
INSERT INTO call_list (school_id, notice_id, guardian_id, listed_at)
SELECT $1, l.notice_id, l.guardian_id, $4
  FROM unnest($2::uuid[], $3::uuid[]) AS l (notice_id, guardian_id)
 ORDER BY l.notice_id, l.guardian_id
    ON CONFLICT DO NOTHING
"""


class CallStation:
    """The last step of a cascade is a person with a telephone: being on the list is all that a delivery can promise."""

    channel = "call"

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        async with house.database.school(batch.school_id) as tx:
            await tx.execute(
                _LIST,
                batch.school_id,
                [item.row.notice.notice_id for item in items],
                [item.row.guardian_id for item in items],
                house.clock.now(),
            )
        for item in items:
            item.tries.append(Try(token_hash(f"call:{item.row.guardian_id}"), item.row.account_id, outcome=Sent()))

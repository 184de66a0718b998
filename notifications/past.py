"""Folds the finished deliveries of old notices away, so that the table of deliveries stays as large as what is going on. It owns past_deliveries.

What was sent to whom by which way, and who was not reached and why, can still be told of every notice (EVERY_DELIVERY); when exactly
each single delivery ended, how often it was tried and what each address answered is kept only as long as it lies among the deliveries.
What cost money keeps its answers: with paid_sends they are what a provider's bill is checked against.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.core.across_schools import schools_with_past_deliveries
from backend.core.database import SchoolTx
from backend.core.house import House

log = structlog.get_logger()

# One transaction's worth: short, since readers of these rows wait for nothing and a worker may be giving one back.
_NOTICES_AT_ONCE = 20
_ROWS_AT_ONCE = 2000
# A job of the night gives way to the morning, and goes on in the next one.
_SCHOOLS_MAX = 2000

# The deliveries of one notice, both those that lie open and those folded: guardian_id, channel, state, reason.
EVERY_DELIVERY = """(
        SELECT open.guardian_id, open.channel, open.state, open.reason
          FROM deliveries open
         WHERE open.school_id = $1
           AND open.notice_id = {notice}
         UNION ALL
        SELECT folded.guardian_id, past.channel, past.state, nullif(past.reason, '')
          FROM past_deliveries past
         CROSS JOIN LATERAL unnest(past.guardian_ids) AS folded (guardian_id)
         WHERE past.school_id = $1
           AND past.notice_id = {notice})"""

_OLD = """
SELECT n.notice_id, n.created_at
  FROM notices n
 WHERE n.school_id = $1
   AND n.folded_at IS NULL
   AND n.created_at < $2
   AND (n.created_at, n.notice_id) > ($3, $4)
 ORDER BY n.created_at, n.notice_id
 LIMIT $5
"""

# Whoever is at work on a row keeps it; it is folded the next night. A notice may be folded in several strokes.
_FOLD = """
WITH old AS MATERIALIZED (
        SELECT d.notice_id, d.guardian_id, d.channel
          FROM deliveries d
         WHERE d.school_id = $1
           AND d.notice_id = ANY ($2::uuid[])
           AND d.state IN ('sent', 'refused', 'dead', 'skipped')
           AND d.finished_at < $3
         ORDER BY d.notice_id
         LIMIT $4
           FOR UPDATE SKIP LOCKED),
     gone AS (
        DELETE FROM deliveries d
         USING old o
         WHERE d.school_id = $1
           AND d.notice_id = o.notice_id
           AND d.guardian_id = o.guardian_id
           AND d.channel = o.channel
     RETURNING d.notice_id, d.guardian_id, d.channel, d.state, d.reason, d.finished_at),
     answers AS (
        DELETE FROM delivery_attempts a
         USING gone g
         WHERE a.school_id = $1
           AND a.notice_id = g.notice_id
           AND a.guardian_id = g.guardian_id
           AND a.channel = g.channel
           AND a.channel NOT IN ('zns', 'sms')),
     folded AS (
        INSERT INTO past_deliveries AS p (school_id, notice_id, channel, state, reason, guardian_ids, last_finished_at)
        SELECT $1, g.notice_id, g.channel, g.state, coalesce(g.reason, ''), array_agg(g.guardian_id ORDER BY g.guardian_id),
               max(g.finished_at)
          FROM gone g
         GROUP BY g.notice_id, g.channel, g.state, coalesce(g.reason, '')
         ORDER BY g.notice_id, g.channel, g.state, coalesce(g.reason, '')
            ON CONFLICT (school_id, notice_id, channel, state, reason)
            DO UPDATE SET guardian_ids = p.guardian_ids || excluded.guardian_ids,
                          last_finished_at = greatest(p.last_finished_at, excluded.last_finished_at)
     RETURNING 1)
SELECT count(*) FROM gone
"""

_DONE = """
UPDATE notices n
   SET folded_at = $3
 WHERE n.school_id = $1
   AND n.notice_id = ANY ($2::uuid[])
   AND NOT EXISTS (SELECT
                     FROM deliveries d
                    WHERE d.school_id = $1
                      AND d.notice_id = n.notice_id)
"""


async def fold_everywhere(house: House) -> int:
    """How many deliveries were folded away. School by school, a bounded number in one transaction; it may run twice, and be interrupted."""
    before = house.clock.now() - timedelta(days=house.settings.deliveries_kept_days)
    folded = 0
    for school_id in await schools_with_past_deliveries(house.database.reader, before, limit=_SCHOOLS_MAX):
        folded += await fold_school(house, school_id, before)
    if folded:
        log.info("deliveries_folded", count=folded)
    return folded


async def fold_school(house: House, school_id: int, before: datetime) -> int:
    folded = 0
    last, last_id = datetime.fromtimestamp(0, before.tzinfo), UUID(int=0)
    while True:
        old = await house.database.reader.fetch(_OLD, school_id, before, last, last_id, _NOTICES_AT_ONCE)
        if not old:
            return folded
        last, last_id = old[-1]["created_at"], old[-1]["notice_id"]
        notices = [row["notice_id"] for row in old]
        here = _ROWS_AT_ONCE
        while here == _ROWS_AT_ONCE:
            async with house.database.school(school_id) as tx:
                here = await _fold(tx, notices, before, house.clock.now())
            folded += here


async def _fold(tx: SchoolTx, notices: list[UUID], before: datetime, now: datetime) -> int:
    here: int = await tx.fetchval(_FOLD, tx.school_id, notices, before, _ROWS_AT_ONCE)
    if here < _ROWS_AT_ONCE:
        await tx.execute(_DONE, tx.school_id, notices, now)
    return here

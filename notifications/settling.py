"""Giving deliveries back with what became of them, and writing the step that comes next. One statement; the only writer of next steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.core.database import Database
from notifications import digests
from notifications.bells import BELL
from notifications.leases import Batch, Claimed
from notifications.retries import Verdict


class Attempt(msgspec.Struct, frozen=True):
    """What one address answered, for the record."""

    address_hash: bytes
    outcome: str
    code: str | None
    provider_id: str | None
    attempted_at: datetime


class Result(msgspec.Struct, frozen=True):
    """A claimed delivery, its verdict, what its addresses answered, and the step that comes next and when, if one does.

    `calms`: that step was called early while this one did not get through, and has time again.
    """

    row: Claimed
    verdict: Verdict
    attempts: list[Attempt]
    next_step: tuple[str, datetime] | None = None
    calms: bool = False


# A step that has its turn in this very batch is not written again. What its provider reported as lost before we could write down that
# it left (bounces.py) has its turn at once.
# Only what still carries our lease is changed; what was sent is recorded in any case, since it did leave.
_GIVE_BACK = """
WITH result AS MATERIALIZED (
        SELECT o.notice_id, o.guardian_id, o.channel, o.state, o.due_at, o.reason, o.failed, o.next_channel, o.next_at, o.calms
          FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::smallint[], $10::text[],
                      $21::timestamptz[], $22::boolean[])
            AS o (notice_id, guardian_id, channel, state, due_at, reason, failed, next_channel, next_at, calms)),
     done AS (
        UPDATE deliveries d
           SET state       = CASE WHEN o.state = 'sent' AND d.reason LIKE 'bounced:%' THEN 'due' ELSE o.state END,
               due_at      = coalesce(o.due_at, d.due_at),
               reason      = CASE WHEN o.state = 'sent' AND d.reason LIKE 'bounced:%' THEN d.reason ELSE o.reason END,
               failures    = d.failures + o.failed,
               finished_at = CASE WHEN o.state NOT IN ('due', 'held')
                                   AND NOT (o.state = 'sent' AND d.reason IS NOT NULL AND d.reason LIKE 'bounced:%')
                                  THEN $11::timestamptz END,
               lease_token = NULL,
               lease_until = NULL
          FROM result o
         WHERE d.school_id = $1
           AND d.lease_token = $2
           AND d.notice_id = o.notice_id
           AND d.guardian_id = o.guardian_id
           AND d.channel = o.channel
     RETURNING d.notice_id, d.guardian_id, d.priority, o.next_channel, o.next_at, o.calms),
     tried AS (
        INSERT INTO delivery_attempts
               (school_id, notice_id, guardian_id, channel, address_hash, attempt, attempted_at, outcome, code, provider_id)
        SELECT $1, a.notice_id, a.guardian_id, a.channel, a.address_hash, a.attempt, a.attempted_at, a.outcome, a.code, a.provider_id
          FROM unnest($12::uuid[], $13::uuid[], $14::text[], $15::bytea[], $16::smallint[], $17::timestamptz[],
                      $18::text[], $19::text[], $20::text[])
            AS a (notice_id, guardian_id, channel, address_hash, attempt, attempted_at, outcome, code, provider_id)
            ON CONFLICT DO NOTHING
     RETURNING 1),
     climbed AS (
        INSERT INTO deliveries AS n (school_id, notice_id, guardian_id, channel, state, priority, due_at, reason)
        SELECT $1, d.notice_id, d.guardian_id, d.next_channel, 'due', min(d.priority), min(d.next_at),
               CASE WHEN bool_or(d.calms) THEN 'unread' END
          FROM done d
         WHERE d.next_channel IS NOT NULL
           AND NOT EXISTS (SELECT
                             FROM result o
                            WHERE o.notice_id = d.notice_id
                              AND o.guardian_id = d.guardian_id
                              AND o.channel = d.next_channel)
         GROUP BY d.notice_id, d.guardian_id, d.next_channel
         ORDER BY d.notice_id, d.guardian_id, d.next_channel
            ON CONFLICT (school_id, notice_id, guardian_id, channel)
            DO UPDATE SET due_at = CASE WHEN excluded.reason = 'unread' AND n.attempts = 0
                                        THEN greatest(n.due_at, excluded.due_at)
                                        ELSE least(n.due_at, excluded.due_at) END
                    WHERE n.state = 'due'
     RETURNING n.due_at)
SELECT (SELECT count(*) FROM done) AS done,
       (SELECT count(*) FROM tried) AS tried,
       (SELECT count(*) FROM climbed WHERE due_at <= $11) AS climbed
"""


async def give_back(database: Database, batch: Batch, results: Sequence[Result], *, now: datetime) -> int:
    """One statement, and two more where something waits for a digest. The number of deliveries that were still ours."""
    tries = [(result.row, attempt) for result in results for attempt in result.attempts]
    async with database.school(batch.school_id) as tx:
        row = await tx.fetchrow(
            _GIVE_BACK,
            batch.school_id,
            batch.lease,
            [r.row.notice.notice_id for r in results],
            [r.row.guardian_id for r in results],
            [r.row.channel for r in results],
            [r.verdict.state for r in results],
            [r.verdict.due_at for r in results],
            [r.verdict.reason for r in results],
            [int(r.verdict.failed) for r in results],
            [r.next_step[0] if r.next_step else None for r in results],
            now,
            [row.notice.notice_id for row, _ in tries],
            [row.guardian_id for row, _ in tries],
            [row.channel for row, _ in tries],
            [attempt.address_hash for _, attempt in tries],
            [row.attempt for row, _ in tries],
            [attempt.attempted_at for _, attempt in tries],
            [attempt.outcome for _, attempt in tries],
            [attempt.code for _, attempt in tries],
            [attempt.provider_id for _, attempt in tries],
            [r.next_step[1] if r.next_step else None for r in results],
            [r.calms for r in results],
        )
        assert row is not None, "an aggregate answers one row"
        if row["climbed"]:
            tx.ring(BELL, batch.school_id)
        held = [_held(result) for result in results if result.verdict.state == "held"]
        if held:
            await digests.hold(tx, held, at=now)
    return int(row["done"])


def _held(result: Result) -> digests.Held:
    row, due_at = result.row, result.verdict.due_at
    assert row.account_id is not None and due_at is not None, "whoever chose a digest has an account and an hour"
    return digests.Held(row.account_id, row.notice.notice_id, row.guardian_id, due_at)

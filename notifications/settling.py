"""Giving deliveries back with what became of them, and writing the step that comes next. One statement; the only writer of next steps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from backend.core.database import Database
from notifications import digests
from notifications.bells import BELL
from notifications.leases import Batch, Claimed
from notifications.retries import Verdict

log = structlog.get_logger()


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """What one address answered, for the record."""

    address_hash: bytes
    outcome: str
    code: str | None
    provider_id: str | None


class Result(msgspec.Struct, frozen=True, gc=False):
    """A claimed delivery, its verdict, what its addresses answered, and the step that comes next and when, if one does.

    `calms`: that step was called early while this one did not get through, and has time again.
    """

    row: Claimed
    verdict: Verdict
    attempts: list[Attempt]
    next_step: tuple[str, datetime] | None = None
    calms: bool = False


# Most of a batch ends alike, so how things end and what addresses answer are said once, and the rows point there by number: a third of
# the values to encode. What its provider reported as lost before we could write down that it left (bounces.py) has its turn at once.
# Only what still carries our lease is changed; what was sent is recorded in any case, since it did leave.
_GIVE_BACK = """
WITH result AS MATERIALIZED (
        SELECT ($3::uuid[])[o.notice] AS notice_id, o.guardian_id, ($6::text[])[o.ended] AS channel, ($8::text[])[o.ended] AS state,
               ($9::timestamptz[])[o.ended] AS due_at, ($10::text[])[o.ended] AS reason, ($12::smallint[])[o.ended] AS failed,
               ($13::text[])[o.ended] AS next_channel, ($14::timestamptz[])[o.ended] AS next_at, ($15::boolean[])[o.ended] AS calms
          FROM unnest($4::smallint[], $5::uuid[], $16::smallint[]) AS o (notice, guardian_id, ended)),
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
        SELECT $1, ($3::uuid[])[($4::smallint[])[a.row]], ($5::uuid[])[a.row], ($6::text[])[($16::smallint[])[a.row]], a.address_hash,
               ($7::smallint[])[($16::smallint[])[a.row]], $11, ($20::text[])[a.answer], ($21::text[])[a.answer], a.provider_id
          FROM unnest($17::smallint[], $18::bytea[], $19::smallint[], $22::text[]) AS a (row, address_hash, answer, provider_id)
            ON CONFLICT DO NOTHING
     RETURNING 1),
     climbed AS (
        INSERT INTO deliveries AS n (school_id, notice_id, guardian_id, channel, state, priority, due_at, reason)
        SELECT $1, d.notice_id, d.guardian_id, d.next_channel, 'due', min(d.priority), min(d.next_at),
               CASE WHEN bool_or(d.calms) THEN 'unread' END
          FROM done d
         WHERE d.next_channel IS NOT NULL
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


_NO_STEP = (None, None)


# Together well below what is left of a lease when a batch has been sent (leases.py); after the last one the lease runs out.
AGAIN_AFTER_SECONDS = (0.3, 1.0, 2.0, 4.0, 8.0)
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


async def give_back_for_sure(database: Database, batch: Batch, results: Sequence[Result], *, now: datetime) -> int:
    """While PostgreSQL restarts, what was sent is held and written when it is back: forgotten, all of it would be sent again.

    Twice is once: what was given back carries our lease no more, and an answer is kept once.
    """
    for seconds in AGAIN_AFTER_SECONDS:
        try:
            return await give_back(database, batch, results, now=now)
        except _AWAY as error:
            log.warning("not_given_back_yet", school_id=batch.school_id, error=type(error).__name__)
            await asyncio.sleep(seconds)
    return await give_back(database, batch, results, now=now)


async def give_back(database: Database, batch: Batch, results: Sequence[Result], *, now: datetime) -> int:
    """One statement, and two more where something waits for a digest. The number of deliveries that were still ours."""
    notices: dict[UUID, int] = {}
    ends: dict[tuple[Any, ...], int] = {}
    answers: dict[tuple[str, str | None], int] = {}
    told, ended = [], []
    tries: list[tuple[int, bytes, int, str | None]] = []
    for number, result in enumerate(results, 1):
        row, verdict, step = result.row, result.verdict, result.next_step or _NO_STEP
        told.append(notices.setdefault(row.notice.notice_id, len(notices) + 1))
        end = (
            row.channel, row.attempt, verdict.state, verdict.due_at, verdict.reason, int(verdict.failed), *step, result.calms,
        )  # fmt: skip
        ended.append(ends.setdefault(end, len(ends) + 1))
        for one in result.attempts:
            answer = answers.setdefault((one.outcome, one.code), len(answers) + 1)
            tries.append((number, one.address_hash, answer, one.provider_id))
    async with database.school(batch.school_id) as tx:
        done = await tx.fetchrow(
            _GIVE_BACK,
            batch.school_id,
            batch.lease,
            list(notices),
            told,
            [result.row.guardian_id for result in results],
            *_columns(list(ends), 5),
            now,
            *_columns([end[5:] for end in ends], 4),
            ended,
            *_columns(tries, 3),
            *_columns(list(answers), 2),
            [one[3] for one in tries],
        )
        assert done is not None, "an aggregate answers one row"
        if done["climbed"]:
            tx.ring(BELL, batch.school_id)
        held = [_held(result) for result in results if result.verdict.state == "held"]
        if held:
            await digests.hold(tx, held, at=now)
    return int(done["done"])


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(count)]


def _held(result: Result) -> digests.Held:
    row, due_at = result.row, result.verdict.due_at
    assert row.account_id is not None and due_at is not None, "whoever chose a digest has an account and an hour"
    return digests.Held(row.account_id, row.notice.notice_id, row.guardian_id, due_at)

"""The operator's switch of a channel: one flag, after which everything that waited there goes another way, and comes back with `on`.

The flag is all that is set by hand. Workers hear of it at once and begin nothing more by that channel; their next batch finds the row.
The sweep, every ten seconds, brings forward what would have waited, and after `on` brings back what nothing else has reached. It writes
channel_states beside pauses.py, and deliveries.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
import structlog

from backend.core import flags
from backend.core.across_schools import schools_switched_off, schools_waiting_on
from backend.core.database import Database, Reader
from backend.core.house import House
from notifications import pauses
from notifications.bells import BELL_BEHIND

log = structlog.get_logger()

_SCHOOLS_MAX = 2000
_BATCH = 2000
# Longer than a lease: a worker that saw the channel off may still be writing down so.
BACK_FOR = timedelta(minutes=5)
_BACK_SINCE = timedelta(days=3)

_OFF = """
INSERT INTO channel_states AS c (channel, pauses_in_row, changed_at, off_at, off_reason)
VALUES ($1, 0, $2, $2, $3)
    ON CONFLICT (channel)
    DO UPDATE SET off_at = coalesce(c.off_at, excluded.off_at), off_reason = excluded.off_reason, on_at = NULL,
                  changed_at = excluded.changed_at
"""

_ON = """
UPDATE channel_states c
   SET off_at = NULL, off_reason = NULL, on_at = $2, changed_at = $2
 WHERE c.channel = $1
   AND c.off_at IS NOT NULL
RETURNING c.channel
"""

_ALL = """
SELECT c.channel, c.off_at, c.off_reason, c.paused_until, c.reason
  FROM channel_states c
 WHERE c.off_at IS NOT NULL
    OR c.paused_until > $1
 ORDER BY c.channel
 LIMIT 100
"""


class Stopped(msgspec.Struct, frozen=True):
    """A channel through which nothing leaves: `off_at` by an operator, `paused_until` by its provider."""

    channel: str
    off_at: datetime | None
    off_reason: str | None
    paused_until: datetime | None
    paused_reason: str | None


def flag_of(channel: str) -> str:
    return f"channel_off:{channel}"


async def switch_off(database: Database, channel: str, reason: str, *, at: datetime) -> None:
    """Twice is once; the newer reason stands."""
    async with database.directory() as tx:
        await tx.execute(_OFF, channel, at, reason)
        await flags.say(tx, flag_of(channel), raised=True)
    log.warning("channel_switched_off", channel=channel)


async def switch_on(database: Database, channel: str, *, at: datetime) -> bool:
    """False when it was not off."""
    async with database.directory() as tx:
        was_off = await tx.fetchval(_ON, channel, at) is not None
        await flags.say(tx, flag_of(channel), raised=False)
    if was_off:
        log.warning("channel_switched_on", channel=channel)
    return was_off


async def stopped(reader: Reader, now: datetime) -> list[Stopped]:
    return [Stopped(*row) for row in await reader.fetch(_ALL, now)]


# What waits for a later hour on a channel that is off, for its turn or for another try, has its turn now: there it goes another way.
_FORWARD = """
UPDATE deliveries d
   SET due_at = $3
  FROM (SELECT w.notice_id, w.guardian_id, w.channel
          FROM deliveries w
         WHERE w.school_id = $1
           AND w.state = 'due'
           AND w.channel = ANY ($2::text[])
           AND w.due_at > $3
         ORDER BY w.notice_id, w.guardian_id, w.channel
         LIMIT $4
           FOR UPDATE SKIP LOCKED) AS waiting
 WHERE d.school_id = $1
   AND d.notice_id = waiting.notice_id
   AND d.guardian_id = waiting.guardian_id
   AND d.channel = waiting.channel
"""

# Only where no other channel took it or still might: nobody is told twice.
_BACK = """
UPDATE deliveries d
   SET state = 'due', due_at = $4, reason = 'switched_on', finished_at = NULL
  FROM (SELECT s.notice_id, s.guardian_id, s.channel
          FROM deliveries s
         WHERE s.school_id = $1
           AND s.channel = $2
           AND s.state = 'skipped'
           AND s.reason = 'switched_off'
           AND s.finished_at >= $3
           AND NOT EXISTS (SELECT
                             FROM deliveries other
                            WHERE other.school_id = $1
                              AND other.notice_id = s.notice_id
                              AND other.guardian_id = s.guardian_id
                              AND other.channel <> s.channel
                              AND other.state IN ('due', 'leased', 'held', 'sent'))
         ORDER BY s.notice_id, s.guardian_id
         LIMIT $5
           FOR UPDATE SKIP LOCKED) AS missed
 WHERE d.school_id = $1
   AND d.channel = $2
   AND d.notice_id = missed.notice_id
   AND d.guardian_id = missed.guardian_id
"""


async def follow(house: House) -> None:
    """The sweep: nothing to do, and one small read, unless a switch was moved."""
    now = house.clock.now()
    states = await pauses.states(house.database.reader)
    if states.off:
        await _forward(house, states.off, now)
    for channel, on_at in states.back.items():
        if now - on_at < BACK_FOR:
            await _back(house, channel, now)


async def _forward(house: House, off: Collection[str], now: datetime) -> None:
    for school_id in await schools_waiting_on(house.database.reader, sorted(off), now, limit=_SCHOOLS_MAX):
        moved = _BATCH
        while moved == _BATCH:
            async with house.database.school(school_id) as tx:
                moved = _count(await tx.execute(_FORWARD, school_id, sorted(off), now, _BATCH))
                tx.ring(BELL_BEHIND, school_id)


async def _back(house: House, channel: str, now: datetime) -> None:
    since = now - _BACK_SINCE
    for school_id in await schools_switched_off(house.database.reader, channel, since, limit=_SCHOOLS_MAX):
        moved = _BATCH
        while moved == _BATCH:
            async with house.database.school(school_id) as tx:
                moved = _count(await tx.execute(_BACK, school_id, channel, since, now, _BATCH))
                if moved:
                    tx.ring(BELL_BEHIND, school_id)


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])

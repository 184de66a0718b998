"""When a whole channel rests or is switched off: a quota, a refused credential, an operator. It owns channel_states; all read it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import structlog

from backend.core.database import Database, Reader
from notifications.retries import pause_seconds

log = structlog.get_logger()


class Pause(msgspec.Struct, frozen=True):
    until: datetime | None
    in_a_row: int
    reason: str | None

    def holds(self, now: datetime) -> bool:
        return self.until is not None and self.until > now


class States(msgspec.Struct, frozen=True):
    """Of all channels. `pauses` by channel, a platform of one named `push:ios`; `off` are those that an operator switched off,
    `back` when he switched one on again.
    """

    pauses: dict[str, Pause]
    off: frozenset[str]
    back: dict[str, datetime]

    def resting(self, now: datetime) -> dict[str, datetime]:
        return {channel: pause.until for channel, pause in self.pauses.items() if pause.holds(now) and pause.until}


_STATES = """
SELECT c.channel, c.paused_until, c.pauses_in_row, c.reason, c.off_at, c.on_at
  FROM channel_states c
 ORDER BY c.channel
 LIMIT 100
"""


async def states(reader: Reader) -> States:
    rows = await reader.fetch(_STATES)
    return States(
        {row["channel"]: Pause(row["paused_until"], row["pauses_in_row"], row["reason"]) for row in rows},
        frozenset(row["channel"] for row in rows if row["off_at"] is not None),
        {row["channel"]: row["on_at"] for row in rows if row["on_at"] is not None},
    )


# Several workers meet the same stop: only the first after a rest counts as another one in a row.
_PAUSE = """
INSERT INTO channel_states AS c (channel, paused_until, reason, pauses_in_row, changed_at)
VALUES ($1, $2, $3, 1, $4)
    ON CONFLICT (channel)
    DO UPDATE SET paused_until  = greatest(c.paused_until, excluded.paused_until),
                  reason        = excluded.reason,
                  pauses_in_row = c.pauses_in_row + CASE WHEN c.paused_until > excluded.changed_at THEN 0 ELSE 1 END,
                  changed_at    = excluded.changed_at
RETURNING paused_until
"""


async def pause(
    database: Database,
    channel: str,
    reason: str,
    asked_seconds: float | None,
    *,
    before: Pause | None,
    now: datetime,
    chance: float,
) -> datetime:
    """Let the channel rest, longer with every stop in a row. The end of the rest."""
    seconds = pause_seconds(before.in_a_row if before else 0, asked_seconds, chance)
    async with database.directory() as tx:
        until: datetime = await tx.fetchval(_PAUSE, channel, now + timedelta(seconds=seconds), reason, now)
    log.error("channel_paused", channel=channel, reason=reason, until=until.isoformat())
    return until


async def resume(database: Database, channel: str, *, now: datetime) -> None:
    """Something got through: the next stop is the first again."""
    async with database.directory() as tx:
        await tx.execute(
            """
            UPDATE channel_states c
               SET paused_until = NULL, reason = NULL, pauses_in_row = 0, changed_at = $2
             WHERE c.channel = $1
               AND (c.paused_until IS NULL OR c.paused_until <= $2)
            """,
            channel,
            now,
        )
    log.info("channel_resumed", channel=channel)

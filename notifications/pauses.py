"""When a whole channel rests: a quota is used up, or its credential is refused. It owns channel_states; every process reads it."""

from __future__ import annotations

from collections.abc import Mapping
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


async def current(reader: Reader) -> dict[str, Pause]:
    """By channel; a platform of one is named `push:ios`."""
    rows = await reader.fetch(
        "SELECT channel, paused_until, pauses_in_row, reason FROM channel_states ORDER BY channel LIMIT 100"
    )
    return {row["channel"]: Pause(row["paused_until"], row["pauses_in_row"], row["reason"]) for row in rows}


def resting(pauses: Mapping[str, Pause], now: datetime) -> dict[str, datetime]:
    return {channel: pause.until for channel, pause in pauses.items() if pause.holds(now) and pause.until is not None}


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

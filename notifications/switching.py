"""The command `channel`: an operator moves a switch and is told in words what happened."""

from __future__ import annotations

from datetime import datetime

from backend.core.database import Database
from notifications.cascade import CHANNELS
from notifications.switches import Stopped, stopped, switch_off, switch_on

_SWITCHED = [channel for channel in CHANNELS if channel != "call"]


async def run(
    database: Database, action: str, channel: str | None, reason: str | None, *, at: datetime
) -> tuple[int, str]:
    """(exit status, what to say)."""
    if action == "list":
        return 0, "\n".join(_line(one) for one in await stopped(database.reader, at)) or "every channel is open"
    if channel not in _SWITCHED:
        return 2, f"name one of the channels: {', '.join(_SWITCHED)}"
    if action == "off":
        if not reason:
            return 2, "say why, with --reason"
        await switch_off(database, channel, reason, at=at)
        return 0, f"{channel} is off. Within a minute the workers send what waited there another way."
    if not await switch_on(database, channel, at=at):
        return 1, f"{channel} was not off"
    return 0, f"{channel} is on. Within a minute the workers bring back what nothing else has reached."


def _line(one: Stopped) -> str:
    if one.off_at is not None:
        return f"{one.channel}: off since {one.off_at:%Y-%m-%d %H:%M} UTC ({one.off_reason})"
    return f"{one.channel}: its provider stopped it until {one.paused_until:%Y-%m-%d %H:%M} UTC ({one.paused_reason})"

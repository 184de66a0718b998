"""Delivers what is due in one school: take a batch, let the stations send it with no transaction held, give back what became of it.

It decides by retries.py and knows no wire. Every worker may drain every school; leases keep them out of each other's way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from backend.core.across_schools import schools_with_deliveries
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.metrics import OUTBOX_DUE
from notifications import pauses
from notifications.aftermath import Aftermath
from notifications.cascade import CHANNELS
from notifications.leases import BATCH, Batch, Claimed, claim
from notifications.retries import USEFUL_FOR, Verdict
from notifications.rounds import Item
from notifications.stations import Stations

_DRAIN_SECONDS = 20.0
_SWEEP_SCHOOLS_MAX = 500


async def drain(house: House, stations: Stations, school_id: int, *, batches_max: int = 1000) -> int:
    """Deliver what is due in a school, for at most some seconds; then ring again, so that a large school lets others pass."""
    until = time.monotonic() + _DRAIN_SECONDS
    handled = 0
    for _ in range(batches_max):
        now = house.clock.now()
        known = await pauses.current(house.database.reader)
        resting = pauses.resting(known, now)
        channels = [channel for channel in CHANNELS if channel not in resting]
        batch = await claim(house.database, school_id, channels, now=now, today=school_day(now))
        if batch.rows:
            await _deliver(house, stations, batch, known, resting)
            handled += len(batch.rows)
        if len(batch.rows) < BATCH:
            return handled
        if time.monotonic() > until:
            break
    await house.queue.ring("deliver", school_id)
    return handled


async def sweep(house: House) -> None:
    """Ring for every school with something due or a lease run out: the bells that Redis lost."""
    for school_id in await due_schools(house):
        await house.queue.ring("deliver", school_id)


async def due_schools(house: House) -> list[int]:
    now = house.clock.now()
    resting = pauses.resting(await pauses.current(house.database.reader), now)
    channels = [channel for channel in CHANNELS if channel not in resting]
    schools = await schools_with_deliveries(house.database.reader, now, channels, limit=_SWEEP_SCHOOLS_MAX)
    OUTBOX_DUE.set(sum(school.due for school in schools))
    return [school.school_id for school in schools]


async def _deliver(
    house: House, stations: Stations, batch: Batch, known: Mapping[str, pauses.Pause], resting: Mapping[str, datetime]
) -> None:
    """One batch. Also when this worker is told to stop in the middle, what is known goes back before it stops."""
    began_at = house.clock.now()
    early = {row.key: verdict for row in batch.rows if (verdict := _needless(row, stations, began_at))}
    items = [Item(row) for row in batch.rows if row.key not in early]
    whole = False
    try:
        await _post(house, stations, batch, items, resting)
        whole = True
    finally:
        aftermath = Aftermath(house, stations, batch, items, early, known, resting, began_at, whole)
        await asyncio.shield(asyncio.create_task(aftermath.settle()))


async def _post(
    house: House, stations: Stations, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]
) -> None:
    for channel in CHANNELS:
        mine = [item for item in items if item.row.channel == channel]
        station = stations.of(channel)
        if mine and station is not None:
            await station.deliver(house, batch, mine, resting)


def _needless(row: Claimed, stations: Stations, now: datetime) -> Verdict | None:
    """What has become pointless since it was promised is not sent, and says why."""
    notice = row.notice
    reason = (
        "recalled" if notice.recalled
        else "not_entitled" if not row.entitled
        else "already_read" if row.read
        else "too_late" if now - notice.created_at > USEFUL_FOR[notice.kind]
        else "no_account" if row.account_id is None
        else "channel_off" if stations.of(row.channel) is None
        else None
    )  # fmt: skip
    if reason is None:
        return None
    if row.sent_before:
        return Verdict("sent")
    return Verdict("dead" if reason == "too_late" else "skipped", reason)

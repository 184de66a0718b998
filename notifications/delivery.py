"""Delivers what is due in one school: take a batch, let the stations send it with no transaction held, give back what became of it.

What is decided before sending stands in turns.py, what after it in aftermath.py; it knows no wire. Every worker may drain every
school; leases keep them out of each other's way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec

from backend.core.across_schools import schools_with_deliveries, schools_with_impatient
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.metrics import OUTBOX_DUE
from notifications import pauses, switches
from notifications.aftermath import Aftermath, Case
from notifications.bells import BELL_BEHIND
from notifications.cascade import CHANNELS
from notifications.leads import leads_of, open_channels
from notifications.leases import BATCH, Batch, Claimed, claim, claim_impatient
from notifications.paid import post_paid
from notifications.preferences import NONE, Wishes, wishes_of
from notifications.quiet import read_hours
from notifications.resting import impatient, on_trial
from notifications.rounds import Item, is_paid
from notifications.stations import Stations
from notifications.turns import Turn

# A job of the queue holds a place in the worker for about so long, then stands behind whatever else waits.
_DRAIN_SECONDS = 2.0
_SWEEP_SCHOOLS_MAX = 500
# What finds out whether a channel works again, before everything that waits there is let go.
TRIAL = 20


async def drain(house: House, stations: Stations, school_id: int, *, batches_max: int = 1000) -> int:
    """Deliver what is due in a school, for a few batches; then ring again behind the others, so that a large school lets small ones pass."""
    line = Lanes(house, stations, school_id, batches_max)
    await line.run()
    if line.more:
        await house.queue.ring(BELL_BEHIND, school_id)
    return line.handled


class Lanes:
    """Where a school has more than a batch, two are under way: one is claimed and written down while the other is being sent.

    What dies with the process is then two batches of the school instead of one; so only a few schools at a time have a second lane.
    """

    def __init__(self, house: House, stations: Stations, school_id: int, batches_max: int) -> None:
        self._house, self._stations, self._school_id = house, stations, school_id
        self._left = batches_max
        self._until = time.monotonic() + _DRAIN_SECONDS
        self._lanes: list[asyncio.Task[None]] = []
        self.handled, self.more = 0, False

    async def run(self) -> None:
        self._lanes.append(asyncio.create_task(self._lane()))
        try:
            while going := [lane for lane in self._lanes if not lane.done()]:
                await asyncio.wait(going)
        except asyncio.CancelledError:
            # What is known goes back before this ends, as with a single batch.
            for lane in self._lanes:
                lane.cancel()
            await asyncio.gather(*self._lanes, return_exceptions=True)
            raise
        for lane in self._lanes:
            lane.result()

    async def _lane(self) -> None:
        first = len(self._lanes) == 1
        while self._left > 0:
            self._left -= 1
            if not await self._step(lapsed=first):
                return
            if time.monotonic() > self._until:
                break
            # Not before a whole batch has got through: a provider that answers nobody is found out by one.
            if first and self._left > 0 and self._stations.spare_lanes > 0:
                self._lanes.append(asyncio.create_task(self._second()))
            first = False
        self.more = True

    async def _step(self, *, lapsed: bool) -> bool:
        """One batch, or where channels rest two or three; whether there may be more."""
        house, now, more = self._house, self._house.clock.now(), False
        states = await pauses.states(house.database.reader)
        async for batch, limit in _batches(house, self._school_id, states, now, lapsed=lapsed):
            if batch.rows:
                await Round(house, self._stations, batch, states, now).deliver()
                self.handled += len(batch.rows)
            more = more or len(batch.rows) == limit
        return more

    async def _second(self) -> None:
        self._stations.spare_lanes -= 1
        try:
            await self._lane()
        finally:
            self._stations.spare_lanes += 1


async def _batches(
    house: House, school_id: int, states: pauses.States, now: datetime, *, lapsed: bool
) -> AsyncIterator[tuple[Batch, int]]:
    """What has its turn by channels that work; a few messages by those that may work again; what need not wait for those that rest."""
    database, today = house.database, school_day(now)
    trial = on_trial(states, now)
    works = [channel for channel in claimable(states, now) if channel not in trial]
    yield await claim(database, school_id, works, now=now, today=today, limit=BATCH, lapsed=lapsed), BATCH
    if trial:
        yield await claim(database, school_id, trial, now=now, today=today, limit=TRIAL, lapsed=False), TRIAL
    if rests := impatient(states, now):
        yield await claim_impatient(database, school_id, rests, now=now, today=today), BATCH


def claimable(states: pauses.States, now: datetime) -> list[str]:
    """What rests must wait, save for what is impatient. What is switched off must not: its deliveries are taken, in order to go another way."""
    resting = states.resting(now)
    return [channel for channel in CHANNELS if channel not in resting or channel in states.off]


async def sweep(house: House) -> None:
    """Ring for every school with something due or a lease run out: the bells that Redis lost. And follow the switches.

    However many schools these are, what a school sends now goes before them.
    """
    await switches.follow(house)
    for school_id in await due_schools(house):
        await house.queue.ring(BELL_BEHIND, school_id)


async def due_schools(house: House) -> list[int]:
    now = house.clock.now()
    states = await pauses.states(house.database.reader)
    schools = await schools_with_deliveries(
        house.database.reader, now, claimable(states, now), limit=_SWEEP_SCHOOLS_MAX
    )
    OUTBOX_DUE.set(sum(school.due for school in schools))
    found = [school.school_id for school in schools]
    if rests := impatient(states, now):
        waiting = await schools_with_impatient(
            house.database.reader,
            now,
            [rest.channel for rest in rests],
            [rest.urgency for rest in rests],
            [rest.before for rest in rests],
            limit=_SWEEP_SCHOOLS_MAX,
        )
        found += [school_id for school_id in waiting if school_id not in set(found)]
    return found


class Round:
    """One batch, from the decisions before sending to what became of it."""

    def __init__(
        self, house: House, stations: Stations, batch: Batch, states: pauses.States, began_at: datetime
    ) -> None:
        self._house, self._stations, self._batch, self._states = house, stations, batch, states
        self._began_at = began_at
        self._open = open_channels(stations, states.off)
        self._resting = states.resting(began_at)

    async def deliver(self) -> None:
        """Also when this worker is told to stop in the middle, what is known goes back before it stops."""
        cases = [Case(turn, Item(turn.row), turn.verdict()) for turn in await self._turns()]
        whole = False
        try:
            await self._post([case.item for case in cases if case.early is None])
            whole = True
        finally:
            aftermath = Aftermath(self._house, self._batch, cases, self._states, self._resting, self._began_at, whole)
            await asyncio.shield(asyncio.create_task(aftermath.settle()))

    async def _turns(self) -> list[Turn]:
        rows = self._batch.rows
        accounts = list({row.account_id for row in rows if row.account_id is not None})
        wishes = await wishes_of(self._house.database.reader, accounts)
        leads = await leads_of(self._house, self._stations, self._open, rows)
        quiet = read_hours(self._house.settings.quiet_hours)
        turns = []
        for row, ways in zip(rows, leads, strict=True):
            wish = wishes.get(row.account_id, NONE) if row.account_id and wishes else NONE
            turns.append(
                Turn(
                    _in_language(row, wish), wish, ways, self._open, self._states.off, quiet, self._began_at, self._resting,
                )
            )  # fmt: skip
        return turns

    async def _post(self, items: Sequence[Item]) -> None:
        for channel in CHANNELS:
            mine = [item for item in items if item.row.channel == channel]
            station = self._stations.of(channel)
            if not mine or station is None:
                continue
            if is_paid(station):
                await post_paid(self._house, station, self._batch, mine, self._resting)
            else:
                await station.deliver(self._house, self._batch, mine, self._resting)


def _in_language(row: Claimed, wishes: Wishes) -> Claimed:
    return row if wishes.language in (None, row.language) else msgspec.structs.replace(row, language=wishes.language)

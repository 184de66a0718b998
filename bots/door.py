"""Where an update comes in, whatever its messenger: kept, and answered by the process that received it when nobody is at its chat.

So an answer needs no job and no second look at the database. What this process cannot take on now, and what a crash leaves, is the
worker's, which rings and sweeps as ever. It knows no wire and no meaning.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from backend.core.crypto import token_hash
from backend.core.house import House
from backend.core.metrics import CHAT_DROPPED
from backend.core.problems import Problem
from backend.core.ratelimit import Bucket, RateLimiter
from bots import updates
from bots.answering import Answering
from bots.turns import Arrived, Claimed
from bots.wires import Wires
from notifications.stations import Stations

log = structlog.get_logger()

# Chats answered by one process at a time. Whoever comes beyond is kept and left to a worker, so that a rush in chat leaves the
# process' other readers their share of it.
_CHATS_MAX = 48
# No person writes so much: what comes beyond is not even kept, and costs no statement. What is kept beyond the answers' own limit
# (answering.py) is ticked off unanswered, after the reader was told.
_KEPT_AT_ONCE, _KEPT_SECONDS = 60, 1.0
_GOING_SECONDS = 10.0


async def arrived(house: House, channel: str, chat_id: str, update: Arrived) -> None:
    """Returns when it is kept; the answer comes later."""
    door: Door | None = house.doors.get(channel)
    if door is None:
        await updates.keep(house, channel, chat_id, update)
    else:
        await door.arrived(chat_id, update)


class Door:
    """One a messenger and server process, hung in the house for as long as it is open."""

    def __init__(self, house: House, answering: Answering) -> None:
        self._house = house
        self._answering = answering
        self._channel = answering.wire.channel
        self._limits = RateLimiter("")  # this process' own: asking another one would cost more than it saves
        self._at_work: set[asyncio.Task[None]] = set()
        self._open = True
        house.doors[self._channel] = self

    async def arrived(self, chat_id: str, update: Arrived) -> None:
        if not await self._may_come_in(chat_id):
            CHAT_DROPPED.labels(self._channel).inc()
            return
        if not self._open or len(self._at_work) >= _CHATS_MAX:
            await updates.keep(self._house, self._channel, chat_id, update)
            return
        told = await updates.arrive(self._house, self._channel, chat_id, update, takes=True)
        if told.claimed is not None:
            self._answer(told.claimed)

    def _answer(self, claimed: Claimed) -> None:
        task = asyncio.create_task(self._answering.answer(claimed))
        self._at_work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its turn ends by itself; then the sweep finds it.
            log.error("chat_left_to_sweep", channel=self._channel, error=type(error).__name__, exc_info=error)

    async def _may_come_in(self, chat_id: str) -> bool:
        bucket = Bucket(token_hash(self._channel + chat_id).hex()[:24], _KEPT_AT_ONCE, _KEPT_SECONDS)
        try:
            await self._limits.take(bucket, now=self._house.clock.now().timestamp(), strict=True)
        except Problem:
            return False
        return True

    async def idle(self) -> None:
        """Until every answer begun so far is out or left to the worker."""
        while self._at_work:
            await asyncio.wait(self._at_work)

    async def close(self) -> None:
        """What is being answered may end; what takes longer is found by the sweep when its turn has run out."""
        self._open = False
        self._house.doors.pop(self._channel, None)
        if self._at_work:
            _, late = await asyncio.wait(self._at_work, timeout=_GOING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


@asynccontextmanager
async def doors_open(house: House) -> AsyncIterator[None]:
    """The messengers' doors of a server process, where the settings want them."""
    if not house.settings.chat_answers_at_door:
        yield
        return
    stations = await Stations.open(house, only=Wires.CHANNELS)
    wires = await Wires.open(house, stations, webhooks=False, introduce=False)
    doors = [Door(house, answering) for answering in wires.all()]
    try:
        yield
    finally:
        for door in doors:
            await door.close()
        await wires.close()
        await stations.close()

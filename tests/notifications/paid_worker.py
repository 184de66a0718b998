"""Workers that die by their own hand at a named point of a paid send, forked from one process that test_paid_crash.py starts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from backend.core.clock import StoppedClock
from backend.core.crypto import Cipher, token_hash
from backend.core.database import Database
from backend.core.house import House
from backend.core.queue import Queue
from backend.core.settings import Settings
from notifications import paid, settling
from notifications.delivery import drain
from notifications.leases import Batch
from notifications.outcomes import Sent
from notifications.rounds import Item, Try
from notifications.stations import Stations

POINTS = ("before the row", "after the row", "after the wire", "after settling")


class Gateway:
    """A paid station that posts to the test's provider; the key is the notice and the guardian."""

    channel, paid = "sms", True

    def __init__(self, url: str, repeats_for: timedelta) -> None:
        self._url = url
        self.repeats_for = repeats_for

    async def price(self, house: House, batch: Batch, item: Item) -> int:
        return 850

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        async with aiohttp.ClientSession() as session:
            for item in items:
                key = f"{item.row.notice.notice_id}:{item.row.guardian_id}"
                item.tries.append(Try(token_hash(str(item.row.phone)), item.row.account_id))
                async with session.post(self._url, json={"key": key}) as response:
                    item.tries[-1].outcome = Sent(await response.text())


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    reserve, settle = paid._reserve, paid._settle

    async def reserve_then_die(*arguments: Any) -> Any:
        await reserve(*arguments)
        die()

    async def settle_then_die(*arguments: Any) -> Any:
        await settle(*arguments)
        die()

    match point:
        case "before the row":
            paid._reserve = die  # type: ignore[assignment]
        case "after the row":
            paid._reserve = reserve_then_die
        case "after the wire":
            paid._settle = die  # type: ignore[assignment]
        case "after settling":
            paid._settle = settle_then_die
    settling.give_back = die  # type: ignore[assignment]


async def main(database_url: str, redis_url: str, school_id: str, now: str, url: str, repeats: str, point: str) -> None:
    arm(point)
    database = await Database.open(database_url, writers=1, readers=1)
    clock = StoppedClock(datetime.fromisoformat(now))
    house = House(
        Settings(mode="test", quiet_hours=""), database, Queue.for_url(redis_url), clock, Cipher("s" * 40), redis_url
    )
    stations = Stations()
    stations.add(Gateway(url, timedelta(hours=int(repeats))))
    await drain(house, stations, int(school_id))


def serve() -> None:
    """One line, one worker; answered by how it ended. Forked before any loop runs, so that only the first pays for the imports."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                asyncio.run(main(*json.loads(line)))
            finally:
                os._exit(1)  # it should have died before
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()

"""kill −9 at every point of a paid send: the provider is paid at most once for each family, and nobody is lost without a word."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from aiohttp import web

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications import budgets
from notifications.audience import OneClass
from notifications.delivery import drain
from notifications.leases import LEASE
from notifications.outbox import publish
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import NOW, notice
from tests.notifications.paid_worker import POINTS, Gateway


class Provider:
    """Counts what it would bill: each request, or each key when it knows keys."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.requests[(await request.json())["key"]] += 1
        return web.Response(text="id")


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    application = web.Application()
    application.router.add_post("/send", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    yield made
    await runner.cleanup()


class Mortal:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.notifications.paid_worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, arguments: list[str]) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    made = Mortal()
    yield made
    made.close()


# (requests by family, state of the ledger) without and with a key that the provider knows.
_EXPECTED: dict[str, tuple[tuple[int, str], tuple[int, str]]] = {
    "before the row": ((1, "sent"), (1, "sent")),
    "after the row": ((0, "uncertain"), (1, "sent")),
    "after the wire": ((1, "uncertain"), (2, "sent")),
    "after settling": ((1, "sent"), (1, "sent")),
}


@pytest.mark.parametrize("hours", [0, 24], ids=["no key", "key"])
@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_in_a_paid_send_costs_no_family_a_second_message(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock, provider: Provider, mortal: Mortal,
    database_url: str, redis_url: str, point: str, hours: int,
) -> None:  # fmt: skip
    await owner.execute("UPDATE guardians SET account_id = NULL WHERE school_id = $1", world.school_id)
    told = notice(needs_acknowledgement=True)
    async with still_house.database.school(world.school_id) as tx:
        await budgets.set_cap(tx, "sms", 100_000, by=world.admin.account_id, at=NOW)
        await publish(tx, told, OneClass(world.class_id))
    stations = Stations()
    stations.add(Gateway(provider.url, timedelta(hours=hours)))
    # The template message has no station, so its turn writes the SMS step.
    await drain(still_house, stations, world.school_id)
    arguments = [database_url, redis_url, str(world.school_id), NOW.isoformat(), provider.url, str(hours), point]
    assert await asyncio.to_thread(mortal.run, arguments) == -signal.SIGKILL
    clock.advance(LEASE + timedelta(seconds=1))
    for _ in range(3):
        await drain(still_house, stations, world.school_id)
    requests, state = _EXPECTED[point][bool(hours)]
    families = (world.parent, world.parent2, world.classmate_parent)
    counted = [provider.requests[f"{told.notice_id}:{person.person_id}"] for person in families]
    assert counted == [requests] * 3
    assert await ledger(owner, world) == {(state, 850): 3}
    # Whoever may not have heard is on the list of those whom the school rings up.
    listed = await owner.fetchval("SELECT count(*) FROM call_list WHERE notice_id = $1", told.notice_id)
    assert listed == (3 if state == "uncertain" else 0)


async def ledger(owner: asyncpg.Connection, world: World) -> dict[tuple[str, int], int]:
    rows: list[Any] = await owner.fetch(
        "SELECT state, price, count(*) AS count FROM paid_sends WHERE school_id = $1 GROUP BY state, price",
        world.school_id,
    )
    return {(row["state"], row["price"]): row["count"] for row in rows}

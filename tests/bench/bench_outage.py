"""A provider that is away for an hour: what it is asked meanwhile, how it is asked afterwards, and that everything arrives or is on the remainder.

The house's clock runs faster than the wall's, so that an hour with its rests and retries passes in minutes; the limiter and the wire are real.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from backend.core.ids import new_id
from backend.embedded.redis import EmbeddedRedis
from notifications.allowances import Allowances, Quota
from notifications.audience import WholeSchool
from notifications.channels.fcm import FcmSender
from notifications.channels.fcm_credentials import FcmCredentials
from notifications.delivery import drain, due_schools
from notifications.outbox import Notice, publish
from notifications.push import PushStation
from notifications.stations import Stations
from tests.bench.counting import CountingTwin, most_within
from tests.bench.ground import Ground, ground
from tests.bench.table import Table
from tests.notifications.simulation import Family, install_app, populate
from tests.notifications.test_allowances import most_above
from tests.twins.fcm import Fault

FAMILIES, DEAD = 8_000, 100
SPEED = 15
OUTAGE = timedelta(hours=1)
_WORKERS = 2
_SWEEP = timedelta(seconds=10)
_PATIENCE_SECONDS = 900


class FastClock:
    """Ten minutes of the house are forty seconds of the wall."""

    def __init__(self, speed: float) -> None:
        self._speed, self._began, self._from = speed, time.monotonic(), datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._from + timedelta(seconds=self.minutes() * 60)

    def minutes(self, at: float | None = None) -> float:
        return ((at or time.monotonic()) - self._began) * self._speed / 60


async def bench_outage(families: int = FAMILIES, speed: float = SPEED, outage: timedelta = OUTAGE) -> Table:
    # What is 12,000 a minute for the provider is as much faster on the wall; the ramp as much shorter.
    quota = Quota(round(12_000 / 60 * speed), 1.0, ramp_seconds=60 / speed)
    table = Table(
        "A provider is away for an hour",
        f"A notice to {families:,} families at the beginning of {int(outage / timedelta(minutes=1))} minutes in which FCM's twin answers 503 to everything; {_WORKERS} workers; "
        f"{DEAD} of the tokens are dead. The house's clock runs {speed:g} times as fast as the wall's; limiter (12,000 a minute of the house's), wire, rests and "
        "retries are the real ones. Every message tried by its own schedule would be seven requests in the hour.",
        ("minutes of the house's clock", "requests at the provider", "of them accepted", "most in any second"),
    )
    clock, redis, fcm = FastClock(speed), EmbeddedRedis(), CountingTwin()
    await fcm.start()
    try:
        async with ground(clock) as stage:
            drill = _Drill(stage, clock, fcm, redis.url, quota)
            await drill.run(table, families, outage)
    finally:
        await fcm.stop()
        redis.stop()
    return table


class _Drill:
    def __init__(self, stage: Ground, clock: FastClock, fcm: CountingTwin, redis_url: str, quota: Quota) -> None:
        self.stage, self.clock, self.fcm, self.redis_url, self.quota = stage, clock, fcm, redis_url, quota
        self.over = False
        self.school_id = 0

    async def run(self, table: Table, count: int, outage: timedelta) -> None:
        self.school_id, drawn = await populate(self.stage.owner, count)
        families = await self._with_the_app(drawn)
        self.fcm.misbehave("*", Fault("unavailable"))
        await self._tell()
        began = self.clock.minutes()
        workers = [asyncio.create_task(self._work()) for _ in range(_WORKERS)]
        await self._until(lambda: self.clock.minutes() - began >= outage / timedelta(minutes=1))
        back = self.clock.minutes()
        self.fcm.behave()
        for one in families[:DEAD]:
            self.fcm.misbehave(one.token, Fault("unregistered"))
        await self._until(lambda: self._shown() >= count - DEAD)
        ended = self.clock.minutes()
        self.over = await self._settled()
        await asyncio.gather(*workers)
        self._tell_when(table, began, back, ended)
        await self._tell_whom(table, families)

    async def _with_the_app(self, drawn: list[Family]) -> list[Family]:
        families = [
            Family(one.guardian_id, one.account_id, one.phone, one.token, True, True, True, True) for one in drawn
        ]
        await self.stage.owner.executemany(
            "UPDATE guardians SET account_id = $3 WHERE school_id = $1 AND guardian_id = $2",
            [(self.school_id, one.guardian_id, one.account_id) for one in families],
        )
        await install_app(self.stage.owner, self.stage.house, families)
        return families

    async def _settled(self) -> bool:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await self.stage.owner.fetchval(
                "SELECT count(*) FROM deliveries WHERE school_id = $1 AND state IN ('due', 'leased')", self.school_id
            ):
                await asyncio.sleep(0.1)
        return True

    async def _tell(self) -> None:
        told = Notice(
            notice_id=new_id(), kind="announcement", source_kind="announcement", source_id="1", created_at=self.clock.now(),
            title="Nghỉ bão", body="Mai nghỉ.", created_by=new_id(),
        )  # fmt: skip
        async with self.stage.database.school(self.school_id) as tx:
            await publish(tx, told, WholeSchool())

    async def _work(self) -> None:
        """A worker whose bells are all lost: only the sweep finds what is due."""
        house, allowances = self.stage.house, Allowances(self.redis_url)
        sender = FcmSender(
            FcmCredentials(self.fcm.credentials()), project_id=self.fcm.project_id, base_url=self.fcm.base_url,
            limit=allowances.of("push", "outage", self.quota),
        )  # fmt: skip
        stations = Stations()
        stations.push = PushStation(sender)
        await sender.open()
        while not self.over:
            for school_id in await due_schools(house):
                await drain(house, stations, school_id)
            await asyncio.sleep(_SWEEP.total_seconds() / SPEED)
        await sender.close()
        await allowances.close()

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not true():
                await asyncio.sleep(0.05)

    def _shown(self) -> int:
        return sum(1 for phone in self.fcm.phones.values() if phone.shown)

    def _tell_when(self, table: Table, began: float, back: float, ended: float) -> None:
        edges = [began, began + 1, *(began + m for m in range(10, int(back - began), 10)), back]
        edges += [back + m for m in range(1, int(ended - back) + 2)]
        for start, end in itertools.pairwise(edges):
            here = [(at, ok) for at, ok in self.fcm.asked if start <= self.clock.minutes(at) < end]
            if here:
                phase = "away" if start < back else "back"
                took = sum(ok for _, ok in here)
                table.add(
                    f"{start - began:.0f}–{end - began:.0f}, {phase}",
                    f"{len(here):,}",
                    f"{took:,}",
                    most_within([at for at, _ in here], 1.0),
                )

    async def _tell_whom(self, table: Table, families: list[Family]) -> None:
        moments = [at for at, _ in self.fcm.asked]
        above = max(most_above(moments, self.quota), 0)
        found = await self.stage.owner.fetch(
            "SELECT state, count(*) AS count FROM deliveries WHERE school_id = $1 AND channel = 'push' GROUP BY state ORDER BY state DESC",
            self.school_id,
        )
        doubled = sum(len(self.fcm.phones[one.token].received) > 1 for one in families)
        states = ", ".join(f"{one['count']:,} {one['state']}" for one in found)
        table.add("above what the limiter may let through in any stretch of time", f"{above:.0f}", "", "")
        table.add(f"in all: {states}; {doubled} told twice", f"{len(moments):,}", f"{self._shown():,}", "")

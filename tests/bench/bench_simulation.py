"""A broadcast to 5,000 families as a school has them, in simulated minutes: who is reached when, what it costs, and who is left by name."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import structlog

from backend.core.clock import StoppedClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.migrate import migrate
from backend.core.settings import Settings
from backend.embedded import postgres
from tests.bench.bench_broadcast import NoBell
from tests.bench.table import Table
from tests.notifications.simulation import MINUTES, SMS_PRICE, ZNS_PRICE, Outcome, broadcast, populate, wires

FAMILIES = 5_000
_SECRET = "bench-secret-of-forty-characters-0000000"
_NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


async def bench_simulation(families: int = FAMILIES) -> Table:
    table = Table(
        "Reaching five thousand families",
        f"{families:,} families: 30 % without the app, 10 % of tokens dead, 5 % of numbers wrong, 15 % of numbers without Zalo. An urgent notice; production code against "
        f"wire-true twins; {MINUTES} simulated minutes; a ZNS at {ZNS_PRICE} đ, an SMS at {SMS_PRICE} đ. Targets: 99.5 % of the reachable, a quarter of the cost of SMS to all, the remainder exact.",
        ("what", "figure", "target"),
    )
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
    try:
        server = postgres.start(folder / "postgres", throwaway=True)
        url = await postgres.ensure_database(server, "bench")
        await migrate(url)
        database = await Database.open(url, writers=2, readers=1)
        owner = await asyncpg.connect(url)
        try:
            settings = Settings(mode="test", secret_key=_SECRET, public_url="https://bench.example", quiet_hours="")
            clock = StoppedClock(_NOON)
            house = House(settings, database, NoBell(), clock, Cipher(_SECRET), "redis://127.0.0.1:1")
            school_id, drawn = await populate(owner, families)
            async with wires(house, clock, folder) as wired:
                _tell(table, await broadcast(owner, house, clock, wired, school_id, drawn))
        finally:
            await owner.close()
            await database.close()
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return table


def _tell(table: Table, done: Outcome) -> None:
    unreachable = {one.guardian_id for one in done.families if not one.reachable}
    table.add("reachable by anything at all", f"{len(done.reachable):,} of {len(done.families):,}", "")
    for minute in (0, 1, 5, MINUTES):
        by_then = sum(done.minute_of[one.guardian_id] <= minute for one in done.reached)
        table.add(
            f"reached by minute {minute}", f"{by_then / len(done.reachable):.2%}", "99.5 %" if minute == MINUTES else ""
        )
    table.add(
        "by the app, ZNS, SMS",
        f"{len(done.reached) - done.templates - done.texts:,}, {done.templates:,}, {done.texts:,}",
        "",
    )
    table.add("cost", f"{done.spent:,} đ, {done.spent / done.all_by_sms:.1%} of SMS to all", "25 %")
    table.add("left for the call list", f"{len(done.called):,}", f"{len(unreachable):,}: the unreachable, by name")
    table.add("named wrongly or forgotten", len(done.called ^ unreachable), "0")

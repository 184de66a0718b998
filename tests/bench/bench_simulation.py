"""A broadcast to 5,000 families as a school has them, in simulated minutes: who is reached when, what it costs, and who is left by name."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from backend.core.clock import StoppedClock
from tests.bench.ground import ground
from tests.bench.table import Table
from tests.notifications.simulation import MINUTES, SMS_PRICE, ZNS_PRICE, Outcome, broadcast, populate, wires

FAMILIES = 5_000
_NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


async def bench_simulation(families: int = FAMILIES) -> Table:
    table = Table(
        "Reaching five thousand families",
        f"{families:,} families: 30 % without the app, 10 % of tokens dead, 5 % of numbers wrong, 15 % of numbers without Zalo. An urgent notice; production code against "
        f"wire-true twins; {MINUTES} simulated minutes; a ZNS at {ZNS_PRICE} đ, an SMS at {SMS_PRICE} đ. Targets: 99.5 % of the reachable, a quarter of the cost of SMS to all, the remainder exact.",
        ("what", "figure", "target"),
    )
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    clock = StoppedClock(_NOON)
    async with ground(clock, durable=False, public_url="https://bench.example", quiet_hours="") as stage:
        school_id, drawn = await populate(stage.owner, families)
        async with wires(stage.house, clock, stage.folder) as wired:
            _tell(table, await broadcast(stage.owner, stage.house, clock, wired, school_id, drawn))
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

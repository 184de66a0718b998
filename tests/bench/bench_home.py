"""The parent's screens under load, as ratios to a static route of the same server and to the bare prepared statement."""

from __future__ import annotations

import asyncio
from typing import Any

from backend.core.clock import school_day
from backend.demo.seed import Cast
from backend.demo.stage import Stage
from backend.demo.visitor import Visitor
from backend.family.home import _HOME
from tests.bench.cpu import Cost, cost_of_load
from tests.bench.pgbench import cost_of_statement
from tests.bench.table import Table, median

ROUNDS = 5
REQUESTS = 3000
STATIC = "/problems/invalid"


async def bench_home(stage: Stage, cast: Cast) -> Table:
    parent = Visitor(stage.url, cast.parent.name)
    signed = await parent.sign_in(stage.house, cast.parent.phone)
    bearer = {"authorization": str(parent.http.headers["authorization"])}
    answer = await parent.http.get("/v1/family/home")
    child = answer.json()["children"][0]["pupil_id"]
    unchanged = {**bearer, "if-none-match": answer.headers["etag"]}
    today = str(school_day(stage.clock.now()))
    kinds: dict[str, Any] = {
        "static JSON route": (STATIC, bearer, 200),
        "home, computed": ("/v1/family/home", bearer, 200),
        "home, nothing changed (304)": ("/v1/family/home", unchanged, 304),
        "grades": (f"/v1/family/schools/{cast.school_id}/pupils/{child}/grades", bearer, 200),
        "attendance month": (
            f"/v1/family/schools/{cast.school_id}/pupils/{child}/attendance?month={today[:7]}",
            bearer,
            200,
        ),
    }
    arguments = [str(cast.school_id), str(signed["account_id"]), today, "vi"]
    measured = await asyncio.to_thread(_measure, stage, kinds, arguments)
    await parent.close()
    return _table(measured, len(answer.content))


def _measure(stage: Stage, kinds: dict[str, Any], arguments: list[str]) -> dict[str, list[Cost]]:
    """Rounds interleave the kinds, so that a noisy neighbour disturbs all of them alike; the first round only warms up."""
    measured: dict[str, list[Cost]] = {}
    pids = {"application_pid": stage.server.process.pid, "database_pid": stage.database_pid}
    for round_number in range(ROUNDS + 1):
        for name, (path, headers, status) in kinds.items():
            cost = cost_of_load(f"{stage.url}{path}", requests=REQUESTS, headers=headers, expect=status, **pids)
            if round_number:
                measured.setdefault(name, []).append(cost)
        cost = cost_of_statement(
            stage.settings.database_url, _HOME, arguments, transactions=REQUESTS, database_pid=stage.database_pid
        )
        if round_number:
            measured.setdefault("bare prepared statement of home (pgbench)", []).append(cost)
    return measured


def _table(measured: dict[str, list[Cost]], size: int) -> Table:
    totals = {name: median([c.total for c in costs]) for name, costs in measured.items()}
    static, bare = totals["static JSON route"], totals["bare prepared statement of home (pgbench)"]
    table = Table(
        "Parent's screens",
        f"CPU microseconds a request, application + database, median of {ROUNDS} interleaved rounds of {REQUESTS} requests over 16 connections; "
        f"a school of 1,200 pupils; the home answer has {size} bytes. Targets: home ≤ 2.2 × (static + bare), 304 ≤ 2 × static.",
        ("what", "application", "database", "total", "× static", "× (static + bare)"),
    )
    for name, costs in measured.items():
        application, database = median([c.application for c in costs]), median([c.database for c in costs])
        table.add(
            name,
            f"{application:.0f}",
            f"{database:.0f}",
            f"{totals[name]:.0f}",
            totals[name] / static,
            totals[name] / (static + bare),
        )
    return table

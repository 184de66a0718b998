"""Roll-call of a class: CPU of one request, for a small class and a large one."""

from __future__ import annotations

import time
from datetime import timedelta

from backend.core.clock import school_day
from backend.demo.seed import Cast
from backend.demo.stage import Stage
from backend.demo.visitor import Visitor
from tests.bench.cpu import cpu_seconds
from tests.bench.table import Table, median

ROUNDS = 40


async def bench_roll(stage: Stage, cast: Cast) -> Table:
    teacher = Visitor(stage.url, cast.teacher.name)
    await teacher.sign_in(stage.house, cast.teacher.phone, kind="console")
    base = f"/v1/schools/{cast.school_id}/classes/{cast.class_id}"
    pupils = (await teacher.get(f"{base}/pupils"))["pupils"]
    day = school_day(stage.clock.now()) - timedelta(days=14)
    table = Table(
        "Roll-call",
        f"One PUT for the whole class ({len(pupils)} pupils), retaken {ROUNDS} times with other exceptions each time: every pupil's mark may change.",
        ("exceptions sent", "CPU ms a request (application + database)", "wall ms, median"),
    )
    pids = (stage.server.process.pid, stage.database_pid)
    for exceptions in (0, 5, len(pupils)):
        walls = []
        before = cpu_seconds(*pids)
        for number in range(ROUNDS):
            marks = ("late", "excused")
            chosen = [pupils[(number + k) % len(pupils)]["pupil_id"] for k in range(exceptions)]
            body = {"exceptions": [{"pupil_id": p, "mark": marks[number % 2]} for p in chosen], "make_up": True}
            started = time.perf_counter()
            await teacher.put(f"{base}/roll/{day}/morning", body)
            walls.append((time.perf_counter() - started) * 1000)
        table.add(exceptions, (cpu_seconds(*pids) - before) / ROUNDS * 1000, median(walls))
    await teacher.close()
    return table

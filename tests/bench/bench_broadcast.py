"""A province-wide broadcast: from publish to promise, what a claim costs among millions of finished rows, and how long a small school waits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable

import psutil

from backend.core.clock import school_day
from backend.core.ids import new_id
from notifications.audience import WholeSchool
from notifications.leases import claim
from notifications.outbox import Notice, publish
from notifications.past import fold_school
from tests.bench.ground import Ground, ground
from tests.bench.province import Province, finish_old_deliveries, found_province
from tests.bench.table import Table

SCHOOLS, FAMILIES = 850, 588
FINISHED = (0, 1_000_000, 10_000_000)
CLAIMS = 25

# The least that the promise can cost: the same two rows a guardian, into the same tables, with nothing decided.
_BARE = """
WITH recipient AS (
        INSERT INTO notice_recipients (school_id, guardian_id, notice_id, pupil_ids, created_at)
        SELECT $1, b.guardian_id, $2, ARRAY[b.pupil_id], $3
          FROM guardianships b
         WHERE b.school_id = $1)
INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at)
SELECT $1, $2, b.guardian_id, 'push', 'due', $3
  FROM guardianships b
 WHERE b.school_id = $1
"""


async def bench_broadcast(
    schools: int = SCHOOLS, families: int = FAMILIES, finished: tuple[int, ...] = FINISHED
) -> Table:
    table = Table(
        "A province-wide broadcast",
        f"{schools} schools of {families} families in the embedded PostgreSQL (durable settings); CPU of our process and the database together. "
        "Bare SQL writes the same recipients and deliveries and decides nothing. The finished rows all stand in the very school that is claimed from.",
        ("what", "rows", "CPU µs a row", "wall s", "longest transaction ms", "memory grown MB", "compared"),
    )
    async with ground() as stage:
        province = await found_province(stage.owner, schools, families)
        await _publish(table, stage, province)
        await _claims(table, stage, province, finished)
    return table


async def _publish(table: Table, stage: Ground, province: Province) -> None:
    bare = await _measured(table, "bare SQL, school by school", stage, province, _bare, None)
    await stage.owner.execute("TRUNCATE deliveries, notice_recipients, notices CASCADE")
    await _measured(table, "publish: rows promised", stage, province, _promise, bare)


async def _bare(stage: Ground, school_id: int) -> None:
    now, notice_id = stage.house.clock.now(), new_id()
    async with stage.house.database.school(school_id) as tx:
        await tx.execute(
            "INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, title, body, created_at)"
            " VALUES ($1, $2, 'announcement', 'announcement', 'bare', 'a', 'b', $3)",
            school_id, notice_id, now,
        )  # fmt: skip
        await tx.execute(_BARE, school_id, notice_id, now)


async def _promise(stage: Ground, school_id: int) -> None:
    now = stage.house.clock.now()
    notice = Notice(
        notice_id=new_id(), kind="announcement", source_kind="announcement", source_id=str(new_id()), created_at=now,
        title="Nghỉ học ngày mai vì bão", body="Toàn tỉnh cho học sinh nghỉ học ngày mai.", urgent=True,
    )  # fmt: skip
    async with stage.house.database.school(school_id) as tx:
        await publish(tx, notice, WholeSchool())


async def _measured(
    table: Table,
    name: str,
    stage: Ground,
    province: Province,
    deed: Callable[[Ground, int], Awaitable[None]],
    bare: float | None,
) -> float:
    resident = psutil.Process().memory_info().rss
    longest, before, started = 0.0, stage.cpu(), time.perf_counter()
    for school_id in province.schools:
        began = time.perf_counter()
        await deed(stage, school_id)
        longest = max(longest, time.perf_counter() - began)
    wall, cpu = time.perf_counter() - started, (stage.cpu() - before) / province.guardians * 1e6
    grown = (psutil.Process().memory_info().rss - resident) / 1e6
    times = "1.00 × bare" if bare is None else f"{cpu / bare:.2f} × bare"
    table.add(name, f"{province.guardians:,}", cpu, wall, longest * 1000, grown, times)
    return cpu


async def _claims(table: Table, stage: Ground, province: Province, finished: tuple[int, ...]) -> None:
    """A claim of a full batch and nothing else; rolled back by giving the leases up, so that every claim finds the same."""
    school_id, per_notice = province.schools[0], province.families
    there, first = 0, None
    await stage.owner.execute(
        "UPDATE deliveries SET state = 'sent', finished_at = due_at WHERE school_id <> $1", school_id
    )
    for goal in finished:
        while there < goal:
            notices = min((goal - there) // per_notice + 1, 2_000)
            await finish_old_deliveries(stage.owner, school_id, there // per_notice, notices)
            there += notices * per_notice
        first = await _claim_often(table, stage, school_id, f"{there:,} finished", first)
    if there:
        await _fold(table, stage, school_id)
        await _claim_often(table, stage, school_id, "none, since the night has folded them", first)


async def _fold(table: Table, stage: Ground, school_id: int) -> None:
    """What the nightly job does with what is past its time."""
    before, began = stage.cpu(), time.perf_counter()
    folded = await fold_school(stage.house, school_id, stage.house.clock.now())
    wall, cpu = time.perf_counter() - began, (stage.cpu() - before) / folded * 1e6
    table.add("folding what is past its time", f"{folded:,}", cpu, wall, "", "", "")


async def _claim_often(table: Table, stage: Ground, school_id: int, among: str, first: float | None) -> float:
    await stage.owner.execute("VACUUM ANALYZE deliveries")
    await stage.owner.execute("VACUUM ANALYZE notices")
    walls, before = [], stage.cpu()
    for _ in range(CLAIMS):
        began = time.perf_counter()
        now = stage.house.clock.now()
        batch = await claim(stage.house.database, school_id, ["push"], now=now, today=school_day(now))
        walls.append(time.perf_counter() - began)
        assert len(batch.rows) == 200, len(batch.rows)
        await stage.owner.execute(
            "UPDATE deliveries SET state = 'due', lease_token = NULL, lease_until = NULL, attempts = 0"
            " WHERE school_id = $1 AND state = 'leased'",
            school_id,
        )
    cpu = (stage.cpu() - before) / CLAIMS / 200 * 1e6
    median = statistics.median(walls)
    table.add(
        f"claim of 200 among {among}", "200", cpu, median, max(walls) * 1000, 0.0, f"{median / (first or median):.2f} × with none"
    )  # fmt: skip
    return first or median

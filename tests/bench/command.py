"""`python -m backend bench`: sets the stage once, runs the benchmarks, prints their tables and keeps them on request."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from backend.demo.seed import Cast, seed
from backend.demo.stage import Stage
from tests.bench.bench_broadcast import bench_broadcast
from tests.bench.bench_chat import bench_chat
from tests.bench.bench_chatfuzz import bench_chatfuzz
from tests.bench.bench_delivery import bench_delivery
from tests.bench.bench_fanout import bench_fanout
from tests.bench.bench_faults import bench_faults
from tests.bench.bench_flood import bench_flood
from tests.bench.bench_home import bench_home
from tests.bench.bench_import import bench_import
from tests.bench.bench_limiter import bench_limiter
from tests.bench.bench_matching import bench_matching
from tests.bench.bench_money import bench_money
from tests.bench.bench_outage import bench_outage
from tests.bench.bench_quota import bench_quota
from tests.bench.bench_roll import bench_roll
from tests.bench.bench_simulation import bench_simulation
from tests.bench.bench_switchoff import bench_switchoff
from tests.bench.table import Table

_ON_STAGE: dict[str, Callable[[Stage, Cast], Awaitable[Table]]] = {"home": bench_home, "roll": bench_roll}
_ALONE: dict[str, Callable[[], Awaitable[Table]]] = {
    "import": bench_import,
    "fanout": bench_fanout,
    "delivery": bench_delivery,
    "quota": bench_quota,
    "limiter": bench_limiter,
    "outage": bench_outage,
    "switchoff": bench_switchoff,
    "broadcast": bench_broadcast,
    "simulation": bench_simulation,
    "faults": bench_faults,
    "matching": bench_matching,
    "money": bench_money,
    "chat": bench_chat,
    "chatfuzz": bench_chatfuzz,
    "flood": bench_flood,
}
_PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"


def run(which: list[str], *, write: bool = False) -> None:
    tables = asyncio.run(_run(which or [*_ON_STAGE, *_ALONE]))
    text = "\n".join(table.markdown() for table in tables)
    print(text)
    if write:
        _PAGE.write_text(_HEAD + "\n" + text, encoding="utf-8")


async def _run(which: list[str]) -> list[Table]:
    tables = []
    on_stage = [name for name in which if name in _ON_STAGE]
    if on_stage:
        folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
        try:
            async with Stage(folder, say=print, port=18_800) as stage:
                cast = await seed(stage, say=print)
                stage.worker.stop()
                for name in on_stage:
                    tables.append(await _ON_STAGE[name](stage, cast))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    for name in which:
        if name in _ALONE:
            tables.append(await _ALONE[name]())
    return tables


_HEAD = """# Performance

Made by `python -m backend bench --write`. Machines differ and this one is noisy: read the ratios, which compare things measured in one run, and
CPU time (`/proc`), which neighbours disturb little. Nothing here is a timed assertion in a test.
"""

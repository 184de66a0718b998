"""`python -m backend demo`: shows its progress, tells where to go and what to try, and stops everything it started on Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from pathlib import Path

from backend.core.catalogue import say
from backend.core.settings import read
from backend.demo.journey import walk
from backend.demo.seed import Cast, seed
from backend.demo.stage import Stage, both_languages


async def run(*, journey: bool = False, fresh: bool = False) -> int:
    data_dir = Path(read(mode="demo").data_dir)
    if journey:
        # The journey begins with an empty school, and leaves the demo's data alone.
        data_dir = data_dir / "journey"
        fresh = True
    if fresh and data_dir.exists():
        shutil.rmtree(data_dir)
    started = time.monotonic()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    working = asyncio.create_task(_play(data_dir, journey=journey, started=started))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        print(f"\n{both_languages('stopping')}", flush=True)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return 0
    stopping.cancel()
    return working.result()


async def _play(data_dir: Path, *, journey: bool, started: float) -> int:
    def show(line: str) -> None:
        print(f"  {time.monotonic() - started:5.1f} s  {line}", flush=True)

    print(f"{both_languages('title')}\n", flush=True)
    async with Stage(data_dir, say=show) as stage:
        if journey:
            await walk(stage, say=show)
            print(f"\n{both_languages('walked')}")
            return 0
        cast = await seed(stage, say=show)
        show(both_languages("ready"))
        print(_welcome(stage, cast), flush=True)
        await asyncio.Event().wait()
    return 0


def _welcome(stage: Stage, cast: Cast) -> str:
    url = stage.url
    names = {"parent": cast.parent.name, "teacher": cast.teacher.name, "folder": str(stage.data_dir)}
    lines = [
        "",
        f"  {say('demo.families'):<24} {url}/app",
        f"  {say('demo.staff'):<24} {url}/console",
        f"  {say('demo.chat'):<24} {url}/chat",
        f"  {'API':<24} {url}/schema/swagger",
        "",
        *_pair("accounts"),
        *[f"    {person.phone:<14} {person.name:<22} {person.what}" for person in cast.people],
        "",
        *_pair("five"),
        *[line for number in range(1, 6) for line in _pair(f"try{number}", **names)],
        "",
        f"  {say('demo.phones')}: {stage.fcm.base_url}/twin/phones",
        *_pair("logs", **names),
        "",
    ]
    return "\n".join(lines)


def _pair(key: str, **params: str) -> list[str]:
    """Vietnamese, and below it English."""
    return [f"  {say(f'demo.{key}', 'vi', **params)}", f"     {say(f'demo.{key}', 'en', **params)}"]

"""`python -m backend demo`: shows its progress, tells where to go and what to try, and stops everything it started on Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import time
from pathlib import Path

from backend.core.settings import read
from backend.demo.journey import walk
from backend.demo.seed import Cast, seed
from backend.demo.stage import Stage


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
    working = asyncio.create_task(_play(data_dir, journey=journey, started=started, stop=stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        print("\nStopping …", flush=True)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return 0
    stopping.cancel()
    return working.result()


async def _play(data_dir: Path, *, journey: bool, started: float, stop: asyncio.Event) -> int:
    def say(line: str) -> None:
        print(f"  {time.monotonic() - started:5.1f} s  {line}", flush=True)

    print("Nhịp Cầu — nhịp nối nhà trường và gia đình\n", flush=True)
    async with Stage(data_dir, say=say) as stage:
        if journey:
            await walk(stage, say=say)
            print("\nThe journey is done: every step was seen through a public door.")
            return 0
        cast = await seed(stage, say=say)
        say("ready")
        print(_welcome(stage, cast), flush=True)
        await asyncio.Event().wait()
    return 0


def _welcome(stage: Stage, cast: Cast) -> str:
    url = stage.url
    lines = [
        "",
        f"  Families      {url}/app",
        f"  School staff  {url}/console",
        f"  Chat          {url}/chat",
        f"  API           {url}/schema/swagger",
        "",
        "  Demo accounts (sign in by phone; the code is shown on the sign-in page, because this is a demo):",
    ]
    lines += [f"    {person.phone:<14} {person.what:<26} {person.name}" for person in cast.people]
    lines += [
        "",
        "  Five things to try:",
        f"  1. Sign in at /app as {cast.parent.name}: attendance, marks and what is due, on one screen.",
        "  2. Open the invoice, scan its QR with any bank app (do not pay), or press “simulate the transfer” and watch the receipt come.",
        f"  3. Sign in at /console as {cast.teacher.name}, mark a pupil absent, and see the family's notice arrive.",
        "  4. Send an announcement to your class, then watch who has read it, by name.",
        "  5. Ask the chat: “thu tuc chuyen truong cho con lop 7”, then (signed in) “hôm nay con có đi học không?”",
        "",
        f"  What phones received (Firebase's twin): {stage.fcm.base_url}/twin/phones" if hasattr(stage.fcm, "phones") else "",
        f"  Logs: {stage.data_dir}/server.log, worker.log.   Ctrl-C stops everything; the data stay in {stage.data_dir}.",
        "",
    ]
    return "\n".join(line for line in lines if line is not None)


def main() -> None:
    sys.exit(asyncio.run(run()))

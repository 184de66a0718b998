"""The whole delivery by real workers: from rows in PostgreSQL to pushes at a server of FCM's wire and back to rows, with one worker and with two."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

from tests.bench.bench_fanout import rate_of, started
from tests.bench.cpu import cpu_seconds
from tests.bench.processes import Processes
from tests.bench.table import Table, median

FAMILIES = 10_000
ROUNDS = 3
_PATIENCE_SECONDS = 600
# Whether anything is left, by the indexes of what is open: the look must not be what is measured.
_LEFT = """
SELECT EXISTS (SELECT FROM deliveries d WHERE d.school_id = $1 AND d.state = 'due' AND d.due_at <= now())
    OR EXISTS (SELECT FROM deliveries d WHERE d.school_id = $1 AND d.state = 'leased')
"""
_SENT = "SELECT count(*) FROM deliveries WHERE school_id = $1 AND channel = 'push' AND state = 'sent'"


async def bench_delivery(families: int = FAMILIES, rounds: int = ROUNDS) -> Table:
    table = Table(
        "Delivery by whole workers",
        f"A school's letter to {families:,} families with the app, published through the API while the workers are stopped (SIGSTOP), so that only delivery is measured: workers as "
        "processes, which claim, render, send over TLS to a server that answers as FCM does, and write down what became of each. On two cores server, database and workers share what "
        "there is, so read the CPU columns, and of the walls the ratio. The bare client only posts the same bodies; it claims nothing and remembers nothing. Each takes its turn "
        f"{rounds} times, after one to warm up; medians.",
        ("who", "messages per second (wall)", "per CPU second of the worker", "of the bare client", "CPU µs a message: worker, database"),
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
    tls = started("tests.bench.fanout_server", str(folder))
    try:
        assert tls.stdout is not None
        base_url = f"https://localhost:{tls.stdout.readline().decode().strip()}"
        everything = Processes(
            folder, families, fcm_project_id="bench", fcm_base_url=base_url, fcm_per_minute=60_000_000
        )
        await everything.open()
        try:
            await everything.serve()
            bench = _Bench(everything, folder, base_url)
            for workers in (1, 2):
                await bench.compare(table, workers, rounds)
        finally:
            await everything.close()
    finally:
        tls.terminate()
        tls.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
    return table


class _Bench:
    def __init__(self, everything: Processes, folder: Path, base_url: str) -> None:
        self._all, self._folder, self._base_url = everything, folder, base_url
        self._letters = 0

    async def compare(self, table: Table, workers: int, rounds: int) -> None:
        while len(self._all.workers) < workers:
            self._all.work(SSL_CERT_FILE=str(self._folder / "ca.pem"))
        # Imports, connections, the first sweep: what a worker does once. The first letter of a new worker prepares its statements.
        await asyncio.sleep(5)
        await self._one(workers)
        rates, bare = [], []
        for _ in range(rounds):
            rates.append(await self._one(workers))
            key = self._folder / "account.json"
            bare.append(await asyncio.to_thread(rate_of, "rust", self._all.count, self._base_url, key, self._folder))
        fastest = median([one.cpu for one in bare])
        worked = median([worked for _, worked, _ in rates])
        table.add(
            f"{workers} worker{'s' if workers > 1 else ''}",
            round(median([wall for wall, _, _ in rates])),
            round(1 / worked),
            f"{1 / worked / fastest:.0%}",
            f"{worked * 1e6:.0f}, {median([stored for _, _, stored in rates]) * 1e6:.0f}",
        )
        wall = round(median([one.wall for one in bare]))
        table.add(
            "bare pyreqwest posting the same bodies, in turns with it",
            wall,
            round(fastest),
            "100%",
            f"{1e6 / fastest:.0f}",
        )

    async def _one(self, workers: int) -> tuple[float, float, float]:
        """(messages per second, CPU seconds of the workers and of the database a message)."""
        database = int((self._folder / "postgres" / "postmaster.pid").read_text().split()[0])
        pids = [child.process.pid for child in self._all.workers]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await self._all.publish()
        worked, stored, began = cpu_seconds(*pids), cpu_seconds(database), time.monotonic()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        self._letters += 1
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await self._all.owner.fetchval(_LEFT, self._all.school_id):
                await asyncio.sleep(0.1)
        wall = time.monotonic() - began
        worked, stored = cpu_seconds(*pids) - worked, cpu_seconds(database) - stored
        count = self._all.count
        sent = await self._all.owner.fetchval(_SENT, self._all.school_id)
        assert sent == count * self._letters, f"{sent} of {count * self._letters} were sent"
        return count / wall, worked / count, stored / count

"""The whole delivery by real workers: from rows in PostgreSQL to pushes at a server of FCM's wire and back to rows, with one worker and with two."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from tests.bench.bench_fanout import rate_of, started
from tests.bench.cpu import cpu_seconds
from tests.bench.processes import Processes
from tests.bench.table import Table

FAMILIES = 10_000
_PATIENCE_SECONDS = 600
_LEFT = """
SELECT count(*)
  FROM deliveries d
 WHERE d.school_id = $1
   AND d.channel = 'push'
   AND d.state IN ('due', 'leased')
"""


async def bench_delivery(families: int = FAMILIES) -> Table:
    table = Table(
        "Delivery by whole workers",
        f"A school's letter to {families:,} families with the app, published through the API; workers as processes, which claim, render, send over TLS to a server that answers as "
        "FCM does, and write down what became of each. On two cores server, database and workers share what there is: read the CPU columns, and of the walls the ratio. "
        "The bare client only posts the same bodies; it claims nothing and remembers nothing.",
        ("who", "messages per second (wall)", "per CPU second of the worker", "per CPU second of worker and database"),
    )
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
            for workers in (1, 2):
                await _measure(table, everything, folder, workers)
            key = folder / "account.json"
            bare = await asyncio.to_thread(rate_of, "rust", families, base_url, key, folder)
            table.add("bare pyreqwest posting the same bodies", round(bare.wall), round(bare.cpu), "")
        finally:
            await everything.close()
    finally:
        tls.terminate()
        tls.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
    return table


async def _measure(table: Table, everything: Processes, folder: Path, workers: int) -> None:
    while len(everything.workers) < workers:
        everything.work(SSL_CERT_FILE=str(folder / "ca.pem"))
    await asyncio.sleep(5)  # imports, connections, the first sweep: what a worker does once
    database = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    pids = [child.process.pid for child in everything.workers]
    worked, stored, began = cpu_seconds(*pids), cpu_seconds(database), time.monotonic()
    await everything.publish()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await everything.owner.fetchval(_LEFT, everything.school_id):
            await asyncio.sleep(0.05)
    wall = time.monotonic() - began
    worked, stored = cpu_seconds(*pids) - worked, cpu_seconds(database) - stored
    count = everything.count
    table.add(
        f"{workers} worker{'s' if workers > 1 else ''}",
        round(count / wall), round(count / worked), round(count / (worked + stored)),
    )  # fmt: skip
    sent = await everything.owner.fetchval(
        "SELECT count(*) FROM deliveries WHERE school_id = $1 AND channel = 'push' AND state = 'sent'",
        everything.school_id,
    )
    assert sent == count * workers, f"{sent} of {count * workers} were sent"

"""Fan-out of pushes: CPU of our sender against bare clients, the fastest of them with a Rust core, and firebase-admin's, in one run."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.bench.table import Table, median

COUNTS = {"ours": 8000, "rust": 8000, "bare": 8000, "firebase": 2000}
ROUNDS = 3
_NAMES = {
    "ours": "our sender (pyreqwest, HTTP/1.1)",
    "rust": "bare pyreqwest (Rust core) posting the same bodies",
    "bare": "bare aiohttp posting the same bodies",
    "firebase": "firebase-admin send_each_async",
}

_PAIRS = {
    "ours": "two of our senders, two processes",
    "rust": "two bare pyreqwest, two processes",
}


async def bench_fanout(rounds: int = ROUNDS, scale: float = 1.0) -> Table:
    return await asyncio.to_thread(_bench, rounds, scale)


def _bench(rounds: int, scale: float) -> Table:
    table = Table(
        "Fan-out to FCM",
        "Messages per CPU second of the client process (user + system), against a server in a process of its own that checks token and "
        f"body. Clients take turns, {rounds} rounds, median; same body, same event loop (uvloop). Over TLS firebase-admin speaks HTTP/2, "
        "its best path; over plain HTTP both speak HTTP/1.1.",
        ("client", "over", "messages per CPU second", "× firebase-admin", "of the fastest bare client; of a pair"),
    )
    with tempfile.TemporaryDirectory(prefix="nhipcau-bench-") as name:
        folder = Path(name)
        account = folder / "account.json"
        twin = started(
            "tests.twins.fcm", "--port", "0", "--forget", "--project", "bench", "--credentials", str(account)
        )
        tls = started("tests.bench.fanout_server", name)
        try:
            plain = json.loads(_line(twin))["base_url"]
            secure = f"https://localhost:{_line(tls)}"
            for over, base_url in (("TLS", secure), ("plain HTTP", plain)):
                _compare(table, over, base_url, folder, rounds, scale)
        finally:
            for process in (twin, tls):
                process.terminate()
                process.wait(10)
    return table


def _compare(table: Table, over: str, base_url: str, folder: Path, rounds: int, scale: float) -> None:
    # The twin of plain HTTP knows its own tokens only: bare clients carry none.
    rates: dict[str, list[float]] = {which: [] for which in COUNTS if over == "TLS" or which in ("ours", "firebase")}
    pairs: dict[str, list[float]] = {which: [] for which in ("ours", "rust") if which in rates}
    for _ in range(rounds):
        for which in rates:
            rates[which].append(_rate(which, _count(which, scale), base_url, folder))
        for which in pairs:
            pairs[which].append(_rate_of_two(which, _count(which, scale), base_url, folder))
    firebase = median(rates["firebase"])
    fastest = max((median(rates[which]) for which in ("rust", "bare") if which in rates), default=None)
    # Two processes take caches and cores from each other whoever they are, so a pair is held against a pair.
    for found, named, best in (
        (rates, _NAMES, fastest),
        (pairs, _PAIRS, median(pairs["rust"]) if "rust" in pairs else None),
    ):
        for which, measured in found.items():
            share = f"{median(measured) / best:.0%}" if best else ""
            table.add(named[which], over, round(median(measured)), median(measured) / firebase, share)


def _count(which: str, scale: float) -> int:
    return max(int(COUNTS[which] * scale), 500)


def _rate(which: str, count: int, base_url: str, folder: Path) -> float:
    return rate_of(which, count, base_url, folder / "account.json", folder).cpu


def _rate_of_two(which: str, count: int, base_url: str, folder: Path) -> float:
    """Both at the same time; per CPU second of both together."""
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(rate_of, which, count, base_url, folder / "account.json", folder) for _ in range(2)]
    return 2 / sum(1 / one.result().cpu for one in asked)


@dataclass(frozen=True)
class Rate:
    """Messages per second: of the client's CPU, and by the wall."""

    cpu: float
    wall: float


def rate_of(which: str, count: int, base_url: str, key: Path, folder: Path) -> Rate:
    answer = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.bench.fanout_client",
            which,
            str(count),
            base_url,
            str(key),
        ],
        env={**os.environ, "SSL_CERT_FILE": str(folder / "ca.pem")},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr.decode()[-2000:]
    result = json.loads(answer.stdout)
    assert result["sent"] == count, f"{which}: {result['sent']} of {count} were accepted"
    return Rate(count / float(result["cpu"]), count / float(result["wall"]))


def started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", module, *arguments], stdout=subprocess.PIPE)


def _line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()

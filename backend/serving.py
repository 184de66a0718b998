"""Starting server and worker processes, and stopping them in order. Used by `serve`, the demo, the journey and the benchmarks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing

from backend.core.settings import Settings, variable


def environment_for(settings: Settings, **more: str) -> dict[str, str]:
    """The environment that makes a child process read exactly these settings."""
    import msgspec

    values = {variable(name): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    return {**os.environ, **values, **more}


def free_port(host: str, wanted: int) -> int:
    """`wanted` if nobody listens there, else the next free one."""
    for port in range(wanted, wanted + 50):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No free port between {wanted} and {wanted + 49}; choose one with {variable('port')}.")


class Child:
    """A child in a session of its own, so that Ctrl-C reaches only the parent, which then stops the children in order."""

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], log_path: str | None = None
    ) -> None:
        self.name = name
        output = open(log_path, "ab") if log_path else None  # noqa: SIM115  (the child owns it)
        self.process = subprocess.Popen(  # noqa: S603
            command,
            env=dict(environment),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        if output:
            output.close()

    def stop(self, *, patience_seconds: float = 20) -> None:
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)


def serve_command() -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "backend", "serve"]


def work_command() -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "backend", "work"]


def wait_until_ready(url: str, child: Child, *, patience_seconds: float = 60) -> None:
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if child.process.poll() is not None:
            raise SystemExit(
                f"The {child.name} process ended with code {child.process.returncode} before it was ready."
            )
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as answer:  # noqa: S310  (our own address)
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
    raise SystemExit(f"The {child.name} process did not become ready within {patience_seconds:.0f} seconds.")


def run_server(settings: Settings) -> None:
    """The HTTP server of this process: granian with uvloop. Returns after SIGTERM or SIGINT when open requests are answered."""
    from granian import Granian
    from granian.constants import Interfaces, Loops

    Granian(
        "backend.asgi:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.workers,
        # Open requests include streams; the default of backlog/workers would let 1024 of them block everybody else.
        backpressure=4096,
        workers_kill_timeout=15,
        respawn_failed_workers=True,
        log_enabled=False,
        websockets=False,
    ).serve()

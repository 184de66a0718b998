"""Reads the old binary format in a process apart, with a ceiling on memory and time. It carries grids across, and knows nothing in them.

The reader below (calamine) believes a damaged file's own counts and asks for hundreds of gigabytes at once; where the system grants
them lazily, the whole server is killed, and where not, the reader aborts its process. Either way it must not be ours.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from backend.spreadsheets.cells import Cell, Grid
from backend.spreadsheets.refusals import FileRefused

_MEMORY_BYTES = 2_000_000_000
_SECONDS = 60
_ROOT = Path(__file__).parents[2]
_MOMENTS: dict[str, Any] = {"date": dt.date, "datetime": dt.datetime, "time": dt.time}


def read_xls_apart(data: bytes) -> list[Grid]:
    """Raises FileRefused, also when the reader died of the file."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__],
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            # A bare environment: the child needs none of our secrets.
            env={"PYTHONPATH": str(_ROOT)},
        )
    except subprocess.TimeoutExpired as late:
        raise FileRefused.damaged() from late
    if done.returncode != 0:
        raise FileRefused.damaged()
    answer = msgspec.msgpack.decode(done.stdout)
    if "problem" in answer:
        raise FileRefused(answer["problem"], answer["limit"])
    return [_grid(found) for found in answer["grids"]]


def _grid(found: dict[str, Any]) -> Grid:
    rows = [(number, [_carried_in(cell) for cell in cells]) for number, cells in found["rows"]]
    merges = [tuple(merge) for merge in found["merges"]]
    return Grid(found["name"], rows, merges, found["hidden"], found["serial_shift"])


def _carried_out(cell: Cell) -> Any:
    if isinstance(cell, dt.timedelta):
        return ["timedelta", cell.total_seconds()]
    if isinstance(cell, dt.date | dt.time):
        return [type(cell).__name__, cell.isoformat()]
    return cell


def _carried_in(cell: Any) -> Cell:
    if not isinstance(cell, list):
        return cell  # type: ignore[no-any-return]
    kind, value = cell
    moment: Cell = dt.timedelta(seconds=value) if kind == "timedelta" else _MOMENTS[kind].fromisoformat(value)
    return moment


def _child() -> None:
    from backend.spreadsheets.xls import read_xls

    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        grids = read_xls(sys.stdin.buffer.read())
        answer: dict[str, Any] = {
            "grids": [
                {
                    "name": grid.name,
                    "rows": [[number, [_carried_out(cell) for cell in cells]] for number, cells in grid.rows],
                    "merges": grid.merges,
                    "hidden": grid.hidden,
                    "serial_shift": grid.serial_shift,
                }
                for grid in grids
            ]
        }
    except FileRefused as problem:
        answer = {"problem": problem.code, "limit": problem.limit}
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    _child()

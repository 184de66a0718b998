"""The test processes share the work by rooms: nothing dear is made twice, and nobody waits at the end."""

from __future__ import annotations

import re
from pathlib import Path

from tests.sharing import _ALONE, _turn, room_of

_TESTS = Path(__file__).parents[1]


def test_every_test_with_a_browser_is_in_the_browsers_room() -> None:
    marked = re.compile(r"^from tests\.browser import .*\bON_BROWSER\b", re.MULTILINE)
    files = [path for path in _TESTS.rglob("test_*.py") if marked.search(path.read_text(encoding="utf-8"))]
    assert len(files) > 8
    assert {room_of(f"tests/{path.relative_to(_TESTS)}") for path in files} == {"browser"}


def test_a_process_stays_then_enters_what_is_empty_then_helps_and_the_matrix_fills_the_end() -> None:
    rooms = ["tests/bots", "tests/papers", "tests/files", "tests/payments", _ALONE, "browser"]
    turn = sorted(rooms, key=lambda room: _turn(room, ["tests/papers"], ["browser", "tests/bots"]))
    assert turn == ["tests/papers", "tests/payments", "tests/files", "browser", "tests/bots", _ALONE]

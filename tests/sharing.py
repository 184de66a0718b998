"""How the test processes share the files: a process stays in its room, and what stands alone fills the end.

A room's fixtures (an application, a server, a browser, a journey) are made once in each process that runs a test of it. So a file goes
to one process whole; a process goes on with the room that it is in; and all browser tests are one room. The lines of the
authorisation matrix are hundreds, short and alike: they are dealt out one by one at the end, so that no process waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_ALONE = "tests/identity/test_matrix.py"
# Dearest first: who starts one late leaves the other process waiting.
_DEAR = ("browser", "tests/journey", "tests/payments")
_WITH_BROWSER = ("_in_browser.py", "pages/test_every_page.py", "console/test_queue.py")


class ByRoom(LoadScopeScheduling):
    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._rooms: dict[WorkerController, list[str]] = {}

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return nodeid if path == _ALONE else path

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = self._next_for(node)
        self._rooms.setdefault(node, []).append(room_of(scope))
        self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def _next_for(self, node: WorkerController) -> str:
        here = self._rooms.get(node, [])
        elsewhere = {room for other, rooms in self._rooms.items() if other is not node for room in rooms}
        return min(self.workqueue, key=lambda scope: _turn(room_of(scope), here, elsewhere))


def _turn(room: str, here: list[str], elsewhere: Iterable[str]) -> tuple[bool, bool, bool, int, str]:
    """The room one is in, then rooms that nobody has entered, the dear ones first; then to help where others are."""
    dear = _DEAR.index(room) if room in _DEAR else len(_DEAR)
    return room == _ALONE, room not in here[-1:], room in elsewhere, dear, room


def room_of(scope: str) -> str:
    path = scope.partition("::")[0]
    if path == _ALONE:
        return _ALONE
    if path.endswith(_WITH_BROWSER):
        return "browser"
    if path in ("tests/test_journey.py", "tests/test_demo_command.py"):
        return "tests/journey"
    return "/".join(path.split("/")[:2])

"""Brings what many chats have to say to the book (turns.py) together, so that one statement carries the arrivals and endings of many.

What arrives goes at once, and takes along whatever waits; an ending, for which nobody waits, stays a moment for such company. So a lone
message is held up by nobody. What one chat breaks, the others do not suffer: a statement that fails is repeated for each by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import msgspec
import structlog

from backend.core.database import Database
from bots import turns
from bots.turns import Asked, Told

log = structlog.get_logger()

_AT_ONCE = 2  # one may stand at a row that somebody else holds; the others go on
_COMPANY_SECONDS = 0.02
_CHATS_MAX = 64
_UPDATES_MAX = 200


class _Entry:
    __slots__ = ("asked", "told")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()


class Gathering:
    """One a process and database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Entry] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._leaving: asyncio.TimerHandle | None = None
        self._hurried = False
        self.statements = 0

    async def ask(self, asked: Asked) -> Told:
        entry = _Entry(asked)
        self._waiting.append(entry)
        if asked.done is None:
            self.go()
        elif self._leaving is None:
            self._leaving = asyncio.get_running_loop().call_later(_COMPANY_SECONDS, self.go)
        return await entry.told

    def go(self) -> None:
        """Now, with everything that waits; if as many as may are under way, with the next."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        self._hurried = bool(self._waiting)
        if self._hurried and len(self._under_way) < _AT_ONCE:
            task = asyncio.create_task(self._go())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _go(self) -> None:
        while self._hurried:
            chats = self._gather()
            self._hurried = bool(self._waiting)
            await self._together(chats)

    def _gather(self) -> list[list[_Entry]]:
        """The entries of one statement, chat by chat in the order of their names. What one chat has to say goes as one."""
        chats: dict[tuple[str, str], list[_Entry]] = {}
        left: deque[_Entry] = deque()
        updates = 0
        while self._waiting and len(chats) < _CHATS_MAX and updates < _UPDATES_MAX:
            entry = self._waiting.popleft()
            beside = chats.setdefault(entry.asked.key, [])
            if entry.asked.done is not None and any(other.asked.done for other in beside):
                left.append(entry)
                continue
            beside.append(entry)
            updates += len(entry.asked.arrived)
        self._waiting.extendleft(reversed(left))
        return [chats[key] for key in sorted(chats)]

    async def _together(self, chats: Sequence[list[_Entry]]) -> None:
        asked = [_as_one(entries) for entries in chats]
        try:
            answered = await self._said(asked)
        except Exception as error:
            if len(chats) > 1:
                log.warning("chats_go_alone", chats=len(chats), error=type(error).__name__)
                for entries in chats:
                    await self._together([entries])
                return
            for entry in chats[0]:
                if not entry.told.done():
                    entry.told.set_exception(error)
            return
        for entries in chats:
            _hand_out(entries, answered[entries[0].asked.key])

    async def _said(self, asked: Sequence[Asked]) -> dict[tuple[str, str], Told]:
        self.statements += 1
        rows = await self._database.chat.fetch(turns.BOOK, *turns.arguments(asked))
        return dict(turns.told(rows, asked))


def _first(entries: Sequence[_Entry]) -> _Entry:
    """In whose name the chat's turn is asked for: who has it and finishes, else who came first."""
    return next((entry for entry in entries if entry.asked.done is not None), entries[0])


def _as_one(entries: Sequence[_Entry]) -> Asked:
    """The same update twice is one."""
    arrived = {update.update_id: update for entry in entries for update in entry.asked.arrived}
    takes = any(entry.asked.takes for entry in entries)
    return msgspec.structs.replace(_first(entries).asked, takes=takes, arrived=tuple(arrived.values()))


def _hand_out(entries: Sequence[_Entry], told: Told) -> None:
    """The turn goes to one of those who asked: in whose name it was asked, or the next that wants it and still listens."""
    first, claimed = _first(entries), told.claimed
    for entry in sorted(entries, key=lambda entry: entry is not first):
        if entry.told.done():  # nobody listens any more
            continue
        own = frozenset(update.update_id for update in entry.asked.arrived) & told.new
        gets = claimed if entry.asked.takes else None
        if gets is not None:
            claimed = None
        entry.told.set_result(
            msgspec.structs.replace(
                told, new=own, claimed=gets, mine=told.mine and (entry is first or gets is not None)
            )
        )


_kept: WeakKeyDictionary[Database, Gathering] = WeakKeyDictionary()


def gathering_of(database: Database) -> Gathering:
    found = _kept.get(database)
    if found is None:
        found = _kept[database] = Gathering(database)
    return found

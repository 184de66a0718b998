"""Every statement on the way of one message, from the door until it is ticked off, and between which of them the answer went out.

What belongs to a message is told by the context it was posted in: whatever the message sets off carries the same list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import msgspec
import pytest

from backend.core.database import Database, Reader, Tx
from bots.answering import Answering

_SENT = "→ sent"
_noted: ContextVar[list[str] | None] = ContextVar("noted", default=None)


class Way(msgspec.Struct, frozen=True):
    """Statements that came back before the answer went out, and after it. A transaction is its statements and two more."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def whole(self) -> int:
        return len(self.before) + len(self.after)


@pytest.fixture
def way_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Awaitable[Any]], Awaitable[Way]]:
    _note_calls(monkeypatch, Reader, "_run", lambda reader, verb, sql, arguments: sql)
    _note_calls(monkeypatch, Database, "keep", lambda database, sql, *arguments: sql)
    for verb in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
        _note_calls(monkeypatch, Tx, verb, lambda tx, sql, *arguments: sql)
    begin = Tx.__init__

    def begun(tx: Tx, *arguments: Any, **named: Any) -> None:
        if (noted := _noted.get()) is not None:
            noted += ["BEGIN", "COMMIT"]
        begin(tx, *arguments, **named)

    monkeypatch.setattr(Tx, "__init__", begun)
    _note_calls(monkeypatch, Answering, "_deliver", lambda answering, *arguments, **named: _SENT)

    async def noted(deed: Awaitable[Any]) -> Way:
        own: list[str] = []
        token = _noted.set(own)
        try:
            await deed
        finally:
            _noted.reset(token)
        assert own.count(_SENT) <= 1, own
        sent = own.index(_SENT) if _SENT in own else len(own)
        return Way(tuple(own[:sent]), tuple(own[sent + 1 :]))

    return noted


def _note_calls(monkeypatch: pytest.MonkeyPatch, of: type, name: str, noted_as: Callable[..., str]) -> None:
    original = getattr(of, name)

    async def call(*arguments: Any, **named: Any) -> Any:
        found = await original(*arguments, **named)
        if (noted := _noted.get()) is not None:
            noted.append(" ".join(noted_as(*arguments, **named).split()))
        return found

    monkeypatch.setattr(of, name, call)

"""Pages that follow something as it happens (server-sent events, WHATWG HTML §9.2): one look a second per followed thing, however many watch.

It asks PostgreSQL again instead of being told, so that no event can be lost with Redis or between processes; nobody watching costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from weakref import WeakSet

import structlog

from backend.core.problems import problem

log = structlog.get_logger()

Look = Callable[[], Awaitable[str]]

TOO_MANY_STREAMS = problem(
    "too-many-streams",
    503,
    vi="Đang có quá nhiều trang theo dõi trực tiếp. Vẫn xem được khi tải lại trang.",
    en="Too many pages are being followed live. It can still be seen by reloading.",
)

EVERY_SECONDS = 1.0
# Below the idle time of proxies and mobile networks, so that a silent stream is not taken for a dead one.
_KEEP_ALIVE_SECONDS = 15.0
# Streams hold a connection each; more of them than this a process, and who comes next sees the page without them.
STREAMS_MAX = 1000
_KEEP_ALIVE = b": still here\n\n"

_living: WeakSet[Live] = WeakSet()


def end_all() -> None:
    """For the roof, when the process is told to stop: servers wait for open answers, and a stream would hold them up until they are killed."""
    for live in list(_living):
        live.ending = asyncio.get_running_loop().create_task(live.close())


@dataclass(slots=True)
class _Topic:
    look: Look
    watchers: int = 0
    told: str | None = None
    number: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    asking: asyncio.Task[None] | None = None


class Live:
    """One per process. `key` names what is followed: all who watch it see the same text, so it holds whatever their right depends on."""

    def __init__(self, *, stream_seconds: float, every: float = EVERY_SECONDS) -> None:
        """After `stream_seconds` a stream ends: the browser asks again by itself, and its right is asked again with it."""
        self._every = every
        self._stream_seconds = stream_seconds
        self._topics: dict[str, _Topic] = {}
        self._closing = asyncio.Event()
        self.streams = 0
        self.ending: asyncio.Task[None] | None = None
        _living.add(self)

    @property
    def full(self) -> bool:
        return self.streams >= STREAMS_MAX

    def watchers(self, key: str) -> int:
        topic = self._topics.get(key)
        return 0 if topic is None else topic.watchers

    async def follow(self, key: str, look: Look) -> AsyncIterator[bytes]:
        """What `look` finds, now and whenever it has changed, as events; ends when the process does, or after some minutes."""
        topic = self._topics.setdefault(key, _Topic(look))
        topic.watchers += 1
        self.streams += 1
        try:
            if topic.asking is None:
                topic.asking = asyncio.create_task(self._ask(topic))
            async for event in self._events(topic):
                yield event
        finally:
            self.streams -= 1
            topic.watchers -= 1
            if not topic.watchers:
                self._topics.pop(key, None)
                if topic.asking is not None:
                    topic.asking.cancel()

    async def close(self) -> None:
        """Every stream ends at once."""
        self._closing.set()
        for topic in list(self._topics.values()):
            async with topic.news:
                topic.news.notify_all()

    async def _events(self, topic: _Topic) -> AsyncIterator[bytes]:
        loop, seen = asyncio.get_running_loop(), 0
        until = loop.time() + self._stream_seconds
        while not self._closing.is_set() and (left := until - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(left, _KEEP_ALIVE_SECONDS)), topic.news:
                    while topic.number == seen and not self._closing.is_set():
                        await topic.news.wait()
            except TimeoutError:
                yield _KEEP_ALIVE
                continue
            if topic.number != seen and topic.told is not None:
                seen = topic.number
                yield f"id: {seen}\ndata: {topic.told}\n\n".encode()

    async def _ask(self, topic: _Topic) -> None:
        while True:
            try:
                found = await topic.look()
            except Exception as error:
                # The database is away or restarts: whoever watches keeps what was last true, and sees the next.
                log.warning("live_look_failed", kind=type(error).__name__)
            else:
                assert "\n" not in found, "an event is one line"
                if found != topic.told:
                    async with topic.news:
                        topic.told, topic.number = found, topic.number + 1
                        topic.news.notify_all()
            await asyncio.sleep(self._every)

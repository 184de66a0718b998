"""Following something as it happens: one look for all watchers, changes only, and an end when nobody watches or the process stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from backend.core.live import Live


class Thing:
    def __init__(self) -> None:
        self.value, self.looks, self.broken = "0", 0, False

    async def look(self) -> str:
        self.looks += 1
        if self.broken:
            raise OSError("the database is away")
        return self.value


@pytest.fixture
def live() -> Live:
    return Live(stream_seconds=60, every=0.005)


async def news(stream: AsyncIterator[bytes]) -> str:
    async with asyncio.timeout(10):
        return (await anext(stream)).decode().split("data: ")[1].strip()


async def looked(thing: Thing, more: int) -> None:
    goal = thing.looks + more
    async with asyncio.timeout(10):
        while thing.looks < goal:
            await asyncio.sleep(0.001)


async def test_every_watcher_hears_every_change_from_one_look(live: Live) -> None:
    thing = Thing()
    first, second = live.follow("k", thing.look), live.follow("k", thing.look)
    assert [await news(first), await news(second)] == ["0", "0"]
    thing.value = "1"
    assert [await news(first), await news(second)] == ["1", "1"]
    before = thing.looks
    await looked(thing, 3)
    assert thing.looks - before < 8, "two watchers do not ask twice as often"
    await first.aclose()  # type: ignore[attr-defined]
    await second.aclose()  # type: ignore[attr-defined]


async def test_nobody_watching_costs_nothing(live: Live) -> None:
    thing = Thing()
    stream = live.follow("k", thing.look)
    await news(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    before = thing.looks
    await asyncio.sleep(0.05)
    assert (thing.looks, live.streams) == (before, 0)


async def test_a_look_that_fails_keeps_what_was_last_true(live: Live) -> None:
    thing = Thing()
    stream = live.follow("k", thing.look)
    assert await news(stream) == "0"
    thing.broken = True
    await looked(thing, 3)
    thing.broken, thing.value = False, "2"
    assert await news(stream) == "2"
    await stream.aclose()  # type: ignore[attr-defined]


async def test_streams_end_with_the_process(live: Live) -> None:
    stream = live.follow("k", Thing().look)
    await news(stream)
    await live.close()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)

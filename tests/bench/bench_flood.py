"""Whole turns of the chat, from the door until they are ticked off: what one costs alone and among many, and how much longer others wait
while one chat floods.

The production door and bot answer over the twin of Telegram; keeping, turns, limits, the families' own data and sending are all real, and
one process does it all, as a server process does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from backend.core.house import House
from backend.embedded.redis import EmbeddedRedis
from bots.answering import Answering
from bots.door import Door
from bots.telegram import TelegramBot
from bots.turns import Arrived
from tests.bench.ground import Ground, ground
from tests.bench.table import Table
from tests.bots.fuzz import Village
from tests.bots.scenes import NOW
from tests.twins.telegram import TelegramTwin, TwinChat

FLOOD = 1_000
OTHERS = 40
ROUNDS = 9
_TOKEN = "4444:twin-token-of-the-flood"
# Two of three are about one's own child.
_QUESTIONS = ("hôm nay con có đi học không", "giờ vào lớp", "con còn phải đóng bao nhiêu tiền")
_FLOODED_WITH = "giờ vào lớp"
_numbers = itertools.count(1)


class _Round(msgspec.Struct):
    """Seconds until each of the others had heard all its answers, what the flood heard, and what it all cost."""

    seconds: list[float]
    heard: int
    statements: float
    cpu_ms: float

    @property
    def p50(self) -> float:
        return self.seconds[len(self.seconds) // 2]

    @property
    def p95(self) -> float:
        return self.seconds[int(len(self.seconds) * 0.95)]


async def bench_flood(flood: int = FLOOD, others: int = OTHERS, rounds: int = ROUNDS) -> Table:
    table = Table(
        "Whole turns of the chat, and a flood from one chat",
        f"{others} linked families ask three questions each over the twin of Telegram, two of them about their child, each when the last was answered; one process receives and "
        "answers. One after the other: nobody else is there. All at once: side by side. Beside a flood: one more chat has sent "
        f"{flood:,} messages at the same moment. Seconds until a chat has heard its answers; medians of {rounds} rounds taken in turn. Statements and CPU (application, its twin and "
        "the database, over all answered turns) are from the webhook's body until the turn is ticked off. A flood is answered up to its limit, told once that it is too fast, and "
        "what comes beyond a minute's worth is not kept.",
        ("what", "p50 s", "p95 s", "× without", "statements a turn", "CPU ms a turn", "answers to the flood"),
    )  # fmt: skip
    async with _opened(others) as stage:
        await stage.round(0, one_by_one=True)
        alone, calm, flooded = [], [], []
        for _ in range(rounds):
            alone.append(await stage.round(0, one_by_one=True))
            calm.append(await stage.round(0))
            flooded.append(await stage.round(flood))
    ratio = _median([one.p50 for one in flooded]) / _median([one.p50 for one in calm])
    for what, taken, times in (
        ("one after the other", alone, ""),
        ("all at once", calm, "1.00"),
        (f"beside a flood of {flood:,}", flooded, f"{ratio:.2f}"),
    ):
        table.add(
            what, _median([one.p50 for one in taken]), _median([one.p95 for one in taken]), times,
            _median([one.statements for one in taken]), _median([one.cpu_ms for one in taken]),
            taken[-1].heard or "",
        )  # fmt: skip
    return table


def _median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


class _Twin(TelegramTwin):
    """Says when it has written to a chat."""

    def __init__(self) -> None:
        super().__init__(_TOKEN)
        self._written: dict[int, asyncio.Event] = defaultdict(asyncio.Event)

    def wrote(self, chat: TwinChat, **content: Any) -> dict[str, Any]:
        written = super().wrote(chat, **content)
        self._written[chat.chat_id].set()
        return written

    async def has_written(self, chat_id: int, times: int) -> None:
        while len(self.chats[chat_id].heard) < times:
            self._written[chat_id].clear()
            await self._written[chat_id].wait()


class _Stage:
    def __init__(self, here: Ground, house: House, twin: _Twin, door: Door, accounts: list[Any]) -> None:
        self._here = here
        self._house = house
        self._twin = twin
        self._door = door
        self._accounts = accounts
        self._asked: Counter[str] = Counter()
        for of in (house.database.reader, house.database.chat):
            self._count(of)

    def _count(self, of: Any) -> None:
        run = of._run

        async def counted(verb: str, sql: str, arguments: Any) -> Any:
            self._asked["statements"] += 1
            return await run(verb, sql, arguments)

        of._run = counted

    async def round(self, flood: int, *, one_by_one: bool = False) -> _Round:
        """Each time by chats that have asked nothing yet."""
        flooder = next(_numbers) + 7_000_000
        asking = [next(_numbers) + 8_000_000 for _ in self._accounts]
        for chat_id in (flooder, *asking):
            self._twin.open_chat(chat_id).started = True
        await self._here.owner.executemany(
            "INSERT INTO chat_links (channel, chat_id, account_id, linked_at) VALUES ('telegram', $1, $2, $3)",
            [(str(chat_id), account_id, NOW) for chat_id, account_id in zip(asking, self._accounts, strict=True)],
        )
        ready = [self._update(flooder, _FLOODED_WITH) for _ in range(flood)]
        self._asked.clear()
        cpu = self._here.cpu()
        sending = [asyncio.create_task(self._door.arrived(str(flooder), update)) for update in ready]
        if one_by_one:
            seconds = [await self._asks_all(chat_id) for chat_id in asking]
        else:
            seconds = await asyncio.gather(*(self._asks_all(chat_id) for chat_id in asking))
        await asyncio.gather(*sending)
        await self._door.idle()
        turns = sum(len(self._twin.chats[chat_id].heard) for chat_id in (flooder, *asking))
        heard = len(self._twin.chats[flooder].heard)
        cpu_ms = (self._here.cpu() - cpu) * 1000 / turns
        return _Round(sorted(seconds), heard, self._asked["statements"] / turns, cpu_ms)

    async def _asks_all(self, chat_id: int) -> float:
        started = time.perf_counter()
        for number, question in enumerate(_QUESTIONS):
            await self._door.arrived(str(chat_id), self._update(chat_id, question))
            await self._twin.has_written(chat_id, number + 1)
        return time.perf_counter() - started

    def _update(self, chat_id: int, text: str) -> Arrived:
        number = next(_numbers)
        message = {
            "message_id": number,
            "from": {"id": chat_id, "is_bot": False, "first_name": "Phụ huynh"},
            "chat": {"id": chat_id, "type": "private"},
            "date": int(time.time()),
            "text": text,
        }
        body = json.dumps({"update_id": number, "message": message}).encode()
        return Arrived(str(number), body, self._house.clock.now())


@asynccontextmanager
async def _opened(others: int) -> AsyncIterator[_Stage]:
    async with ground(durable=False) as here:
        village = Village(here.house, here.owner, seed=5)
        await village.settle(schools=4, families=others * 3)
        accounts = [family.guardians[0].account_id for family in village.families if len(family.children) == 1][:others]
        twin = _Twin()
        await twin.start()
        settings = msgspec.structs.replace(
            here.house.settings, telegram_token=_TOKEN, telegram_base_url=twin.base_url, telegram_bot_name="flood_bot"
        )
        redis = EmbeddedRedis()  # the limits of a chat are counted there
        house = dataclasses.replace(village.house, settings=settings, redis_url=redis.url, speakers={}, doors={})
        wire = TelegramBot(house)
        await wire.open(webhook=False, introduce=False)
        door = Door(house, Answering(house, wire))
        try:
            yield _Stage(here, house, twin, door, accounts)
        finally:
            await door.close()
            await wire.close()
            await twin.stop()
            await house.limits.close()
            redis.stop()

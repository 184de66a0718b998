"""One chat floods: how much longer others wait for their answers, and whether every chat is answered in its own order.

The production bot answers over the twin of Telegram; kept updates, claims, limits and sending are all real. One process answers all chats
at once, as the worker's jobs do.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import time
from datetime import UTC, datetime

import msgspec

from backend.core.house import House
from backend.embedded.redis import EmbeddedRedis
from bots.answering import Answering
from bots.telegram import TelegramBot
from tests.bench.ground import ground
from tests.bench.table import Table
from tests.twins.telegram import TelegramTwin

FLOOD = 1_000
OTHERS = 40
ROUNDS = 3
_TOKEN = "4444:twin-token-of-the-flood"
_QUESTIONS = ("giờ vào lớp", "thủ tục chuyển trường cho con lớp 7", "xin bản sao học bạ")
_numbers = itertools.count(1)


async def bench_flood(flood: int = FLOOD, others: int = OTHERS, rounds: int = ROUNDS) -> Table:
    table = Table(
        "A flood from one chat",
        f"{others} chats ask three questions each over the twin of Telegram, answered side by side by one process: alone, and while one more chat has sent {flood:,} messages at once. "
        f"Seconds from the start until a chat has heard all its answers; medians of {rounds} rounds taken in turn. A flood is answered up to its limit, told once that it is too fast, "
        "and the rest is ticked off in one statement.",
        ("what", "p50 s", "p95 s", "× without", "answers to the flood", "chats out of order"),
    )
    async with ground(durable=False) as here:
        twin = TelegramTwin(_TOKEN)
        await twin.start()
        settings = msgspec.structs.replace(
            here.house.settings, telegram_token=_TOKEN, telegram_base_url=twin.base_url, telegram_bot_name="flood_bot"
        )
        redis = EmbeddedRedis()  # the limits of a chat are counted there
        house = dataclasses.replace(here.house, settings=settings, redis_url=redis.url)
        wire = TelegramBot(house)
        bot = Answering(house, wire)
        await wire.open(webhook=False)
        try:
            await _round(house, bot, twin, 0, others)
            alone, flooded = [], []
            heard = disorder = 0
            for _ in range(rounds):
                alone.append(await _round(house, bot, twin, 0, others))
                flooded.append(await _round(house, bot, twin, flood, others))
                heard, disorder = flooded[-1][2], disorder + flooded[-1][3]
        finally:
            await wire.close()
            await twin.stop()
            await house.limits.close()
            redis.stop()
    before = [sorted(one[place] for one in alone)[rounds // 2] for place in (0, 1)]
    after = [sorted(one[place] for one in flooded)[rounds // 2] for place in (0, 1)]
    table.add("no flood", before[0], before[1], "1.00", "", sum(one[3] for one in alone))
    table.add(f"a flood of {flood:,} beside", after[0], after[1], after[0] / before[0], heard, disorder)
    return table


async def _round(
    house: House, bot: Answering, twin: TelegramTwin, flood: int, others: int
) -> tuple[float, float, int, int]:
    """p50 and p95 of the others' seconds, what the flood heard, how many of the others heard out of order."""
    flooder = next(_numbers) + 7_000_000
    asking = [next(_numbers) + 8_000_000 for _ in range(others)]
    for chat_id in (flooder, *asking):
        twin.open_chat(chat_id).started = True
    for _ in range(flood):
        await _keep(house, flooder, _QUESTIONS[0])
    for question in _QUESTIONS:
        for chat_id in asking:
            await _keep(house, chat_id, question)
    started = time.perf_counter()

    async def answered(chat_id: int) -> float:
        await bot.answer_waiting(str(chat_id))
        return time.perf_counter() - started

    _, *seconds = await asyncio.gather(answered(flooder), *(answered(chat_id) for chat_id in asking))
    ordered = sorted(seconds)
    reference = [one["text"] for one in twin.chats[asking[0]].heard]
    disorder = sum([one["text"] for one in twin.chats[chat_id].heard] != reference for chat_id in asking)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)], len(twin.chats[flooder].heard), disorder


async def _keep(house: House, chat_id: int, text: str) -> None:
    number = next(_numbers)
    person = {"id": chat_id, "is_bot": False, "first_name": "Phụ huynh"}
    message = {
        "message_id": number,
        "from": person,
        "chat": {"id": chat_id, "type": "private"},
        "date": int(time.time()),
        "text": text,
    }
    body = json.dumps({"update_id": number, "message": message}).encode()
    await house.database.keep(_KEEP, "telegram", str(chat_id), str(number), body, datetime.now(UTC))


_KEEP = """
INSERT INTO chat_updates (channel, chat_id, update_id, body, received_at)
VALUES ($1, $2, $3, $4, $5)
"""

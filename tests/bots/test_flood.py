"""A flood from one chat: answered up to its limit and in order, told once, ticked off; another chat hears its answer all the same."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import random
from datetime import UTC, datetime

import asyncpg
import msgspec

from backend.core.clock import StoppedClock
from backend.core.house import House
from bots import updates
from bots.answering import Answering
from bots.telegram import TelegramBot
from bots.turns import Arrived
from tests.twins.telegram import TelegramTwin

TOKEN = "4545:twin-token-of-a-flood"
_ids = itertools.count(5_500_000)
# Each is answered by words of its own, so that the order can be read from what was heard.
ASKED = ("giờ vào lớp", "xin bản sao học bạ", "mất thẻ học sinh", "Vào lớp 6 có thi không ạ?")


def update(number: int, chat_id: int, text: str) -> bytes:
    person = {"id": chat_id, "is_bot": False, "first_name": "Phụ huynh"}
    message = {
        "message_id": number,
        "from": person,
        "chat": {"id": chat_id, "type": "private"},
        "date": 1,
        "text": text,
    }
    return json.dumps({"update_id": number, "message": message}).encode()


async def test_a_flood_is_held_back_and_others_are_answered_in_order(house: House, owner: asyncpg.Connection) -> None:
    twin = TelegramTwin(TOKEN)
    await twin.start()
    settings = msgspec.structs.replace(house.settings, telegram_token=TOKEN, telegram_base_url=twin.base_url)
    here = dataclasses.replace(house, settings=settings, speakers={}, clock=StoppedClock(datetime.now(UTC)))
    wire = TelegramBot(here)
    bot = Answering(here, wire)
    flooder, other = next(_ids), next(_ids)
    # Arriving in any order, with numbers of different length: 98, 99, 100, 101 …
    arriving = [(98 + place, flooder, ASKED[place % 4]) for place in range(120)]
    arriving += [(98 + place, other, ASKED[place]) for place in range(4)]
    random.Random(7).shuffle(arriving)
    try:
        for number, chat_id, text in arriving:
            twin.open_chat(chat_id).started = True
            come = Arrived(str(number), update(number, chat_id, text), here.clock.now())
            await updates.keep(here, "telegram", str(chat_id), come)
        # Two workers at the flood and one at the other chat.
        await asyncio.gather(*(bot.answer_waiting(str(chat_id)) for chat_id in (flooder, flooder, other)))
    finally:
        await wire.close()
        await twin.stop()
    calm = [one["text"] for one in twin.chats[other].heard]
    assert len(calm) == len(set(calm)) == 4
    flood = [one["text"] for one in twin.chats[flooder].heard]
    assert len(flood) == 21, "twenty answers, and once that it is too fast"
    assert flood[:20] == calm * 5 and flood[20] not in calm
    outcomes = await owner.fetch(
        "SELECT outcome, count(*) AS times FROM chat_updates WHERE chat_id = $1 GROUP BY outcome", str(flooder)
    )
    counted = {row["outcome"]: row["times"] for row in outcomes}
    assert counted.pop("flood") == 100 and sum(counted.values()) == 20

"""However updates arrive — shuffled, repeated, between two answers, with two workers and the door — each is answered once, and in order."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from tests.bots.wired import Wired

# Each is understood as itself, and its answer begins with words of its own.
_ASKED = [f"Trường Số {number} có phải của nhà trường không" for number in range(6)]


async def _telegram(wired: Wired, count: int) -> tuple[str, list[Any], Any]:
    chat = wired.telegram_chat()
    chat.started = True
    updates = [
        {"update_id": next(wired.telegram.update_ids), "message": {**chat._message(), "text": f"câu {n}"}}
        for n in range(count)
    ]
    return str(chat.chat_id), updates, wired.telegram_hook


async def _zalo(wired: Wired, count: int) -> tuple[str, list[Any], Any]:
    person = wired.zalo_person()
    person.reader.last, person.reader.free_left = wired.zalo.now(), 99
    events = [
        {
            "sender": {"id": person.user_id}, "recipient": {"id": wired.zalo.oa_id}, "event_name": "user_send_text",
            "message": {"text": f"câu {n}", "msg_id": random.Random(n).randbytes(8).hex()},
            "timestamp": str(int(wired.zalo.now() * 1000) + n),
        }
        for n in range(count)
    ]  # fmt: skip

    async def post(event: dict[str, Any]) -> None:
        person.reader.free_left = 99
        await person.deliver(event)

    return person.user_id, events, post


async def _zalo_bot(wired: Wired, count: int) -> tuple[str, list[Any], Any]:
    chat = wired.zalo_bot_chat()
    updates = [wired.zalo_bot.update(chat, text=f"câu {n}", ago=count - n) for n in range(count)]

    async def post(update: dict[str, Any]) -> None:
        await wired.zalo_bot.post(wired.zalo_bot_hook, update)

    return chat, updates, post


_WIRES = {"telegram": _telegram, "zalo": _zalo, "zalo_bot": _zalo_bot}


@pytest.mark.parametrize("channel", list(_WIRES))
@pytest.mark.parametrize("seed", range(4))
async def test_what_waits_is_answered_once_and_in_order(
    wired: Wired, channel: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door only keeps, as where a server may not call out, or has its hands full."""
    monkeypatch.delitem(wired.front.doors, channel)
    asked = await _asked_of(wired, channel, seed, monkeypatch, shuffled=True)
    assert asked == [f"câu {n}" for n in range(8)]


@pytest.mark.parametrize("channel", list(_WIRES))
async def test_at_the_door_each_is_answered_once_as_it_comes(
    wired: Wired, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await _asked_of(wired, channel, 0, monkeypatch, shuffled=False)
    assert asked == [f"câu {n}" for n in range(8)]


@pytest.mark.parametrize("seed", range(3))
async def test_what_comes_too_late_to_be_first_is_still_answered_once(
    wired: Wired, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await _asked_of(wired, "zalo", seed, monkeypatch, shuffled=True)
    assert sorted(asked) == [f"câu {n}" for n in range(8)]
    assert sorted(asked[:3]) == [f"câu {n}" for n in range(3)]


async def _asked_of(
    wired: Wired, channel: str, seed: int, monkeypatch: pytest.MonkeyPatch, *, shuffled: bool
) -> list[str]:
    """The turn is the real one's place; what it is asked, and in which order, is what is looked at."""
    from bots import answering
    from bots.conversation import Turn
    from schemas.chat import Answer

    asked: list[str] = []
    running = 0

    async def turn(house: Any, chat: Any, incoming: Any) -> Turn:
        nonlocal running
        running += 1
        assert running == 1, "one at a time in a chat"
        await asyncio.sleep(0)
        asked.append(incoming.text)
        running -= 1
        return Turn(Answer(incoming.text), chat, "asked")

    monkeypatch.setattr(answering, "turn", turn)
    dice = random.Random(seed)
    chat_id, updates, post = await _WIRES[channel](wired, 8)
    first, rest = updates[:3], updates[3:]
    for batch in (first, rest):
        repeated = dice.choices(updates[: updates.index(batch[-1]) + 1], k=4)
        arriving = [*batch, *repeated]
        if shuffled:
            dice.shuffle(arriving)
        for update in arriving:
            await post(update)
        await asyncio.gather(*(wired.answer(channel, chat_id) for _ in range(3)))
    while any(outcome is None for outcome in await wired.outcomes(channel, chat_id)):
        await wired.answer(channel, chat_id)
    assert json.dumps(await wired.outcomes(channel, chat_id)) == json.dumps(["asked"] * 8)
    return asked

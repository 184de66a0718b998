"""A bot of the Zalo Bot Platform from end to end: no buttons and no numbers of updates, but every message answered once."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest

from backend.core.house import House
from bots import answering
from bots.chats import Chat
from bots.command import poll
from bots.conversation import Turn
from bots.sending import say_to_chat
from notifications.outcomes import Refused, Sent
from payments import qrimage
from schemas.chat import Answer, Button, Incoming
from tests.bots.wired import Wired
from tests.factories import World
from tests.twins.zalobot import Fault


async def test_a_family_links_by_a_typed_code_and_chooses_by_number(wired: Wired, world: World) -> None:
    chat = wired.zalo_bot_chat()
    assert "N.M.A." in await wired.zalo_bot_hears(chat, await wired.code(world.parent, "zalo_bot"))
    assert world.child.full_name in await wired.zalo_bot_hears(chat, "con tôi còn phải đóng bao nhiêu tiền")
    said = await wired.zalo_bot_hears(chat, "thủ tục chuyển trường")
    choices = [line for line in said.splitlines() if line[:2] in ("1.", "2.")][-2:]
    assert "Trả lời bằng số:" in said and choices[0].startswith("1. ")
    assert "mầm non" in await wired.zalo_bot_hears(chat, "1")
    # A number that stands for nothing is words again.
    assert "mầm non" not in await wired.zalo_bot_hears(chat, "97")


async def test_only_who_knows_the_secret_is_let_in(wired: Wired, client: httpx.AsyncClient) -> None:
    body = json.dumps(wired.zalo_bot.update(wired.zalo_bot_chat(), text="chào")).encode()
    right = {"X-Bot-Api-Secret-Token": wired.zalo_bot.secret}
    for headers in ({}, {"X-Bot-Api-Secret-Token": "guess"}):
        assert await wired.zalo_bot_hook(body, headers) == 401
    assert await wired.zalo_bot_hook(b"[]", right) == 400
    assert (
        await wired.zalo_bot_hook(b'{"ok":true,"result":{"event_name":"message.unsupported.received"}}', right) == 200
    )
    # Without a secret in the settings nobody is let in.
    assert (await client.post("/bots/zalo-bot/webhook", content=body, headers=right)).status_code == 401


async def test_groups_other_bots_and_protected_persons_are_left_alone(wired: Wired) -> None:
    chat = wired.zalo_bot_chat()
    robot = {"id": chat, "display_name": "x", "is_bot": True}
    odd: list[dict[str, Any]] = [
        wired.zalo_bot.update(chat, text="chào cả nhà", group=True),
        wired.zalo_bot.update(chat, text="xin chào", **{"from": robot}),
        wired.zalo_bot.update(chat, event="message.unsupported.received"),
        wired.zalo_bot.update(chat, event="message.of.tomorrow"),
    ]
    for update in odd:
        await wired.zalo_bot.post(wired.zalo_bot_hook, update)
    assert await wired.outcomes("zalo_bot", chat) == []


async def test_a_repeated_message_is_answered_once_and_a_sticker_kindly(wired: Wired) -> None:
    chat = wired.zalo_bot_chat()
    await wired.zalo_bot.post(wired.zalo_bot_hook, wired.zalo_bot.update(chat, text="học phí"), times=3)
    sticker = wired.zalo_bot.update(chat, event="message.sticker.received", sticker="abc", ago=-1)
    await wired.zalo_bot.post(wired.zalo_bot_hook, sticker)
    await wired.answer("zalo_bot", chat)
    heard = wired.zalo_bot.chats[chat].heard
    assert len(heard) == 2 and "cứ viết ra" in heard[1]


async def test_too_many_is_waited_out_and_a_block_ends_the_talk(wired: Wired) -> None:
    chat = wired.zalo_bot_chat()
    wired.zalo_bot.misbehave(Fault(code=429, retry_after="7"))
    await wired.zalo_bot_says(chat, "học phí")
    await wired.answer("zalo_bot", chat)
    wired.clock.goes_on(seconds=5)
    await wired.answer("zalo_bot", chat)
    assert wired.zalo_bot.chats[chat].heard == []
    wired.clock.goes_on(seconds=3)
    await wired.answer("zalo_bot", chat)
    assert len(wired.zalo_bot.chats[chat].heard) == 1
    wired.zalo_bot.chats[chat].blocked = True
    await wired.zalo_bot_says(chat, "mấy giờ vào học")
    await wired.answer("zalo_bot", chat)
    assert (await wired.outcomes("zalo_bot", chat))[-1] == "blocked"
    assert await say_to_chat(wired.house, "zalo_bot", chat, Answer("a")) == Refused("address_dead", "ZALOBOT_403")


async def test_a_part_that_is_out_does_not_go_out_again(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    long = Answer("\n\n".join(f"Mục {number}. " + "chữ " * 90 for number in range(12)))

    async def turn(house: House, chat: Chat, incoming: Incoming) -> Turn:
        return Turn(long, chat, "long")

    monkeypatch.setattr(answering, "turn", turn)
    chat = wired.zalo_bot_chat()
    wired.zalo_bot.misbehave(Fault(), Fault(code=429, retry_after="3"))
    await wired.zalo_bot_says(chat, "kể hết cho em nghe")
    await wired.answer("zalo_bot", chat)
    assert len(wired.zalo_bot.chats[chat].heard) == 1
    wired.clock.goes_on(seconds=4)
    await wired.answer("zalo_bot", chat)
    assert [part.split(".")[0] for part in wired.zalo_bot.chats[chat].heard] == ["Mục 0", "Mục 5", "Mục 10"]


async def test_a_picture_is_fetched_by_its_address_for_an_hour(wired: Wired) -> None:
    chat = wired.zalo_bot_chat()
    await wired.zalo_bot_hears(chat, "chào cô")
    picture = qrimage.png("a payload")
    answer = Answer("Tiền ăn", (Button("Cách đóng tiền", "i:fee-pay-how"),), image=picture)
    assert isinstance(await say_to_chat(wired.house, "zalo_bot", chat, answer), Sent)
    (address,) = wired.zalo_bot.chats[chat].photos
    shown = await wired.http.get(address)
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", picture)
    assert wired.zalo_bot.chats[chat].heard[-1].endswith("1. Cách đóng tiền")
    wired.clock.goes_on(hours=1.1)
    assert (await wired.http.get(address)).status_code == 404


@pytest.mark.parametrize("channel", ["zalo_bot", "telegram"])
async def test_polling_answers_without_a_public_address(
    wired: Wired, channel: str, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = msgspec.structs.replace(wired.house.settings, database_url=database_url, redis_url=redis_url)
    heard: list[Any]
    if channel == "zalo_bot":
        chat = wired.zalo_bot_chat()
        wired.zalo_bot.queue(wired.zalo_bot.update(chat, text="học phí"))
        heard = wired.zalo_bot.chats[chat].heard
    else:
        monkeypatch.setattr(wired.telegram, "direct", None)
        person = wired.telegram_chat()
        await person.say("học phí", wait=False)
        heard = person.heard
    polling = asyncio.create_task(poll(settings, channel))
    while not heard and not polling.done():
        await asyncio.sleep(0.02)
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    assert len(heard) == 1

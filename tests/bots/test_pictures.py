"""A picture in an answer, on each wire: it arrives as it was drawn, with the words and the buttons it came with."""

from __future__ import annotations

import base64
import dataclasses

import msgspec

from backend.core.house import House
from bots.answering import Answering
from bots.telegram import TelegramBot
from bots.webchat import _data_url
from notifications.outcomes import Sent
from payments import qrimage
from schemas.chat import Answer, Button
from tests.twins.telegram import TelegramTwin, TwinChat

TOKEN = "4343:twin-token-for-pictures"
PICTURE = qrimage.png("a payload")


async def _heard(house: House, answer: Answer) -> tuple[TelegramTwin, TwinChat]:
    twin = TelegramTwin(TOKEN)
    await twin.start()
    settings = msgspec.structs.replace(house.settings, telegram_token=TOKEN, telegram_base_url=twin.base_url)
    own = dataclasses.replace(house, settings=settings, speakers={})
    bot = TelegramBot(own)
    chat = twin.open_chat(77)
    chat.started = True
    await bot.open(webhook=False)
    try:
        assert isinstance(await Answering(own, bot).say("77", answer), Sent)
    finally:
        await bot.close()
        await twin.stop()
    return twin, chat


async def test_telegram_gets_the_picture_with_its_words_and_buttons(house: House) -> None:
    answer = Answer("Tiền ăn: 650.000 đ", (Button("Cách đóng tiền", "i:fee-pay-how"),), image=PICTURE)
    twin, chat = await _heard(house, answer)
    (message,) = chat.heard
    assert message["caption"] == "Tiền ăn: 650.000 đ" and chat.buttons() == ["Cách đóng tiền"]
    assert twin.photos[message["message_id"]] == PICTURE


async def test_words_too_long_for_a_caption_follow_the_picture(house: House) -> None:
    words = "chữ " * 300
    twin, chat = await _heard(
        house, Answer(words, (Button("Tiếp", "h"),), image=PICTURE, image_alt="Mã QR của Tiền ăn")
    )
    picture, text = chat.heard
    assert picture["caption"] == "Mã QR của Tiền ăn" and twin.photos[picture["message_id"]] == PICTURE
    assert text["text"] == words.strip() and "reply_markup" not in picture and chat.buttons() == ["Tiếp"]


def test_the_web_gets_the_picture_inside_the_answer() -> None:
    head, _, body = str(_data_url(PICTURE)).partition(",")
    assert head == "data:image/png;base64" and base64.b64decode(body) == PICTURE
    assert _data_url(None) is None

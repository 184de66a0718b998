"""Stop, unsubscribe: heard as a word of its own, obeyed at once. The chat is let go, and what is on its way to it leaves no more.

Every station asks for a chat's link when it sends, so that letting go is all there is to do for notices that wait in the outbox. In Zalo
it ends what comes to the telephone number as well (ZNS): the account is known, and to its reader both are Zalo.
"""

from __future__ import annotations

import unicodedata
from typing import Final
from uuid import UUID

from backend.core.text import fold
from bots import handoffs, links
from bots.talk import Talk
from notifications.preferences import stop_templates
from schemas.chat import Answer, Button

MESSENGERS: Final = ("telegram", "zalo", "zalo_bot")
BUTTON: Final = "s:all"
# As they are written without marks, nothing else in the message. “dung” alone is no stop: it is also “đúng” and “dùng”.
_WORDS: Final = frozenset(
    """
    stop, unsubscribe, stop sending, stop messages, ngung, ngung lai, ngung gui, ngung gui tin, ngung gui tin nhan, ngung nhan tin,
    ngung thong bao, ngung gui thong bao, dung lai, dung gui, dung gui tin, dung gui tin nhan, dung nhan tin, dung thong bao,
    dung gui thong bao, dung gui nua, dung gui tin nua, huy dang ky, huy dang ki, huy nhan tin, huy nhan thong bao, thoi gui tin,
    thoi gui nua, khong nhan tin nua, khong nhan thong bao nua, tu choi nhan tin
    """.strip()
    .replace("\n    ", " ")
    .split(", ")
)
_WITH_MARKS: Final = frozenset({"dừng"})


def asks(text: str) -> bool:
    plain = unicodedata.normalize("NFC", text).strip(" .!?…,;:“”\"'()").lower()
    plain = plain.removesuffix(" ạ").removesuffix(" nhé").strip()
    return plain in _WITH_MARKS or (fold(plain) in _WORDS and not plain.startswith(("đúng", "dùng", "đừng")))


async def stop(talk: Talk) -> Answer:
    """What still comes by other ways, and how to come back, are said in the same breath."""
    person = talk.chat.with_person
    if talk.incoming.channel == "web":
        return await _stop_on_web(talk)
    if person is not None:
        await handoffs.end_by_family(talk.house, person, "stopped", at=talk.incoming.at)
    zalo, account_id = talk.incoming.channel in links.ZALO, talk.chat.account_id
    if zalo and account_id is not None:
        await _stop_templates(talk, account_id)
    known = await links.unlink_chat(talk.house, talk.chat)
    if known:
        talk.forget_account()
    word = "stopped" if known else "stopped_stranger"
    return talk.answer(talk.say(f"{word}_zalo" if zalo else word), intent="sys-stop")


async def _stop_templates(talk: Talk, account_id: UUID) -> None:
    async with talk.house.database.directory() as tx:
        await stop_templates(tx, account_id, at=talk.house.clock.now())


async def _stop_on_web(talk: Talk) -> Answer:
    """Nothing is sent into this page by itself; what a signed-in family gets elsewhere can be stopped from here."""
    account_id = talk.chat.account_id
    if account_id is None:
        return talk.answer(talk.say("stopped_visitor"), intent="sys-stop")
    linked = (await links.linked_chats(talk.house, account_id)).chats
    buttons = [Button(talk.say("stop_all", count=len(linked)), BUTTON)] if linked else []
    return talk.answer(talk.say("stop_on_web"), buttons, intent="sys-stop")


async def stop_all(talk: Talk) -> Answer:
    """Pressed in the app: every messenger of the account is let go."""
    account_id = talk.chat.account_id
    if account_id is None:
        return talk.answer(talk.say("stopped_visitor"), intent="sys-stop")
    linked = (await links.linked_chats(talk.house, account_id)).chats
    for chat in linked:
        await links.unlink_named(talk.house, account_id, chat.channel, chat.chat)
    if any(chat.channel in links.ZALO for chat in linked):
        await _stop_templates(talk, account_id)
    return talk.answer(talk.say("stopped_all", count=len(linked)), intent="sys-stop")

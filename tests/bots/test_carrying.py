"""A dialogue begun in one chat goes on in another of the same account, and in nobody else's."""

from __future__ import annotations

import asyncpg

from backend.core.house import House
from bots import links
from bots.chats import look
from tests.bots.inbox_scenes import Writer, in_app, linked
from tests.bots.scenes import sibling
from tests.factories import World


async def test_a_short_reply_in_the_other_chat_goes_on_with_the_question(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await sibling(owner, world)
    telegram = await linked(house, owner, world.parent.account_id)
    app = in_app(house, world.parent.account_id)
    asked = await telegram.says("hôm nay con có đi học không")
    assert asked is not None and "bé nào" in asked.text
    answer = await app.says("Bình")
    assert answer is not None and "Nguyễn Gia Bình" in answer.text and answer.intent == "my-attendance-today"
    back = await telegram.says("còn tháng này")
    assert back is not None and "Nguyễn Gia Bình" in back.text, "and back again, with the child spoken of last"


async def test_the_language_goes_along(house: House, world: World, owner: asyncpg.Connection) -> None:
    telegram = await linked(house, owner, world.parent.account_id)
    await telegram.sends(button="g:en")
    answer = await in_app(house, world.parent.account_id).says("/help")
    assert answer is not None and "automatic assistant" in answer.text


async def test_nothing_is_carried_to_or_from_a_chat_that_was_let_go(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    telegram = await linked(house, owner, world.parent.account_id)
    app = in_app(house, world.parent.account_id)
    await telegram.says("giờ vào lớp là mấy giờ")
    assert (await look(house, "web", app.chat_id, world.parent.account_id)).memory.intent
    (chat,) = (await links.linked_chats(house, world.parent.account_id)).chats
    await links.unlink_named(house, world.parent.account_id, "telegram", chat.chat)
    assert (await look(house, "web", app.chat_id, world.parent.account_id)).memory.intent == ""
    await app.says("con tôi còn nợ bao nhiêu")
    left = await look(house, "telegram", telegram.chat_id)
    assert (left.account_id, left.memory.intent, left.memory.child) == (None, "", None)


async def test_other_accounts_and_strangers_get_nothing(house: House, world: World, owner: asyncpg.Connection) -> None:
    await (await linked(house, owner, world.parent.account_id)).says("hôm nay con có đi học không")
    for account_id in (world.parent2.account_id, world.neighbour.account_id):
        assert (await look(house, "web", in_app(house, account_id).chat_id, account_id)).memory.intent == ""
    assert (await look(house, "telegram", Writer(house, "telegram", "nobody").chat_id)).memory.intent == ""


async def test_a_thread_that_went_cold_is_not_carried(house: House, world: World, owner: asyncpg.Connection) -> None:
    telegram = await linked(house, owner, world.parent.account_id)
    await telegram.says("hôm nay con có đi học không")
    await owner.execute(
        "UPDATE chat_states SET updated_at = updated_at - interval '11 minutes' WHERE chat_id = $1", telegram.chat_id
    )
    app = in_app(house, world.parent.account_id)
    assert (await look(house, "web", app.chat_id, world.parent.account_id)).memory.intent == ""

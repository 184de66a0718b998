"""The sensitive waits in a messenger until the family has said in the app that the chat is its own: ten minutes, that chat only."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import msgspec

from backend.core.house import House
from bots import chats
from schemas.chat import Answer
from tests.bots.scenes import Talker, bill, notice, roll, talker
from tests.factories import World

_ASK = re.compile(r"/chat/confirm\?ask=(\S+)")


async def linked(house: House, owner: asyncpg.Connection, world: World, chat_id: str) -> Talker:
    """A chat linked as the database knows it: the confirmation asks for that row."""
    await owner.execute(
        "INSERT INTO chat_links (channel, chat_id, account_id, linked_at) VALUES ('telegram', $1, $2, $3)",
        chat_id, world.parent.account_id, datetime.now(UTC),
    )  # fmt: skip
    parent = talker(house, world.parent.account_id)
    parent.chat = await chats.look(house, "telegram", chat_id)
    parent.at = datetime.now(UTC)
    return parent


async def looked_again(house: House, parent: Talker) -> None:
    """The next update finds the chat as it stands, with the memory of the talk."""
    now = await chats.look(house, "telegram", parent.chat.chat_id)
    parent.chat = msgspec.structs.replace(now, memory=parent.chat.memory)
    parent.at = datetime.now(UTC)


def link_in(answer: Answer) -> str:
    match = _ASK.search(answer.text)
    assert match is not None, answer.text
    return match[1]


async def _says(client: httpx.AsyncClient, world_headers: dict[str, str], ask: str, answer: str) -> httpx.Response:
    return await client.post(
        "/chat/confirm", data={"ask": ask, "answer": answer}, headers={**world_headers, "accept": "text/html"}
    )


async def test_payments_made_are_told_only_after_a_yes_in_the_app(
    house: House, client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await bill(owner, world, world.child, "Tiền nước", 50_000)
    parent = await linked(house, owner, world, "confirm-1")
    asked = await parent.says("tôi đã đóng những gì rồi")
    assert "Tiền nước" not in asked.text and "OTP" in asked.text
    assert "Tiền nước" not in (await parent.presses("Tôi đã xác nhận")).text, "a button alone confirms nothing"
    ask = link_in(asked)
    page = {**world.parent.headers, "accept": "text/html"}
    assert "Telegram" in (await client.get("/chat/confirm", params={"ask": ask}, headers=page)).text
    assert (await _says(client, world.stranger.headers, ask, "yes")).status_code == 410
    assert (await _says(client, world.parent2.headers, ask, "yes")).status_code == 410
    await looked_again(house, parent)
    assert "Tiền nước" not in (await parent.presses("Tôi đã xác nhận")).text
    assert (await _says(client, world.parent.headers, ask, "yes")).status_code == 200
    await looked_again(house, parent)
    assert "Tiền nước: chưa đóng" in (await parent.presses("Tôi đã xác nhận")).text
    assert "Tiền nước" in (await parent.says("tôi đã đóng những gì rồi")).text
    parent.waits(minutes=11)
    assert "Tiền nước" not in (await parent.says("tôi đã đóng những gì rồi")).text
    events = await owner.fetch(
        "SELECT detail->>'channel' AS channel FROM account_events WHERE account_id = $1 AND action = 'chat.confirmed'",
        world.parent.account_id,
    )
    assert [row["channel"] for row in events] == ["telegram"]


async def test_one_asking_is_one_confirmation(
    house: House, client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    parent = await linked(house, owner, world, "confirm-2")
    ask = link_in(await parent.says("tôi đã đóng những gì rồi"))
    await _says(client, world.parent.headers, ask, "yes")
    held = "SELECT holds_until FROM chat_confirmations WHERE chat_id = 'confirm-2'"
    until = await owner.fetchval(held)
    await _says(client, world.parent.headers, ask, "yes")
    assert await owner.fetchval(held) == until
    await owner.execute(
        "UPDATE chat_confirmations SET holds_until = $1 WHERE chat_id = 'confirm-2'", datetime.now(UTC) - timedelta(1)
    )
    assert (await _says(client, world.parent.headers, ask, "yes")).status_code == 410


async def test_it_holds_for_that_chat_and_that_family_only(
    house: House, client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    parent = await linked(house, owner, world, "confirm-3")
    await _says(client, world.parent.headers, link_in(await parent.says("tôi đã đóng những gì rồi")), "yes")
    another = await linked(house, owner, world, "confirm-4")
    assert another.chat.confirmed_until is None
    await owner.execute("UPDATE chat_links SET account_id = $1 WHERE chat_id = 'confirm-3'", world.neighbour.account_id)
    assert (await chats.look(house, "telegram", "confirm-3")).confirmed_until is None


async def test_not_me_lets_the_chat_go(
    house: House, client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    parent = await linked(house, owner, world, "confirm-5")
    ask = link_in(await parent.says("tôi đã đóng những gì rồi"))
    assert (await _says(client, world.parent.headers, ask, "no")).status_code == 303
    await looked_again(house, parent)
    assert parent.chat.account_id is None
    assert (await _says(client, world.parent.headers, ask, "yes")).status_code == 410, "the chat is nobody's now"


async def test_a_note_beside_the_roll_is_held_back_and_the_mark_is_not(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    await roll(owner, world, world.child, "left_early", note="Sốt 39 độ, gọi mẹ đón")
    telegram = await talker(house, world.parent.account_id).says("hôm nay con có đi học không")
    assert "Sốt 39" not in telegram.text and "Xem phần riêng tư" in [button.label for button in telegram.buttons]
    web = await talker(house, world.parent.account_id, channel="web").says("hôm nay con có đi học không")
    assert "Sốt 39 độ" in web.text and not [button for button in web.buttons if button.press == "u"]


async def test_a_notice_is_taken_note_of_by_a_button_once_and_by_its_own_family(
    house: House, world: World, owner: asyncpg.Connection
) -> None:
    notice_id = await notice(owner, world, world.child, world.parent.person_id, "Họp phụ huynh", acknowledge=True)
    await notice(owner, world, world.child, world.parent.person_id, "Thực đơn tuần tới")
    parent = talker(house, world.parent.account_id)
    read_out = await parent.says("có thông báo gì mới không")
    assert [button.label for button in read_out.buttons] == ["Đã biết: Họp phụ huynh"]
    press = read_out.buttons[0].press
    for stranger in (world.neighbour.account_id, world.stranger.account_id, None):
        assert "đã cũ" in (await talker(house, stranger)._turn(button=press)).text
    noted = "SELECT acknowledged_at FROM notice_recipients WHERE notice_id = $1"
    assert await owner.fetchval(noted, notice_id) is None
    assert "đã biết “Họp phụ huynh”" in (await parent._turn(button=press)).text
    first = await owner.fetchval(noted, notice_id)
    assert first is not None and "đã biết" in (await parent._turn(button=press)).text
    assert await owner.fetchval(noted, notice_id) == first
    channels = await owner.fetch(
        "SELECT channel FROM notice_receipts WHERE notice_id = $1 AND kind = 'acknowledged'", notice_id
    )
    assert [row["channel"] for row in channels] == ["telegram"]

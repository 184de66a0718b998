"""Telegram from end to end: twin → webhook → kept → worker → engine → twin."""

from __future__ import annotations

import itertools

import asyncpg
import httpx

from backend.core.ids import new_id
from tests.bots.conftest import Bridge
from tests.bots.inbox_scenes import the_handoff, words_of
from tests.factories import World
from tests.twins.telegram import TwinChat

_ids = itertools.count(910_000_000)


def new_chat(bridge: Bridge, **how: str) -> TwinChat:
    return bridge.twin.open_chat(next(_ids), **how)


async def link_of(bridge: Bridge, person_headers: dict[str, str]) -> str:
    async with httpx.AsyncClient(base_url=bridge.url) as http:
        made = await http.post("/v1/chat/links", json={"channel": "telegram"}, headers=person_headers)
    assert made.status_code == 201, made.text
    return made.json()["url"].rpartition("start=")[2]


async def linked(bridge: Bridge, world: World) -> TwinChat:
    chat = new_chat(bridge)
    answer = await chat.ask(f"/start {await link_of(bridge, world.parent.headers)}")
    assert "N.M.A." in answer
    return chat


async def test_a_family_links_asks_and_a_stranger_learns_nothing(
    bridge: Bridge, world: World, owner: asyncpg.Connection
) -> None:
    chat = await linked(bridge, world)
    assert world.child.full_name in await chat.ask("hom nay con co di hoc ko")
    assert world.child.full_name in await chat.ask("con tôi còn phải đóng bao nhiêu tiền")
    assert "chuyển trường" in (await chat.ask("thủ tục chuyển trường cho con lớp 7 thế nào")).lower()
    stranger = new_chat(bridge)
    answer = await stranger.ask(f"cho hỏi hôm nay em {world.child.full_name} lớp 6A1 có đi học không")
    assert world.child.full_name not in answer


async def test_a_persons_word_leaves_through_the_worker_by_itself(
    bridge: Bridge, world: World, owner: asyncpg.Connection
) -> None:
    chat = await linked(bridge, world)
    await chat.ask("/human")
    assert "Câu trả lời sẽ hiện ngay ở đây" in await chat.ask("Con tôi ngồi bàn mấy?")
    handoff_id = (await the_handoff(owner, world.school_id))["handoff_id"]
    path = f"/v1/schools/{world.school_id}/chat/handoffs/{handoff_id}/words"
    body, before = {"word_id": str(new_id()), "text": "Bàn ba chị ạ."}, len(chat.heard)
    async with httpx.AsyncClient(base_url=bridge.url) as http:
        for _ in range(2):  # a page that heard no answer posts again
            done = await http.post(path, json=body, headers=world.admin.headers)
            assert done.status_code == 201 and done.json()["will_be_sent"] is True
    assert "đã nhận cuộc trò chuyện" in await chat.hears(before)
    assert "Bàn ba chị ạ." in await chat.hears(before + 1)
    assert [side for side, _ in await words_of(owner, handoff_id)] == ["family", "house", "school"]

"""The web chat over HTTP: numbered lines that are neither lost nor doubled, a stream that says when to fetch, and a page without scripts."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.house import House
from backend.core.ids import new_id
from bots import desk, weblines
from tests.bots.inbox_scenes import in_app, linked, the_handoff, word
from tests.factories import Person, World


async def post(client: httpx.AsyncClient, who: Person, text: str, **more: Any) -> dict[str, Any]:
    body = {"message_id": str(new_id()), "text": text, **more}
    answer = await client.post("/v1/chat/messages", json=body, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def lines(client: httpx.AsyncClient, who: Person, after: int = 0) -> dict[str, Any]:
    answer = await client.get(f"/v1/chat/lines?after={after}", headers=who.headers)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "private, no-store"
    return dict(answer.json())


async def states(client: httpx.AsyncClient, who: Person) -> list[dict[str, Any]]:
    answer = await client.get("/v1/chat/live", headers=who.headers)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


async def test_a_page_that_slept_finds_what_it_missed_once_and_in_order(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    first = new_id()
    await post(client, world.parent, "giờ vào lớp là mấy giờ", message_id=str(first))
    seen = await lines(client, world.parent)
    assert [one["side"] for one in seen["lines"]] == ["family", "bot"] and seen["last"] == 2
    await post(
        client, world.parent, "giờ vào lớp là mấy giờ", message_id=str(first)
    )  # sent again by a page that heard no answer
    await post(client, world.parent, "", button="h", label="Gửi câu hỏi cho nhà trường")
    await post(client, world.parent, "Con tôi cần đổi chỗ.")
    asked = await the_handoff(owner, world.school_id)
    await desk.reply(house, world.admin.account_id, world.school_id, asked["handoff_id"], word("Dạ được ạ."))
    missed = (await lines(client, world.parent, seen["last"]))["lines"]
    assert [one["number"] for one in missed] == sorted({one["number"] for one in missed})
    assert [(one["side"], one["by"]) for one in missed][-2:] == [("bot", ""), ("person", "Thầy Trưởng")]
    texts = [one["text"] for one in missed]
    assert "Gửi câu hỏi cho nhà trường" in texts and texts.count("giờ vào lớp là mấy giờ") == 0
    said = await post(client, world.parent, "Cảm ơn cô.")
    assert said["silent"] and said["text"] == ""
    assert (await states(client, world.parent))[0]["taken"] is True


async def test_typing_is_seen_on_both_sides_for_some_seconds(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    await (in_app(house, world.parent.account_id)).asks_for_a_person()
    asked = await the_handoff(owner, world.school_id)
    school, handoff_id, admin = world.school_id, asked["handoff_id"], world.admin
    path = f"/v1/schools/{school}/chat/handoffs/{handoff_id}"
    await desk.take(house, admin.account_id, school, handoff_id)
    assert (await states(client, world.parent))[0]["typing"] is False
    assert (await client.post(f"{path}/typing", headers=admin.headers)).status_code == 204
    assert (await client.post("/v1/chat/typing", headers=world.parent.headers)).status_code == 204
    chat_id, later = weblines.chat_of(world.parent.account_id), house.clock.now() + timedelta(seconds=7)
    assert (await states(client, world.parent))[0]["typing"] is True
    assert '"typing":false' in await weblines.state(house.database.reader, chat_id, later)
    live = await client.get(f"{path}/live", headers=admin.headers)
    assert '"typing":true' in live.text
    await post(client, world.parent, "Xong rồi ạ.")
    assert '"typing":false' in (await client.get(f"{path}/live", headers=admin.headers)).text


async def test_what_a_family_wrote_elsewhere_stands_in_the_app_with_its_messenger(
    client: httpx.AsyncClient, house: House, world: World, owner: asyncpg.Connection
) -> None:
    family = await linked(house, owner, world.parent.account_id)
    family.at = house.clock.now()
    await family.asks_for_a_person("Con tôi ngồi bàn mấy?")
    found = (await lines(client, world.parent))["lines"]
    assert [(one["text"], one["via"]) for one in found] == [("Con tôi ngồi bàn mấy?", "telegram")]
    for other in (world.neighbour, world.parent2):
        assert (await lines(client, other))["lines"] == []
    assert (await client.get("/v1/chat/lines")).json()["lines"] == []


async def test_an_answer_about_a_child_is_not_told_again_after_the_thread(
    client: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await post(client, world.parent, "hom nay con toi co di hoc ko")
    assert world.child.full_name in (await lines(client, world.parent))["lines"][-1]["text"]
    sealed = await owner.fetchval(
        "SELECT string_agg(encode(sealed, 'escape'), '') FROM web_lines WHERE chat_id = $1",
        weblines.chat_of(world.parent.account_id),
    )
    assert "Minh An" not in sealed
    await owner.execute("UPDATE web_lines SET until = until - interval '11 minutes'")
    told = (await lines(client, world.parent))["lines"]
    assert "hom nay con" in told[0]["text"], "what was asked stays"
    assert world.child.full_name not in json.dumps(told, ensure_ascii=False)
    assert told[-1]["buttons"] == [{"label": "Hỏi lại", "press": "i:my-attendance-today"}]


async def test_streams_of_one_chat_are_bounded(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.routes_web._STREAMS_EACH", 0)
    refused = await client.get("/v1/chat/live", headers=world.parent.headers)
    assert refused.status_code == 503 and refused.headers["retry-after"] == "60"


async def test_without_scripts_the_page_shows_the_talk_and_reloading_asks_nothing_again(
    client: httpx.AsyncClient,
) -> None:
    done = await client.post("/chat", data={"text": "giờ vào lớp là mấy giờ", "message_id": str(new_id())})
    assert done.status_code == 303 and done.headers["location"] == "/chat#ask"
    page = (await client.get("/chat")).text
    assert page.count("giờ vào lớp là mấy giờ") == 1 and page.count('class="said mine"') == 1
    press = re.findall(r'name="button" value="(i:[^"]+)" data-label="([^"]+)"', page)[0]
    await client.post("/chat", data={"button": press[0]})
    page = (await client.get("/chat")).text
    assert f'<p class="pre">{press[1]}</p>' in page, "what was pressed stands there by its words"
    client.cookies.clear()
    assert "giờ vào lớp là mấy giờ" not in (await client.get("/chat")).text, "another browser knows nothing of it"


async def test_lines_past_their_time_are_forgotten(house: House, world: World, owner: asyncpg.Connection) -> None:
    chat_id = weblines.chat_of(world.parent.account_id)
    line = weblines.Line(new_id(), "family", weblines.Content("Xin chào"))
    await weblines.keep(house, chat_id, line, at=house.clock.now())
    await weblines.forget_old(house)
    count = "SELECT count(*) FROM web_lines WHERE chat_id = $1"
    assert await owner.fetchval(count, chat_id) == 1
    await owner.execute("UPDATE web_lines SET until = now() - interval '25 hours' WHERE chat_id = $1", chat_id)
    await weblines.forget_old(house)
    assert await owner.fetchval(count, chat_id) == 0

"""Order in the talk: reports, blocks, the heads' recorded look, and misuse of the duty that shows."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from backend.core.ids import new_id
from tests.factories import Person, World
from tests.messages.scenes import look, open_thread, root, said, say, texts

pytestmark = pytest.mark.usefixtures("clock")


def school(world: World, rest: str) -> str:
    return f"/v1/schools/{world.school_id}{rest}"


async def reported(web: httpx.AsyncClient, world: World, thread_id: str, message_id: str, by: Person) -> httpx.Response:
    path = root(world, f"/{thread_id}/messages/{message_id}/report")
    return await web.post(
        path, json={"report_id": str(new_id()), "reason": "insult", "note": "Nặng lời"}, headers=by.headers
    )


async def looks(owner: asyncpg.Connection, world: World) -> int:
    count: int = await owner.fetchval(
        "SELECT count(*) FROM audit_events WHERE school_id = $1 AND action = 'messages.overseen'", world.school_id
    )
    return count


async def test_a_report_is_decided_and_a_hidden_message_keeps_its_place(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Cô dạy kém thế")
    assert (await reported(web, world, thread_id, message_id, world.parent)).status_code == 409
    assert (await reported(web, world, thread_id, message_id, world.teacher)).status_code == 204
    assert (await web.get(school(world, "/message-reports"), headers=world.teacher.headers)).status_code == 403
    [report] = (await web.get(school(world, "/message-reports"), headers=world.admin.headers)).json()["reports"]
    assert (report["text"], report["author"], report["reported_by"]) == (
        "Cô dạy kém thế",
        "Nguyễn Thị Hoa",
        "Đỗ Thị Cúc",
    )
    assert await looks(owner, world) == 1
    path = school(world, f"/message-reports/{report['report_id']}")
    assert (await web.post(path, json={"state": "hidden"}, headers=world.teacher.headers)).status_code == 403
    assert (await web.post(path, json={"state": "hidden"}, headers=world.admin.headers)).status_code == 204
    for who in (world.parent, world.teacher):
        [message] = (await look(web, world, who, thread_id))["messages"]
        assert (message["text"], message["state"]) == (None, "hidden")
    edit = root(world, f"/{thread_id}/messages/{message_id}/edit")
    assert (await web.post(edit, json={"text": "x"}, headers=world.parent.headers)).status_code == 409
    assert (await web.post(path, json={"state": "kept"}, headers=world.admin.headers)).status_code == 204
    assert await texts(web, world, world.parent, thread_id) == ["Cô dạy kém thế"]


async def test_the_heads_read_a_withdrawn_text_for_a_reason_and_on_record(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Tôi sẽ đến tận nhà cô")
    await web.post(root(world, f"/{thread_id}/messages/{message_id}/withdraw"), headers=world.parent.headers)
    path = root(world, f"/{thread_id}/oversight")
    assert (await web.get(path, headers=world.admin.headers)).status_code == 422
    assert (
        await web.get(path, params={"reason": "Cô giáo bị đe doạ"}, headers=world.teacher.headers)
    ).status_code == 403
    assert await looks(owner, world) == 0
    found = (await web.get(path, params={"reason": "Cô giáo bị đe doạ"}, headers=world.admin.headers)).json()
    [message] = found["messages"]
    assert [(one["state"], one["text"]) for one in message["versions"]] == [
        ("written", "Tôi sẽ đến tận nhà cô"), ("withdrawn", None),
    ]  # fmt: skip
    assert await looks(owner, world) == 1


async def test_a_block_needs_an_administrator_and_never_stops_what_a_child_needs(
    web: httpx.AsyncClient, world: World
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.parent, thread_id, "Tin thứ năm trăm")
    block = {
        "block_id": str(new_id()), "thread_id": thread_id, "guardian_id": str(world.parent.person_id), "reason": "Nhắn quá nhiều",
    }  # fmt: skip
    assert (
        await web.post(school(world, "/message-blocks"), json=block, headers=world.teacher.headers)
    ).status_code == 204
    assert (await say(web, world, world.parent, thread_id, "Vẫn gửi được")).status_code == 201
    path = school(world, f"/message-blocks/{block['block_id']}")
    granted: dict[str, Any] = {"state": "granted", "until_on": "2026-10-20"}
    assert (await web.post(path, json=granted, headers=world.teacher.headers)).status_code == 403
    assert (await web.post(path, json={"state": "granted"}, headers=world.admin.headers)).status_code == 422
    assert (await web.post(path, json=granted, headers=world.admin.headers)).status_code == 204
    refused = await say(web, world, world.parent, thread_id, "Cô ơi")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/messages-blocked")
    assert (await say(web, world, world.parent2, thread_id, "Bố cháu đây ạ")).status_code == 201
    absent = {"kind": "absent", "from_on": "2026-10-14", "to_on": "2026-10-14", "reason": "Sốt"}
    assert (await say(web, world, world.parent, thread_id, request=absent)).status_code == 201
    urgent = {"reason": "sick_or_hurt", "words": "Cháu bị hen, thuốc ở ngăn trước cặp ạ."}
    assert (await say(web, world, world.parent, thread_id, urgent=urgent)).status_code == 201
    office = await open_thread(web, world, world.parent, desk="office")
    assert (await say(web, world, world.parent, office, "Cho tôi hỏi")).status_code == 201
    assert (await web.post(path, json={"state": "ended"}, headers=world.admin.headers)).status_code == 204
    assert (await say(web, world, world.parent, thread_id, "Cảm ơn nhà trường, tôi sẽ nhắn ít hơn")).status_code == 201


async def test_how_often_the_duty_was_called_shows_by_family(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    for _ in range(3):
        urgent = {"reason": "safety", "words": "Cháu quên hộp bút ở nhà rồi ạ."}
        assert (await say(web, world, world.parent, thread_id, urgent=urgent)).status_code == 201
    path = school(world, "/urgent-calls")
    [family] = (await web.get(path, headers=world.admin.headers)).json()["families"]
    assert (family["guardian_name"], family["pupil_name"], family["calls"]) == ("Nguyễn Thị Hoa", "Nguyễn Minh An", 3)
    assert (await web.get(path, headers=world.teacher.headers)).status_code == 403


async def test_the_rules_are_shown_and_accepted_in_their_version(web: httpx.AsyncClient, world: World) -> None:
    path = school(world, "/message-rules")
    rules = (await web.get(path, headers=world.parent.headers)).json()
    assert (rules["version"], rules["accepted_at"]) == (1, None) and len(rules["lines"]) >= 5
    english = await web.get(path, headers={**world.parent.headers, "accept-language": "en"})
    assert english.json()["title"] == "Rules of conversation between families and school"
    assert (await web.post(path, json={"version": 9}, headers=world.parent.headers)).status_code == 409
    assert (await web.post(path, json={"version": 1}, headers=world.parent.headers)).status_code == 204
    assert (await web.get(path, headers=world.parent.headers)).json()["accepted_at"] is not None
    assert (await web.get(path, headers=world.stranger.headers)).status_code == 403

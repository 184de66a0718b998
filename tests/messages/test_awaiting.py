"""A message of the school that asks for an answer stands on the family's list until somebody of the family has said something."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from backend.core.ids import new_id
from tests.factories import Person, World
from tests.messages.scenes import look, open_thread, root, said, say

pytestmark = pytest.mark.usefixtures("clock")


async def lines(web: httpx.AsyncClient, who: Person) -> list[dict[str, Any]]:
    found = (await web.get("/v1/family/todo", headers=who.headers)).json()["lines"]
    home = (await web.get("/v1/family/home", headers=who.headers)).json()["to_do"]
    assert found == home
    return [one for one in found if one["kind"] == "reply"]


async def test_it_is_on_the_list_of_both_guardians_until_one_answers(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    await said(web, world, world.teacher, thread_id, "Cháu học tốt.")
    assert await lines(web, world.parent) == []
    tag = (await web.get("/v1/family/home", headers=world.parent2.headers)).headers["etag"]
    asked = await said(web, world, world.teacher, thread_id, "Chiều nay ai đón cháu?", awaits_answer=True)
    assert (await web.get("/v1/family/home", headers=world.parent2.headers)).headers["etag"] != tag
    for who in (world.parent, world.parent2):
        [line] = await lines(web, who)
        assert (line["key"], line["title"], line["shared"]) == (f"message:{asked}", world.teacher.full_name, True)
        assert line["link"] == f"/app/{world.school_id}/messages/{thread_id}"
        [message] = [one for one in (await look(web, world, who, thread_id))["messages"] if one["awaits_answer"]]
        assert message["message_id"] == asked
    claim = f"/v1/family/todo/{world.school_id}/claim"
    taken = await web.post(claim, json={"key": f"message:{asked}"}, headers=world.parent.headers)
    assert taken.status_code == 204
    assert [line["open"] for line in await lines(web, world.parent2)] == [False]
    await said(web, world, world.parent, thread_id, "Vâng ạ")  # a nod is an answer, too
    assert await lines(web, world.parent) == await lines(web, world.parent2) == []
    assert await lines(web, world.classmate_parent) == []


async def test_taken_back_it_asks_nothing_and_an_older_question_stands_again(
    web: httpx.AsyncClient, world: World
) -> None:
    thread_id = await open_thread(web, world, world.parent)
    first = await said(web, world, world.teacher, thread_id, "Một?", awaits_answer=True)
    second = await said(web, world, world.teacher, thread_id, "Hai?", awaits_answer=True)
    assert [line["key"] for line in await lines(web, world.parent)] == [f"message:{second}"]
    for message_id, left in ((second, [f"message:{first}"]), (first, [])):
        gone = await web.post(
            root(world, f"/{thread_id}/messages/{message_id}/withdraw"), headers=world.teacher.headers
        )
        assert gone.status_code == 204
        assert [line["key"] for line in await lines(web, world.parent)] == left


async def test_a_message_to_the_class_may_ask_each_family(web: httpx.AsyncClient, world: World) -> None:
    body = {
        "group_message_id": str(new_id()),
        "class_id": str(world.class_id),
        "text": "Gia đình có đi dã ngoại không?",
        "accepts_rules": 1,
        "awaits_answer": True,
    }
    sent = await web.post(f"/v1/schools/{world.school_id}/group-messages", json=body, headers=world.teacher.headers)
    assert sent.status_code == 201, sent.text
    for who in (world.parent, world.classmate_parent):
        assert len(await lines(web, who)) == 1
    [line] = await lines(web, world.parent)
    await said(web, world, world.parent, line["link"].rsplit("/", 1)[1], "Có ạ, cả nhà đi.")
    assert (len(await lines(web, world.parent)), len(await lines(web, world.classmate_parent))) == (0, 1)


async def test_a_private_question_is_its_guardians_alone_and_families_cannot_mark(
    web: httpx.AsyncClient, world: World
) -> None:
    thread_id = await open_thread(web, world, world.parent, private=True)
    await said(web, world, world.teacher, thread_id, "Riêng chị?", awaits_answer=True)
    [line] = await lines(web, world.parent)
    assert line["shared"] is False
    assert await lines(web, world.parent2) == []
    refused = await say(web, world, world.parent, thread_id, "Cô ơi?", awaits_answer=True)
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/awaits_answer"]

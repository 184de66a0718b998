"""One message to a class, private replies, and what its author sees of them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from backend.core.ids import new_id
from tests.factories import Person, World
from tests.messages.scenes import look, read, root, said, texts

pytestmark = pytest.mark.usefixtures("clock")


async def to_class(web: httpx.AsyncClient, world: World, by: Person, **more: Any) -> httpx.Response:
    body = {
        "group_message_id": str(new_id()), "class_id": str(world.class_id), "text": "Mai lớp mang áo mưa nhé.",
        "accepts_rules": 1, **more,
    }  # fmt: skip
    return await web.post(f"/v1/schools/{world.school_id}/group-messages", json=body, headers=by.headers)


async def threads(web: httpx.AsyncClient, who: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await web.get("/v1/family/threads", headers=who.headers)).json()["threads"]
    return found


async def test_each_family_answers_in_private(web: httpx.AsyncClient, world: World) -> None:
    sent = await to_class(web, world, world.teacher)
    assert (sent.status_code, sent.json()["families"]) == (201, 2)
    [mine], [theirs] = await threads(web, world.parent), await threads(web, world.classmate_parent)
    assert mine["thread_id"] != theirs["thread_id"]
    # Nobody has answered, so nothing waits and no inbox is filled.
    assert (await web.get(root(world), headers=world.teacher.headers)).json()["threads"] == []
    await said(web, world, world.parent, mine["thread_id"], "Cháu không có áo mưa, cô cho mượn được không ạ?")
    assert await texts(web, world, world.classmate_parent, theirs["thread_id"]) == ["Mai lớp mang áo mưa nhé."]
    [waiting] = (await web.get(root(world), headers=world.teacher.headers)).json()["threads"]
    assert (waiting["thread_id"], waiting["waiting_since"] is not None) == (mine["thread_id"], True)
    found = await look(web, world, world.classmate_parent, theirs["thread_id"])
    await read(web, world, world.classmate_parent, theirs["thread_id"], found["messages"][-1]["message_id"])
    path = f"/v1/schools/{world.school_id}/group-messages/{sent.json()['group_message_id']}"
    told = (await web.get(path, headers=world.teacher.headers)).json()
    assert (told["read"], told["replied"]) == (1, 1)
    assert (await web.get(path, headers=world.subject_teacher.headers)).status_code == 403


async def test_sent_again_it_is_sent_once(web: httpx.AsyncClient, world: World) -> None:
    same = str(new_id())
    first = await to_class(web, world, world.teacher, group_message_id=same)
    again = await to_class(web, world, world.teacher, group_message_id=same)
    other = await to_class(web, world, world.teacher, group_message_id=same, text="Khác")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    [mine] = await threads(web, world.parent)
    assert len(await texts(web, world, world.parent, mine["thread_id"])) == 1


async def test_two_taps_at_once_are_one_message(web: httpx.AsyncClient, world: World) -> None:
    same = str(new_id())
    answers = await asyncio.gather(*(to_class(web, world, world.teacher, group_message_id=same) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    [mine] = await threads(web, world.parent)
    assert len(await texts(web, world, world.parent, mine["thread_id"])) == 1


async def test_it_goes_to_some_pupils_and_into_the_conversation_that_is_there(
    web: httpx.AsyncClient, world: World
) -> None:
    await to_class(web, world, world.teacher, pupil_ids=[str(world.child.pupil_id)])
    await to_class(web, world, world.teacher, text="Và mũ nữa", pupil_ids=[str(world.child.pupil_id)])
    [mine] = await threads(web, world.parent)
    assert await texts(web, world, world.parent, mine["thread_id"]) == ["Mai lớp mang áo mưa nhé.", "Và mũ nữa"]
    assert await threads(web, world.classmate_parent) == []
    notices = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert len(notices) == 2 and "áo mưa" not in str(notices)
    wrong = await to_class(web, world, world.teacher, text=" ", pupil_ids=[str(world.neighbour_child.pupil_id)])
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/text", "/pupil_ids/0"]


@pytest.mark.parametrize("who", ["other_teacher", "accountant"])
async def test_only_those_who_teach_the_class_write_to_it(web: httpx.AsyncClient, world: World, who: str) -> None:
    assert (await to_class(web, world, getattr(world, who))).status_code == 403


async def test_a_subject_teacher_writes_in_threads_of_her_own(web: httpx.AsyncClient, world: World) -> None:
    await to_class(web, world, world.subject_teacher)
    [mine] = await threads(web, world.parent)
    assert (mine["desk"], mine["counterpart"]) == ("teacher", "Thầy Toán")

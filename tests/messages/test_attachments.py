"""What is attached is seen by those who belong to the conversation, and by nobody once its message was taken back."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image

from backend.core.ids import new_id
from tests.factories import World
from tests.messages.scenes import look, open_thread, root, said, say

pytestmark = pytest.mark.usefixtures("clock")


async def uploaded(web: httpx.AsyncClient, world: World) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    file_id = str(new_id())
    answer = await web.post(
        f"/v1/schools/{world.school_id}/files",
        params={"file_id": file_id},
        files={"data": ("vở.png", picture.getvalue(), "image/png")},
        headers=world.parent.headers,
    )
    assert answer.status_code == 201, answer.text
    return file_id


async def test_a_picture_is_for_the_thread_only_and_gone_with_its_message(web: httpx.AsyncClient, world: World) -> None:
    thread_id, file_id = await open_thread(web, world, world.parent), await uploaded(web, world)
    message_id = await said(web, world, world.parent, thread_id, "", file_ids=[file_id])
    [message] = (await look(web, world, world.teacher, thread_id))["messages"]
    assert [(one["name"], one["width"]) for one in message["files"]] == [("vở.png", 40)]
    path = root(world, f"/{thread_id}/files/{file_id}")
    for who, status in ((world.teacher, 200), (world.parent2, 200), (world.neighbour, 404), (world.admin, 404)):
        assert (await web.get(path, headers=who.headers)).status_code == status
    other = await open_thread(web, world, world.classmate_parent, pupil=world.classmate)
    stolen = await say(web, world, world.classmate_parent, other, "", file_ids=[file_id])
    assert [one["pointer"] for one in stolen.json()["errors"]] == ["/file_ids/0"]
    elsewhere = root(world, f"/{other}/files/{file_id}")
    assert (await web.get(elsewhere, headers=world.classmate_parent.headers)).status_code == 404
    await web.post(root(world, f"/{thread_id}/messages/{message_id}/withdraw"), headers=world.parent.headers)
    assert (await web.get(path, headers=world.teacher.headers)).status_code == 404
    assert (await look(web, world, world.teacher, thread_id))["messages"][0]["files"] == []

"""An area's officer sees what many ask and nothing answers, over all its schools, never who asked; and turns it into an answer of the area."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx

from backend.core.house import House
from backend.core.ids import new_id
from backend.core.text import fold
from bots.chats import Chat
from bots.editor import unanswered
from bots.memory import Memory
from tests.announcements.conftest import area  # noqa: F401
from tests.factories import World
from tests.feed.test_pages import browser

ASKED = "Xã mình có mở lớp dạy bơi hè cho các cháu không ạ"


async def ask(house: House, school_id: int, question: str, people: int) -> None:
    for _ in range(people):
        chat = Chat("telegram", new_id().hex, None, "vi", Memory())
        await unanswered.note(house, school_id, chat, new_id().hex, question, "")


async def groups(client: httpx.AsyncClient, world: World, area: str) -> list[dict[str, Any]]:  # noqa: F811
    answer = await client.get(f"/v1/area/{area}/knowledge/unanswered", headers=world.area_admin.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["groups"]
    return found


async def test_what_many_ask_in_several_schools_is_one_group_of_numbers_and_masked_words(
    client: httpx.AsyncClient, house: House, world: World, area: str, owner: asyncpg.Connection  # noqa: F811
) -> None:  # fmt: skip
    await ask(house, world.school_id, ASKED, 2)
    await ask(house, world.other_school_id, ASKED + " cô ơi", 1)
    await ask(house, world.school_id, "Trường có cho thuê sân bóng buổi tối không", 2)  # too few
    [found] = await groups(client, world, area)
    assert (found["people"], found["asked"], found["schools"]) == (3, 3, 2)
    assert "dạy bơi" in found["question"]
    assert str(world.school_id) not in [str(value) for value in found.values()]


async def test_a_name_of_the_roll_in_small_letters_is_taken_out(
    client: httpx.AsyncClient,
    house: House,
    world: World,
    area: str,  # noqa: F811
) -> None:
    name = world.child.full_name.lower()
    assert fold(name) in fold(f"bạn {name}")
    await ask(house, world.school_id, f"bạn {name} đăng ký học võ ở nhà văn hoá xã thế nào", 3)
    [found] = await groups(client, world, area)
    told = " ".join([found["question"], *found["examples"]])
    assert name not in told and "học võ" in told


async def test_an_officer_begins_an_answer_with_it_and_others_see_nothing(
    client: httpx.AsyncClient,
    house: House,
    world: World,
    area: str,  # noqa: F811
) -> None:
    await ask(house, world.school_id, ASKED, 3)
    page = await client.get(f"/console/area/{area}/unanswered", headers=browser(world.area_admin))
    assert page.status_code == 200 and "dạy bơi" in page.text
    [found] = await groups(client, world, area)
    editor = f"/console/area/{area}/knowledge/own-{new_id().hex[-12:]}"
    begun = await client.get(editor, params={"group": found["group"]}, headers=browser(world.area_admin))
    assert begun.status_code == 200 and found["question"] in begun.text
    for path in (f"/v1/area/{area}/knowledge/unanswered", "/v1/area/elsewhere/knowledge/unanswered"):
        who = world.admin if area in path else world.area_admin
        assert (await client.get(path, headers=who.headers)).status_code == 403

"""Translating on the reader's wish, against a twin of LibreTranslate. Off by default, and the original always stays."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import asyncpg
import httpx
import msgspec
import pytest

from backend.core.house import House
from backend.core.problems import Problem
from backend.messages.translation import translate
from tests.factories import World
from tests.messages.scenes import look, open_thread, root, said
from tests.twins.libretranslate import LibreTranslateTwin

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
async def twin() -> AsyncIterator[LibreTranslateTwin]:
    twin = LibreTranslateTwin(api_key="twin-key")
    await twin.start()
    yield twin
    await twin.stop()


def with_twin(house: House, twin: LibreTranslateTwin) -> House:
    settings = msgspec.structs.replace(
        house.settings, translation_url=twin.base_url + "/", translation_api_key="twin-key"
    )
    return dataclasses.replace(house, settings=settings)


async def turn_on(web: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/schools/{world.school_id}/message-settings"
    found = (await web.get(path, headers=world.admin.headers)).json()
    answer = await web.put(path, json={**found, "translation": True}, headers=world.admin.headers)
    assert answer.status_code == 204, answer.text


async def test_a_message_is_translated_once_and_the_original_stays(
    web: httpx.AsyncClient, world: World, school_house: House, twin: LibreTranslateTwin, owner: asyncpg.Connection
) -> None:
    house = with_twin(school_house, twin)
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Cháu bị ốm")
    ids = [await owner.fetchval("SELECT $1::uuid", one) for one in (thread_id, message_id)]
    with pytest.raises(Problem, match="translation-off"):
        await translate(house, world.teacher.account_id, world.school_id, *ids, "en")
    await turn_on(web, world)
    for _ in range(2):
        found = await translate(house, world.teacher.account_id, world.school_id, *ids, "en")
        assert found.text == "[en] ốm bị Cháu"
    assert twin.asked == ["Cháu bị ốm"]
    assert (await look(web, world, world.teacher, thread_id))["messages"][0]["text"] == "Cháu bị ốm"
    with pytest.raises(Problem, match="not-found"):
        await translate(house, world.neighbour.account_id, world.school_id, *ids, "en")
    await web.post(
        root(world, f"/{thread_id}/messages/{message_id}/edit"),
        json={"text": "Cháu khỏi rồi"},
        headers=world.parent.headers,
    )
    assert (await translate(house, world.teacher.account_id, world.school_id, *ids, "en")).text == "[en] rồi khỏi Cháu"


@pytest.mark.parametrize("status", [429, 500, 403])
async def test_a_translator_in_trouble_is_said_and_kept_nowhere(
    web: httpx.AsyncClient,
    world: World,
    school_house: House,
    twin: LibreTranslateTwin,
    owner: asyncpg.Connection,
    status: int,
) -> None:
    await turn_on(web, world)
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Cháu bị ốm")
    ids = [await owner.fetchval("SELECT $1::uuid", one) for one in (thread_id, message_id)]
    twin.status = status
    with pytest.raises(Problem, match="translator-away"):
        await translate(with_twin(school_house, twin), world.teacher.account_id, world.school_id, *ids, "en")
    assert not await owner.fetchval("SELECT count(*) FROM message_translations WHERE school_id = $1", world.school_id)


async def test_where_nobody_turned_it_on_the_door_says_so(web: httpx.AsyncClient, world: World) -> None:
    thread_id = await open_thread(web, world, world.parent)
    message_id = await said(web, world, world.parent, thread_id, "Cháu bị ốm")
    path = root(world, f"/{thread_id}/messages/{message_id}/translation")
    answer = await web.get(path, params={"to": "en"}, headers=world.teacher.headers)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/translation-off")

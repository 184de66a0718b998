"""Small scenes of the talk between a family and its school, through the doors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from tests.factories import Person, World

RULES = 1


def at(clock: StoppedClock, *moment: int) -> None:
    """The school's clock stands at (year, month, day, hour, minute) in Vietnam."""
    year, month, day, hour, minute = moment
    there = datetime(year, month, day, hour, minute, tzinfo=UTC)
    clock.advance(there - timedelta(hours=7) - clock.now())


def root(world: World, rest: str = "") -> str:
    return f"/v1/schools/{world.school_id}/threads{rest}"


async def open_thread(
    web: httpx.AsyncClient, world: World, by: Person, *, desk: str = "homeroom", pupil: Any = None, **more: Any
) -> str:
    answer = await web.post(
        root(world),
        json={"thread_id": str(new_id()), "pupil_id": str((pupil or world.child).pupil_id), "desk": desk, **more},
        headers=by.headers,
    )
    assert answer.status_code in (200, 201), answer.text
    found: str = answer.json()["head"]["thread_id"]
    return found


async def say(
    web: httpx.AsyncClient, world: World, by: Person, thread_id: str, text: str = "", **more: Any
) -> httpx.Response:
    body = {"message_id": str(new_id()), "text": text, "accepts_rules": RULES, **more}
    return await web.post(root(world, f"/{thread_id}/messages"), json=body, headers=by.headers)


async def said(web: httpx.AsyncClient, world: World, by: Person, thread_id: str, text: str = "", **more: Any) -> str:
    """The id of a message that was kept."""
    answer = await say(web, world, by, thread_id, text, **more)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["message_id"]
    return found


async def look(web: httpx.AsyncClient, world: World, by: Person, thread_id: str) -> dict[str, Any]:
    answer = await web.get(root(world, f"/{thread_id}"), headers=by.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def texts(web: httpx.AsyncClient, world: World, by: Person, thread_id: str) -> list[str | None]:
    return [one["text"] for one in (await look(web, world, by, thread_id))["messages"]]


async def read(web: httpx.AsyncClient, world: World, by: Person, thread_id: str, message_id: str) -> None:
    answer = await web.post(root(world, f"/{thread_id}/read"), json={"message_id": message_id}, headers=by.headers)
    assert answer.status_code == 204, answer.text

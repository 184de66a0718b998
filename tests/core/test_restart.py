"""The database goes away and comes back: callers are told to call again, and nothing has to be restarted."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from backend.app import create_app
from backend.core.database import DatabaseAway
from backend.core.house import House
from backend.core.migrate import migrate
from backend.embedded import postgres
from tests.conftest import running, test_settings
from tests.factories import World, make_world


async def _statuses(http: httpx.AsyncClient, world: World) -> dict[str, int]:
    """Through every door of the database: the reader, both writers, keeping, a page."""
    family, money = world.parent.headers, world.accountant.headers
    fee = {"fee_id": str(world.class_id), "class_id": str(world.class_id), "title": "", "amount": 1, "due_on": "x"}
    answers = {
        "read": await http.get("/v1/family/home", headers=family),
        "page": await http.get("/app", headers=family),
        "directory": await http.patch("/v1/me", headers=family, json={"language": "vi"}),
        "school": await http.post(f"/v1/schools/{world.school_id}/fees/{fee['fee_id']}/cancel", headers=money),
    }
    return {door: answer.status_code for door, answer in answers.items()}


async def test_while_the_database_is_away_callers_are_asked_to_come_back(shared_folder: Path, redis_url: str) -> None:
    server = postgres.start(shared_folder / f"restart{os.getpid()}", throwaway=True)
    url = await postgres.ensure_database(server, "restarted")
    await migrate(url)
    application = create_app(test_settings(), redis_url=redis_url, database_url=url)
    async with running(application):
        owner = await asyncpg.connect(url)
        world = await make_world(owner, application.state.house)
        await owner.close()
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            before = await _statuses(http, world)
            assert before == {"read": 200, "page": 200, "directory": 200, "school": 404}
            process = server.get_pid()
            assert process is not None
            os.kill(process, signal.SIGINT)  # PostgreSQL's fast shutdown
            _wait_until_gone(process)
            assert set((await _statuses(http, world)).values()) == {503}
            away = await http.get("/v1/family/home", headers=world.parent.headers)
            assert (away.json()["type"], away.headers["retry-after"]) == ("/problems/busy", "2")
            server.ensure_postgres_running()
            assert await _statuses(http, world) == before
    server.cleanup()


async def test_a_writer_whose_connection_is_cut_says_that_the_database_is_away(
    house: House, owner: asyncpg.Connection, world: World
) -> None:
    with pytest.raises((DatabaseAway, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError)):
        async with house.database.school(world.school_id) as tx:
            process = await tx.fetchval("SELECT pg_backend_pid()")
            await owner.execute("SELECT pg_terminate_backend($1, 5000)", process)
            await tx.fetchval("SELECT 1")
    async with house.database.school(world.school_id) as tx:
        assert await tx.fetchval("SELECT 1") == 1


def _wait_until_gone(process: int) -> None:
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("PostgreSQL did not stop")

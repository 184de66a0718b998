"""Redis is disposable: without it, and with one that hangs, the house starts, keeps, and answers."""

from __future__ import annotations

import asyncio
import os
import signal

import httpx
import pytest
import redis

from backend.app import create_app
from backend.core import queue
from backend.core.queue import Queue
from backend.embedded.redis import EmbeddedRedis
from tests.conftest import running, test_settings
from tests.factories import World


async def test_a_server_starts_and_promises_codes_while_redis_is_away(database_url: str, world: World) -> None:
    application = create_app(test_settings(), redis_url="redis://127.0.0.1:1/0", database_url=database_url)
    async with running(application):
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            ready = await http.get("/health/ready")
            assert (ready.status_code, ready.json()["redis"]) == (200, False)
            assert (await http.post("/v1/sign-in/codes", json={"phone": world.parent.phone})).status_code == 202


async def test_a_redis_that_hangs_holds_up_one_bell_for_a_moment_and_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_RING_SECONDS", 0.05)
    monkeypatch.setattr(queue, "_REST_SECONDS", 60.0)
    server = EmbeddedRedis()
    process: int = redis.Redis.from_url(server.url).info()["process_id"]  # type: ignore[index]
    bell = Queue.for_url(server.url)
    asked = 0
    enqueue = bell.pool.enqueue_job

    async def counted(*arguments: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        return await enqueue(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(bell.pool, "enqueue_job", counted)
    try:
        os.kill(process, signal.SIGSTOP)
        # A bell that waits for an answer would wait here for ever.
        await asyncio.wait_for(bell.ring("deliver", 1), 30)
        await asyncio.wait_for(bell.ring("deliver", 2), 30)
        assert asked == 1
    finally:
        os.kill(process, signal.SIGCONT)
        await bell.close()
        server.stop()

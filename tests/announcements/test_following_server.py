"""A stream in front of a real server: it speaks while it is open, and does not keep the server from stopping."""

from __future__ import annotations

import httpx
import pytest

from backend.core.ids import new_id
from backend.serving import Child, environment_for, free_port, serve_command, wait_until_ready
from tests.conftest import test_settings
from tests.factories import World


@pytest.mark.slow
async def test_a_server_with_open_streams_stops_when_it_is_told(
    world: World, database_url: str, redis_url: str
) -> None:
    port = free_port("127.0.0.1", 19_400)
    url = f"http://127.0.0.1:{port}"
    settings = test_settings(
        port=port, database_url=database_url, redis_url=redis_url, public_url=url, live_seconds=300.0
    )
    child = Child("server", serve_command(), environment_for(settings))
    try:
        wait_until_ready(url, child)
        async with httpx.AsyncClient(base_url=url, headers=world.admin.headers) as http:
            announcement_id = str(new_id())
            root = f"/v1/schools/{world.school_id}/announcements"
            body = {"announcement_id": announcement_id, "title": "a", "body": "b", "audience": {"kind": "school"}}
            assert (await http.post(root, json=body)).status_code == 201
            async with http.stream("GET", f"{root}/{announcement_id}/live") as answer:
                lines = answer.aiter_lines()
                assert (await anext(lines)).startswith("id: 1")
                child.process.terminate()
                rest = [line async for line in lines]
                assert rest[0].startswith("data: ")
        assert child.process.wait(20) is not None
    finally:
        child.stop()

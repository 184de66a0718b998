"""What tests of letters do again and again: save, send, let time pass and the sweep come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from backend.announcements.leaving import publish_due
from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from tests.factories import Person, World


def written(world: World, **more: Any) -> dict[str, Any]:
    return {
        "title": "Họp phụ huynh",
        "body": "18 giờ ngày 16/10/2026, phòng học lớp 6A1. Liên hệ cô Lan 0961234567.",
        "audience": {"kind": "class", "class_id": str(world.class_id)},
        **more,
    }


class Desk:
    """One person at the API of one school."""

    def __init__(self, web: httpx.AsyncClient, world: World, who: Person) -> None:
        self.web, self.world, self.who = web, world, who
        self.root = f"/v1/schools/{world.school_id}/announcement-drafts"

    async def ask(self, method: str, rest: str, json: Any = None) -> httpx.Response:
        return await self.web.request(method, self.root + rest, json=json, headers=self.who.headers)

    async def save(
        self, letter: dict[str, Any], announcement_id: str | None = None, version: int = 0
    ) -> httpx.Response:
        return await self.ask("PUT", f"/{announcement_id or new_id()}", {"letter": letter, "version": version})

    async def saved(self, **more: Any) -> dict[str, Any]:
        answer = await self.save(written(self.world, **more))
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def send(self, draft: dict[str, Any], **how: Any) -> httpx.Response:
        body = {"version": draft["version"], **how}
        return await self.ask("POST", f"/{draft['announcement_id']}/send", body)

    async def do(self, deed: str, draft: dict[str, Any], json: Any = None) -> httpx.Response:
        return await self.ask("POST", f"/{draft['announcement_id']}/{deed}", json)

    async def read(self, draft: dict[str, Any]) -> httpx.Response:
        return await self.ask("GET", f"/{draft['announcement_id']}")


async def pass_time(house: House, clock: StoppedClock, world: World, **by: float) -> int:
    """Time passes, and the sweep comes to the school."""
    clock.advance(timedelta(**by))
    return await publish_due(house, world.school_id)


async def notices_of(owner: asyncpg.Connection, world: World, announcement_id: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT n.*, (SELECT count(*) FROM notice_recipients r WHERE r.school_id = n.school_id AND r.notice_id = n.notice_id)"
        " AS told FROM notices n WHERE n.school_id = $1 AND n.source_id = $2 ORDER BY n.notice_id",
        world.school_id,
        announcement_id,
    )

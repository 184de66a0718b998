"""Small scenes of homework, through the doors. The day is Wednesday 14 October 2026, 07:40."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx

from backend.core.ids import new_id
from tests.factories import Person, Pupil, World
from tests.files.matrix_lines import PICTURE

TOMORROW, FRIDAY = "2026-10-15", "2026-10-16"


class Homework:
    """A world's school and its doors; each deed names who does it."""

    def __init__(self, web: httpx.AsyncClient, world: World, owner: asyncpg.Connection) -> None:
        self.web = web
        self.world = world
        self.owner = owner

    def school(self, rest: str = "") -> str:
        return f"/v1/schools/{self.world.school_id}/homework{rest}"

    def child(self, pupil: Pupil, rest: str = "") -> str:
        return f"/v1/family/schools/{pupil.school_id}/pupils/{pupil.pupil_id}/homework{rest}"

    def line(self, **more: Any) -> dict[str, Any]:
        said = {"subject_code": "TOAN", "due_on": TOMORROW, "body": "Bài 1, 2 trang 45", **more}
        return {"homework_id": str(new_id()), "class_id": str(self.world.class_id), **said}

    async def write(self, by: Person, *lines: dict[str, Any]) -> httpx.Response:
        body = {"lines": list(lines) or [self.line()]}
        return await self.web.post(self.school(), json=body, headers=by.headers)

    async def written(self, by: Person, **more: Any) -> str:
        line = self.line(**more)
        answer = await self.write(by, line)
        assert answer.status_code == 201, answer.text
        found: str = line["homework_id"]
        return found

    async def change(self, by: Person, homework_id: str, revision: int = 1, **more: Any) -> httpx.Response:
        body = {"revision": revision, "due_on": TOMORROW, "body": "Bài 1, 2 trang 45", **more}
        return await self.web.put(self.school(f"/{homework_id}"), json=body, headers=by.headers)

    async def withdraw(self, by: Person, homework_id: str) -> int:
        return (await self.web.post(self.school(f"/{homework_id}/withdraw"), headers=by.headers)).status_code

    async def read(self, by: Person, pupil: Pupil, **headers: str) -> httpx.Response:
        return await self.web.get(self.child(pupil), headers={**by.headers, **headers})

    async def items(self, by: Person, pupil: Pupil) -> list[dict[str, Any]]:
        answer = await self.read(by, pupil)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def see(self, by: Person, pupil: Pupil) -> int:
        return (await self.web.post(self.child(pupil, "/seen"), headers=by.headers)).status_code

    async def detail(self, by: Person, homework_id: str) -> dict[str, Any]:
        answer = await self.web.get(self.school(f"/{homework_id}"), headers=by.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def upload(self, by: Person) -> str:
        file_id = str(new_id())
        answer = await self.web.post(
            f"/v1/schools/{self.world.school_id}/files",
            params={"file_id": file_id},
            files={"data": ("bang.png", PICTURE, "image/png")},
            headers=by.headers,
        )
        assert answer.status_code == 201, answer.text
        return file_id

    async def bells(self) -> list[dict[str, Any]]:
        """The notices of homework that stand, each with whose it is."""
        rows = await self.owner.fetch(
            """
            SELECT n.notice_id, n.params::text AS params,
                   array(SELECT r.guardian_id FROM notice_recipients r WHERE r.school_id = $1 AND r.notice_id = n.notice_id) AS to
              FROM notices n
             WHERE n.school_id = $1
               AND n.kind = 'homework'
               AND n.recalled_at IS NULL
             ORDER BY n.created_at, n.notice_id
            """,
            self.world.school_id,
        )
        return [dict(row) for row in rows]

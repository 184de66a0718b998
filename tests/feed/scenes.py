"""Small scenes of a class's feed, through the doors."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image

from backend.core.ids import new_id
from tests.factories import Person, Pupil, World


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


PICTURE = _picture()


class Feed:
    """A world's school and its doors; each deed names who does it."""

    def __init__(self, web: httpx.AsyncClient, world: World) -> None:
        self.web = web
        self.world = world

    def school(self, rest: str) -> str:
        return f"/v1/schools/{self.world.school_id}{rest}"

    def family(self, rest: str) -> str:
        return f"/v1/family/schools/{self.world.school_id}{rest}"

    async def settle(self, **settings: Any) -> None:
        body = {"approval": "none", "moderate_comments": False, "keep_days": 30, **settings}
        answer = await self.web.put(self.school("/feed-settings"), json=body, headers=self.world.admin.headers)
        assert answer.status_code == 204, answer.text

    async def upload(self, by: Person) -> str:
        file_id = str(new_id())
        answer = await self.web.post(
            self.school("/files"),
            params={"file_id": file_id},
            files={"data": ("anh.png", PICTURE, "image/png")},
            headers=by.headers,
        )
        assert answer.status_code == 201, answer.text
        return file_id

    async def draft(self, by: Person, *, post_id: str = "", photos: Any = (), **more: Any) -> httpx.Response:
        body = {"class_id": str(self.world.class_id), "body": "Cả lớp trồng cây.", "photos": list(photos), **more}
        path = self.school(f"/feed/posts/{post_id or new_id()}")
        return await self.web.put(path, json=body, headers=by.headers)

    async def drafted(self, by: Person, **more: Any) -> str:
        answer = await self.draft(by, **more)
        assert answer.status_code in (200, 201), answer.text
        found: str = answer.json()["post_id"]
        return found

    async def deed(self, by: Person, post_id: str, what: str, **body: Any) -> httpx.Response:
        return await self.web.post(
            self.school(f"/feed/posts/{post_id}/{what}"), json=body or None, headers=by.headers
        )  # fmt: skip

    async def published(self, by: Person, **more: Any) -> str:
        post_id = await self.drafted(by, **more)
        answer = await self.deed(by, post_id, "hand-in")
        assert (answer.status_code, answer.json().get("state")) == (200, "published"), answer.text
        return post_id

    async def photo(self, by: Person, *pupils: Pupil) -> dict[str, Any]:
        """An uploaded picture with these children on it; without any, one on which nobody can be recognised."""
        return {
            "file_id": await self.upload(by),
            "pupil_ids": [str(one.pupil_id) for one in pupils],
            "nobody_recognisable": not pupils,
        }

    async def wish(
        self, by: Person, pupil: Pupil, photo: str, praise: str = "none", *, child_agrees: bool = True
    ) -> httpx.Response:
        body = {"photo": photo, "praise": praise, "child_agrees": child_agrees}
        return await self.web.put(self.family(f"/pupils/{pupil.pupil_id}/consents"), json=body, headers=by.headers)

    async def wished(self, by: Person, pupil: Pupil, photo: str, praise: str = "none") -> None:
        answer = await self.wish(by, pupil, photo, praise)
        assert answer.status_code == 204, answer.text

    async def seen(self, by: Person) -> list[dict[str, Any]]:
        answer = await self.web.get("/v1/family/feed", headers=by.headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["posts"]
        return found

    async def pictures(self, by: Person) -> set[str]:
        return {photo["file_id"] for post in await self.seen(by) for photo in post["photos"]}

    async def picture(self, by: Person, post_id: str, file_id: str, **headers: str) -> httpx.Response:
        path = self.family(f"/feed/posts/{post_id}/files/{file_id}")
        return await self.web.get(path, headers={**by.headers, **headers})

    async def comment(self, by: Person, post_id: str, text: str = "Cảm ơn cô!", **more: Any) -> httpx.Response:
        body = {"comment_id": str(new_id()), "text": text, "accepts_rules": 1, **more}
        return await self.web.post(self.family(f"/feed/posts/{post_id}/comments"), json=body, headers=by.headers)

    async def report(self, by: Person, post_id: str, reason: str, **more: Any) -> httpx.Response:
        body = {"report_id": str(new_id()), "reason": reason, **more}
        return await self.web.post(self.family(f"/feed/posts/{post_id}/reports"), json=body, headers=by.headers)

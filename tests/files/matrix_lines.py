"""Who may upload, and that an id alone opens nobody's file."""

from __future__ import annotations

import io

from PIL import Image

from backend.core.clock import SystemClock
from backend.core.ids import new_id
from backend.files.actions import keep
from tests.identity.matrix import BY_SCHOOL, NOTHING, STAFF, Ask, Line, Scene, on_any


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()


PICTURE = _picture()
FAMILIES_HERE = frozenset(
    {(asker, "own") for asker in ("parent", "parent2", "classmate_parent", "neighbour")} | {("stranger", "foreign")}
)


async def of_the_parent(scene: Scene) -> str:
    file_id = new_id()
    async with scene.house.database.school(scene.world.school_id) as tx:
        await keep(tx, file_id=file_id, name="anh.png", data=PICTURE, made_by=scene.world.parent.account_id, at=SystemClock().now())  # fmt: skip
    return str(file_id)


LINES = {
    ("POST", "/v1/schools/{school_id}/files"): Line(
        ask=lambda s: Ask(
            f"/v1/schools/{s.target.school_id}/files",
            files={"data": ("anh.png", PICTURE, "image/png")},
            params={"file_id": str(new_id())},
        ),
        allowed=STAFF | FAMILIES_HERE,
        targets=BY_SCHOOL,
        passes={201},
    ),
    ("GET", "/v1/schools/{school_id}/files/{file_id}"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.world.school_id}/files/{s.made}"),
        allowed=on_any("parent"),
        targets=NOTHING,
        prepare=of_the_parent,
    ),
}

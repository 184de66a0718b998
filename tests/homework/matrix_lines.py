"""Lines of the authorisation matrix for homework."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.files.actions import keep
from backend.homework import writing
from schemas.homework import HomeworkLine, NewHomework
from tests.factories import Person
from tests.files.matrix_lines import PICTURE
from tests.identity.matrix import ADMINS, BY_SCHOOL, FAMILY, STAFF, TEACHERS, Ask, Line, Scene

CLASS_STAFF = TEACHERS | ADMINS


class Made(NamedTuple):
    homework_id: UUID
    file_id: UUID


async def some(scene: Scene) -> Made:
    """A subject's homework with a picture, written by whoever runs the school."""
    made, by = Made(new_id(), new_id()), head(scene)
    async with scene.house.database.school(scene.target.school_id) as tx:
        await keep(
            tx,
            file_id=made.file_id,
            name="bảng.png",
            data=PICTURE,
            made_by=by.account_id,
            at=scene.house.clock.now(),
        )
    today = school_day(scene.house.clock.now())
    line = HomeworkLine(made.homework_id, scene.target.class_id, "TOAN", today, "Bài 1", file_ids=[made.file_id])
    await writing.write(scene.house, by.account_id, scene.target.school_id, NewHomework([line]))
    return made


def head(scene: Scene) -> Person:
    return scene.world.other_admin if scene.target.name == "foreign" else scene.world.admin


def school(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/homework{rest}"


def child(scene: Scene, rest: str = "") -> str:
    return f"/v1/family/schools/{scene.target.school_id}/pupils/{scene.target.pupil_id}/homework{rest}"


def page(scene: Scene) -> str:
    return f"/console/{scene.target.school_id}/classes/{scene.target.class_id}/homework"


def new(scene: Scene) -> dict[str, Any]:
    line = {"homework_id": str(new_id()), "class_id": str(scene.target.class_id), "subject_code": "TOAN"}
    return {"lines": [{**line, "body": "Bài 1, 2 trang 45"}]}


_SCHOOL = "/v1/schools/{school_id}/homework"
_ONE = _SCHOOL + "/{homework_id}"
_CHILD = "/v1/family/schools/{school_id}/pupils/{pupil_id}/homework"

LINES = {
    ("POST", _SCHOOL): Line(ask=lambda s: Ask(school(s), json=new(s)), allowed=CLASS_STAFF),
    ("POST", _SCHOOL + "/look"): Line(
        ask=lambda s: Ask(school(s, "/look"), json=new(s)), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/homework"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/classes/{s.target.class_id}/homework"),
        allowed=CLASS_STAFF,
    ),
    ("GET", _ONE): Line(ask=lambda s: Ask(school(s, f"/{s.made.homework_id}")), allowed=CLASS_STAFF, prepare=some),
    ("PUT", _ONE): Line(
        ask=lambda s: Ask(school(s, f"/{s.made.homework_id}"), json={"revision": 1, "body": "Bài 2"}),
        allowed=CLASS_STAFF,
        prepare=some,
    ),
    ("POST", _ONE + "/withdraw"): Line(
        ask=lambda s: Ask(school(s, f"/{s.made.homework_id}/withdraw")), allowed=CLASS_STAFF, prepare=some
    ),
    ("GET", _ONE + "/files/{file_id}"): Line(
        ask=lambda s: Ask(school(s, f"/{s.made.homework_id}/files/{s.made.file_id}")),
        allowed=CLASS_STAFF,
        prepare=some,
    ),
    ("GET", _CHILD): Line(ask=lambda s: Ask(child(s)), allowed=FAMILY),
    ("POST", _CHILD + "/seen"): Line(ask=lambda s: Ask(child(s, "/seen")), allowed=FAMILY),
    ("PUT", _CHILD + "/{homework_id}/done"): Line(
        ask=lambda s: Ask(child(s, f"/{s.made.homework_id}/done")), allowed=FAMILY, prepare=some
    ),
    ("DELETE", _CHILD + "/{homework_id}/done"): Line(
        ask=lambda s: Ask(child(s, f"/{s.made.homework_id}/done")), allowed=FAMILY, prepare=some
    ),
    ("GET", _CHILD + "/{homework_id}/files/{file_id}"): Line(
        ask=lambda s: Ask(child(s, f"/{s.made.homework_id}/files/{s.made.file_id}")), allowed=FAMILY, prepare=some
    ),
    ("GET", "/console/{school_id}/classes/{class_id}/homework"): Line(
        ask=lambda s: Ask(page(s)), allowed=CLASS_STAFF, prepare=some, by_cookie=True
    ),
    ("POST", "/console/{school_id}/classes/{class_id}/homework"): Line(
        ask=lambda s: Ask(page(s), form={"key": str(new_id()), "general": "Mặc đồng phục", "when": "lesson"}),
        allowed=CLASS_STAFF,
        by_cookie=True,
    ),
    ("GET", "/console/{school_id}/homework/{homework_id}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/homework/{s.made.homework_id}"),
        allowed=CLASS_STAFF,
        prepare=some,
        by_cookie=True,
    ),
    ("POST", "/console/{school_id}/homework/{homework_id}"): Line(
        ask=lambda s: Ask(f"/console/{s.target.school_id}/homework/{s.made.homework_id}", form={"do": "withdraw"}),
        allowed=CLASS_STAFF,
        prepare=some,
        by_cookie=True,
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/homework"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/children/{s.target.pupil_id}/homework"),
        allowed=FAMILY,
        prepare=some,
        by_cookie=True,
    ),
    ("POST", "/app/{school_id}/children/{pupil_id}/homework/{homework_id}"): Line(
        ask=lambda s: Ask(
            f"/app/{s.target.school_id}/children/{s.target.pupil_id}/homework/{s.made.homework_id}",
            form={"do": "done"},
        ),
        allowed=FAMILY,
        prepare=some,
        by_cookie=True,
    ),
}

"""Who may write to whom, and who may see who has read it."""

from __future__ import annotations

from typing import Any

from backend.announcements.actions import announce
from backend.core.ids import new_id
from schemas.announcements import NewAnnouncement, ToClass
from tests.identity.matrix import ADMINS, BY_SCHOOL, STAFF, TEACHERS, Ask, Line, Scene


def root(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/announcements{rest}"


def letter(scene: Scene) -> dict[str, Any]:
    return {
        "announcement_id": str(new_id()),
        "title": "Họp phụ huynh",
        "body": "Thứ Sáu, 18 giờ.",
        "audience": {"kind": "class", "class_id": str(scene.target.class_id)},
    }


async def by_the_administrator(scene: Scene) -> str:
    """A letter to the target's class, written by the administrator of its school."""
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    new = NewAnnouncement(new_id(), "Họp phụ huynh", "Thứ Sáu, 18 giờ.", ToClass(scene.target.class_id))
    made, _ = await announce(scene.house, admin.account_id, scene.target.school_id, new)
    return str(made.announcement_id)


LINES = {
    ("POST", "/v1/schools/{school_id}/announcements"): Line(
        ask=lambda s: Ask(root(s), json=letter(s)), allowed=TEACHERS | ADMINS, passes={201}
    ),
    ("POST", "/v1/schools/{school_id}/announcements/preview"): Line(
        ask=lambda s: Ask(root(s, "/preview"), json={"audience": letter(s)["audience"]}), allowed=TEACHERS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/announcements"): Line(
        ask=lambda s: Ask(root(s)), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}")), allowed=TEACHERS | ADMINS, prepare=by_the_administrator
    ),
    ("GET", "/v1/schools/{school_id}/announcements/{announcement_id}/receipts"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/receipts")), allowed=TEACHERS | ADMINS, prepare=by_the_administrator
    ),
    # A teacher recalls only own letters (tests/announcements/test_announcing.py); these are the administrator's.
    ("POST", "/v1/schools/{school_id}/announcements/{announcement_id}/recall"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/recall")), allowed=ADMINS, prepare=by_the_administrator
    ),
}

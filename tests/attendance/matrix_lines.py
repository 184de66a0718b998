"""Who may take and read the roll: whoever teaches the class, and whoever runs the school."""

from __future__ import annotations

from tests.identity.matrix import ADMINS, TEACHERS, Ask, Line, Scene

MONDAY = "2026-10-05"


def roll(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}/classes/{scene.target.class_id}/roll{rest}"


LINES = {
    ("PUT", "/v1/schools/{school_id}/classes/{class_id}/roll/{on}/{session}"): Line(
        ask=lambda s: Ask(
            roll(s, f"/{MONDAY}/morning"),
            json={"exceptions": [{"pupil_id": str(s.target.pupil_id), "mark": "unexcused"}]},
        ),
        allowed=TEACHERS | ADMINS,
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/roll/{on}"): Line(
        ask=lambda s: Ask(roll(s, f"/{MONDAY}")), allowed=TEACHERS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/roll/{on}/history"): Line(
        ask=lambda s: Ask(roll(s, f"/{MONDAY}/history")), allowed=TEACHERS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/roll"): Line(
        ask=lambda s: Ask(roll(s, "?month=2026-10")), allowed=TEACHERS | ADMINS
    ),
}

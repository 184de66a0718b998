"""Who may enter and read marks: the subject's teacher, the homeroom teacher (reading only), and whoever runs the school."""

from __future__ import annotations

from tests.identity.matrix import ADMINS, HOMEROOM, TEACHERS, Ask, Line, Scene


def of_class(scene: Scene, rest: str) -> str:
    return f"/v1/schools/{scene.target.school_id}/classes/{scene.target.class_id}{rest}"


# TEACHERS of the matrix teach TOAN (and the homeroom teachers do so too).
LINES = {
    ("PUT", "/v1/schools/{school_id}/classes/{class_id}/marks"): Line(
        ask=lambda s: Ask(
            of_class(s, "/marks"),
            json={
                "subject_code": "TOAN",
                "term": 1,
                "kind": "regular",
                "lines": [{"pupil_id": str(s.target.pupil_id), "value": "7,5"}],
            },
        ),
        allowed=TEACHERS | ADMINS,
    ),
    ("POST", "/v1/schools/{school_id}/classes/{class_id}/marks/publish"): Line(
        ask=lambda s: Ask(of_class(s, "/marks/publish"), json={"subject_code": "TOAN", "term": 1}),
        allowed=TEACHERS | ADMINS,
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/marks"): Line(
        ask=lambda s: Ask(of_class(s, "/marks?subject=TOAN&term=1")), allowed=TEACHERS | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/averages"): Line(
        ask=lambda s: Ask(of_class(s, "/averages?term=1")), allowed=HOMEROOM | ADMINS
    ),
    ("GET", "/v1/schools/{school_id}/classes/{class_id}/marks/history"): Line(
        ask=lambda s: Ask(of_class(s, "/marks/history?subject=TOAN&term=1")), allowed=TEACHERS | ADMINS
    ),
}

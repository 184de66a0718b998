"""Requests of the demo's family in different states, filed and dealt with at the doors that everybody uses."""

from __future__ import annotations

from typing import Any

from backend.core.ids import new_id
from backend.demo.visitor import Visitor

# Kind, what the family writes, and what the office did since.
_STORY: tuple[tuple[str, str, tuple[dict[str, Any], ...]], ...] = (
    (
        "class-change",
        "Cháu muốn học cùng lớp với em họ.",
        ({"step": "refuse", "note": "Lớp xin chuyển đến đã đủ sĩ số; nhà trường xét lại vào đầu học kỳ 2."},),
    ),
    (
        "confirm-enrolment",
        "Xin 2 bản để làm thẻ xe buýt và giảm trừ thuế.",
        ({"step": "start"}, {"step": "ready", "note": "Nhận tại văn phòng, giờ hành chính, mang theo căn cước."}),
    ),
    (
        "student-data-update",
        "Tên đệm của cháu ghi thiếu dấu.",
        ({"step": "ask", "note": "Gửi giúp nhà trường ảnh chụp giấy khai sinh."},),
    ),
    ("policy-study-cost", "", ({"step": "start"},)),
    ("transcript-copy", "Xin 1 bản có dấu để nộp câu lạc bộ bơi.", ()),
)


async def some_requests(school_id: int, parent: Visitor, admin: Visitor) -> int:
    """Both have signed in. How many were filed."""
    home = await parent.get("/v1/family/home")
    pupil_id = next(child["pupil_id"] for child in home["children"] if child["school_id"] == school_id)
    for kind, details, steps in _STORY:
        body = {"dossier_id": str(new_id()), "pupil_id": pupil_id, "kind": kind, "details": details}
        filed = await parent.post(f"/v1/family/dossiers/{school_id}", body, expect=201)
        for seen, step in enumerate(steps, 1):
            deed = {"step_id": str(new_id()), "seen": seen, **step}
            await admin.post(f"/v1/schools/{school_id}/dossiers/{filed['dossier_id']}/steps", deed)
    return len(_STORY)

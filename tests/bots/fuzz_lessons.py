"""Timetables in the fuzzed village: one week for every class, each lesson marked with the class's number."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

from backend.core.ids import new_id
from tests.rows import Rows

MARKER = re.compile(r"L(\d{4})Z")
ABOUT = (
    "mai {name} học môn gì",
    "thứ 5 {name} học mấy tiết",
    "chiều nay bé {name} có học không",
    "cả tuần {place} học gì",
    "mai con học môn gì",
    "tuần sau con học gì",
    "what lessons does {name} have tomorrow",
    "lớp có tiết L{number}Z là lớp nào",
)


def a_week(rows: Rows, school_id: int, class_id: UUID, number: int) -> None:
    known = {"school_id": school_id, "class_id": class_id, "valid_from": date(2026, 9, 7)}
    rows.add("timetables", **known, source="hand", published_by=new_id(), published_at="2026-09-01Z")
    for weekday in range(1, 8):
        for session in ("morning", "afternoon"):
            slot = {"weekday": weekday, "session": session, "period": 1}
            rows.add("timetable_lessons", **known, **slot, title=f"Tiết L{number:04d}Z")

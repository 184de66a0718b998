"""A class with a week: five lessons every morning, two on Tuesday afternoon, asked for through the door."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import httpx

from tests.factories import Person, World

# The application's day is Wednesday 14 October 2026.
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 10, day) for day in (12, 13, 14, 15))
NEXT_MONDAY = date(2026, 10, 19)
BELLS = [
    ("morning", 1, "07:00", "07:45"),
    ("morning", 2, "07:50", "08:35"),
    ("morning", 3, "08:50", "09:35"),
    ("morning", 4, "09:40", "10:25"),
    ("morning", 5, "10:35", "11:20"),
    ("afternoon", 1, "13:30", "14:15"),
    ("afternoon", 2, "14:20", "15:05"),
]


def lesson(weekday: int, session: str, period: int, what: str, **more: Any) -> dict[str, Any]:
    """A code of the gradebook in capitals, else free words."""
    named = {"subject_code": what} if what.isupper() else {"title": what}
    return {"weekday": weekday, "session": session, "period": period, **named, **more}


def a_week(*, teacher: UUID | None = None) -> list[dict[str, Any]]:
    lessons = []
    for weekday in range(1, 7):
        for period, what in enumerate(("TOAN", "VAN", "NN1", "KHTN", "TH"), 1):
            more = {"staff_id": str(teacher)} if what == "TOAN" and teacher else {}
            lessons.append(lesson(weekday, "morning", period, what, **more))
    lessons[0] = lesson(1, "morning", 1, "Chào cờ")
    return [*lessons, lesson(2, "afternoon", 1, "GDTC"), lesson(2, "afternoon", 2, "MT")]


def path(world: World, rest: str = "", *, class_id: UUID | None = None) -> str:
    return f"/v1/schools/{world.school_id}/classes/{class_id or world.class_id}{rest}"


async def publish(
    web: httpx.AsyncClient,
    world: World,
    valid_from: date,
    lessons: list[dict[str, Any]],
    *,
    by: Person | None = None,
    class_id: UUID | None = None,
    **more: Any,
) -> httpx.Response:
    return await web.put(
        path(world, f"/timetables/{valid_from}", class_id=class_id),
        json={"lessons": lessons, **more},
        headers=(by or world.admin).headers,
    )


async def change(
    web: httpx.AsyncClient, world: World, on: date, slot: str, *, by: Person | None = None, **body: Any
) -> httpx.Response:
    return await web.put(path(world, f"/timetable/{on}/{slot}"), json=body, headers=(by or world.teacher).headers)


async def ring(web: httpx.AsyncClient, world: World, valid_from: date = date(2026, 9, 5), **more: Any) -> None:
    times = [dict(zip(("session", "period", "starts_at", "ends_at"), bell, strict=True)) for bell in BELLS]
    body = {"valid_from": str(valid_from), "times": times, **more}
    answer = await web.put(f"/v1/schools/{world.school_id}/bells", json=body, headers=world.admin.headers)
    assert answer.status_code == 204, answer.text


async def familys_week(
    web: httpx.AsyncClient, world: World, on: date, *, by: Person | None = None, **headers: str
) -> httpx.Response:
    return await web.get(
        f"/v1/family/schools/{world.school_id}/pupils/{world.child.pupil_id}/timetable?on={on}",
        headers={**(by or world.parent).headers, **headers},
    )


async def day(web: httpx.AsyncClient, world: World, on: date) -> dict[str, Any]:
    answer = await familys_week(web, world, on)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["days"][on.weekday()]
    return found


def titles(one: dict[str, Any]) -> list[str]:
    return [lesson["title"] for lesson in one["lessons"] if lesson["held"]]

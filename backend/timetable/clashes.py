"""A teacher in two classes at once: found, never forbidden, since classes are taught together. It writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from backend.core.database import SchoolTx
from backend.core.problems import FieldError
from schemas.timetable import Clash, LessonIn, Session


class _Named(Protocol):
    @property
    def name(self) -> str: ...


# The weeks of other classes that are in force on the day, or begin before these classes get another one.
_ELSEWHERE = """
SELECT w.class_id, w.weekday, w.session, w.period, t.full_name, c.name
  FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::smallint[], $6::uuid[]) AS w (class_id, weekday, session, period, staff_id)
  JOIN timetable_lessons l
    ON l.school_id = $1
   AND l.staff_id = w.staff_id
   AND l.weekday = w.weekday
   AND l.session = w.session
   AND l.period = w.period
   AND l.class_id <> ALL ($2::uuid[])
   AND l.valid_from = (SELECT max(v.valid_from)
                         FROM timetables v
                        WHERE v.school_id = $1
                          AND v.class_id = l.class_id
                          AND v.valid_from <= $7)
  JOIN classes c
    ON c.school_id = l.school_id
   AND c.class_id = l.class_id
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
   AND y.ends_on >= $7
  JOIN staff t
    ON t.school_id = l.school_id
   AND t.staff_id = l.staff_id
 ORDER BY w.weekday, w.session DESC, w.period, c.name
"""


async def clashes_of(
    tx: SchoolTx, weeks: Mapping[UUID, Sequence[LessonIn]], valid_from: date, frames: Mapping[UUID, _Named]
) -> list[Clash]:
    """Among the weeks themselves, and with those of the other classes on their first day."""
    wanted = [(class_id, lesson) for class_id, week in weeks.items() for lesson in week if lesson.staff_id is not None]
    rows = await tx.fetch(
        _ELSEWHERE,
        tx.school_id,
        [class_id for class_id, _ in wanted],
        [lesson.weekday for _, lesson in wanted],
        [lesson.session for _, lesson in wanted],
        [lesson.period for _, lesson in wanted],
        [lesson.staff_id for _, lesson in wanted],
        valid_from,
    )
    found = [
        Clash(
            row["weekday"], row["session"], row["period"], row["full_name"], frames[row["class_id"]].name, row["name"]
        )
        for row in rows
    ]
    return found + await _among(tx, wanted, frames)


async def _among(tx: SchoolTx, wanted: Sequence[tuple[UUID, LessonIn]], frames: Mapping[UUID, _Named]) -> list[Clash]:
    seen: dict[tuple[UUID | None, int, Session, int], UUID] = {}
    pairs: list[tuple[UUID, LessonIn, UUID]] = []
    for class_id, lesson in wanted:
        key = (lesson.staff_id, lesson.weekday, lesson.session, lesson.period)
        if key in seen:
            pairs.append((class_id, lesson, seen[key]))
        seen.setdefault(key, class_id)
    names = await _names(tx, [lesson.staff_id for _, lesson, _ in pairs])
    return [
        Clash(
            lesson.weekday, lesson.session, lesson.period, names[lesson.staff_id], frames[here].name, frames[other].name
        )
        for here, lesson, other in pairs
    ]


async def _names(tx: SchoolTx, staff_ids: Sequence[UUID | None]) -> dict[UUID | None, str]:
    if not staff_ids:
        return {}
    rows = await tx.fetch(
        """
        SELECT t.staff_id, t.full_name
          FROM staff t
         WHERE t.school_id = $1
           AND t.staff_id = ANY ($2::uuid[])
        """,
        tx.school_id,
        staff_ids,
    )
    return {row["staff_id"]: row["full_name"] for row in rows}


def clash_errors(clashes: Sequence[Clash], weeks: Mapping[UUID, Sequence[LessonIn]]) -> list[FieldError]:
    """Each beside its lesson where one class was sent, else said by name."""
    only = next(iter(weeks.values())) if len(weeks) == 1 else []
    slots = {(lesson.weekday, lesson.session, lesson.period): number for number, lesson in enumerate(only)}
    errors = []
    for clash in clashes:
        number = slots.get((clash.weekday, clash.session, clash.period))
        pointer = "" if number is None else f"/lessons/{number}"
        errors.append(FieldError(pointer, *sentences(clash)))
    return errors


_DAYS_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SESSIONS = {"morning": ("sáng", "in the morning"), "afternoon": ("chiều", "in the afternoon")}


def sentences(clash: Clash) -> tuple[str, str]:
    vi, en = _SESSIONS[clash.session]
    day = clash.weekday - 1
    return (
        f"{clash.teacher}: {vi} {_DAYS_VI[day]} tiết {clash.period} đã dạy lớp {clash.other_class} (xếp thêm lớp {clash.class_name}).",
        f"{clash.teacher}: period {clash.period} {en} on {_DAYS_EN[day]} is taught in {clash.other_class} (and now in {clash.class_name}).",
    )


_BUSY_ON = """
SELECT c.name, t.full_name
  FROM staff t
  JOIN (SELECT l.class_id, l.staff_id
          FROM timetable_lessons l
         WHERE l.school_id = $1
           AND l.staff_id = $2
           AND l.weekday = $4
           AND l.session = $5
           AND l.period = $6
           AND l.valid_from = (SELECT max(v.valid_from)
                                 FROM timetables v
                                WHERE v.school_id = $1
                                  AND v.class_id = l.class_id
                                  AND v.valid_from <= $3)
           AND NOT EXISTS (SELECT
                             FROM lesson_changes x
                            WHERE x.school_id = $1
                              AND x.class_id = l.class_id
                              AND x.held_on = $3
                              AND x.session = $5
                              AND x.period = $6)
         UNION
        SELECT x.class_id, x.staff_id
          FROM lesson_changes x
         WHERE x.school_id = $1
           AND x.staff_id = $2
           AND x.held_on = $3
           AND x.session = $5
           AND x.period = $6) AS busy
    ON busy.staff_id = t.staff_id
  JOIN classes c
    ON c.school_id = t.school_id
   AND c.class_id = busy.class_id
   AND c.class_id <> $7
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
   AND $3 BETWEEN y.starts_on AND y.ends_on
 WHERE t.school_id = $1
 ORDER BY c.name
"""


async def busy_on(
    tx: SchoolTx, staff_id: UUID, on: date, session: Session, period: int, class_id: UUID, class_name: str
) -> list[Clash]:
    """Where else somebody teaches in that hour of one day."""
    rows = await tx.fetch(_BUSY_ON, tx.school_id, staff_id, on, on.isoweekday(), session, period, class_id)
    return [Clash(on.isoweekday(), session, period, row["full_name"], class_name, row["name"]) for row in rows]

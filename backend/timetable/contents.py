"""What a lesson may say: a subject the school knows or free words, one teacher. It refuses everything else, every wrong field named."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.database import SchoolTx
from backend.core.problems import INVALID, FieldError
from backend.core.text import clean
from backend.timetable import problems
from backend.timetable.days import Taught
from schemas.timetable import Content, LessonIn


def tidy(lesson: LessonIn) -> LessonIn:
    return LessonIn(
        weekday=lesson.weekday,
        session=lesson.session,
        period=lesson.period,
        subject_code=lesson.subject_code,
        title=clean(lesson.title) if lesson.title else None,
        staff_id=lesson.staff_id,
        teacher=(clean(lesson.teacher) or None) if lesson.teacher else None,
        room=(clean(lesson.room) or None) if lesson.room else None,
    )


async def refuse_content(tx: SchoolTx, contents: Sequence[Content], pointers: Sequence[str]) -> None:
    """Raises INVALID with every wrong field: unknown subjects and staff, two names for one thing."""
    row = await tx.fetchrow(
        """
        SELECT array(SELECT j.subject_code FROM subjects j) AS subjects,
               array(SELECT t.staff_id
                       FROM staff t
                      WHERE t.school_id = $1
                        AND t.status = 'active'
                        AND t.staff_id = ANY ($2::uuid[])) AS staff
        """,
        tx.school_id,
        [one.staff_id for one in contents if one.staff_id is not None],
    )
    assert row is not None
    subjects, staff = set(row["subjects"]), set(row["staff"])
    wrong: list[FieldError] = []
    for one, pointer in zip(contents, pointers, strict=True):
        title = clean(one.title) if one.title else ""
        if (one.subject_code is None) == (not title):
            wrong.append(FieldError(f"{pointer}/title", *problems.ONE_OF))
        elif one.subject_code is not None and one.subject_code not in subjects:
            wrong.append(FieldError(f"{pointer}/subject_code", *problems.NO_SUBJECT))
        if one.staff_id is not None and one.teacher is not None:
            wrong.append(FieldError(f"{pointer}/teacher", *problems.ONE_TEACHER))
        elif one.staff_id is not None and one.staff_id not in staff:
            wrong.append(FieldError(f"{pointer}/staff_id", *problems.NO_STAFF))
    if wrong:
        raise INVALID(*wrong)


def refuse_twice(lessons: Sequence[LessonIn]) -> None:
    seen: set[tuple[int, str, int]] = set()
    wrong = []
    for number, lesson in enumerate(lessons):
        slot = (lesson.weekday, lesson.session, lesson.period)
        if slot in seen:
            wrong.append(FieldError(f"/lessons/{number}", *problems.SLOT_TWICE))
        seen.add(slot)
    if wrong:
        raise INVALID(*wrong)


def content_of(lesson: Taught) -> Content:
    return Content(
        subject_code=lesson.code,
        title=None if lesson.code else lesson.vi,
        staff_id=lesson.staff_id,
        teacher=None if lesson.staff_id else lesson.teacher,
        room=lesson.room,
    )

"""Telling the families of a class of a new week or of one changed day, where somebody wants it told. It owns no table.

The words stand in notifications/texts.py and are said in each reader's language from these parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from backend.core.catalogue import say
from backend.core.clock import SCHOOL_ZONE, school_day
from backend.core.database import SchoolTx
from backend.core.ids import new_id
from backend.timetable.days import SESSIONS, Held, told
from notifications.audience import OneClass
from notifications.outbox import Notice, publish
from schemas.timetable import DayLessons, Lesson

_LINES_MAX = 12


async def tell_of_week(
    tx: SchoolTx, class_id: UUID, class_name: str, valid_from: date, *, by: UUID, at: datetime
) -> int:
    """How many guardians are told."""
    notice = Notice(
        notice_id=new_id(),
        kind="event",
        source_kind="timetable",
        source_id=f"{class_id}:{valid_from}",
        params={"timetable": "week", "class": class_name, "on": valid_from.isoformat()},
        created_by=by,
        created_at=at,
    )
    return (await publish(tx, notice, OneClass(class_id))).guardians


async def tell_of_day(
    tx: SchoolTx,
    class_id: UUID,
    class_name: str,
    on: date,
    held: Sequence[Held],
    *,
    until: date,
    by: UUID,
    at: datetime,
) -> int:
    """What is different on the day, line by line. Of today it seeks the family quicker; after `until` nobody is told any more."""
    lines = [
        {language: line(told(one, None, language), language) for language in ("vi", "en")} for one in held[:_LINES_MAX]
    ]
    ends = datetime.combine(until + timedelta(days=1), time(), SCHOOL_ZONE)
    notice = Notice(
        notice_id=new_id(),
        kind="event",
        source_kind="timetable",
        source_id=f"{class_id}:{on}",
        params={"timetable": "day", "class": class_name, "on": on.isoformat(), "lines": lines},
        created_by=by,
        created_at=at,
        urgency="important" if on == school_day(at) else "ordinary",
        expires_at=ends,
    )
    return (await publish(tx, notice, OneClass(class_id))).guardians


def line(lesson: Lesson, language: str) -> str:
    """One slot and what is different about it: `Tiết 3 sáng: Toán – cô Lan dạy thay`."""
    slot = say("timetable.slot", language, period=lesson.period, session=say(f"timetable.{lesson.session}", language))
    return f"{slot}: {said(lesson, language)}"


def said(lesson: Lesson, language: str) -> str:
    """The lesson with what is different about it, in words."""
    text = say(f"timetable.said_{_key(lesson)}", language, **_params(lesson, language))
    return f"{text} ({lesson.note})" if lesson.note else text


def differs(lesson: Lesson, language: str) -> str:
    """Only what is different about it."""
    text = say(f"timetable.differs_{_key(lesson)}", language, **_params(lesson, language))
    return f"{text}: {lesson.note}" if lesson.note else text


def _params(lesson: Lesson, language: str) -> dict[str, str]:
    other = lesson.other
    where = ""
    if other is not None:
        session = say(f"timetable.{other.session}", language)
        where = say("timetable.slot_on", language, period=other.period, session=session, day=f"{other.on:%d/%m}")
    return {
        "title": lesson.title,
        "was": lesson.was or "",
        "teacher": lesson.teacher or "",
        "was_teacher": lesson.was_teacher or "",
        "other": where,
    }


def _key(lesson: Lesson) -> str:
    if lesson.change == "replaced" and lesson.was == lesson.title:
        return "same_subject" if lesson.teacher and lesson.teacher != lesson.was_teacher else "plain"
    if lesson.change == "replaced" and not lesson.was:
        return "added"
    return lesson.change or "plain"


def by_session(held: Sequence[Lesson], language: str) -> str:
    """`sáng Toán (×2), Ngữ văn; chiều Thể dục`."""
    parts = []
    for session in SESSIONS:
        there = [lesson for lesson in held if lesson.session == session]
        if there:
            parts.append(f"{say(f'timetable.{session}', language)} {titles(there)}")
    return "; ".join(parts)


def titles(held: Sequence[Lesson]) -> str:
    """Two periods of one subject in a row are said once, with their number."""
    counted: list[tuple[str, int]] = []
    for lesson in held:
        if counted and counted[-1][0] == lesson.title:
            counted[-1] = (lesson.title, counted[-1][1] + 1)
        else:
            counted.append((lesson.title, 1))
    return ", ".join(title if times == 1 else f"{title} (×{times})" for title, times in counted)


def brief(day: DayLessons, language: str) -> str:
    """A day in one line without its name: what is held, or why nothing is."""
    held = [lesson for lesson in day.lessons if lesson.held]
    if held:
        return by_session(held, language)
    return say("timetable.off", language, reason=day.closed) if day.closed else say("timetable.free", language)

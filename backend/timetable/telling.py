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
from backend.timetable.days import Held, told
from notifications.audience import OneClass
from notifications.outbox import Notice, publish
from schemas.timetable import Lesson

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
    other = lesson.other
    params = {
        "title": lesson.title,
        "was": lesson.was or "",
        "teacher": lesson.teacher or "",
        "other": say(
            "timetable.slot_on",
            language,
            period=other.period,
            session=say(f"timetable.{other.session}", language),
            day=f"{other.on:%d/%m}",
        )
        if other
        else "",
    }
    text = say(f"timetable.said_{_key(lesson)}", language, **params)
    return f"{text} ({lesson.note})" if lesson.note else text


def _key(lesson: Lesson) -> str:
    if lesson.change == "replaced" and lesson.was == lesson.title:
        return "same_subject" if lesson.teacher and lesson.teacher != lesson.was_teacher else "plain"
    if lesson.change == "replaced" and not lesson.was:
        return "added"
    return lesson.change or "plain"

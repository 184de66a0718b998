"""Was the child at school: today or a day, and a month. Read through the roll's own queries, which carry the right to read."""

from __future__ import annotations

from collections.abc import Sequence

from backend.attendance.queries import day_for_family, month_for_family
from backend.core.clock import SCHOOL_ZONE
from bots.answers.asking import Asker, Told, day_meant, month_meant
from bots.slots import Slots
from schemas.attendance import DayMark
from schemas.people import Child

_DAYS_SHOWN = 12


async def today(asker: Asker, child: Child, slots: Slots) -> Told | str | None:
    """None: not their child (any more). A note beside a mark often tells of health or of home: it waits for the confirmation."""
    day = day_meant(slots, asker.today) or asker.today
    if day > asker.today:
        return asker.say("roll_future", day=asker.day(day))
    marks = await day_for_family(asker.house.database.reader, child.school_id, asker.account_id, child.pupil_id, day)
    if marks is None:
        return None
    if not marks:
        key = "roll_not_taken" if day == asker.today else "roll_no_record"
        return asker.say(key, child=child.full_name, day=asker.day(day))
    head = asker.say("today_head" if day == asker.today else "day_head", child=child.full_name, day=asker.day(day))
    held_back = not asker.confirmed and any(mark.note for mark in marks)
    more = [asker.say("roll_note_held_back")] if held_back else []
    return Told("\n".join([head, *_lines(asker, marks), *more]), held_back)


def _lines(asker: Asker, marks: Sequence[DayMark]) -> list[str]:
    lines = []
    for mark in marks:
        clock = f"{mark.at.astimezone(SCHOOL_ZONE):%H:%M}"
        session = asker.say(f"session_{mark.session}")
        lines.append(asker.say("roll_line", session=session, mark=asker.say(f"mark_{mark.mark}"), clock=clock))
        if mark.note and asker.confirmed:
            lines.append(asker.say("roll_note", note=mark.note))
    return lines


async def month(asker: Asker, child: Child, slots: Slots) -> str | None:
    first = month_meant(slots, asker.today)
    reader = asker.house.database.reader
    found = await month_for_family(reader, child.school_id, asker.account_id, child.pupil_id, first, asker.today)
    if found is None:
        return None
    name = f"{first:%m/%Y}"
    if not found.marks:
        lines = [asker.say("month_empty", child=child.full_name, month=name)]
    else:
        lines = [
            asker.say("month_head", child=child.full_name, month=name),
            _counts(asker, "month_counts", found.totals),
        ]
        away = [mark for mark in found.marks if mark.mark != "present"]
        if away:
            lines.append(asker.say("month_days", days=", ".join(_short(asker, mark) for mark in away[:_DAYS_SHOWN])))
    lines.append(_counts(asker, "month_year", found.year))
    return "\n".join(lines)


def _counts(asker: Asker, key: str, totals: object) -> str:
    names = ("present", "late", "excused", "unexcused", "left_early")
    return asker.say(key, **{name: getattr(totals, name) for name in names})


def _short(asker: Asker, mark: DayMark) -> str:
    return f"{mark.on:%d/%m} {asker.say(f'session_{mark.session}').lower()} ({asker.say(f'mark_{mark.mark}')})"

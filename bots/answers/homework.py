"""What one's own child is to do and to bring. Read through the homework's own query, which carries the right to read.

"Today" means what a parent means by it in the evening: what was given today and what is due on the next day that has something.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

from backend.homework.family import of_child as homework_of
from backend.homework.rules import still_told
from bots.answers.asking import Asker, day_meant
from bots.slots import Slots
from schemas.homework import PupilHomeworkItem
from schemas.people import Child

_LINES_MAX = 14
_BODY_MAX = 300


async def of_child(asker: Asker, child: Child, slots: Slots) -> str | None:
    """None: not their child (any more)."""
    found = await homework_of(
        asker.house.database.reader, child.school_id, asker.account_id, child.pupil_id, asker.today, asker.language
    )
    if found is None:
        return None
    items, subject, day = found.homework.items, slots.get("subject"), _day(slots, asker.today)
    told = _meant(items, day, asker.today)
    asked = [one for one in told if subject is None or one.subject_code == subject]
    if asked:
        return "\n".join([*_said(asker, child, asked), asker.say("homework_so_far")])
    none = _nothing(asker, child, day, subject=subject is not None)
    # Of another subject, or of the next day that has something.
    instead = told or _meant(items, None, asker.today)
    if instead and (day is None or day >= asker.today):
        return "\n".join([none, *_said(asker, child, instead)])
    return "\n".join([none, asker.say("homework_none_where")])


def _day(slots: Slots, today: date) -> date | None:
    """A weekday is the coming one: nobody asks what is to be brought on a Friday that has passed."""
    day = str(slots.get("day", ""))
    if day.startswith("weekday-"):
        return today + timedelta(days=(int(day.removeprefix("weekday-")) - today.isoweekday()) % 7)
    return day_meant(slots, today)


def _meant(items: Sequence[PupilHomeworkItem], day: date | None, today: date) -> list[PupilHomeworkItem]:
    if day is not None and day > today:
        return [one for one in items if one.due_on == day]
    if day is not None and day < today:
        return [one for one in items if day in (one.due_on, one.given_on)]
    nearest = min((one.due_on for one in items if one.due_on and one.due_on > today), default=today)
    told = [one for one in items if still_told(one.due_on, one.given_on, today)]
    return [one for one in told if one.given_on == today or one.due_on in (None, today, nearest)]


def _said(asker: Asker, child: Child, items: Sequence[PupilHomeworkItem]) -> list[str]:
    """Day by day; what is still to come before what is due today."""
    lines: list[str] = []
    days = [(due_on, list(mine)) for due_on, mine in groupby(items, lambda one: one.due_on)]
    for due_on, mine in sorted(days, key=lambda one: one[0] is not None and one[0] <= asker.today):
        lines += _of_day(asker, child, due_on, mine)
    return lines[:_LINES_MAX]


def _of_day(asker: Asker, child: Child, due_on: date | None, items: Sequence[PupilHomeworkItem]) -> list[str]:
    """The first line answers; what is to be brought stands in it."""
    when, subjects = _when(asker, due_on), [one.subject for one in items if one.subject]
    bring = ", ".join(one.bring for one in items if one.bring)
    if subjects:
        named = ", ".join(dict.fromkeys(subjects))
        head = asker.say("homework_head", when=when, child=child.full_name, count=len(subjects), subjects=named)
    elif any(one.body or one.files for one in items):
        head = asker.say("homework_head_words", when=when, child=child.full_name)
    else:
        return [asker.say("homework_head_bring", when=when, child=child.full_name, what=bring)]
    if bring:
        head = f"{head} {asker.say('homework_bring', what=bring)}"
    return [head, *(_line(asker, one) for one in items if one.body or one.files)]


def _line(asker: Asker, one: PupilHomeworkItem) -> str:
    body = "; ".join(line for line in one.body.splitlines() if line)
    if len(body) > _BODY_MAX:
        body = body[: _BODY_MAX - 1].rstrip() + "…"
    beside = [asker.say("homework_files")] if one.files else []
    beside += [asker.say("homework_done")] if one.done_at else []
    text = " ".join([body, *beside]).strip()
    return asker.say("homework_line", subject=one.subject or asker.say("homework_word"), text=text)


def _when(asker: Asker, due_on: date | None) -> str:
    if due_on is None:
        return asker.say("homework_next_lesson")
    day = f"{asker.say(f'weekday_{due_on.weekday()}')} {due_on:%d/%m}"
    ahead = (due_on - asker.today).days
    return asker.say(f"homework_{'today' if ahead == 0 else 'tomorrow'}", day=day) if ahead in (0, 1) else day


def _nothing(asker: Asker, child: Child, day: date | None, *, subject: bool) -> str:
    if subject:
        return asker.say("homework_none_subject", child=child.full_name)
    if day is None or day == asker.today:
        return asker.say("homework_none", child=child.full_name)
    return asker.say("homework_none_for", when=_when(asker, day), child=child.full_name)

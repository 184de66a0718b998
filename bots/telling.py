"""What a family is telling the school, shown back step by step: its words, its buttons, and whether there is school on that day at all.

It owns nothing; what is being told lies in the talk's memory until it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from backend.attendance.days import Reason
from backend.messages.typed import read_request
from backend.timetable.days import Day, Facts, bells_on, day_of
from backend.timetable.queries import facts_for_family
from bots.context import OwnChild
from bots.memory import ToldAbsence
from bots.talk import Talk
from schemas.chat import Answer, Button
from schemas.messages import Request

INTENT: Final = "absence-request"
_LOOK_AHEAD_DAYS: Final = 21
_SUNDAY: Final = 7


def ask(talk: Talk, draft: ToldAbsence, waits: str, key: str, child: OwnChild, buttons: Sequence[Button]) -> Answer:
    """The next thing that is missing, or the whole to say yes to."""
    said = talk.say(key, child=child.full_name, days=span(talk, draft), why=draft.why, at=draft.at)
    return _waits(talk, draft, waits, said, buttons)


def _waits(talk: Talk, draft: ToldAbsence, waits: str, said: str, buttons: Sequence[Button]) -> Answer:
    draft = msgspec.structs.replace(draft, waits=waits)
    talk.remember(absence=draft, intent=INTENT, intent_at=talk.incoming.at)
    return talk.answer(said, buttons, intent=INTENT)


def yes_or_no(talk: Talk, draft: ToldAbsence) -> list[Button]:
    return [talk.button("absence_send", f"y:{draft.key}"), talk.button("absence_drop", f"z:{draft.key}")]


def span(talk: Talk, draft: ToldAbsence) -> str:
    if draft.first is None or draft.last is None:
        return ""
    if draft.first == draft.last:
        return day(talk, draft.first)
    return talk.say("absence_span", first=day(talk, draft.first), last=day(talk, draft.last))


def day(talk: Talk, on: date) -> str:
    name = talk.say(f"weekday_{on.weekday()}") + f" {on:%d/%m/%Y}"
    near = {0: "today", 1: "tomorrow"}.get((on - talk.today).days)
    return f"{talk.say(f'absence_{near}').lower()} ({name})" if near else name


def wrong(talk: Talk, request: Request) -> list[str]:
    """What the app would point at."""
    _, errors = read_request(request, talk.today)
    return [error.en if talk.language == "en" else error.vi for error in errors]


class SchoolDays:
    """The days around what is told, as the child's timetable and calendar have them. Nothing where no day is known to be off."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @classmethod
    async def read(cls, talk: Talk, child: OwnChild, draft: ToldAbsence) -> SchoolDays | None:
        """None: not their child (any more), or no day to look at."""
        account_id = talk.chat.account_id
        if account_id is None or draft.first is None or draft.last is None:
            return None
        until = draft.last + timedelta(days=_LOOK_AHEAD_DAYS)
        reader = talk.house.database.reader
        found = await facts_for_family(
            reader, child.school_id, account_id, child.pupil_id, draft.first, until, today=talk.today
        )
        return None if found is None else cls(found[1])

    def off(self, first: date, last: date) -> Reason | None:
        """Why there is no school on any of these days; None where there is on one, or where the calendar knows nothing."""
        days = [day_of(self._facts, first + timedelta(days=after)) for after in range((last - first).days + 1)]
        reasons = [_off(one) for one in days]
        return None if None in reasons else reasons[0]

    def next_after(self, last: date) -> date | None:
        ahead = (last + timedelta(days=after) for after in range(1, _LOOK_AHEAD_DAYS))
        return next((on for on in ahead if _off(day_of(self._facts, on)) is None), None)

    def begins(self, on: date) -> str:
        return self._bell(on, first=True)

    def ends(self, on: date) -> str:
        return self._bell(on, first=False)

    def _bell(self, on: date, *, first: bool) -> str:
        """When that day's first lesson begins or its last one ends; empty where the school keeps no hours."""
        found = day_of(self._facts, on)
        held = [one.slot for one in found.slots if one.now is not None]
        if found.room is None or not held:
            return ""
        bell = bells_on(self._facts, found.room.level, on).get(held[0] if first else held[-1])
        return "" if bell is None else bell.starts_at if first else bell.ends_at


_NO_LESSON: Final = Reason("không có tiết", "no lessons")


def _off(found: Day) -> Reason | None:
    if found.room is None:
        return None
    if found.closed is not None:
        return found.closed
    return _NO_LESSON if found.kept and not any(one.now for one in found.slots) else None


def remark(talk: Talk, child: OwnChild, draft: ToldAbsence, days: SchoolDays | None) -> Answer | None:
    """There is no school then: is another day meant? Said once; whoever presses the same day means it."""
    if days is None or draft.sure or draft.first is None or draft.last is None:
        return None
    reason = days.off(draft.first, draft.last)
    if reason is None:
        return None
    why = f" ({reason.en if talk.language == 'en' else reason.vi})"
    if draft.first == draft.last and draft.first.isoweekday() == _SUNDAY:
        why = ""  # the day says it
    meant = days.next_after(draft.last)
    choices = [meant, draft.first] if meant is not None else [draft.first]
    buttons = [
        Button(day(talk, on), f"s:{draft.key}:{(on - talk.today).days}")
        for on in choices
        if on is not None and on >= talk.today
    ]
    buttons.append(talk.button("absence_drop", f"z:{draft.key}"))
    said = talk.say("day_without_school", child=child.full_name, days=span(talk, draft), why=why)
    said = said[0].upper() + said[1:]
    if meant is not None:
        said = f"{said} {talk.say('another_day_meant', day=day(talk, meant))}"
    return _waits(talk, draft, "days", said, buttons)

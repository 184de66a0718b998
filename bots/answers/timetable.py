"""What a child has at school: on a day, in a session, in a subject, over a week. One reading, which carries the right to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from backend.timetable.days import SUNDAY_OFF, Facts, day_of, days_from, monday_of, room_on, told_day
from backend.timetable.queries import facts_for_family
from backend.timetable.telling import brief, by_session, line, titles
from bots.answers.asking import Asker, Told, day_meant
from bots.slots import Slots
from notifications.texts import short_name
from schemas.people import Child
from schemas.timetable import DayLessons, Lesson

_SUNDAY: Final = 6
_AHEAD: Final = timedelta(days=10)
# A family asks for chemistry where the school teaches it inside the natural sciences.
_TAUGHT_WITHIN: Final = {
    "VL": "KHTN", "HH": "KHTN", "SH": "KHTN", "LS": "LSDL", "DL": "LSDL", "AN": "NT", "MT": "NT", "TV": "VAN", "VAN": "TV",
}  # fmt: skip


async def of_child(asker: Asker, child: Child, slots: Slots) -> Told | None:
    """None: not their child (any more)."""
    days = _days(slots, asker.today)
    # A few days more, so that “no school” can say when there is some again.
    found = await facts_for_family(
        asker.house.database.reader,
        child.school_id,
        asker.account_id,
        child.pupil_id,
        days[0],
        days[-1] + _AHEAD,
        today=asker.today,
    )
    if found is None:
        return None
    told = _Telling(asker, child, found[1])
    if slots.get("span") == "week" and len(days) > 1 and not told.any_left(days):
        days = [on + timedelta(days=7) for on in days]  # on Saturday “the whole week” is the one that comes
    if (nothing := told.nothing_kept(days)) is not None:
        return Told(nothing, ask_person=True)
    return Told("\n".join(told.lines(days, slots)))


def _days(slots: Slots, today: date) -> list[date]:
    """One day, or a week of them; without either, today."""
    span = str(slots.get("span", ""))
    monday = monday_of(today)
    if span == "next-week":
        monday += timedelta(days=7)
    day = str(slots.get("day", ""))
    if day.startswith("weekday-"):
        number = int(day.removeprefix("weekday-"))
        if span in ("next-week", "this-week"):
            return [monday + timedelta(days=number - 1)]
        return [today + timedelta(days=(number - today.isoweekday()) % 7)]
    if (meant := day_meant(slots, today)) is not None:
        return [meant]
    return days_from(monday) if span else [today]


class _Telling:
    """What is known of one child's lessons, put into words in the asker's language."""

    def __init__(self, asker: Asker, child: Child, facts: Facts) -> None:
        self.asker, self.facts = asker, facts
        self.child = short_name(child.full_name)
        self.full_name = child.full_name

    def nothing_kept(self, days: Sequence[date]) -> str | None:
        """Why nothing can be told: no week is in force for the class. None where something can."""
        if any((shown := self.day(on)).kept or shown.closed for on in days if room_on(self.facts, on)):
            return None
        coming = self.facts.next_from or min(
            (version.valid_from for version in self.facts.versions if version.valid_from > days[-1]), default=None
        )
        if coming is not None:
            return self.asker.say("timetable_begins", child=self.child, day=self.asker.day(coming))
        return self.asker.say("not_kept", child=self.full_name, what=self.asker.say("what_my-timetable"))

    def any_left(self, days: Sequence[date]) -> bool:
        return any(self._held(on) for on in days if on >= self.asker.today)

    def lines(self, days: Sequence[date], slots: Slots) -> list[str]:
        subject, session = str(slots.get("subject", "")), str(slots.get("session", ""))
        if subject:
            return self._about_subject(days, subject, asked_for_day=bool(slots.get("day")))
        if len(days) > 1:
            return self._week(days)
        if session:
            return self._about_session(days[0], session)
        lines = self._one_day(days[0])
        if not slots.get("day"):
            lines += [*self._next_day(days[0]), self.asker.say("timetable_more")]
        elif not self._held(days[0]):
            lines += self._next_day(days[0])
        return lines

    def _one_day(self, on: date) -> list[str]:
        day, held = self.day(on), self._held(on)
        if not held:
            return [self._no_school(day), *self._changes(day)]
        sessions = {lesson.session for lesson in held}
        where = self.asker.say(f"timetable_during_{held[0].session}") if len(sessions) == 1 else ""
        what = titles(held) if len(sessions) == 1 else by_session(held, self.asker.language)
        first = self.asker.say(
            "timetable_day", day=self.named(on), child=self.child, count=len(held), where=where, what=what, hours=self._hours(held)
        )  # fmt: skip
        return [first, *self._changes(day)]

    def _about_session(self, on: date, session: str) -> list[str]:
        day = self.day(on)
        held = [lesson for lesson in self._held(on) if lesson.session == session]
        named = self.asker.say(f"timetable_{session}_of", day=self.named(on))
        if not held:
            why = f" ({day.closed})" if day.closed and day.closed not in SUNDAY_OFF else ""
            return [self.asker.say("timetable_session_no", day=named, child=self.child, why=why), *self._changes(day)]
        yes = self.asker.say(
            "timetable_session_yes", day=named, child=self.child, count=len(held), what=titles(held), hours=self._hours(held)
        )  # fmt: skip
        return [yes, *self._changes(day)]

    def _about_subject(self, days: Sequence[date], code: str, *, asked_for_day: bool) -> list[str]:
        one_day = len(days) == 1 and asked_for_day
        ahead = days_from(days[0])
        found = [(on, one) for on in (days if len(days) > 1 or one_day else ahead) for one in self._of(on, code)]
        if found:
            head = self.asker.say("timetable_subject_yes", child=self.child, subject=found[0][1].title)
            return [head, *(self._when(on, lesson) for on, lesson in found)]
        named = self.named(days[0]) if one_day else self.asker.say("timetable_these_days")
        later = [on for on in ahead if self._of(on, code)][:1]
        no = self.asker.say("timetable_subject_no", day=named, child=self.child)
        return [no, *(self.asker.say("timetable_subject_later", day=self.named(on)) for on in later)]

    def _of(self, on: date, code: str) -> list[Lesson]:
        return [lesson for lesson in self._held(on) if lesson.subject_code in (code, _TAUGHT_WITHIN.get(code, code))]

    def _when(self, on: date, lesson: Lesson) -> str:
        clock = f" ({_clock(lesson.starts_at)}–{_clock(lesson.ends_at)})" if lesson.starts_at else ""
        return f"• {self.named(on)}: {line(lesson, self.asker.language)}{clock}"

    def _week(self, days: Sequence[date]) -> list[str]:
        count = sum(len(self._held(on)) for on in days)
        span = {"first": f"{days[0]:%d/%m}", "last": f"{days[-1]:%d/%m}"}
        lines = [self.asker.say("timetable_week", child=self.child, count=count, **span)]
        for day in map(self.day, days):
            if held := self._held(day.on):
                lines.append(f"• {self.asker.day(day.on)}: {by_session(held, self.asker.language)}")
                lines += [f"  – {one}" for one in self._changed(day)]
            elif day.on.weekday() != _SUNDAY:
                lines.append(f"• {self.asker.day(day.on)}: {brief(day, self.asker.language)}")
        return lines

    def _next_day(self, after: date) -> list[str]:
        """The next day with lessons, in one line."""
        for on in days_from(after + timedelta(days=1), _AHEAD.days):
            if self._held(on):
                return self._one_day(on)[:1]
        return []

    def _no_school(self, day: DayLessons) -> str:
        if day.closed and day.closed not in SUNDAY_OFF:
            return self.asker.say("timetable_day_off", day=self.named(day.on), child=self.child, reason=day.closed)
        return self.asker.say("timetable_day_free", day=self.named(day.on), child=self.child)

    def _changes(self, day: DayLessons) -> list[str]:
        changed = self._changed(day)
        return [self.asker.say("timetable_changes"), *(f"• {one}" for one in changed)] if changed else []

    def _changed(self, day: DayLessons) -> list[str]:
        return [line(lesson, self.asker.language) for lesson in day.lessons if lesson.change]

    def _hours(self, held: Sequence[Lesson]) -> str:
        if held[0].starts_at is None or held[-1].ends_at is None:
            return ""
        return self.asker.say("timetable_hours", begins=_clock(held[0].starts_at), ends=_clock(held[-1].ends_at))

    def named(self, on: date) -> str:
        away = (on - self.asker.today).days
        day = f"{self.asker.say(f'weekday_{on.weekday()}')} {on.day}/{on.month}"
        return self.asker.say(f"timetable_in_{away}", day=day) if 0 <= away <= 2 else day[0].upper() + day[1:]

    def day(self, on: date) -> DayLessons:
        return told_day(self.facts, day_of(self.facts, on), self.asker.language)

    def _held(self, on: date) -> list[Lesson]:
        return [lesson for lesson in self.day(on).lessons if lesson.held]


def _clock(text: str | None) -> str:
    return (text or "").removeprefix("0")

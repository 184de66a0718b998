"""Weeks and changes in any order give each day's true lessons: against a model that is small enough to be believed."""

from __future__ import annotations

import random
from datetime import date, timedelta

import httpx
from hypothesis import given
from hypothesis import strategies as some

from backend.core.ids import new_id
from backend.timetable.days import Changed, Facts, Holiday, Room, Version, WeekLesson, day_of
from tests.factories import World
from tests.timetable.scenes import MONDAY, WEDNESDAY, change, familys_week, path, publish

CLASS = new_id()
FIRST = date(2026, 10, 12)
SLOTS = [("morning", 1), ("morning", 2), ("afternoon", 1)]
DAYS = [FIRST + timedelta(days=n) for n in range(21)]
ROOM = Room(CLASS, "6A1", "lower_secondary", "2026-2027", None, None, DAYS[2], DAYS[18])


class Model:
    """What was published from when, what was said of single days, which days are off. It is asked, day by day."""

    def __init__(self) -> None:
        self.weeks: dict[date, dict[tuple[int, str, int], str]] = {}
        self.said: dict[tuple[date, str, int], tuple[str, str, bool]] = {}
        self.off: set[date] = set()
        self.year = (date.min, date.max)

    def day(self, on: date) -> dict[tuple[str, int], str]:
        if not self.year[0] <= on <= self.year[1]:
            return {}
        begun = [first for first in self.weeks if first <= on]
        week = self.weeks[max(begun)] if begun and on not in self.off else {}
        found = {(s, p): what for (weekday, s, p), what in week.items() if weekday == on.isoweekday()}
        for (day, session, period), (kind, what, made_up) in self.said.items():
            if day == on and kind == "cancelled":
                found.pop((session, period), None)
            elif day == on and (on not in self.off or (kind == "added" and made_up)):
                found[session, period] = what
        return found


_slot = some.sampled_from(SLOTS)
_day = some.sampled_from(DAYS)
_weeks = some.dictionaries(
    _day, some.dictionaries(some.tuples(some.integers(1, 7), _slot), some.sampled_from("ABCDE"), max_size=12), max_size=4
)  # fmt: skip
_said = some.dictionaries(
    some.tuples(_day, _slot),
    some.tuples(some.sampled_from(["cancelled", "replaced", "added"]), some.sampled_from("VWXYZ"), some.booleans()),
    max_size=12,
)


@given(weeks=_weeks, said=_said, off=some.sets(_day, max_size=4), order=some.randoms(use_true_random=False))
def test_any_order_of_weeks_and_changes_gives_the_days_true_lessons(
    weeks: dict[date, dict[tuple[int, tuple[str, int]], str]],
    said: dict[tuple[date, tuple[str, int]], tuple[str, str, bool]],
    off: set[date],
    order: random.Random,
) -> None:
    model = Model()
    model.off, model.year = off, (DAYS[2], DAYS[18])
    model.weeks = {first: {(w, *slot): what for (w, slot), what in week.items()} for first, week in weeks.items()}
    model.said = {(on, *slot): what for (on, slot), what in said.items()}
    versions = [Version(CLASS, first, [_lesson(*key, what) for key, what in week.items()]) for first, week in model.weeks.items()]  # fmt: skip
    changes = [_change(*key, *what) for key, what in model.said.items()]
    holidays = [Holiday(on, "nghỉ", "off") for on in off]
    for rows in (versions, changes, holidays):
        order.shuffle(rows)
    facts = Facts([ROOM], versions, changes, holidays, [])
    for on in DAYS:
        day = day_of(facts, on)
        held = {one.slot: one.now.vi for one in day.slots if one.now is not None}
        assert held == model.day(on)
        assert [one.slot for one in day.slots] == sorted((one.slot for one in day.slots), key=SLOTS.index)
        assert not (held and day.closed)


def _lesson(weekday: int, session: str, period: int, what: str) -> WeekLesson:
    return WeekLesson(weekday=weekday, session=session, period=period, vi=what, en=what)  # type: ignore[arg-type]


def _change(on: date, session: str, period: int, kind: str, what: str, made_up: bool) -> Changed:
    named = {} if kind == "cancelled" else {"vi": what, "en": what}
    return Changed(class_id=CLASS, on=on, session=session, period=period, kind=kind, on_day_off=made_up, **named)  # type: ignore[arg-type]


async def test_a_walk_through_the_doors_agrees_with_the_model(web: httpx.AsyncClient, world: World) -> None:
    """Forty deeds drawn at random, refused ones among them, then every day of four weeks as the family reads it."""
    chance, model = random.Random(35), Model()
    await _publish(web, world, model, MONDAY, chance)
    for _ in range(40):
        on = WEDNESDAY + timedelta(days=chance.randrange(20))
        session, period = chance.choice(SLOTS)
        match chance.randrange(6):
            case 0:
                await _publish(web, world, model, on, chance)
            case 1:
                gone = await web.delete(
                    path(world, f"/timetable/{on}/{session}/{period}"), headers=world.teacher.headers
                )
                assert gone.status_code == 204
                model.said.pop((on, session, period), None)
            case _:
                kind, what = chance.choice(["cancelled", "replaced", "added"]), chance.choice("VWXYZ")
                body = {} if kind == "cancelled" else {"title": what}
                done = await change(web, world, on, f"{session}/{period}", kind=kind, make_up=True, **body)
                before = {key: one for key, one in model.said.items() if key != (on, session, period)}
                planned, model.said = model.said, before
                fits = ((session, period) in model.day(on)) == (kind != "added")
                assert (done.status_code == 200) == fits, done.text
                model.said = planned if not fits else {**before, (on, session, period): (kind, what, True)}
    for monday in (MONDAY + timedelta(weeks=n) for n in range(4)):
        for one in (await familys_week(web, world, monday)).json()["days"]:
            held = {(at["session"], at["period"]): at["title"] for at in one["lessons"] if at["held"]}
            assert held == model.day(date.fromisoformat(one["on"])), one["on"]


async def _publish(web: httpx.AsyncClient, world: World, model: Model, first: date, chance: random.Random) -> None:
    week = {
        (weekday, *slot): chance.choice("ABCDE") for weekday in range(1, 8) for slot in SLOTS if chance.random() < 0.5
    }
    lessons = [{"weekday": w, "session": s, "period": p, "title": what} for (w, s, p), what in week.items()]
    assert (await publish(web, world, first, lessons)).status_code == 200
    model.weeks[first] = week

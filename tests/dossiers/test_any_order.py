"""Whatever is done in whatever order, also two at once: every step follows from the one before, and nothing that was done is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.dossiers import family, filing, machine, promise, stepping
from schemas.dossiers import FamilyDeed, NewDossier, OfficeDeed
from tests.factories import World
from tests.wednesday import MORNING

OFFICE = ("add", "withdraw", "ask", "start", "postpone", "grant", "refuse", "ready", "send", "collect")
DEEDS = st.one_of(
    st.tuples(st.just("office"), st.sampled_from(OFFICE)),
    st.tuples(st.just("family"), st.sampled_from(("add", "add", "withdraw"))),
)
# Closing steps are rare, or little would come after them.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("one"), DEEDS),
        st.tuples(st.just("one"), st.just(("office", "ask"))),
        st.tuples(st.just("both"), st.just(("office", "ready")), st.just(("family", "withdraw"))),
        st.tuples(st.just("both"), DEEDS, DEEDS),
        st.tuples(st.just("days"), st.integers(1, 9)),
    ),
    min_size=4,
    max_size=14,
)

# The life of a request once more, written down by hand from what is promised: state → step → state.
BEFORE_DECISION = {"refuse": "refused", "withdraw": "withdrawn"}
LOOKED_AT = {**BEFORE_DECISION, "ask": "needs_papers", "grant": "granted", "ready": "ready", "send": "sent"}
LIFE: dict[str, dict[str, str]] = {
    "received": {**LOOKED_AT, "add": "received", "start": "in_work", "postpone": "received"},
    "answered": {**LOOKED_AT, "add": "answered", "start": "in_work", "postpone": "answered"},
    "in_work": {**LOOKED_AT, "add": "in_work", "postpone": "in_work"},
    "needs_papers": {**BEFORE_DECISION, "add": "answered"},
    "granted": {"ready": "ready", "send": "sent", "postpone": "granted"},
    "ready": {"send": "sent", "collect": "collected"},
    "refused": {}, "sent": {}, "collected": {}, "withdrawn": {},
}  # fmt: skip


@dataclass
class Model:
    state: str = "received"
    steps: int = 1

    def after(self, side: str, step: str) -> str | None:
        if side == "family" and step not in ("add", "withdraw"):
            return None
        return LIFE[self.state].get(step)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
async def test_no_order_of_deeds_breaks_a_request(
    world: World, school_house: House, clock: StoppedClock, owner: asyncpg.Connection, steps: Any
) -> None:
    clock.advance(MORNING - clock.now())
    new = NewDossier(dossier_id=new_id(), pupil_id=world.child.pupil_id, kind="confirm-loan")
    await filing.file(school_house, world.parent.account_id, world.school_id, new)
    model = Model()
    for step in steps:
        match step:
            case ("days", count):
                clock.advance(timedelta(days=count))
            case ("one", (side, name)):
                await _one(school_house, world, new.dossier_id, model, side, name)
            case ("both", first, second):
                await _both(school_house, world, new.dossier_id, model, first, second)
    await _compare(school_house, clock, world, owner, new.dossier_id, model)
    await owner.execute(
        "UPDATE dossiers SET closed_at = changed_at, state = 'withdrawn', days_left = NULL, promised_on = coalesce(promised_on, '2026-10-20')"
        " WHERE school_id = $1 AND closed_at IS NULL",
        world.school_id,
    )


async def _one(house: House, world: World, dossier_id: UUID, model: Model, side: str, name: str) -> None:
    """A step happens exactly where the model says that it may."""
    expected = model.after(side, name)
    got = await _deed(house, world, dossier_id, side, name, model.steps)
    if expected is None:
        assert got == "dossier-step", (model, side, name, got)
    else:
        assert got == (expected, model.steps + 1), (model, side, name, got)
        model.state, model.steps = expected, model.steps + 1


async def _both(
    house: House, world: World, dossier_id: UUID, model: Model, first: tuple[str, str], second: tuple[str, str]
) -> None:
    """Both saw the same: at most one of them counts, and the other one hears so."""
    deeds = (first, second)
    got = await asyncio.gather(*(_deed(house, world, dossier_id, *deed, model.steps) for deed in deeds))
    allowed = [model.after(*deed) for deed in deeds]
    done = [(deed, one) for deed, one in zip(deeds, got, strict=True) if isinstance(one, tuple)]
    assert len(done) == (1 if any(allowed) else 0), (model, deeds, got)
    if done:
        deed, reached = done[0]
        assert reached == (model.after(*deed), model.steps + 1)
        model.state, model.steps = reached
    assert all(one in ("dossier-changed", "dossier-step") for one in got if not isinstance(one, tuple)), got


async def _deed(house: House, world: World, dossier_id: UUID, side: str, name: str, seen: int) -> Any:
    today = school_day(house.clock.now())
    try:
        if side == "family":
            mine = FamilyDeed(step_id=new_id(), seen=seen, step=name, note="Lời nhắn.")  # type: ignore[arg-type]
            taken = await stepping.family_step(house, world.parent.account_id, world.school_id, dossier_id, mine)
        else:
            day = today + timedelta(days=3) if name == "postpone" else None
            deed = OfficeDeed(step_id=new_id(), seen=seen, step=name, note="Lý do.", promised_on=day)  # type: ignore[arg-type]
            taken = await stepping.office_step(house, world.admin.account_id, world.school_id, dossier_id, deed)
    except Problem as problem:
        return problem.kind.name
    return (taken.state, taken.steps)


async def _compare(
    house: House, clock: StoppedClock, world: World, owner: asyncpg.Connection, dossier_id: UUID, model: Model
) -> None:
    one = await family.one_of(
        house.database.reader, world.school_id, world.parent.account_id, dossier_id, school_day(clock.now()), language="vi"
    )  # fmt: skip
    assert (one.state, one.steps, len(one.history)) == (model.state, model.steps, model.steps)
    assert [step.number for step in one.history] == list(range(1, model.steps + 1))
    for before, after in zip(one.history, one.history[1:], strict=False):
        assert LIFE[before.state][after.step] == after.state and before.at <= after.at
        assert (after.promised_on is None) == (after.state == "needs_papers")
        if before.state == after.state and after.step != "postpone":
            assert after.promised_on == before.promised_on  # nothing but another promise moves a running clock
    assert set(one.next) == {name for name in ("add", "withdraw") if model.after("family", name)}
    assert set(machine.next_steps(one.state, "school")) == set(LIFE[model.state])
    told = await owner.fetchval(
        "SELECT count(*) FROM notices WHERE school_id = $1 AND source_kind = 'dossier' AND source_id = $2",
        world.school_id,
        str(dossier_id),
    )
    moves = sum(
        1 for a, b in zip(one.history, one.history[1:], strict=False) if a.state != b.state or b.step == "postpone"
    )
    assert told == 1 + moves  # the other guardian hears of everything


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(today=DAYS, working_days=st.integers(1, 60), closed=st.sets(DAYS, max_size=40))
def test_a_promise_is_a_working_day_and_so_many_lie_between(today: date, working_days: int, closed: set[date]) -> None:
    found = promise.promised(today, working_days, closed)
    assert promise.is_working_day(found, closed)
    between = [today + timedelta(days=n) for n in range(1, (found - today).days + 1)]
    assert sum(promise.is_working_day(day, closed) for day in between) == working_days
    assert promise.days_left(today, found, closed) == working_days
    assert found - today < promise.LOOKED_AHEAD

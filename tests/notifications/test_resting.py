"""A channel that its provider rests: what waits there is kept only as long as its urgency bears, and comes back when the rest ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications import pauses
from notifications.audience import OneClass
from notifications.delivery import TRIAL, drain, due_schools
from notifications.outbox import publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.resting import impatient, on_trial, outage
from tests.factories import World
from tests.notifications.conftest import NOW, notice
from tests.notifications.ears import Ear, due_in, listening, steps
from tests.notifications.test_climbing import MINUTE, tell
from tests.notifications.test_switches import Slow, many


async def rest(house: House, seconds: float, channel: str = "push") -> None:
    now = house.clock.now()
    await pauses.pause(house.database, channel, "QUOTA_EXCEEDED", seconds, before=None, now=now, chance=0.0)


async def test_what_waits_goes_another_way_by_its_urgency_and_nobody_is_told_twice(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, mail = Ear("push"), Ear("email")
    stations = listening(push, mail)
    await rest(still_house, 3600)
    ordinary, urgent = await tell(still_house, world), await tell(still_house, world, urgent=True)
    for minute in range(60):
        await drain(still_house, stations, world.school_id)
        if minute == 4:
            assert mail.heard == []
        clock.advance(MINUTE)
    assert push.heard == [] and {told for told, _ in mail.heard} == {urgent} and len(mail.heard) == 2
    assert await due_in(owner, ordinary, world.parent, "email", NOW) == 360 * MINUTE
    await drain(still_house, stations, world.school_id)
    assert {told for told, _ in push.heard} == {ordinary} and len(push.heard) == 2
    assert (await steps(owner, urgent, world.parent))["push"] == ("skipped", "gave_way")
    assert (await steps(owner, ordinary, world.parent))["push"] == ("sent", None)


async def test_a_rest_that_the_step_can_bear_changes_nothing(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, mail = Ear("push"), Ear("email")
    await rest(still_house, 240)
    told = await tell(still_house, world, urgent=True)
    for _ in range(4):
        await drain(still_house, listening(push, mail), world.school_id)
        assert await steps(owner, told, world.parent) == {"push": ("due", None)}
        clock.advance(MINUTE)
    await drain(still_house, listening(push, mail), world.school_id)
    assert len(push.heard) == 2 and mail.heard == []
    assert await due_in(owner, told, world.parent, "email", clock.now()) == 30 * MINUTE


async def test_the_sweep_rings_for_a_school_whose_notices_must_give_way_and_once_is_enough(
    still_house: House, world: World, clock: StoppedClock
) -> None:
    stations = listening(Ear("push"), Ear("email"))
    await rest(still_house, 3600)
    await tell(still_house, world, urgent=True)
    assert world.school_id in await due_schools(still_house)
    assert await drain(still_house, stations, world.school_id) == 2
    assert world.school_id not in await due_schools(still_house)
    assert await drain(still_house, stations, world.school_id) == 0


async def test_whoever_was_reached_by_nothing_else_hears_when_the_rest_ends(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, mail = Ear("push"), Ear("email")
    mail.answers = [Refused("address_dead", "550"), Refused("address_dead", "550")]
    stations = listening(push, mail)
    await rest(still_house, 3600)
    told = await tell(still_house, world, urgent=True)
    for _ in range(62):
        await drain(still_house, stations, world.school_id)
        clock.advance(MINUTE)
    assert len(mail.heard) == 2 and len(push.heard) == 2
    assert (await steps(owner, told, world.parent))["push"] == ("sent", None)


async def test_a_rest_that_ends_as_the_next_steps_are_due_doubles_nobody_with_three_workers(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    guardians, _ = await many(owner, world, 500)
    push, mail = Slow("push"), Slow("email")
    stations = listening(push, mail)
    await rest(still_house, 301)
    told = notice(urgent=True)
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.other_class_id))
    await drain(still_house, stations, world.school_id)
    clock.advance(timedelta(seconds=301))
    for _ in range(4):
        await asyncio.gather(*[drain(still_house, stations, world.school_id) for _ in range(3)])
        clock.advance(MINUTE)
    heard = Counter(guardian for ear in (push, mail) for _, guardian in ear.heard)
    assert Counter(heard[guardian] for guardian in guardians) == {1: 500}


async def test_a_provider_that_answers_nobody_rests_and_a_few_messages_find_out_when_it_is_back(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    guardians, _ = await many(owner, world, 500)
    push = Ear("push")
    push.answers = [TryLater("UNAVAILABLE")] * 220
    stations = listening(push)
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.other_class_id))
    asked = []
    for _ in range(12):
        await drain(still_house, stations, world.school_id)
        asked.append(len(push.heard))
        clock.advance(MINUTE)
    # A batch meets the outage; after the first rest twenty, after the second one, twice as long, everybody.
    assert asked[0] == asked[1] == 200 and 200 + TRIAL in asked
    assert sorted({guardian for _, guardian in push.heard} & set(guardians)) == sorted(guardians)
    states: dict[str, int] = dict(
        await owner.fetch("SELECT state, count(*) FROM deliveries WHERE notice_id = $1 GROUP BY 1", told.notice_id)
    )
    assert states == {"sent": 501}
    assert (await pauses.states(still_house.database.reader)).pauses["push"].in_a_row == 0


AWAY, BUSY = TryLater("HTTP_503"), TryLater("QUOTA_EXCEEDED", pauses_channel=True)


@pytest.mark.parametrize(
    ("channel", "outcomes", "trial", "found"),
    [
        ("push", [AWAY] * 10, False, ("outage:HTTP_503", None)),
        ("push", [AWAY] * 9, False, None),
        ("push", [AWAY], True, ("outage:HTTP_503", None)),
        ("push", [AWAY] * 9 + [TryLater("timeout", 90.0)], False, ("outage:HTTP_503", 90.0)),
        ("push", [AWAY] * 50 + [Sent("1")], False, None),
        ("push", [AWAY] * 50 + [Refused("address_dead", "UNREGISTERED")], True, None),
        ("push", [AWAY] * 10 + [None] * 5, False, ("outage:HTTP_503", None)),
        ("push", [AWAY] * 10 + [TryLater("our_bug:KeyError")], False, None),
        ("push", [TryLater("rate_limited")] * 50, True, None),
        ("push", [None] * 50, True, None),
        ("webpush", [AWAY] * 50, True, None),
    ],
)
def test_when_the_answers_of_a_round_call_for_a_rest(
    channel: str, outcomes: list[Outcome | None], trial: bool, found: tuple[str, float | None] | None
) -> None:
    assert outage(channel, outcomes, trial=trial) == found


def test_what_is_impatient_with_a_rest_and_what_is_on_trial_after_it() -> None:
    until = NOW + timedelta(hours=1)
    states = pauses.States(
        {"push": pauses.Pause(until, 1, "x"), "sms": pauses.Pause(until, 1, "x"), "push:ios": pauses.Pause(until, 1, "x")},
        frozenset({"sms"}),
        {},
    )  # fmt: skip
    found = {(rest.channel, rest.urgency): until - rest.before for rest in impatient(states, NOW)}
    assert found == {
        ("push", "ordinary"): 30 * MINUTE, ("push", "important"): 15 * MINUTE, ("push", "urgent"): 5 * MINUTE,
        ("push", "emergency"): 0 * MINUTE,
    }  # fmt: skip
    assert on_trial(states, NOW) == [] and on_trial(states, until) == ["push"]
    assert impatient(states, until) == []

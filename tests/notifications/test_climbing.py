"""A notice seeks a family: which step comes when, and what the family's own wishes and the night change about it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications.audience import SomePupils
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Refused, TryLater
from notifications.preferences import Wishes, keep
from notifications.quiet import Hours
from notifications.receipts import record
from tests.factories import Person, World
from tests.notifications.conftest import NOW, notice
from tests.notifications.ears import Ear, due_in, listening, steps

MINUTE = timedelta(minutes=1)


async def tell(house: House, world: World, **changes: Any) -> UUID:
    """To the mother and father of one child."""
    told = notice(created_at=house.clock.now(), **changes)
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, SomePupils((world.child.pupil_id,)))
    return told.notice_id


async def wish(house: House, person: Person, wishes: Wishes) -> None:
    async with house.database.directory() as tx:
        await keep(tx, person.account_id, wishes, at=house.clock.now())


def quiet_house(house: House) -> House:
    settings = msgspec.structs.replace(house.settings, quiet_hours="21:00-06:30")
    return dataclasses.replace(house, settings=settings)


async def test_a_step_without_an_address_gives_way_at_once_and_none_is_written_for_what_leads_nowhere(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    zalo = Ear("zalo", known={world.parent.account_id})
    email = Ear("email", known={world.parent2.account_id})
    stations = listening(Ear("push", known=()), Ear("webpush", known=()), email)
    told = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    await drain(still_house, stations, world.school_id)
    assert await steps(owner, told, world.parent) == {"push": ("skipped", "no_device")}
    assert await steps(owner, told, world.parent2) == {"push": ("skipped", "no_device"), "email": ("sent", None)}
    assert zalo.heard == []


async def test_a_step_whose_channel_fails_does_not_hold_up_the_next_ones_time(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, mail = Ear("push"), Ear("email")
    push.answers = [TryLater("UNAVAILABLE")] * 4
    stations = listening(push, mail)
    told, urgent = await tell(still_house, world), await tell(still_house, world, urgent=True)
    await drain(still_house, stations, world.school_id)
    for notice_id, minutes in ((told, 360), (urgent, 5)):
        assert (await steps(owner, notice_id, world.parent))["push"][0] == "due"
        assert await due_in(owner, notice_id, world.parent, "email", NOW) == minutes * MINUTE
    # The push gets through before that: the letter waits again for as long as the plan lets it be unread.
    clock.advance(MINUTE)
    await drain(still_house, stations, world.school_id)
    assert len(push.heard) == 8 and mail.heard == []
    assert await due_in(owner, urgent, world.parent, "email", clock.now()) == 30 * MINUTE
    assert await due_in(owner, told, world.parent, "email", NOW) == 360 * MINUTE


async def test_an_unread_urgent_notice_climbs_step_by_step_and_stops_when_it_is_read(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    ears = [Ear(channel) for channel in ("push", "webpush", "email")]
    stations = listening(*ears)
    told = await tell(still_house, world, urgent=True)
    heard = []
    for _ in range(40):
        await drain(still_house, stations, world.school_id)
        heard.append([len(ear.heard) for ear in ears])
        if len(heard) == 20:
            async with still_house.database.school(world.school_id) as tx:
                await record(tx, world.parent.account_id, told, "opened", at=clock.now())
        clock.advance(MINUTE)
    assert heard[0] == [2, 0, 0] and heard[4] == [2, 0, 0] and heard[5] == [2, 2, 0] and heard[29] == [2, 2, 0]
    # Only the father, who has not read, is written to once more.
    assert heard[39] == [2, 2, 1]
    assert (await steps(owner, told, world.parent))["email"] == ("skipped", "already_read")


async def test_a_familys_own_channel_comes_first_and_the_others_follow_when_it_fails(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await wish(still_house, world.parent, Wishes(preferred="email"))
    await wish(still_house, world.parent2, Wishes(preferred="email"))
    push, mail = Ear("push"), Ear("email")
    mail.answers = [Refused("address_dead", "550")]
    stations = listening(push, mail)
    told = await tell(still_house, world)
    for _ in range(3):
        await drain(still_house, stations, world.school_id)
    asked = [guardian for _, guardian in mail.heard]
    assert sorted(asked) == sorted([world.parent.person_id, world.parent2.person_id])
    # Whose mailbox refused has the push at once; the other one's waits for its time.
    refused, took = (
        (world.parent, world.parent2) if asked[0] == world.parent.person_id else (world.parent2, world.parent)
    )
    assert push.heard == [(told, refused.person_id)]
    assert await due_in(owner, told, took, "push", NOW) == 30 * MINUTE
    clock.advance(30 * MINUTE)
    await drain(still_house, stations, world.school_id)
    assert len(push.heard) == 2 and len(mail.heard) == 2


async def test_a_kind_that_is_off_is_not_told_and_the_mandatory_one_is(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    await wish(still_house, world.parent, Wishes({"announcement": "off", "absence": "off"}))
    push, mail = Ear("push"), Ear("email")
    stations = listening(push, mail)
    off, absence = await tell(still_house, world), await tell(still_house, world, kind="absence", title=None, body=None)
    for _ in range(2):
        await drain(still_house, stations, world.school_id)
    assert await steps(owner, off, world.parent) == {"push": ("skipped", "off_by_choice")}
    assert {notice for notice, guardian in push.heard if guardian == world.parent.person_id} == {absence}


async def test_texts_are_in_the_language_that_the_person_chose(still_house: House, world: World) -> None:
    await wish(still_house, world.parent, Wishes(language="en"))
    push = Ear("push", known={world.parent.account_id})
    await tell(still_house, world)
    await drain(still_house, listening(push), world.school_id)
    assert push.languages == ["en"]


@pytest.mark.parametrize(
    ("own", "hour", "waits"),
    [
        (None, 22, timedelta(hours=8, minutes=30)),
        (None, 21, timedelta(hours=9, minutes=30)),
        (None, 6, timedelta(minutes=30)),
        (None, 7, None),
        (None, 20, None),
        (Hours(19 * 60, 7 * 60), 20, timedelta(hours=11)),
        (Hours(0, 0), 22, None),
    ],
)
async def test_nobody_is_woken_and_the_night_is_not_counted_as_unread(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock,
    own: Hours | None, hour: int, waits: timedelta | None,
) -> None:  # fmt: skip
    house = quiet_house(still_house)
    if own:
        await wish(house, world.parent, Wishes(quiet=own))
    clock.advance(timedelta(hours=(hour - 8) % 24))  # NOW is eight in the morning in Vietnam
    push, mail = Ear("push", known={world.parent.account_id}), Ear("email")
    stations = listening(push, mail)
    told, published_at = await tell(house, world, urgent=True), clock.now()
    await drain(house, stations, world.school_id)
    if waits is None:
        assert len(push.heard) == 1
        return
    assert push.heard == []
    assert (await steps(owner, told, world.parent))["push"] == ("due", "quiet_hours")
    held = await due_in(owner, told, world.parent, "push", published_at)
    assert waits <= held < waits + timedelta(minutes=10)
    clock.advance(held)
    await drain(house, stations, world.school_id)
    assert len(push.heard) == 1
    assert await due_in(owner, told, world.parent, "email", clock.now()) == 30 * MINUTE


async def test_whoever_has_no_account_is_reached_by_the_number_on_the_roll(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent2.person_id,
    )  # fmt: skip
    ordinary, important = await tell(still_house, world), await tell(still_house, world, needs_acknowledgement=True)
    assert await steps(owner, ordinary, world.parent2) == {"push": ("skipped", "no_account")}
    assert await steps(owner, important, world.parent2) == {"push": ("skipped", "no_account"), "zns": ("due", None)}
    assert await steps(owner, important, world.parent) == {"push": ("due", None)}


async def test_a_family_without_any_number_is_on_the_list_of_those_to_be_rung_up(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await owner.execute(
        "UPDATE guardians SET account_id = NULL, phone_e164 = NULL WHERE school_id = $1 AND guardian_id = $2",
        world.school_id, world.parent2.person_id,
    )  # fmt: skip
    told = await tell(still_house, world, needs_acknowledgement=True)
    await drain(still_house, listening(Ear("push")), world.school_id)
    assert (await steps(owner, told, world.parent2))["call"] == ("sent", None)
    listed = await owner.fetch("SELECT guardian_id, listed_at, result FROM call_list WHERE notice_id = $1", told)
    assert [tuple(row) for row in listed] == [(world.parent2.person_id, NOW, None)]

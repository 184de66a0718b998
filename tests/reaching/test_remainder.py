"""Who was not reached: everybody addressed is reached, pending or named, whatever happened; calls and emergencies move them."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from backend.reaching.actions import declare_emergency, note_call, set_cap, set_preferences
from notifications.audience import OneClass, SomePupils, WholeSchool
from notifications.delivery import drain
from notifications.outbox import Notice, publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.receipts import record
from notifications.remainder import remainder_of
from schemas.reaching import KindChoices, MonthCap, Preferences, Remainder
from tests.factories import World
from tests.notifications.ears import Ear, listening, steps


@pytest.fixture
def clock() -> StoppedClock:
    from tests.notifications.conftest import NOW

    return StoppedClock(NOW)


@pytest.fixture
def still_house(house: House, clock: StoppedClock) -> House:
    return dataclasses.replace(house, clock=clock)


@pytest.fixture(autouse=True)
async def open_channels(owner: asyncpg.Connection) -> None:
    await owner.execute("DELETE FROM channel_states")


async def tell(house: House, world: World, audience: Any = None, **changes: Any) -> UUID:
    usual = {
        "notice_id": new_id(), "kind": "announcement", "source_kind": "announcement", "source_id": "1",
        "created_at": house.clock.now(), "title": "Họp", "body": "8 giờ", "needs_acknowledgement": True,
        "created_by": world.teacher.account_id,
    }  # fmt: skip
    told = Notice(**{**usual, **changes})
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, audience or OneClass(world.class_id))
    return told.notice_id


async def left(house: House, world: World, told: UUID) -> Remainder:
    found = await remainder_of(house.database.reader, world.school_id, told, world.admin.account_id)
    assert found is not None
    return msgspec.json.decode(found, type=Remainder)


async def test_names_and_reasons_are_exact(still_house: House, owner: asyncpg.Connection, world: World) -> None:
    await owner.execute("UPDATE guardians SET account_id = NULL, phone_e164 = NULL WHERE school_id = $1 AND guardian_id = $2", world.school_id, world.parent2.person_id)  # fmt: skip
    await owner.execute("UPDATE guardianships SET gets_notices = false WHERE school_id = $1 AND guardian_id = $2", world.school_id, world.neighbour.person_id)  # fmt: skip
    await set_preferences(still_house, world.classmate_parent.account_id, Preferences(KindChoices(announcement="off")))
    told = await tell(still_house, world, WholeSchool())
    before = await left(still_house, world, told)
    assert (before.addressed_count, before.reached_count, before.pending_count, before.unreached_count) == (4, 0, 3, 1)
    for _ in range(3):
        await drain(still_house, listening(Ear("push")), world.school_id)
    after = await left(still_house, world, told)
    assert (after.addressed_count, after.reached_count, after.pending_count, after.unreached_count) == (4, 1, 0, 3)
    assert (after.homes_count, after.homes_reached_count) == (3, 1)
    assert {(one.guardian_name, tuple(one.pupil_names), one.class_name, one.reason, one.home_reached) for one in after.unreached} == {
        (world.parent2.full_name, (world.child.full_name,), "6A1", "no_contact", True),
        (world.classmate_parent.full_name, (world.classmate.full_name,), "6A1", "off_by_choice", False),
        (None, (world.neighbour_child.full_name,), "6A2", "no_guardian", False),
    }  # fmt: skip


async def test_an_answered_call_is_a_reached_family(
    still_house: House, owner: asyncpg.Connection, world: World, client: httpx.AsyncClient
) -> None:
    told = await tell(still_house, world, SomePupils((world.child.pupil_id,)))
    for _ in range(3):
        await drain(still_house, listening(Ear("push", known=())), world.school_id)
    assert (await left(still_house, world, told)).unreached_count == 2
    listed = await owner.fetch("SELECT guardian_id FROM call_list WHERE notice_id = $1", told)
    assert {row["guardian_id"] for row in listed} == {world.parent.person_id, world.parent2.person_id}
    by = world.teacher.account_id
    await note_call(still_house, by, world.school_id, told, world.parent.person_id, "not_reached")
    assert {one.call_result for one in (await left(still_house, world, told)).unreached} == {None, "not_reached"}
    await note_call(still_house, by, world.school_id, told, world.parent.person_id, "reached")
    after = await left(still_house, world, told)
    assert (after.reached_count, after.unreached_count) == (1, 1)
    audited = await owner.fetch("SELECT detail ->> 'result' AS result FROM audit_events WHERE school_id = $1 AND action = 'call.noted' ORDER BY happened_at, audit_id", world.school_id)  # fmt: skip
    assert [row["result"] for row in audited] == ["not_reached", "reached"]


async def test_an_emergency_reaches_whom_wishes_night_and_digest_held_back(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    asleep = dataclasses.replace(
        still_house, settings=msgspec.structs.replace(still_house.settings, quiet_hours="21:00-06:30")
    )
    clock.advance(timedelta(hours=15))  # eleven at night
    await set_preferences(asleep, world.parent.account_id, Preferences(KindChoices(announcement="off")))
    await set_preferences(asleep, world.parent2.account_id, Preferences(KindChoices(announcement="digest")))
    told = await tell(asleep, world, needs_acknowledgement=False)
    push, mail = Ear("push"), Ear("email")
    stations = listening(push, mail)
    await drain(asleep, stations, world.school_id)
    assert push.heard == []
    async with asleep.database.school(world.school_id) as tx:
        await record(tx, world.classmate_parent.account_id, told, "opened", at=clock.now())
    reason = "Bão số 9: mai học sinh nghỉ học"
    assert await declare_emergency(asleep, world.admin.account_id, world.school_id, told, reason) == 2
    await drain(asleep, stations, world.school_id)
    woken = {world.parent.person_id, world.parent2.person_id}
    assert {guardian for _, guardian in push.heard} == woken == {guardian for _, guardian in mail.heard}
    kept = await owner.fetchrow(
        "SELECT urgency, emergency_by, emergency_reason FROM notices WHERE notice_id = $1", told
    )
    assert kept is not None and tuple(kept) == ("emergency", world.admin.account_id, reason)
    audited = await owner.fetchval("SELECT actor_account_id FROM audit_events WHERE school_id = $1 AND action = 'notice.emergency'", world.school_id)  # fmt: skip
    assert audited == world.admin.account_id
    assert (await steps(owner, told, world.parent))["zns"] == ("due", None)


_ANSWERS: list[Outcome] = [Sent("x"), Refused("address_dead", "d"), TryLater("t"), TryLater("lost", uncertain=True)]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(_ANSWERS), max_size=12),
    st.lists(st.sampled_from(["instant", "digest", "off"]), min_size=3, max_size=3),
    st.lists(st.sampled_from(["account", "phone", "nothing"]), min_size=3, max_size=3),
    st.sampled_from(["ordinary", "important", "urgent"]),
    st.integers(0, 2000),
    st.booleans(),
)
async def test_reached_pending_and_remainder_are_all_of_those_addressed(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock,
    answers: list[Outcome], choices: list[Any], known: list[str], urgency: Any, cap: int, opens: bool,
) -> None:  # fmt: skip
    people = (world.parent, world.parent2, world.classmate_parent)
    for person, choice, how in zip(people, choices, known, strict=True):
        await set_preferences(still_house, person.account_id, Preferences(KindChoices(announcement=choice)))
        await owner.execute(
            "UPDATE guardians SET account_id = $3, phone_e164 = $4 WHERE school_id = $1 AND guardian_id = $2",
            world.school_id, person.person_id, person.account_id if how == "account" else None,
            None if how == "nothing" else person.phone,
        )  # fmt: skip
    for channel in ("zns", "sms"):
        await set_cap(still_house, world.admin.account_id, world.school_id, channel, MonthCap(cap))
    ears = [Ear("push"), Ear("email"), Ear("zns", price=300), Ear("sms", price=850)]
    for ear in ears:
        ear.answers = list(answers)
    told = await tell(still_house, world, needs_acknowledgement=False, urgency=urgency)
    seen = []
    for turn in range(6):
        await drain(still_house, listening(*ears), world.school_id)
        if opens and turn == 2 and known[0] == "account":
            async with still_house.database.school(world.school_id) as tx:
                await record(tx, world.parent.account_id, told, "opened", at=clock.now())
        found = await left(still_house, world, told)
        assert found.reached_count + found.pending_count + found.unreached_count == found.addressed_count == 3
        assert len(found.unreached) == found.unreached_count
        assert all(one.reason for one in found.unreached)
        seen.append(found)
        clock.advance(timedelta(minutes=(1, 20, 60, 600, 1500, 2000)[turn]))
    # Once reached, a family stays reached.
    assert [one.reached_count for one in seen] == sorted(one.reached_count for one in seen)

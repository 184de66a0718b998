"""The switch-off drill: one flag stops a channel; what waited there goes another way, nobody is lost and nobody told twice."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from backend.core.clock import StoppedClock
from backend.core.crypto import token_hash
from backend.core.flags import Flags
from backend.core.house import House
from backend.core.ids import new_id
from notifications import switches
from notifications.audience import OneClass, WholeSchool
from notifications.channels import fcm as fcm_wire
from notifications.channels.fcm import FcmSender, Letter
from notifications.delivery import drain, due_schools
from notifications.leases import Batch
from notifications.outbox import publish
from notifications.outcomes import Outcome, TryLater
from notifications.rounds import Item, Try
from notifications.stations import Stations
from notifications.switching import run
from tests.factories import World
from tests.notifications.conftest import NOW, notice, phone, states
from tests.notifications.ears import Ear, due_in, listening, steps
from tests.twins.fcm import FcmTwin

_FAMILIES = """
WITH made AS (
        SELECT f.guardian_id, f.account_id, f.place
          FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS f (guardian_id, account_id, place)),
     guardian AS (
        INSERT INTO guardians (school_id, guardian_id, full_name, account_id, source, created_at, updated_at)
        SELECT $1, m.guardian_id, 'Phụ huynh ' || m.place, m.account_id, 'hand', $5, $5
          FROM made m
     RETURNING guardian_id)
INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)
SELECT $1, $4, g.guardian_id, 'mother', '2020-01-01', 'hand'
  FROM guardian g
"""


async def many(owner: asyncpg.Connection, world: World, count: int) -> tuple[list[UUID], list[UUID]]:
    """Guardians of the other class's child, each with an account: (guardian ids, account ids)."""
    guardians, accounts = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
    await owner.execute(_FAMILIES, world.school_id, guardians, accounts, world.neighbour_child.pupil_id, NOW)
    return guardians, accounts


class Slow(Ear):
    """Lets others run while it speaks, as a wire does, and stops when the house is told so, as every sender does (posting.py)."""

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        for item in items:
            await asyncio.sleep(0)
            if house.flags.raised(switches.flag_of(self.channel)):
                item.tries.append(Try(token_hash(str(item.row.guardian_id)), item.row.account_id))
            else:
                await super().deliver(house, batch, [item], resting)


@pytest.fixture
async def all_ears(still_house: House, database_url: str) -> AsyncIterator[House]:
    """The house as a worker has it, that hears of every switch."""
    house = dataclasses.replace(still_house, flags=Flags())
    hearing = asyncio.create_task(house.flags.hear(database_url))
    await house.flags.hearing.wait()
    yield house
    hearing.cancel()


async def test_a_channel_stopped_in_the_middle_of_2000_families_loses_nobody_and_tells_nobody_twice(
    all_ears: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    guardians, accounts = await many(owner, world, 2000)
    # 1,200 have the app, 400 of the others a browser that is asked; everybody has a mailbox.
    push, web, mail = (
        Slow("push", known=set(accounts[:1200])),
        Slow("webpush", known=set(accounts[1200:1600])),
        Slow("email"),
    )
    stations = listening(push, web, mail)
    told = notice()
    async with all_ears.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.other_class_id))
    # Four hundred are through: their second channels' deliveries wait among the others' first.
    await drain(all_ears, stations, world.school_id, batches_max=2)

    async def operator() -> None:
        while len(push.heard) < 500:
            await asyncio.sleep(0)
        await switches.switch_off(all_ears.database, "push", "drill", at=clock.now())

    async def worker() -> None:
        while await pending(all_ears, world.school_id):
            await switches.follow(all_ears)
            await drain(all_ears, stations, world.school_id)

    await asyncio.gather(operator(), *[worker() for _ in range(3)])
    heard = Counter(guardian for ear in (push, web, mail) for _, guardian in ear.heard)
    mine = {guardian: heard[guardian] for guardian in guardians}
    assert Counter(mine.values()) == {1: 2000}
    assert 500 <= len(push.heard) < 1200, "the flag came while the channel was at work"
    assert len(web.heard) == 400


async def test_what_a_worker_has_in_hand_does_not_leave_by_a_channel_that_is_switched_off(
    all_ears: House, stations: Stations, fcm: FcmTwin, sender: FcmSender, owner: asyncpg.Connection, world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Of a batch in hand leaves what is on the wire when the switch is moved, and not one message more."""
    on_the_wire, answered, send = 3, asyncio.Event(), sender._send

    async def send_and_wait(letter: Letter, authorization: str) -> Outcome:
        outcome = await send(letter, authorization)
        await answered.wait()
        return outcome

    monkeypatch.setattr(fcm_wire, "CONNECTIONS", on_the_wire)
    monkeypatch.setattr(sender, "_send", send_and_wait)
    monkeypatch.setattr(sender, "_held", partial(all_ears.flags.raised, switches.flag_of("push")))
    guardians, accounts = await many(owner, world, 25)
    for account in accounts:
        await phone(all_ears, account)
    mail = Ear("email")
    stations.add(mail)  # type: ignore[arg-type]
    told, before = notice(), fcm.requests
    async with all_ears.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.other_class_id))
    worker = asyncio.create_task(drain(all_ears, stations, world.school_id))
    async with asyncio.timeout(30):
        while fcm.requests - before < on_the_wire:
            await asyncio.sleep(0.005)
        await switches.switch_off(all_ears.database, "push", "drill", at=all_ears.clock.now())
        while not all_ears.flags.raised(switches.flag_of("push")):
            await asyncio.sleep(0.005)
        answered.set()
        await worker
    while await drain(all_ears, stations, world.school_id):
        pass
    by_push = {
        one for one, (state, _) in (await states(owner, world.school_id, told.notice_id)).items() if state == "sent"
    }
    assert fcm.requests - before == len(by_push) == on_the_wire
    assert {guardian for _, guardian in mail.heard} >= set(guardians) - by_push
    assert by_push.isdisjoint(guardian for _, guardian in mail.heard)


async def test_a_switch_is_heard_again_after_the_line_was_cut(
    all_ears: House, owner: asyncpg.Connection, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody is heard nothing counts as switched off: the row that each batch reads decides, as without the flag."""
    monkeypatch.setattr("backend.core.flags._AGAIN_SECONDS", 0.01)
    flag = switches.flag_of("sms")
    await switches.switch_off(all_ears.database, "sms", "drill", at=clock.now())
    await heard(all_ears.flags, flag, raised=True)
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nhipcau-flags' AND datname = current_database()"
    )
    await heard(all_ears.flags, flag, raised=False)
    async with asyncio.timeout(30):
        await all_ears.flags.hearing.wait()
    await switches.switch_off(all_ears.database, "sms", "drill", at=clock.now())
    await heard(all_ears.flags, flag, raised=True)
    await switches.switch_on(all_ears.database, "sms", at=clock.now())
    await heard(all_ears.flags, flag, raised=False)


async def heard(flags: Flags, flag: str, *, raised: bool) -> None:
    async with asyncio.timeout(30):
        while flags.raised(flag) != raised:
            await asyncio.sleep(0.005)


async def pending(house: House, school_id: int) -> int:
    """What has its turn now, and what waits on the stopped channel; later steps wait for their time."""
    found: int = await house.database.reader.fetchval(
        "SELECT count(*) FROM deliveries WHERE school_id = $1 AND (state = 'leased' OR state = 'due' AND (due_at <= $2 OR channel = 'push'))",
        school_id, house.clock.now(),
    )  # fmt: skip
    return found


async def test_what_waited_for_another_try_goes_another_way_at_once(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, mail = Ear("push"), Ear("email")
    push.answers = [TryLater("UNAVAILABLE")] * 100
    stations = listening(push, mail)
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    for _ in range(4):
        await drain(still_house, stations, world.school_id)
        clock.advance(timedelta(minutes=4))
    assert await due_in(owner, told.notice_id, world.parent, "push", clock.now()) > timedelta(minutes=1)
    await switches.switch_off(still_house.database, "push", "outage", at=clock.now())
    await switches.follow(still_house)
    assert world.school_id in await due_schools(still_house)
    for _ in range(2):
        await drain(still_house, stations, world.school_id)
    assert await steps(owner, told.notice_id, world.parent) == {"push": ("skipped", "switched_off"), "email": ("sent", None)}  # fmt: skip
    assert len(mail.heard) == 3


async def test_a_later_step_on_the_stopped_channel_gives_its_place_to_the_one_after_it(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, web, mail = Ear("push"), Ear("webpush"), Ear("email")
    stations = listening(push, web, mail)
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await drain(still_house, stations, world.school_id)
    assert await due_in(owner, told.notice_id, world.parent, "webpush", NOW) == timedelta(minutes=30)
    await switches.switch_off(still_house.database, "webpush", "drill", at=clock.now())
    await switches.follow(still_house)
    await drain(still_house, stations, world.school_id)
    assert (await steps(owner, told.notice_id, world.parent))["webpush"] == ("skipped", "switched_off")
    # The family was reached by push, so the mail keeps to its time.
    assert await due_in(owner, told.notice_id, world.parent, "email", clock.now()) == timedelta(minutes=330)
    assert web.heard == mail.heard == []


async def test_with_the_channel_on_again_only_those_come_back_whom_nothing_reached(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    push, mail = Ear("push"), Ear("email", known={world.parent.account_id})
    stations = listening(push, mail)
    await switches.switch_off(still_house.database, "push", "drill", at=clock.now())
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, WholeSchool())
    for _ in range(2):
        await drain(still_house, stations, world.school_id)
    assert (push.heard, len(mail.heard)) == ([], 1)
    clock.advance(timedelta(hours=1))
    assert await switches.switch_on(still_house.database, "push", at=clock.now())
    assert not await switches.switch_on(still_house.database, "push", at=clock.now())
    for _ in range(2):
        await switches.follow(still_house)
        await drain(still_house, stations, world.school_id)
    assert {guardian for _, guardian in push.heard} == {
        world.parent2.person_id, world.classmate_parent.person_id, world.neighbour.person_id
    }  # fmt: skip
    assert len(push.heard) == 3 and len(mail.heard) == 1


async def test_a_worker_that_saw_the_channel_off_a_moment_too_long_loses_nobody(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    """Its batch is written down after the switch was moved back; the sweep of the next minutes finds it."""
    push = Ear("push")
    await switches.switch_off(still_house.database, "push", "drill", at=clock.now())
    told = notice()
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await switches.switch_on(still_house.database, "push", at=clock.now())
    await switches.follow(still_house)
    await owner.execute("UPDATE deliveries SET state = 'skipped', reason = 'switched_off', finished_at = $2 WHERE notice_id = $1", told.notice_id, clock.now())  # fmt: skip
    clock.advance(timedelta(minutes=2))
    await switches.follow(still_house)
    await drain(still_house, listening(push), world.school_id)
    assert len(push.heard) == 3
    clock.advance(timedelta(minutes=4))
    assert (await owner.fetchval("SELECT count(*) FROM deliveries WHERE notice_id = $1 AND state <> 'sent'", told.notice_id)) == 0  # fmt: skip


async def test_the_command_says_what_it_did_and_asks_for_a_reason(still_house: House) -> None:
    database, at = still_house.database, datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert await run(database, "list", None, None, at=at) == (0, "every channel is open")
    assert (await run(database, "off", "sms", None, at=at))[0] == 2
    assert (await run(database, "off", "pigeon", "tired", at=at))[0] == 2
    assert (await run(database, "off", "sms", "gateway sends twice", at=at))[0] == 0
    assert await run(database, "list", None, None, at=at) == (0, "sms: off since 2026-11-24 01:00 UTC (gateway sends twice)")  # fmt: skip
    assert (await run(database, "on", "sms", None, at=at))[0] == 0
    assert (await run(database, "on", "sms", None, at=at))[0] == 1

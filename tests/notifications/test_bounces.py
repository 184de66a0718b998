"""A late report that a paid message did not arrive: the next step fires, nothing is paid twice, the remainder says who is left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications.bounces import bounced
from notifications.delivery import drain
from notifications.leases import LEASE, Batch
from notifications.progress import happenings
from notifications.receipts import ReceiptKind, record, record_arrival
from notifications.remainder import remainder_of
from notifications.rounds import Item
from notifications.stations import Stations
from notifications.tracking import Tracked
from tests.factories import World
from tests.notifications.ears import Ear, due_in, listening, steps
from tests.notifications.test_climbing import MINUTE, tell
from tests.notifications.test_paid import allow, spent


class Paid:
    """Parents without the app: ZNS, then SMS, then the call list."""

    def __init__(self, push: Ear | None = None) -> None:
        self.zns, self.sms = Ear("zns", price=300), Ear("sms", price=850)
        self.stations: Stations = listening(push or Ear("push", known=()), self.zns, self.sms)


async def go(house: House, world: World, stations: Stations) -> None:
    for _ in range(4):
        await drain(house, stations, world.school_id)


async def unreached(house: House, world: World, told: UUID) -> list[tuple[str, str | None, str | None]]:
    found = await remainder_of(house.database.reader, world.school_id, told, world.admin.account_id)
    assert found is not None
    return [(one["guardian_id"], one["channel"], one["reason"]) for one in json.loads(found)["unreached"]]


async def test_the_chain_goes_on_step_by_step_and_each_is_paid_once(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000, sms=10_000)
    paid = Paid()
    told = await tell(still_house, world, urgent=True)
    mother = Tracked(world.school_id, told, world.parent.person_id)
    await go(still_house, world, paid.stations)
    assert (len(paid.zns.heard), len(paid.sms.heard)) == (2, 0)
    clock.advance(20 * MINUTE)
    assert [await bounced(still_house, mother, "zns", "ZNS_-1") for _ in range(2)] == [True, False]
    await go(still_house, world, paid.stations)
    assert paid.sms.heard == [(told, world.parent.person_id)] and len(paid.zns.heard) == 2
    assert await unreached(still_house, world, told) == []
    assert await bounced(still_house, mother, "sms", "ESMS_not_delivered")
    await go(still_house, world, paid.stations)
    assert await steps(owner, told, world.parent) == {
        "push": ("skipped", "no_device"), "zns": ("refused", "ZNS_-1"), "sms": ("refused", "ESMS_not_delivered"),
        "call": ("sent", None),
    }  # fmt: skip
    assert (await steps(owner, told, world.parent2))["zns"] == ("sent", None)
    assert await unreached(still_house, world, told) == [(str(world.parent.person_id), "sms", "ESMS_not_delivered")]
    assert (await spent(owner, world), await spent(owner, world, "sms")) == (600, 850)
    happened = await happenings(still_house.database.reader, world.school_id, told, world.parent.person_id)
    assert happened is not None
    lost = {(one.channel, one.code) for one in happened if one.status == "bounced"}
    assert lost == {("zns", "ZNS_-1"), ("sms", "ESMS_not_delivered")}


async def test_what_was_read_or_acknowledged_or_arrived_goes_no_further(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000, sms=10_000)
    kinds: list[ReceiptKind] = ["opened", "acknowledged"]
    for kind in kinds:
        paid = Paid()
        told = await tell(still_house, world, urgent=True, needs_acknowledgement=True)
        await go(still_house, world, paid.stations)
        async with still_house.database.school(world.school_id) as tx:
            await record(tx, world.parent.account_id, told, kind, at=clock.now())
            await record_arrival(tx, world.parent2.person_id, told, at=clock.now(), channel="zns")
        assert await bounced(still_house, Tracked(world.school_id, told, world.parent.person_id), "zns", "x")
        assert not await bounced(still_house, Tracked(world.school_id, told, world.parent2.person_id), "zns", "x")
        await go(still_house, world, paid.stations)
        assert paid.sms.heard == []
        assert (await steps(owner, told, world.parent))["sms"] == ("skipped", "already_read")
        assert await unreached(still_house, world, told) == []


async def test_a_family_that_has_the_push_unread_keeps_the_plans_time_from_when_the_message_left(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000, sms=10_000)
    paid = Paid(push=Ear("push"))
    told = await tell(still_house, world, urgent=True)
    await go(still_house, world, paid.stations)
    clock.advance(60 * MINUTE)
    await go(still_house, world, paid.stations)
    assert len(paid.zns.heard) == 2
    clock.advance(10 * MINUTE)
    await bounced(still_house, Tracked(world.school_id, told, world.parent.person_id), "zns", "x")
    await go(still_house, world, paid.stations)
    assert paid.sms.heard == []
    assert await due_in(owner, told, world.parent, "sms", clock.now()) == 20 * MINUTE
    clock.advance(20 * MINUTE)
    await go(still_house, world, paid.stations)
    assert paid.sms.heard == [(told, world.parent.person_id)]


class Hasty(Ear):
    """Its provider reports the loss before the worker could write down that the message was taken."""

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        await super().deliver(house, batch, items, resting)
        for item in items:
            await bounced(house, Tracked(batch.school_id, item.row.notice.notice_id, item.row.guardian_id), "zns", "x")


async def test_a_report_that_is_faster_than_we_are_is_not_lost(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000, sms=10_000)
    zns, sms = Hasty("zns", price=300), Ear("sms", price=850)
    told = await tell(still_house, world, urgent=True)
    await go(still_house, world, listening(Ear("push", known=()), zns, sms))
    assert len(zns.heard) == len(sms.heard) == 2
    assert (await steps(owner, told, world.parent))["zns"] == ("refused", "x")


async def test_a_worker_that_dies_after_the_report_loses_it_neither(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000, sms=10_000)
    paid = Paid()
    told = await tell(still_house, world, urgent=True)
    mother = Tracked(world.school_id, told, world.parent.person_id)
    await go(still_house, world, paid.stations)
    await owner.execute("UPDATE deliveries SET state = 'leased', lease_until = $2 WHERE notice_id = $1 AND channel = 'zns'", told, clock.now() + LEASE)  # fmt: skip
    assert await bounced(still_house, mother, "zns", "x")
    clock.advance(LEASE + timedelta(seconds=1))
    await go(still_house, world, paid.stations)
    assert (await steps(owner, told, world.parent))["zns"] == ("refused", "x")
    assert (await steps(owner, told, world.parent2))["zns"] == ("sent", None)
    assert paid.sms.heard == [(told, world.parent.person_id)] and len(paid.zns.heard) == 2


async def test_a_report_about_nothing_of_ours_changes_nothing(still_house: House, world: World) -> None:
    told = await tell(still_house, world)
    assert not await bounced(still_house, Tracked(world.school_id, told, world.parent.person_id), "sms", "x")
    assert not await bounced(still_house, Tracked(world.school_id, world.child.pupil_id, world.parent.person_id), "sms", "x")  # fmt: skip
    assert not await bounced(still_house, Tracked(0, told, world.parent.person_id), "sms", "x")

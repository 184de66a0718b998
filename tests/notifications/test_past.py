"""Finished deliveries of old notices are folded away, and everything that is told of a notice is still told."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from backend.core.across_schools import schools_with_past_deliveries
from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications import past
from notifications.audience import OneClass
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Refused
from notifications.progress import progress
from notifications.queries import receipts_of
from notifications.remainder import remainder_of
from tests.factories import World
from tests.notifications.conftest import notice
from tests.notifications.ears import Ear, listening
from tests.notifications.test_climbing import tell
from tests.notifications.test_switches import many

KEPT = timedelta(days=60)


async def told_to_many(house: House, owner: asyncpg.Connection, world: World, count: int) -> UUID:
    """Some have the app, of the others some a mailbox that refuses, the rest nothing."""
    _, accounts = await many(owner, world, count)
    mail = Ear("email", known=set(accounts[count // 2 : 3 * count // 4]))
    mail.answers = [Refused("address_dead", "550")] * (count // 8)
    told = notice()
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.other_class_id))
    for _ in range(2):
        await drain(house, listening(Ear("push", known=set(accounts[: count // 2])), mail), world.school_id)
    return told.notice_id


async def everything(house: House, world: World, told: UUID) -> tuple[object, ...]:
    reader = house.database.reader
    return (
        await progress(reader, world.school_id, told),
        await remainder_of(reader, world.school_id, told, world.admin.account_id),
        await receipts_of(reader, world.school_id, told),
    )


async def left(owner: asyncpg.Connection, told: UUID) -> tuple[int, int]:
    row = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM deliveries WHERE notice_id = $1) AS open,"
        " (SELECT coalesce(sum(cardinality(guardian_ids)), 0) FROM past_deliveries WHERE notice_id = $1) AS folded", told,
    )  # fmt: skip
    assert row is not None
    return row["open"], row["folded"]


@pytest.mark.parametrize("at_once", [2000, 7])
async def test_what_is_told_of_a_notice_is_the_same_before_and_after(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock,
    monkeypatch: pytest.MonkeyPatch, at_once: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(past, "_ROWS_AT_ONCE", at_once)
    told = await told_to_many(still_house, owner, world, 40)
    before = await everything(still_house, world, told)
    rows, _ = await left(owner, told)
    clock.advance(KEPT + timedelta(minutes=1))
    assert await past.fold_school(still_house, world.school_id, clock.now() - KEPT) == rows
    assert await left(owner, told) == (0, rows)
    assert await everything(still_house, world, told) == before
    assert await owner.fetchval("SELECT folded_at FROM notices WHERE notice_id = $1", told) == clock.now()
    assert await owner.fetchval("SELECT count(*) FROM past_deliveries WHERE notice_id = $1", told) == 4
    assert await past.fold_school(still_house, world.school_id, clock.now() - KEPT) == 0


async def test_what_is_young_or_not_over_stays_and_is_folded_when_its_time_comes(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    stations = listening(Ear("push"), Ear("email"))
    old = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    clock.advance(KEPT / 2)
    young = await tell(still_house, world)
    await drain(still_house, stations, world.school_id)
    clock.advance(KEPT / 2 + timedelta(minutes=1))
    # The old one's letters were promised for hours later, and nobody has looked at them since.
    reader = still_house.database.reader
    assert world.school_id in await schools_with_past_deliveries(reader, clock.now() - KEPT, limit=1000)
    assert await past.fold_school(still_house, world.school_id, clock.now() - KEPT) == 2
    assert await left(owner, old) == (2, 2) and await left(owner, young) == (4, 0)
    assert await owner.fetchval("SELECT folded_at FROM notices WHERE notice_id = $1", old) is None
    await drain(still_house, stations, world.school_id)
    clock.advance(KEPT + timedelta(minutes=1))
    assert await past.fold_everywhere(still_house) >= 6
    assert world.school_id not in await schools_with_past_deliveries(reader, clock.now() - KEPT, limit=1000)
    assert await left(owner, old) == (0, 4) and await left(owner, young) == (0, 4)


async def test_a_row_in_somebodys_hands_waits_for_the_next_night(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    told = await tell(still_house, world)
    await drain(still_house, listening(Ear("push")), world.school_id)
    clock.advance(KEPT + timedelta(minutes=1))
    async with owner.transaction():
        await owner.fetch("SELECT FROM deliveries WHERE notice_id = $1 AND guardian_id = $2 FOR UPDATE", told, world.parent.person_id)  # fmt: skip
        assert await past.fold_school(still_house, world.school_id, clock.now() - KEPT) == 1
    assert await past.fold_school(still_house, world.school_id, clock.now() - KEPT) == 1
    assert await left(owner, told) == (0, 2)

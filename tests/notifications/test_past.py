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
from notifications.audience import OneClass, SomePupils
from notifications.delivery import drain
from notifications.outbox import publish
from notifications.outcomes import Refused, TryLater
from notifications.progress import happenings, progress
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


async def test_what_each_address_answered_goes_with_its_delivery_save_for_what_cost_money(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    """What happened is still told, without the attempts; the ledger of what was paid keeps every answer."""
    mail = Ear("email")
    mail.answers = [TryLater("SMTP_450"), Refused("address_dead", "SMTP_550_5.1.1")]
    await owner.execute(
        "INSERT INTO channel_budgets (school_id, channel, month_cap, set_by, set_at) VALUES ($1, 'sms', 100000, $2, $3)",
        world.school_id, world.admin.account_id, clock.now(),
    )  # fmt: skip
    told = notice(urgent=True)
    async with still_house.database.school(world.school_id) as tx:
        await publish(tx, told, SomePupils((world.child.pupil_id,)))
    stations = listening(Ear("push"), mail, Ear("sms", price=850))
    for _ in range(8):
        await drain(still_house, stations, world.school_id)
        clock.advance(timedelta(minutes=30))
    attempts = "SELECT channel, count(*) FROM delivery_attempts WHERE notice_id = $1 AND guardian_id = $2 GROUP BY 1"
    mother = world.parent.person_id
    before = dict(await owner.fetch(attempts, told.notice_id, mother))
    assert before == {"push": 1, "email": 2, "sms": 1}
    reader = still_house.database.reader
    then = await happenings(reader, world.school_id, told.notice_id, mother)
    clock.advance(KEPT)
    await past.fold_school(still_house, world.school_id, clock.now() - timedelta(days=59))
    assert dict(await owner.fetch(attempts, told.notice_id, mother)) == {"sms": 1}
    now = await happenings(reader, world.school_id, told.notice_id, mother)
    assert then is not None and now is not None
    assert [(one.channel, one.status, one.code) for one in now] == [
        (one.channel, one.status, one.code) for one in then if one.status != "delayed"
    ]


async def test_no_answer_of_a_paid_message_can_be_deleted_by_the_house(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    """Not even by a mistake of ours: the database lets only the free ones go."""
    told = await tell(still_house, world)
    for channel in ("sms", "zns", "push"):
        await owner.execute(
            "INSERT INTO delivery_attempts (school_id, notice_id, guardian_id, channel, address_hash, attempt, attempted_at, outcome)"
            " VALUES ($1, $2, $3, $4, $5, 1, $6, 'sent')",
            world.school_id, told, world.parent.person_id, channel, bytes(32), clock.now(),
        )  # fmt: skip
    async with still_house.database.school(world.school_id) as tx:
        gone = await tx.fetch(
            "DELETE FROM delivery_attempts WHERE school_id = $1 AND notice_id = $2 RETURNING channel",
            world.school_id,
            told,
        )
    assert [row["channel"] for row in gone] == ["push"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with still_house.database.school(world.school_id) as tx:
            await tx.execute("UPDATE delivery_attempts SET outcome = 'refused' WHERE school_id = $1", world.school_id)


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

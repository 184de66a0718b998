"""Money: reserved before the wire, settled by the answer, never above the month's cap, never spent twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.clock import StoppedClock
from backend.core.house import House
from notifications import budgets, paid, switches
from notifications.audience import OneClass
from notifications.delivery import drain
from notifications.leases import Batch
from notifications.outbox import publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.rounds import Item, Try
from tests.factories import World
from tests.notifications.conftest import NOW, notice
from tests.notifications.ears import Ear, listening, steps

MONTH = date(2026, 11, 1)
LOST = TryLater("timeout", uncertain=True)


async def tell(house: House, world: World, **changes: Any) -> UUID:
    """What needs an answer, to the three guardians of a class."""
    told = notice(created_at=house.clock.now(), needs_acknowledgement=True, **changes)
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    return told.notice_id


async def allow(house: House, world: World, **caps: int) -> None:
    async with house.database.school(world.school_id) as tx:
        for channel, amount in caps.items():
            await budgets.set_cap(tx, channel, amount, by=world.admin.account_id, at=NOW)


async def spent(owner: asyncpg.Connection, world: World, channel: str = "zns") -> int:
    """As the counter says, which must be what the ledger says."""
    rows = await owner.fetchrow(
        """
        SELECT (SELECT coalesce(sum(s.spent), 0) FROM channel_spendings s WHERE s.school_id = $1 AND s.channel = $2) AS counted,
               (SELECT coalesce(sum(p.price), 0) FROM paid_sends p
                 WHERE p.school_id = $1 AND p.channel = $2 AND p.state <> 'released') AS kept
        """,
        world.school_id, channel,
    )  # fmt: skip
    assert rows is not None and rows["counted"] == rows["kept"]
    return int(rows["kept"])


async def round_of(house: House, world: World, *ears: Ear, rounds: int = 3) -> None:
    for _ in range(rounds):
        await drain(house, listening(Ear("push", known=()), *ears), world.school_id)


async def test_without_a_cap_nothing_is_spent_and_the_school_rings_up(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    zns = Ear("zns", price=300)
    told = await tell(still_house, world)
    await round_of(still_house, world, zns)
    assert zns.heard == []
    assert await steps(owner, told, world.parent) == {
        "push": ("skipped", "no_device"),
        "zns": ("skipped", "budget"),
        "call": ("sent", None),
    }


async def test_a_cap_is_spent_to_the_last_message_and_no_further(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    await allow(still_house, world, zns=700)
    zns = Ear("zns", price=300)
    await tell(still_house, world)
    await round_of(still_house, world, zns)
    assert len(zns.heard) == 2
    assert await spent(owner, world) == 600


async def test_what_is_refused_costs_nothing_and_the_next_channel_is_asked(
    still_house: House, owner: asyncpg.Connection, world: World
) -> None:
    await allow(still_house, world, zns=10_000, sms=10_000)
    zns, sms = Ear("zns", price=300), Ear("sms", price=850)
    zns.answers = [Refused("address_dead", "-118"), Sent("a"), Sent("b")]
    await tell(still_house, world)
    await round_of(still_house, world, zns, sms)
    assert len(zns.heard) == 3 and sms.heard == [zns.heard[0]]
    assert (await spent(owner, world), await spent(owner, world, "sms")) == (600, 850)


async def test_an_answer_that_never_came_is_asked_for_again_by_its_key_or_not_at_all(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000)
    for repeats_for, asked, state in ((timedelta(0), 3, "uncertain"), (timedelta(hours=24), 4, "sent")):
        zns = Ear("zns", price=300)
        zns.repeats_for, zns.answers = repeats_for, [LOST]
        before = await spent(owner, world)
        told = await tell(still_house, world)
        await round_of(still_house, world, zns)
        clock.advance(timedelta(seconds=15))
        await round_of(still_house, world, zns)
        assert len(zns.heard) == asked
        found = await owner.fetchval("SELECT state FROM paid_sends WHERE notice_id = $1 AND guardian_id = $2", told, zns.heard[0][1])  # fmt: skip
        assert found == state
        assert await spent(owner, world) - before == 900
        person = next(p for p in (world.parent, world.parent2, world.classmate_parent) if p.person_id == zns.heard[0][1])  # fmt: skip
        after = await steps(owner, told, person)
        if state == "uncertain":
            # Nobody knows whether it arrived. It is said so, not paid again on another channel, and somebody asks.
            assert after["zns"] == ("dead", "uncertain") and after["call"] == ("sent", None) and "sms" not in after
        else:
            assert after["zns"] == ("sent", None)
    # The call that was planned while the answer was missing is not made.
    clock.advance(timedelta(hours=25))
    await round_of(still_house, world, zns)
    assert (await steps(owner, told, person))["call"] == ("skipped", "already_paid")


async def test_a_key_that_the_provider_has_forgotten_is_not_used_again(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=10_000)
    zns = Ear("zns", price=300)
    zns.repeats_for, zns.answers = timedelta(hours=24), [LOST, Sent("a"), Sent("b"), Sent("c")]
    told = await tell(still_house, world)
    await round_of(still_house, world, zns)
    clock.advance(timedelta(hours=25))
    await round_of(still_house, world, zns)
    assert len(zns.heard) == 3
    states = await owner.fetch("SELECT state FROM paid_sends WHERE notice_id = $1 ORDER BY state", told)
    assert [row["state"] for row in states] == ["sent", "sent", "uncertain"]


async def test_a_message_that_cannot_be_priced_keeps_nobody_else_waiting(
    still_house: House, owner: asyncpg.Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await allow(still_house, world, zns=10_000)
    zns = Ear("zns", price=300)

    async def price(house: House, batch: Any, item: Any) -> int:
        if item.row.guardian_id == world.parent.person_id:
            raise KeyError("template")
        return 300

    monkeypatch.setattr(zns, "price", price)
    told = await tell(still_house, world)
    await round_of(still_house, world, zns)
    assert (await steps(owner, told, world.parent))["zns"] == ("dead", "our_bug:KeyError")
    assert len(zns.heard) == 2


class Stopped(Ear):
    """A channel that is switched off after its first message: no turn comes for the others."""

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        for item in items:
            if self.heard:
                item.tries.append(Try(bytes(32), item.row.account_id))
            else:
                await super().deliver(house, batch, [item], resting)
                await switches.switch_off(house.database, "zns", "drill", at=house.clock.now())


async def test_a_paid_channel_that_is_stopped_reserves_nothing_more_and_pays_for_what_left(
    still_house: House, owner: asyncpg.Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paid, "_SLICE_WITHOUT_KEY", 1)
    await allow(still_house, world, zns=10_000, sms=10_000)
    zns, sms = Stopped("zns", price=300), Ear("sms", price=850)
    told = await tell(still_house, world)
    for _ in range(6):
        await drain(still_house, listening(Ear("push", known=()), zns, sms), world.school_id)
    assert len(zns.heard) == 1 and len(sms.heard) == 2
    assert {one for _, one in zns.heard}.isdisjoint(one for _, one in sms.heard)
    assert await spent(owner, world) == 300
    reserved = await owner.fetchval(
        "SELECT count(*) FROM paid_sends WHERE notice_id = $1 AND channel = 'zns' AND (state = 'reserved' OR reserved_at IS NULL)",
        told,
    )
    tried = await owner.fetchval("SELECT count(*) FROM paid_sends WHERE notice_id = $1 AND channel = 'zns'", told)
    assert (reserved, tried) == (0, 2), "one message found out; for the third nothing was reserved"


async def test_a_new_month_begins_with_the_whole_cap(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> None:
    await allow(still_house, world, zns=600)
    zns = Ear("zns", price=300)
    await tell(still_house, world)
    await round_of(still_house, world, zns)
    clock.advance(timedelta(days=10))
    await tell(still_house, world)
    await round_of(still_house, world, zns)
    assert len(zns.heard) == 4
    months = await owner.fetch("SELECT spent_month, spent FROM channel_spendings WHERE school_id = $1 AND channel = 'zns' ORDER BY 1", world.school_id)  # fmt: skip
    assert [tuple(row) for row in months] == [(MONTH, 600), (date(2026, 12, 1), 600)]


_ANSWERS: list[Outcome] = [
    Sent("x"), Refused("address_dead", "d"), Refused("channel_down", "c"), TryLater("t"), LOST, TryLater("q", pauses_channel=True),
]  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_ANSWERS), max_size=6), st.booleans(), st.integers(0, 1200))
async def test_counter_and_ledger_agree_whatever_the_provider_answers(
    still_house: House, owner: asyncpg.Connection, world: World, clock: StoppedClock,
    answers: list[Outcome], repeats: bool, cap: int,
) -> None:  # fmt: skip
    before = await spent(owner, world)
    await allow(still_house, world, zns=before + cap)
    zns = Ear("zns", price=300)
    zns.repeats_for, zns.answers = timedelta(hours=24 if repeats else 0), list(answers)
    await tell(still_house, world)
    for _ in range(3):
        await round_of(still_house, world, zns, rounds=2)
        assert await spent(owner, world) - before <= cap
        clock.advance(timedelta(minutes=20))

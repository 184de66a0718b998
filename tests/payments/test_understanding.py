"""Events that wait for the sweep are settled many at once, and it comes to the same as one by one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments import understanding
from payments.banks import sepay
from payments.banks.providers import PROVIDERS
from tests.payments.fair import CODES, START, make_fair
from tests.twins.bank import SepayTwin

C = CODES
MEMOS = [
    f"{C['meals']} tien an", f"{C['request']} nop", C["pupil"], f"HOAN TRA {C['pupil']}", C["mate"], C["water"],
    f"{C['meals']} {C['mate']}", "NGUYEN VAN A chuyen tien", f"{C['meals']} {C['stranger']}",
]  # fmt: skip


def bodies(fair, told):
    """SePay's own, numbered by their places, so that two schools are told the same."""
    twin = SepayTwin(None, "", fair.numbers[0], "secret")
    for place, (memo, amount, direction) in enumerate(told, 1):
        move = twin.credit if direction == "in" else twin.debit
        facts = {"id": place, "referenceCode": f"FT{place:06d}", "transactionDate": "2026-09-07 09:00:00"}
        yield move(amount, memo, **facts).body


async def keep(fair, told, order=None):
    """As the hook keeps them; `order` says which arrived first."""
    kept = list(bodies(fair, told))
    for place, number in enumerate(order or range(len(kept))):
        await fair.owner.execute(
            "INSERT INTO bank_events (provider, hook_key, event_key, school_id, bank_account_id, headers, body, received_at,"
            " hook_told_at) VALUES ('sepay', $1, $2, $3, $4, '{}', $5, $6, $6)",
            fair.world.hook_key, sepay.event_key(kept[number]), fair.school_id, fair.accounts[0], kept[number],
            START + timedelta(seconds=place),
        )  # fmt: skip


async def facts(fair):
    """What became of each movement and of each event, by names that are the same in every school."""
    movements = await fair.owner.fetch(
        "SELECT event_key, state, reasons, received_at = (SELECT e.received_at FROM bank_events e"
        " WHERE e.school_id = t.school_id AND e.event_key = t.event_key) AS on_time"
        " FROM bank_transactions t WHERE school_id = $1 ORDER BY event_key",
        fair.school_id,
    )
    events = await fair.owner.fetch(
        "SELECT outcome, event_key, attempts, amount, direction, understood_at IS NOT NULL AS done FROM bank_events"
        " WHERE school_id = $1 ORDER BY event_key",
        fair.school_id,
    )
    assert all(row["on_time"] for row in movements)
    # A payment that a later one completes was a part when it came alone; together they settle the bill.
    whole = {"part": "settled"}
    return (
        {row["event_key"]: whole.get(row["state"], row["state"]) for row in movements},
        # An event keeps what became of it when it was read; a later one may displace it, and in one batch both are read at once.
        [(*rest, "booked" if outcome in BOOKED else outcome) for outcome, *rest in events],
    )


BOOKED = frozenset({"settled", "part", "over", "ambiguous", "unmatched"})

TOLD = st.lists(
    st.tuples(st.sampled_from(MEMOS), st.sampled_from([50_000, 350_000, 700_000]), st.sampled_from(["in"] * 5 + ["out"])),
    min_size=2,
    max_size=7,
)  # fmt: skip


async def test_batches_in_any_order_come_to_what_one_by_one_comes_to(owner, house):
    loop = asyncio.get_running_loop()

    async def compare(told, mixed, order, at_once):
        calm, swept = await make_fair(owner, house), await make_fair(owner, house)
        await keep(calm, told)
        await keep(swept, told, order)
        for body in bodies(calm, told):
            key = sepay.event_key(body)
            await understanding.settle_event(house, calm.school_id, "sepay", calm.world.hook_key, key)
        while await understanding.settle_waiting(house, at_once=at_once):
            pass
        assert await calm.seal() == await swept.seal()
        if not mixed:
            # In another order another of several equal payments may be the one too many.
            assert await facts(swept) == await facts(calm)
        await swept.prove()

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(TOLD, st.booleans(), st.integers(2, 7), st.data())
    def property(told, mixed, at_once, data):
        numbers = list(range(len(told)))
        order = data.draw(st.permutations(numbers)) if mixed else numbers
        asyncio.run_coroutine_threadsafe(compare(told, mixed, order, at_once), loop).result(60)

    await asyncio.to_thread(property)


async def test_a_poisoned_event_does_not_stop_its_batch(owner, house, monkeypatch):
    fair = await make_fair(owner, house)
    told = [(C["meals"], 10_000 + number, "in") for number in range(20)]
    await keep(fair, told)
    understand = PROVIDERS["sepay"].understand

    def reads(body):
        if b'"transferAmount":10007' in body:
            raise RuntimeError("poison")
        return understand(body)

    monkeypatch.setitem(PROVIDERS, "sepay", msgspec.structs.replace(PROVIDERS["sepay"], understand=reads))
    assert await understanding.settle_waiting(house) == 19
    left = await owner.fetch(
        "SELECT event_key, attempts FROM bank_events WHERE school_id = $1 AND understood_at IS NULL", fair.school_id
    )
    assert [tuple(row) for row in left] == [("8", 1)]
    monkeypatch.undo()
    assert await understanding.settle_waiting(house) == 1
    assert (await fair.state())["bills"][C["meals"]] == sum(amount for _, amount, _ in told)
    await fair.prove()


async def test_a_full_waiting_room_takes_a_few_transactions(owner, house, monkeypatch):
    fair = await make_fair(owner, house)
    await keep(fair, [(C["water"], 1 + number % 3, "in") for number in range(120)])
    opened = []
    school = house.database.school
    monkeypatch.setattr(house.database, "school", lambda *a, **k: opened.append(a) or school(*a, **k))
    assert await understanding.settle_waiting(house, at_once=50) == 120
    assert len([one for one in opened if one[0] == fair.school_id]) == 3
    await fair.prove()


@pytest.mark.parametrize("unreadable", [b"{}", b'{"id": 1, "transferAmount": "x"}'])
async def test_what_cannot_be_read_stands_beside_what_can(owner, house, unreadable):
    fair = await make_fair(owner, house)
    await keep(fair, [(C["meals"], 350_000, "in")])
    await owner.execute(
        "INSERT INTO bank_events (provider, hook_key, event_key, school_id, bank_account_id, headers, body, received_at)"
        " VALUES ('sepay', $1, 'odd', $2, $3, '{}', $4, $5)",
        fair.world.hook_key, fair.school_id, fair.accounts[0], unreadable, START,
    )  # fmt: skip
    assert await understanding.settle_waiting(house) == 2
    movements, _ = await facts(fair)
    assert set(movements.values()) == {"settled", "unreadable"}
    await fair.prove()

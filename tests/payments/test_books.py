"""The books prove themselves: in any order of arrival, and against whoever tampers with them."""

import asyncio
import random

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments import reconcile, understanding
from tests import apart
from tests.factories import make_world
from tests.payments.conftest import AMOUNT, Money
from tests.twins.bank import SepayTwin

# A house of its own, since the report looks at every school of a database.
apart_url, app, client, house, owner, redis_url = apart.FIXTURES


@pytest.mark.parametrize("table", ["ledger_transfers", "allocations"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET amount = 1", "DELETE FROM {}"])
async def test_the_ledger_can_only_be_added_to(money, table, verb):
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with money.house.database.school(money.world.school_id) as tx:
            await tx.execute(f"{verb.format(table)} WHERE school_id = $1", money.world.school_id)


TAMPERED = {
    "bank_is_ledger": "UPDATE bank_transactions SET amount = amount + 1 WHERE school_id = $1",
    "account_is_ledger": "DELETE FROM ledger_transfers WHERE school_id = $1 AND kind = 'arrived'",
    "ledger_is_invoice": "UPDATE invoices SET amount = amount + 5 WHERE school_id = $1",
    "invoice_is_not_overpaid": "UPDATE allocations SET amount = amount * 2 WHERE school_id = $1",
    "credit_is_accounted_for": "UPDATE ledger_transfers SET amount = 1 WHERE school_id = $1 AND kind = 'allocated'",
    "no_balance_below_nothing": "DELETE FROM ledger_transfers WHERE school_id = $1 AND kind = 'arrived'",
    "allocation_has_receipt": "UPDATE payment_receipts SET amount = amount - 1 WHERE school_id = $1",
    "receipts_have_no_gap": "UPDATE payment_receipts SET number = 7 WHERE school_id = $1",
    "event_is_understood": "UPDATE bank_events SET event_key = event_key || 'x' WHERE school_id = $1",
    "ledger_is_sealed": "UPDATE ledger_transfers SET made_by = NULL WHERE school_id = $1 AND seq = 1",
    "refund_is_ledger": "UPDATE ledger_transfers SET credit_account = 'refund' WHERE school_id = $1 AND kind = 'arrived'",
    "write_off_is_adjustment": "UPDATE ledger_transfers SET debit_account = 'write_off' WHERE school_id = $1 AND kind = 'billed'",
}


def test_every_check_has_a_tampering_that_it_must_find():
    assert set(TAMPERED) == set(reconcile.CHECKS)


@pytest.mark.parametrize("check", TAMPERED)
async def test_tampering_is_found(money, check, apart_url):
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    await money.prove()
    await money.owner.execute(TAMPERED[check], money.world.school_id)
    found = (await money.get("/books/check")).json()["disagreements"]
    assert check in {row["check"] for row in found}
    lines = await reconcile.report(apart_url)
    assert any(line.startswith(f"school {money.world.school_id}: {check} ") for line in lines)


async def test_receipts_of_two_transfers_at_once_have_no_gap(money):
    await money.bill()
    references = [(await money.invoice(p))["reference"] for p in (money.world.child, money.world.classmate)]
    events = [money.bank.credit(AMOUNT // 2, reference) for reference in references * 2]
    await money.bank.replay(events)
    await asyncio.gather(*(understanding.settle_waiting(money.house) for _ in range(3)))
    numbers = await money.owner.fetch(
        "SELECT number FROM payment_receipts WHERE school_id = $1 ORDER BY number", money.world.school_id
    )
    assert [r["number"] for r in numbers] == [1, 2, 3, 4]
    await money.prove()


movements = st.lists(
    st.tuples(
        st.sampled_from(["first", "second", "both", "stranger", "nothing"]),
        st.sampled_from([100_000, AMOUNT, 2 * AMOUNT]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(movements, st.integers(0, 2**32))
async def test_any_order_repetition_and_interleaving_gives_provable_books(house, client, owner, plan, seed):
    """Every movement is in the books exactly once, whatever it was repeated with; a calm run and a wild one agree."""
    calm = await _run(house, client, owner, plan, None)
    wild = await _run(house, client, owner, plan, random.Random(seed))
    assert wild.keys() == calm.keys()
    assert wild["bank"] == calm["bank"] == sum(amount for _, amount, _ in plan)
    assert wild["events"] == calm["events"] == len(plan)
    # How many receipts it takes may depend on who came first; where the money lies may not.
    assert {**wild, "receipts": 0} == {**calm, "receipts": 0}


async def _run(house, client, owner, plan, chance):
    world = await make_world(owner, house)
    number = await owner.fetchval(
        "SELECT account_number FROM bank_accounts WHERE bank_account_id = $1", world.bank_account_id
    )
    bank = SepayTwin(client, f"/hooks/sepay/{world.hook_key}", number, "hook-secret")
    money = Money(world, house, client, owner, bank, number)
    await money.bill()
    first = (await money.invoice(world.child))["reference"]
    second = (await money.invoice(world.classmate))["reference"]
    memos = {
        "first": first,
        "second": second,
        "both": f"{first} {second}",
        "stranger": "HP9999990",
        "nothing": "chuyen tien",
    }
    events = [(bank.credit(amount, memos[target]), times) for target, amount, times in plan]
    calls = [event for event, times in events for _ in range(times)]
    if chance is None:
        for event in calls:
            await bank.call(event)
            await money.settle()
    else:
        chance.shuffle(calls)
        await asyncio.gather(
            bank.replay(calls), understanding.settle_waiting(house), understanding.settle_waiting(house)
        )
        await asyncio.gather(*(understanding.settle_waiting(house) for _ in range(3)))
        await bank.replay(calls)
    await money.settle()
    await money.prove()
    receipts = await owner.fetchval("SELECT count(*) FROM payment_receipts r WHERE school_id = $1", world.school_id)
    assert receipts == await money.count("allocations")
    return {
        "bank": await money.balance("bank"),
        "unallocated": await money.balance("unallocated"),
        "first": (await money.invoice())["paid"],
        "second": (await money.invoice(world.classmate))["paid"],
        "receipts": receipts,
        "events": await money.count("bank_events"),
    }

"""A bill asks for its amount and its adjustments, in every place that shows it, and the books follow."""

import itertools
from uuid import UUID

import pytest

from backend.core.problems import Problem
from payments import adjustments, chain, ledger
from payments.adjustments import Adjustment
from tests.payments.conftest import AMOUNT


async def adjust(money, amount, kind="exemption", invoice=None):
    invoice = invoice or await money.invoice()
    now = money.house.clock.now()
    async with money.house.database.school(money.world.school_id) as tx:
        await ledger.hold_till(tx, at=now)
        change = Adjustment(UUID(invoice["invoice_id"]), amount, kind, "Hộ nghèo", "QĐ 12")
        await adjustments.add(tx, [change], made_by=money.world.accountant.account_id, at=now)


async def test_a_family_is_asked_for_what_is_left_after_an_exemption(money):
    await money.bill()
    await adjust(money, -100_000)
    invoice = await money.invoice()
    assert (invoice["amount"], invoice["remaining"], invoice["state"]) == (250_000, 250_000, "open")
    seen = await money.family()
    assert seen["due"] == 250_000
    home = (await money.http.get("/v1/family/home", headers=money.world.parent.headers)).json()
    assert home["children"][0]["balance_due"] == 250_000
    await money.receive(money.bank.credit(250_000, invoice["reference"]))
    assert (await money.invoice())["state"] == "paid"
    assert await money.balance("receivable", str(money.world.child.pupil_id)) == 0
    await money.prove()


async def test_a_write_off_is_a_loss_and_not_less_income(money):
    fee = await money.bill()
    income = await money.balance("income", fee["fee_id"])
    await adjust(money, -5_000, "write_off")
    assert await money.balance("income", fee["fee_id"]) == income
    assert await money.balance("write_off", fee["fee_id"]) == 5_000
    await money.prove()


async def test_an_adjustment_never_takes_more_than_is_asked(money):
    await money.bill()
    with pytest.raises(Problem):
        await adjust(money, -AMOUNT - 1)
    await adjust(money, -AMOUNT)
    assert (await money.invoice())["state"] == "paid"
    assert (await money.family())["due"] == 0
    await money.prove()


async def test_every_entry_seals_the_one_before_it(money):
    await money.bill()
    await money.receive(money.bank.credit(100_000, (await money.invoice())["reference"]))
    await adjust(money, -50_000)
    rows = await money.owner.fetch(
        "SELECT * FROM ledger_transfers WHERE school_id = $1 ORDER BY seq", money.world.school_id
    )
    before = chain.FIRST
    for seq, row in enumerate(rows, 1):
        sides = [(row[f"{side}_account"], row[f"{side}_ref"]) for side in ("debit", "credit")]
        assert (row["seq"], row["prev_hash"]) == (seq, before)
        before = chain.seal(
            before, row["school_id"], seq, row["transfer_id"], *sides, row["amount"], row["kind"],
            row["transaction_id"], row["invoice_id"], row["booked_on"], row["booked_at"], row["made_by"],
        )  # fmt: skip
        assert row["hash"] == before
    assert len(rows) >= 5
    assert before == await money.owner.fetchval(
        "SELECT last_hash FROM tills WHERE school_id = $1", money.world.school_id
    )


async def test_the_chain_holds_after_a_part_was_rolled_back(money):
    await money.bill()
    now = money.house.clock.now()
    bank = ledger.bank(money.world.bank_account_id)
    waiting = ledger.unallocated(money.world.bank_account_id)
    async with money.house.database.school(money.world.school_id) as tx:
        await ledger.hold_till(tx, at=now)
        with pytest.raises(RuntimeError):
            async with tx.savepoint():
                await ledger.book(tx, [ledger.Transfer("test", bank, waiting, 1)], at=now, made_by=None)
                raise RuntimeError
        await ledger.book(tx, [ledger.Transfer("test", bank, waiting, 2)], at=now, made_by=None)
    rows = await money.owner.fetch(
        "SELECT seq, prev_hash, hash FROM ledger_transfers WHERE school_id = $1 ORDER BY seq", money.world.school_id
    )
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(after["prev_hash"] == before["hash"] for before, after in itertools.pairwise(rows))

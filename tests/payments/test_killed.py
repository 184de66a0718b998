"""Killed between any two writes of settling, and started again: nothing lost, nothing doubled, receipts without a gap."""

import asyncio
import json
import sys

from backend.core.ids import new_id
from tests.payments.conftest import AMOUNT


async def test_a_kill_at_any_write_loses_and_doubles_nothing(money, database_url):
    await money.bill()
    reference = (await money.invoice())["reference"]
    code = "HP2600017" if reference != "HP2600017" else "HP1234566"
    now = money.house.clock.now()
    await money.owner.execute(
        "INSERT INTO payment_codes (school_id, code, kind, bank_account_id, pupil_id, created_by, created_at)"
        " VALUES ($1, $2, 'pupil', $3, $4, $5, $6)",
        money.world.school_id, code, money.world.bank_account_id, money.world.child.pupil_id, new_id(), now,
    )  # fmt: skip
    # Flexible money is laid, then steps aside for money that names the bill: every kind of write there is.
    events = [money.bank.credit(AMOUNT, code), money.bank.credit(AMOUNT - 1, reference), money.bank.debit(5, "phi")]
    for event in events:
        assert await money.bank.call(event)
    kept = [["sepay", money.world.hook_key, str(event.event_id)] for event in events]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.payments.killed", database_url, str(money.world.school_id), json.dumps(kept),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    deaths = json.loads(out)
    # Before the first write, after each of them, and once between the last one and the commit.
    assert deaths[0] > 10 and deaths[1] > 14 and deaths[2] > 4, deaths
    assert [await money.state(event) for event in events] == ["over", "settled", "ignored"]
    assert (await money.invoice())["state"] == "paid"
    numbers = await money.owner.fetch(
        "SELECT number FROM payment_receipts WHERE school_id = $1 ORDER BY number", money.world.school_id
    )
    assert [row["number"] for row in numbers] == list(range(1, len(numbers) + 1))
    assert len(numbers) == 3
    await money.prove()

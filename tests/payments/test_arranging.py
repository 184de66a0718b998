"""Money that names a bill comes first, flexible money steps aside, and what one door left out another may bring."""

from datetime import timedelta

import msgspec
import pytest

from payments import ledger, settle
from payments.banks.line import BankLine
from tests.payments.fair import BILLS, CODES, START, VIRTUAL, make_fair


@pytest.fixture
async def fair(owner, house):
    return await make_fair(owner, house)


def line(fair, memo, amount, number=1, source="sepay", **more):
    return BankLine(
        **{
            "source": source,
            "event_key": f"{source}{number}",
            "account_number": fair.numbers[0],
            "direction": "in",
            "amount": amount,
            "memo": memo,
            "booked_at": START + timedelta(minutes=number),
            "bank_reference": f"FT{number}",
            **more,
        }
    )


async def paid(fair):
    state = await fair.state()
    names = {code: name for name, code in CODES.items()}
    return {names[code]: amount for code, amount in state["bills"].items() if amount}


async def states(fair):
    rows = await fair.owner.fetch(
        "SELECT state, reasons FROM bank_transactions WHERE school_id = $1 AND state <> 'duplicate' ORDER BY booked_at",
        fair.school_id,
    )
    return [(row["state"], *row["reasons"]) for row in rows]


async def test_a_pupils_code_pays_the_obligatory_first_and_what_is_due_first(fair):
    await fair.deliver(line(fair, CODES["pupil"], 380_000))
    assert await paid(fair) == {"meals": 350_000, "water": 30_000}
    assert await states(fair) == [("part", "pupil_code", "amount_less")]
    await fair.deliver(line(fair, "chuyen tien", 100_000, 2, virtual_account=VIRTUAL))
    assert await paid(fair) == {"meals": 350_000, "water": 60_000, "gift": 50_000}
    assert (await states(fair))[1] == ("over", "virtual_account", "amount_more")
    await fair.prove()


async def test_flexible_money_steps_aside_for_money_that_names_the_bill(fair):
    await fair.deliver(line(fair, CODES["pupil"], 350_000))
    assert await paid(fair) == {"meals": 350_000}
    await fair.deliver(line(fair, CODES["meals"], 350_000, 2))
    assert await paid(fair) == {"meals": 350_000, "water": 60_000, "gift": 50_000}
    assert [one[0] for one in await states(fair)] == ["over", "settled"]
    cancelled = await fair.owner.fetchval(
        "SELECT count(*) FROM receipt_cancellations WHERE school_id = $1", fair.school_id
    )
    assert cancelled == 1
    await fair.prove()


async def test_a_request_pays_the_bills_of_two_children(fair):
    await fair.deliver(line(fair, f"{CODES['request']} nop tien", 700_000))
    assert await paid(fair) == {"meals": 350_000, "mate": 350_000}
    assert await states(fair) == [("settled", "request_code", "amount_equal")]
    await fair.prove()


async def test_a_code_that_the_first_door_cut_off_is_found_when_the_second_tells_it(fair):
    await fair.deliver(line(fair, "CT DEN 0011", 350_000))
    assert await states(fair) == [("unmatched", "no_reference")]
    [told] = await fair.deliver(line(fair, CODES["meals"], 350_000, source="statement"))
    assert told.state == "duplicate"
    assert await states(fair) == [("settled", "reference_word", "amount_equal")]
    await fair.prove()


async def test_doors_that_name_different_bills_leave_it_to_a_person(fair):
    await fair.deliver(line(fair, CODES["meals"], 350_000))
    await fair.deliver(line(fair, CODES["mate"], 350_000, source="statement"))
    assert await paid(fair) == {}
    assert (await states(fair))[0][0] == "ambiguous"
    await fair.prove()


async def test_what_a_person_decided_is_not_moved_when_another_door_tells_more(fair, owner):
    [first] = await fair.deliver(line(fair, "CT DEN 0011", 350_000))
    await owner.execute(
        "UPDATE bank_transactions SET pinned = true WHERE school_id = $1 AND transaction_id = $2",
        fair.school_id,
        first.transaction_id,
    )
    await fair.deliver(line(fair, CODES["meals"], 350_000, source="statement"))
    assert await paid(fair) == {}
    await fair.prove()


async def test_two_equal_payments_stay_two_however_often_they_are_told(fair):
    memo, day = f"{CODES['meals']} NOP", {"bank_reference": None}
    await fair.deliver(line(fair, memo, 100_000, 1), line(fair, memo, 100_000, 2))
    await fair.deliver(
        line(fair, memo, 100_000, 3, "statement", **day), line(fair, memo, 100_000, 4, "statement", **day)
    )
    await fair.deliver(line(fair, memo, 100_000, 3, "statement", **day))
    assert await paid(fair) == {"meals": 200_000}
    [third] = await fair.deliver(line(fair, memo, 100_000, 5, "statement", **day))
    assert third.state == "part"
    assert await paid(fair) == {"meals": 300_000}
    await fair.prove()


async def test_money_that_came_before_its_bill_is_laid_when_the_bill_is_there(fair, owner):
    await owner.execute(
        "UPDATE invoices SET reference = 'x' WHERE school_id = $1 AND reference = $2", fair.school_id, CODES["water"]
    )
    await fair.deliver(line(fair, CODES["water"], 60_000))
    assert await states(fair) == [("unmatched", "unknown_reference")]
    invoice_id = await owner.fetchval(
        "UPDATE invoices SET reference = $2 WHERE school_id = $1 AND reference = 'x' RETURNING invoice_id",
        fair.school_id,
        CODES["water"],
    )
    now = fair.house.clock.now()
    async with fair.house.database.school(fair.school_id) as tx:
        await ledger.hold_till(tx, at=now)
        await settle.look_again(tx, [invoice_id], at=now)
    assert await paid(fair) == {"water": 60_000}
    assert await states(fair) == [("settled", "reference_word", "amount_equal")]
    await fair.prove()


@pytest.mark.parametrize("amount", [0, -350_000])
async def test_an_amount_that_is_none_is_kept_and_never_booked(fair, amount):
    [done] = await fair.deliver(line(fair, CODES["meals"], amount))
    assert done.state == "unreadable"
    assert await paid(fair) == {}
    await fair.prove()


async def test_another_schools_account_is_ignored_and_not_booked(fair):
    [done] = await fair.deliver(line(fair, CODES["meals"], 350_000, account_number="99990000"))
    assert done.state == "ignored"
    assert (await fair.state())["bills"][CODES["meals"]] == 0
    await fair.prove()


async def test_a_batch_is_settled_in_as_many_statements_as_a_line(fair):
    async def statements(*lines):
        now = fair.house.clock.now()
        async with fair.house.database.school(fair.school_id) as tx:
            account = await settle.accounts.receiving(tx, fair.accounts[0])
            before = tx.statements
            await settle.settle_many(tx, account, lines, received_at=now, at=now)
            return tx.statements - before

    one = await statements(line(fair, CODES["meals"], 1_000))
    many = await statements(
        *(line(fair, CODES[name], 500, 10 + n) for n in range(40) for name in ("water", "mate")[n % 2 :][:1])
    )
    assert many == one <= 20
    assert await paid(fair) == {"meals": 1_000, "water": 10_000, "mate": 10_000}
    await fair.prove()


async def test_one_by_one_and_all_at_once_are_the_same_books(fair, owner, house):
    other = await make_fair(owner, house)
    kinds = [*(CODES[name] for name in BILLS), CODES["request"], CODES["pupil"], f"{CODES['meals']} {CODES['mate']}"]
    lines = [
        line(fair, memo, amount, n) for n, (memo, amount) in enumerate((m, a) for m in kinds for a in (70_000, 350_000))
    ]
    await fair.deliver(*lines)
    for one in lines:
        await other.deliver(replace_account(one, other))
    assert await fair.seal() == await other.seal()
    await fair.prove()


def replace_account(one, fair):
    return msgspec.structs.replace(one, account_number=fair.numbers[0])

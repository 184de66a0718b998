"""The same movements through a webhook and a statement, in every order: one transaction each, the same books, nothing to decide twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.payments.conftest import AMOUNT, Money
from tests.payments.statements.printing import Moved
from tests.payments.statements.test_importing import DAY, Statements, pay, statements
from tests.twins.bank import VIETNAM

__all__ = ["statements"]
NOON = dt.datetime.combine(DAY, dt.time(12), VIETNAM)


def told(money: Money, moved: Moved, at: dt.datetime = NOON, reference: str | None = None) -> Any:
    return money.bank.credit(
        moved.amount, moved.memo, transactionDate=f"{at:%Y-%m-%d %H:%M:%S}", referenceCode=reference
    )


@pytest.mark.parametrize("first", ["webhook", "statement"])
@pytest.mark.parametrize("layout", ["bidv", "vietcombank_simple", "agribank", "mb", "techcombank"])
async def test_a_payment_told_by_both_doors_is_one(
    money: Money, statements: Statements, first: str, layout: str
) -> None:
    """Where the bank's own number differs from what the feed calls it, the day, the sum and the text speak."""
    await money.bill()
    reference = (await money.invoice())["reference"]
    moved = pay(f"MBVCB.3278907687.{reference}.CT tu 0011000999999", "5078.12345")
    event = told(money, moved, reference="MBVCB.3278907687")
    if first == "webhook":
        assert await money.receive(event) == ["settled"]
        shown = await statements.uploaded(statements.printed(layout, [moved]))
        assert (shown["lines_told"], shown["lines_new"], shown["lines"][0]["state"]) == (1, 0, "told")
        applied = await statements.apply(shown)
        assert (applied["lines_told"], applied["lines_new"]) == (1, 0)
    else:
        assert (await statements.take(statements.printed(layout, [moved])))["lines_new"] == 1
        assert await money.receive(event) == ["duplicate"]
    assert await statements.movements() == 1
    assert (await money.invoice())["state"] == "paid"
    assert await money.balance("bank") == AMOUNT
    waiting = (await money.get("/transactions?waiting=true")).json()["transactions"]
    assert waiting == []
    await money.prove()


async def test_a_night_transfer_that_the_bank_books_after_the_weekend_is_one(
    money: Money, statements: Statements
) -> None:
    night = dt.datetime(2026, 9, 4, 23, 41, 5, tzinfo=VIETNAM)
    moved = Moved(
        dt.date(2026, 9, 7), AMOUNT, "MBVCB.3278907687.NGUYEN A chuyen tien.CT tu 0011000999999", "5078.12345"
    )
    await money.receive(told(money, moved, night, "MBVCB.3278907687"))
    assert (await statements.take(statements.printed("vietcombank_simple", [moved])))["lines_told"] == 1
    assert await statements.movements() == 1
    await money.prove()


async def test_hundreds_of_doubles_leave_nothing_to_decide(money: Money, statements: Statements) -> None:
    """Three hundred families pay the same sum; the webhook told all but three, ten of them write word for word the same."""
    moved = [pay(f"PHU HUYNH SO {n} chuyen tien" if n % 30 else "NGUYEN A chuyen tien", f"B{n}") for n in range(300)]
    for one in moved[3:]:
        assert await money.bank.call(told(money, one))
    await money.settle()
    applied = await statements.take(statements.printed("agribank", moved))
    assert (applied["lines_told"], applied["lines_new"]) == (297, 3)
    assert await statements.movements() == 300
    assert await money.balance("bank") == 300 * AMOUNT
    await money.prove()


async def test_a_second_real_payment_is_never_swallowed(money: Money, statements: Statements) -> None:
    """Two equal payments on one day, of which the webhook told one; then the webhook's retry comes as well."""
    moved = [pay("NGUYEN A chuyen tien", "B1"), pay("NGUYEN A chuyen tien", "B2")]
    event = told(money, moved[0])
    await money.receive(event)
    applied = await statements.take(statements.printed("agribank", moved))
    assert (applied["lines_told"], applied["lines_new"]) == (1, 1)
    await money.receive(event)
    late = told(money, moved[1])
    assert await money.receive(late) == ["duplicate"]
    assert await statements.movements() == 2
    await money.prove()


async def test_a_long_statement_is_booked_in_portions_and_the_planner_is_told(
    money: Money, statements: Statements
) -> None:
    """Equal payments on both sides of a portion's edge stay as many as they are."""
    moved = [pay("NGUYEN A chuyen tien" if n % 2 else f"LE B{n} chuyen tien", f"B{n}") for n in range(1_050)]
    await money.receive(told(money, moved[1]), told(money, moved[999]))
    applied = await statements.take(statements.printed("agribank", moved))
    assert (applied["lines_told"], applied["lines_new"]) == (2, 1_048)
    assert await statements.movements() == 1_050
    guessed = await money.owner.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'statement_lines'")
    assert guessed >= 1_050
    await money.prove()

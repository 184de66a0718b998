"""A day is closed with what an imported statement says the bank held, where there is one that can be believed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from backend.core.clock import school_day
from backend.core.ids import new_id
from payments.statements.day_ends import DayEnds, day_ends
from payments.statements.shapes import Line, Section
from tests.payments.conftest import AMOUNT, Money
from tests.payments.statements.printing import ACCOUNT, Moved, printed


def day(number: int) -> dt.date:
    return dt.date(2026, 9, number)


def line(on: dt.date, amount: int, row: int = 1) -> Line:
    return Line("", row, (), "in" if amount > 0 else "out", abs(amount), "", on)


def section(*lines: Line, **changes: Any) -> Section:
    return Section("", "", "1", lines, **{"opening": 100, "closing": 100 + sum_of(lines), **changes})


def sum_of(lines: tuple[Line, ...]) -> int:
    return sum(one.amount if one.direction == "in" else -one.amount for one in lines)


MOVES = (line(day(2), 50), line(day(2), -20), line(day(5), 7))


@pytest.mark.parametrize("lines", [MOVES, MOVES[::-1]])
def test_each_day_ends_with_its_balance_whichever_way_the_bank_prints(lines: tuple[Line, ...]) -> None:
    found = day_ends(section(*lines, opened_on=day(1), closed_on=day(8)), came_on=day(20))
    assert found == [DayEnds(day(1), day(1), 100), DayEnds(day(2), day(4), 130), DayEnds(day(5), day(8), 137)]


def test_the_day_on_which_the_file_came_is_not_over() -> None:
    assert day_ends(section(*MOVES, closed_on=day(30)), came_on=day(5)) == [DayEnds(day(2), day(4), 130)]
    assert day_ends(section(*MOVES, closed_on=day(30)), came_on=day(7))[-1] == DayEnds(day(5), day(6), 137)
    assert day_ends(section(*MOVES), came_on=day(2)) == []


@pytest.mark.parametrize("changes", [{"closing": 136}, {"closing": None}, {"opening": None}, {"printed_credits": 58}])
def test_sums_that_do_not_agree_say_nothing(changes: dict[str, Any]) -> None:
    assert day_ends(section(*MOVES, **changes), came_on=day(20)) == []


async def told_by_a_statement(money: Money) -> dt.date:
    """Two credits on one day and one on the next; the day of the first two."""
    on = school_day(money.house.clock.now()) - dt.timedelta(days=4)
    moved = [
        Moved(on, AMOUNT, "NGUYEN A", "FT1"),
        Moved(on, -30_000, "phi", "FT2"),
        Moved(on + dt.timedelta(days=1), 9_000, "LE B", "FT3"),
    ]
    data = printed("bidv", "csv", moved, 0).data.replace(ACCOUNT.encode(), money.account_number.encode())
    headers = money.world.accountant.headers
    shown = await money.http.post(f"{money.path}/statements", files={"data": ("saoke.csv", data)}, headers=headers)
    assert shown.status_code == 201, shown.text
    applied = await money.post(f"/statements/{shown.json()['statement_id']}/apply", {})
    assert applied.status_code == 200, applied.text
    return on


async def account_on(money: Money, on: dt.date) -> dict[str, Any]:
    (account,) = (await money.get(f"/reports/day-close?on={on}")).json()["accounts"]
    return account  # type: ignore[no-any-return]


def close_body(money: Money, on: dt.date, **changes: Any) -> dict[str, Any]:
    return {"bank_account_id": money.world.bank_account_id, "on": on.isoformat(), **changes}


async def test_a_day_is_closed_with_the_statements_balance(money: Money) -> None:
    await money.bill()
    on = await told_by_a_statement(money)
    assert (await account_on(money, on))["by_statement"] == AMOUNT - 30_000
    assert (await account_on(money, on + dt.timedelta(days=1)))["by_statement"] == AMOUNT - 21_000
    assert (await account_on(money, dt.date(2026, 8, 31)))["by_statement"] is None, (
        "the statement begins on 1 September"
    )
    answer = await money.post("/reports/day-close", close_body(money, on))
    assert answer.status_code == 200, answer.text
    account = await account_on(money, on)
    assert (account["stated"], account["difference"]) == (AMOUNT - 30_000, 0)
    assert (account["close"]["stated_by"], account["close"]["intact"]) == ("statement", True)
    again = await money.post("/reports/day-close", close_body(money, on, stated=AMOUNT - 30_000))
    assert again.json() == answer.json(), "who types the same figure says what the statement says"
    page = await money.http.get(
        f"/console/{money.world.school_id}/reports/day-close?to_on={on}",
        headers={**money.world.accountant.headers, "accept": "text/html"},
    )
    assert "(theo sao kê)" in page.text


async def test_another_figure_than_the_statements_is_a_persons_and_is_explained(money: Money) -> None:
    await money.bill()
    on = await told_by_a_statement(money)
    await money.receive(money.bank.credit(5_000, "hom nay"))
    await money.owner.execute(
        "UPDATE bank_transactions SET booked_at = $2 WHERE school_id = $1 AND amount = 5000",
        money.world.school_id,
        dt.datetime.combine(on, dt.time(5), dt.UTC),
    )
    refused = await money.post("/reports/day-close", close_body(money, on))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/note", "the books hold 5.000 more"
    refused = await money.post("/reports/day-close", close_body(money, on, stated=AMOUNT - 25_000))
    assert refused.status_code == 422 and "sao kê" in refused.text, "as the books, but not as the bank"
    body = close_body(money, on, stated=AMOUNT - 25_000, note="Sao kê thiếu một dòng")
    assert (await money.post("/reports/day-close", body)).status_code == 200
    assert (await account_on(money, on))["close"]["stated_by"] == "person"


async def test_without_a_statement_the_balance_is_asked_for(money: Money) -> None:
    await money.bill()
    on = school_day(money.house.clock.now())
    refused = await money.post("/reports/day-close", close_body(money, on))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/stated"
    unknown = await money.post("/reports/day-close", close_body(money, on, bank_account_id=int(new_id()) % 10**12))
    assert unknown.status_code == 404

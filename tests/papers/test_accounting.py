"""What accounting software imports, read back: every entry once, sums to the đồng, the school's own account numbers."""

import io
from datetime import timedelta

import openpyxl

from backend.core.clock import school_day
from backend.core.ids import new_id
from payments.reports import accounting
from tests.payments.conftest import AMOUNT


async def sheet(money, query=""):
    answer = await money.get(f"/report-files/accounting/xlsx{query}")
    assert answer.status_code == 200, answer.text
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    return rows[0], rows[1:]


async def some_entries(money):
    await money.bill()
    await money.receive(
        money.bank.credit(AMOUNT, (await money.invoice())["reference"]),
        money.bank.credit(50_000, "=1+1"),
        money.bank.debit(5_000, "phi"),
    )
    share = {"invoice_id": (await money.invoice(money.world.classmate))["invoice_id"], "amount": 10_000}
    await money.post("/counter", {"payment_id": str(new_id()), "means": "cash", "shares": [share]})


async def test_the_sheet_begins_with_the_columns_and_sums_to_the_ledger(money):
    await some_entries(money)
    head, rows = await sheet(money)
    assert head[:7] == (
        "Ngày hạch toán (*)", "Ngày chứng từ (*)", "Số chứng từ (*)", "Diễn giải", "TK Nợ (*)", "TK Có (*)", "Số tiền",
    )  # fmt: skip
    ledger = await money.owner.fetchrow(
        "SELECT count(*), sum(amount)::bigint FROM ledger_transfers WHERE school_id = $1", money.world.school_id
    )
    assert (len(rows), sum(row[6] for row in rows)) == tuple(ledger)
    assert len({row[2] for row in rows}) == len(rows), "every voucher has its own number"
    by_account = {}
    for row in rows:
        by_account[row[4]] = by_account.get(row[4], 0) + row[6]
        by_account[row[5]] = by_account.get(row[5], 0) - row[6]
    assert sum(by_account.values()) == 0
    assert by_account["1121"] == AMOUNT + 45_000 and by_account["1111"] == 10_000
    assert by_account["1121"] + by_account["1111"] == await money.balance("bank")
    assert by_account["131"] == await money.balance("receivable")
    assert not [cell for row in rows for cell in row if isinstance(cell, str) and cell.startswith("=")]


async def test_the_schools_own_numbers_outweigh_the_houses_the_narrowest_first(money):
    await some_entries(money)
    numbers = {"bank": "112", f"bank:{money.world.bank_account_id}": "11211", "income:service": "7111"}
    headers = money.world.accountant.headers
    answer = await money.http.put(money.path + "/account-numbers", json={"numbers": numbers}, headers=headers)
    assert answer.status_code == 204
    _, rows = await sheet(money)
    used = {row[4] for row in rows} | {row[5] for row in rows}
    assert {"11211", "1111", "7111", "131", "3388"} == used
    told = (await money.get("/account-numbers")).json()["numbers"]
    assert told["bank"] == "112" and told["receivable"] == "131"


async def test_a_number_for_what_is_no_book_is_refused(money):
    answer = await money.http.put(
        money.path + "/account-numbers",
        json={"numbers": {"salaries": "334", "bank": "112"}},
        headers=money.world.accountant.headers,
    )
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/numbers/salaries"


async def test_only_the_time_that_was_asked_for(money):
    await some_entries(money)
    earlier = school_day(money.house.clock.now()) - timedelta(days=40)
    assert (await sheet(money, f"?from_on={earlier}&to_on={earlier}"))[1] == []


def test_every_book_has_a_number():
    assert {book.value for book in accounting.Book} <= accounting.defaults().keys()

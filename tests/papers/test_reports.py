"""Reports against the ledger: sums agree to the đồng, voluntary items are nobody's debt, files say what the page says."""

import io
import unicodedata
from datetime import UTC, datetime, timedelta

import openpyxl
import pypdf
import pytest

from backend.core.clock import SCHOOL_ZONE, school_day
from payments.reports import printed, shelf, xlsx
from payments.reports.table import Column, Table
from tests.factories import add_pupils
from tests.payments.conftest import AMOUNT

PATHS = ("day-book", "debts", "collection", "day-close")


def today(money):
    return school_day(money.house.clock.now())


async def some_money(money) -> None:
    """A bill paid in full, one in part, one not at all, a voluntary one unpaid; a transfer nobody knows, and money that left."""
    await money.bill(title="Tiền ăn tháng 9")
    child, classmate = await money.invoice(), await money.invoice(money.world.classmate)
    await money.bill(title="Ủng hộ vùng lũ", category="voluntary")
    await money.owner.execute(
        "UPDATE invoices SET due_on = $2 WHERE school_id = $1",
        money.world.school_id,
        today(money) - timedelta(days=3),
    )
    await money.receive(
        money.bank.credit(AMOUNT, child["reference"]),
        money.bank.credit(100_000, classmate["reference"]),
        money.bank.credit(77_000, "=HYPERLINK cam on co giao"),
        money.bank.debit(5_000, "Phi dich vu"),
    )


async def report(money, name: str, query: str = "", who=None):
    answer = await money.get(f"/reports/{name}{query}", who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def cells(money, name: str, query: str = "") -> list[list[object]]:
    answer = await money.get(f"/report-files/{name}/xlsx{query}")
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]


async def paper(money, name: str) -> str:
    answer = await money.get(f"/report-files/{name}/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return unicodedata.normalize("NFC", " ".join(" ".join(page.extract_text() for page in pages).split()))


async def test_the_day_book_ends_with_what_the_ledger_holds(money):
    await some_money(money)
    book = await report(money, "day-book")
    (account,) = book["accounts"]
    held = await money.balance("bank")
    assert (account["opening"], account["received"], account["spent"]) == (0, AMOUNT + 177_000, 5_000)
    assert account["closing"] == held == book["movements"][-1]["balance"]
    assert [one["amount"] for one in book["movements"]] == [AMOUNT, 100_000, 77_000, -5_000]
    assert len(book["movements"][0]["receipts"]) == 1 and book["movements"][2]["receipts"] == []


async def test_the_balance_is_carried_from_day_to_day(money):
    await money.bill()
    reference = (await money.invoice())["reference"]
    start = money.house.clock.now()
    await money.receive(money.bank.credit(100_000, reference))
    await money.owner.execute(
        "UPDATE ledger_transfers SET booked_on = booked_on - 1 WHERE school_id = $1 AND kind = 'arrived'",
        money.world.school_id,
    )
    await money.receive(money.bank.credit(50_000, reference))
    (account,) = (await report(money, "day-book", f"?from_on={school_day(start)}"))["accounts"]
    assert (account["opening"], account["received"], account["closing"]) == (100_000, 50_000, 150_000)


async def test_debts_are_what_is_due_and_not_voluntary(money):
    await some_money(money)
    debts = await report(money, "debts")
    (debtor,) = debts["debtors"]
    assert debtor["pupil_name"] == money.world.classmate.full_name
    (bill,) = debtor["bills"]
    assert (bill["title"], bill["remaining"], bill["days_late"]) == ("Tiền ăn tháng 9", AMOUNT - 100_000, 3)
    assert debts["remaining"] == AMOUNT - 100_000
    before_it_was_due = await report(money, "debts", f"?on={today(money) - timedelta(days=10)}")
    assert before_it_was_due["debtors"] == []
    other_class = await report(money, "debts", f"?class_id={money.world.other_class_id}")
    assert other_class["debtors"] == []
    text = str(await cells(money, "debts")) + await paper(money, "debts")
    assert "Ủng hộ vùng lũ" not in text and "Trần Bảo Ân" in text


async def test_collection_tells_of_voluntary_items_only_what_came_in(money):
    await some_money(money)
    found = await report(money, "collection")
    meals, gift = found["rows"] if found["rows"][0]["title"].startswith("Tiền") else found["rows"][::-1]
    assert (meals["class_name"], meals["bills"], meals["asked"]) == ("6A1", 2, 2 * AMOUNT)
    assert (meals["paid"], meals["paid_in_period"]) == (AMOUNT + 100_000, AMOUNT + 100_000)
    assert meals["remaining"] == AMOUNT - 100_000
    assert gift["voluntary"] and [gift[key] for key in ("bills", "asked", "remaining")] == [None, None, None]
    earlier = today(money) - timedelta(days=40)
    found = await report(money, "collection", f"?from_on={earlier}&to_on={earlier + timedelta(days=5)}")
    assert found["rows"] == []


async def test_two_thousand_pupils_owe_in_one_statement(money, monkeypatch):
    await add_pupils(money.owner, money.world, 1998)
    await money.bill(due_on=today(money).isoformat())
    asked: list[str] = []
    reader = money.house.database.reader
    plain = type(reader).fetchval

    async def counted(self, sql, *arguments):
        asked.append(sql)
        return await plain(self, sql, *arguments)

    monkeypatch.setattr(type(reader), "fetchval", counted)
    tables = await shelf.tables(money.house, money.world.school_id, "debts", shelf.asked(today(money)), "vi")
    assert len(asked) == 1
    assert len(tables[0].rows) == 2000 and tables[0].totals[-1] == 2000 * AMOUNT
    book = openpyxl.load_workbook(io.BytesIO(xlsx.write(tables)))
    amounts = [row[8].value for row in book.active.iter_rows(min_row=6) if row[3].value]
    assert len(amounts) == 2000 and sum(amounts) == 2000 * AMOUNT
    pages = pypdf.PdfReader(io.BytesIO(printed.draw(tables))).pages
    assert f"Trang {len(pages)}/{len(pages)}" in pages[-1].extract_text()
    assert "Học sinh" in pages[-2].extract_text(), "the head stands on every page"


@pytest.mark.parametrize("name", PATHS)
async def test_every_report_is_a_workbook_and_a_paper(money, name):
    await some_money(money)
    rows = await cells(money, name)
    assert any(isinstance(cell, int) for row in rows for cell in row), "figures are numbers"
    said = await paper(money, name)
    assert "Trang 1/" in said and "Người lập" in said


async def test_no_memo_becomes_a_formula(money):
    await some_money(money)
    answer = await money.get("/report-files/day-book/xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    values = [cell for row in book.active.iter_rows() for cell in row]
    assert not [cell for cell in values if cell.data_type == "f"]
    assert any("HYPERLINK" in str(cell.value) for cell in values)


async def test_sums_of_the_workbook_are_those_of_the_ledger(money):
    await some_money(money)
    rows = await cells(money, "day-book")
    total = next(row for row in rows if row[0] == "Tổng cộng")
    assert total[4] - total[5] == total[6] == await money.balance("bank")


@pytest.mark.parametrize(
    "query", ["?from_on=2026-09-02&to_on=2026-09-01", "?from_on=2020-01-01&to_on=2026-01-01", "?to_on=1900-01-01"]
)
async def test_a_time_without_books_is_refused_with_a_pointer(money, query):
    answer = await money.get(f"/reports/day-book{query}")
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"].startswith("?")


async def test_an_unknown_report_or_form_is_not_found(money):
    assert (await money.get("/report-files/salaries/xlsx")).status_code == 404
    assert (await money.get("/report-files/debts/doc")).status_code in (400, 404, 422)


async def test_teachers_and_families_see_no_report(money):
    for who in (money.world.teacher, money.world.parent, money.world.other_admin):
        for name in PATHS:
            assert (await money.get(f"/reports/{name}", who)).status_code == 403
            assert (await money.get(f"/report-files/{name}/xlsx", who)).status_code == 403


# The day close


def close_body(money, **changes):
    return {"bank_account_id": money.world.bank_account_id, "on": today(money).isoformat(), **changes}


async def test_a_day_is_closed_with_what_the_bank_says(money):
    await some_money(money)
    held = await money.balance("bank")
    answer = await money.post("/reports/day-close", close_body(money, stated=held))
    assert answer.status_code == 200, answer.text
    (account,) = (await report(money, "day-close"))["accounts"]
    close = account["close"]
    assert (account["closing"], account["stated"], account["difference"]) == (held, held, 0)
    assert (close["revision"], close["intact"], close["added"], close["vanished"]) == (1, True, [], [])
    assert close["closed_by"] == money.world.accountant.full_name and len(close["seal"]) == 64
    again = await money.post("/reports/day-close", close_body(money, stated=held))
    assert again.json() == answer.json()
    assert await money.count("day_closes") == 1


async def test_a_difference_needs_an_explanation(money):
    await some_money(money)
    held = await money.balance("bank")
    refused = await money.post("/reports/day-close", close_body(money, stated=held - 11_000))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/note"
    await money.post("/reports/day-close", close_body(money, stated=held - 11_000, note="Phí thẻ ghi ngày sau"))
    (account,) = (await report(money, "day-close"))["accounts"]
    assert account["difference"] == -11_000
    said = await paper(money, "day-close")
    assert "Phí thẻ ghi ngày sau" in said and "-11.000" in said


async def test_what_reaches_a_closed_day_is_told_beside_its_close(money):
    await some_money(money)
    held = await money.balance("bank")
    await money.post("/reports/day-close", close_body(money, stated=held))
    await money.receive(money.bank.credit(9_000, "den muon"))
    (account,) = (await report(money, "day-close"))["accounts"]
    assert [one["amount"] for one in account["close"]["added"]] == [9_000]
    assert (account["closing"], account["difference"]) == (held + 9_000, -9_000)
    assert "sau khóa sổ" in await paper(money, "day-close")
    second = await money.post("/reports/day-close", close_body(money, stated=held + 9_000))
    assert second.json()["revision"] == 2
    (account,) = (await report(money, "day-close"))["accounts"]
    assert (account["close"]["revision"], account["close"]["added"], account["difference"]) == (2, [], 0)


@pytest.mark.parametrize(
    "tampering",
    [
        "stated = stated + 1, note = 'x'",
        "lines = lines[1:2]",
        "closed_at = closed_at + interval '1 second'",
        "lines_hash = decode(repeat('00', 32), 'hex')",
    ],
)
async def test_a_close_that_was_changed_in_the_database_is_called_so(money, tampering):
    await some_money(money)
    await money.post("/reports/day-close", close_body(money, stated=await money.balance("bank")))
    await money.owner.execute(f"UPDATE day_closes SET {tampering} WHERE school_id = $1", money.world.school_id)
    (account,) = (await report(money, "day-close"))["accounts"]
    assert account["close"]["intact"] is False
    assert "DẤU XÁC NHẬN KHÔNG KHỚP" in await paper(money, "day-close")


async def test_a_movement_that_vanished_is_told_too(money):
    await some_money(money)
    await money.post("/reports/day-close", close_body(money, stated=await money.balance("bank")))
    await money.owner.execute(
        "UPDATE bank_transactions SET booked_at = booked_at - interval '2 days' WHERE school_id = $1 AND amount = 77000",
        money.world.school_id,
    )
    (account,) = (await report(money, "day-close"))["accounts"]
    assert account["close"]["intact"] and len(account["close"]["vanished"]) == 1


async def test_an_opening_balance_is_entered_once(money):
    body = close_body(money, amount=1_000_000, on=(today(money) - timedelta(days=1)).isoformat())
    assert (await money.post("/reports/openings", body)).status_code == 204
    assert (await money.post("/reports/openings", body)).json()["type"].endswith("account-opening-set")
    await some_money(money)
    (account,) = (await report(money, "day-close"))["accounts"]
    assert account["opening"] == 1_000_000
    assert account["closing"] == 1_000_000 + await money.balance("bank")
    (book,) = (await report(money, "day-book"))["accounts"]
    assert book["closing"] == account["closing"]


async def test_days_to_come_and_other_schools_accounts_are_not_closed(money):
    tomorrow = (today(money) + timedelta(days=1)).isoformat()
    assert (await money.post("/reports/day-close", close_body(money, on=tomorrow, stated=0))).status_code == 422
    other = await money.owner.fetchval(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970422', $2, 'KHAC', $3) RETURNING bank_account_id",
        money.world.other_school_id,
        f"77{money.world.other_school_id:08d}",
        money.house.clock.now(),
    )
    body = close_body(money, bank_account_id=other, stated=0)
    assert (await money.post("/reports/day-close", body)).status_code == 404


def test_the_schools_day_begins_at_midnight_in_vietnam():
    begins, ends = shelf.asked(datetime(2026, 9, 5, tzinfo=UTC).date()).span
    assert begins == datetime(2026, 9, 1, tzinfo=SCHOOL_ZONE) and ends == datetime(2026, 9, 6, tzinfo=SCHOOL_ZONE)


def test_long_texts_wrap_and_never_leave_their_cell():
    columns = [Column("Khoản", "text", 1.0), Column("Tiền", "dong", 1.0)]
    rows = [["Tên rất dài " * 40, 1_000_000_000_000], ["Ngắn", None]]
    table = Table(
        name="x", title="Bảng", subtitle="", school_name="Trường", columns=columns, rows=rows, totals=["Tổng", 1],
        made_at=datetime(2026, 9, 5, tzinfo=UTC),
    )  # fmt: skip
    (page,) = pypdf.PdfReader(io.BytesIO(printed.draw([table]))).pages
    assert "…" in page.extract_text() and "1.000.000.000.000" in page.extract_text()
    assert printed.draw([table]) == printed.draw([table])

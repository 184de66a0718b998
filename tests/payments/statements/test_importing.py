"""A statement from the upload to the books, through the doors: shown first, booked once, and never twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.factories import Person
from tests.payments.conftest import AMOUNT, Money
from tests.payments.statements.printing import (
    ACCOUNT,
    CONTAINERS,
    Moved,
    camt053,
    csv_bytes,
    mt940,
    printed,
    vietcombank,
)
from tests.twins.bank import VIETNAM

DAY = dt.date(2026, 9, 2)


class Statements:
    """What these tests do again and again, through the doors of the school."""

    def __init__(self, money: Money) -> None:
        self.money = money

    def of_ours(self, file: bytes) -> bytes:
        """The printed account number becomes the school's, of the same length or not."""
        return file.replace(ACCOUNT.encode(), self.money.account_number.encode())

    async def upload(
        self, data: bytes, name: str = "saoke.csv", account: int | None = None, who: Person | None = None
    ) -> httpx.Response:
        query = f"?bank_account_id={account}" if account is not None else ""
        headers = (who or self.money.world.accountant).headers
        path = f"{self.money.path}/statements{query}"
        return await self.money.http.post(path, files={"data": (name, data)}, headers=headers)

    async def uploaded(self, data: bytes, name: str = "saoke.csv", account: int | None = None) -> dict[str, Any]:
        answer = await self.upload(data, name, account)
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def apply(self, statement: dict[str, Any]) -> dict[str, Any]:
        answer = await self.money.post(f"/statements/{statement['statement_id']}/apply", {})
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def take(self, data: bytes, name: str = "saoke.csv", account: int | None = None) -> dict[str, Any]:
        return await self.apply(await self.uploaded(data, name, account))

    def printed(self, layout: str, moved: Sequence[Moved], opening: int = 0, container: str = "csv") -> bytes:
        return self.of_ours(printed(layout, container, moved, opening).data)

    async def movements(self) -> int:
        """Movements, each counted once however many doors told it."""
        count: int = await self.money.owner.fetchval(
            "SELECT count(*) FROM bank_transactions WHERE school_id = $1 AND state <> 'duplicate'",
            self.money.world.school_id,
        )
        return count


@pytest.fixture
def statements(money: Money) -> Statements:
    return Statements(money)


def pay(memo: str, reference: str = "FT26245000000001", amount: int = AMOUNT, **changes: Any) -> Moved:
    return Moved(DAY, amount, memo, reference, **changes)


async def test_a_statement_is_shown_first_and_pays_the_bill_when_applied(money: Money, statements: Statements) -> None:
    await money.bill()
    reference = (await money.invoice())["reference"]
    file = statements.printed(
        "agribank", [pay(f"{reference} tien an"), pay("NGUYEN B chuyen tien", "FT2"), pay("Rut", "FT3", -50_000)]
    )
    shown = await statements.uploaded(file)
    assert (shown["lines_read"], shown["lines_new"], shown["lines_known"], shown["rows_unreadable"]) == (3, 3, 0, 0)
    (account,) = shown["accounts"]
    assert (account["layout"], account["account_number"], account["ours"]) == ("agribank", money.account_number, True)
    assert (account["opening"], account["credits"], account["debits"], account["closing"], account["difference"]) == (
        0, 2 * AMOUNT, 50_000, 2 * AMOUNT - 50_000, 0,
    )  # fmt: skip
    assert await money.count("bank_transactions") == 0

    applied = await statements.apply(shown)
    assert (applied["state"], applied["lines_new"]) == ("applied", 3)
    assert (await money.invoice())["state"] == "paid"
    assert await money.balance("bank") == 2 * AMOUNT - 50_000
    await money.prove()


async def test_the_same_file_again_changes_nothing(money: Money, statements: Statements) -> None:
    await money.bill()
    file = statements.printed("mb", [pay("HP A"), pay("HP A"), pay("LE C chuyen tien")])
    first = await statements.take(file)
    before = await money.books()
    again = await statements.uploaded(file)
    assert (again["statement_id"], again["state"]) == (first["statement_id"], "applied")
    await statements.apply(again)
    # The same lines in another container are another file, and nothing new.
    other = await statements.take(
        statements.of_ours(printed("mb", "html", [pay("HP A"), pay("HP A"), pay("LE C chuyen tien")], 0).data)
    )
    assert (other["lines_new"], other["lines_known"]) == (0, 3)
    assert await money.books() == before
    assert await statements.movements() == 3
    await money.prove()


@pytest.mark.parametrize("layout", ["vietcombank_simple", "agribank", "mb", "bidv"])
async def test_two_real_equal_payments_stay_two(money: Money, statements: Statements, layout: str) -> None:
    """Same day, same sum, same text, and even the same reference, as a batch has for all its parts."""
    await statements.take(statements.printed(layout, [pay("NGUYEN A chuyen tien"), pay("NGUYEN A chuyen tien")]))
    assert await statements.movements() == 2
    assert await money.balance("bank") == 2 * AMOUNT
    await money.prove()


async def test_overlapping_files_add_only_what_is_new(money: Money, statements: Statements) -> None:
    days = [Moved(dt.date(2026, 9, number), AMOUNT, "NGUYEN A chuyen tien") for number in (1, 2, 2, 3, 4)]
    await statements.take(statements.printed("bidv", days[:3]))
    second = await statements.take(statements.printed("bidv", days[1:], AMOUNT))
    assert (second["lines_known"], second["lines_new"]) == (2, 2)
    assert await statements.movements() == 5
    assert await money.balance("bank") == 5 * AMOUNT
    await money.prove()


async def test_another_layout_of_the_same_days_adds_nothing(money: Money, statements: Statements) -> None:
    moved = [pay("NGUYEN A chuyen tien", "FT1"), pay("NGUYEN A chuyen tien", "FT2"), pay("LE B chuyen tien", "FT3")]
    await statements.take(statements.printed("bidv", moved))
    for data, name in (
        (statements.printed("vietinbank", moved), "efast.csv"),
        (mt940(moved, 0, money.account_number), "x.sta"),
        (camt053(moved, 0, account=money.account_number), "x.xml"),
    ):
        shown = await statements.uploaded(data, name)
        assert (shown["lines_known"], shown["lines_new"]) == (3, 0), name
        await statements.apply(shown)
    assert await statements.movements() == 3
    await money.prove()


async def test_interest_fees_and_own_transfers_go_to_their_own_class(money: Money, statements: Statements) -> None:
    number = "0011000777" + money.account_number[-3:]
    await money.owner.execute(
        "INSERT INTO bank_accounts (school_id, bank_bin, account_number, account_name, created_at)"
        " VALUES ($1, '970436', $2, 'TRUONG', now())",
        money.world.school_id,
        number,
    )
    moved = [
        pay("TRA LAI TIEN GUI THANG 9", "FT1", 1_234),
        pay("PHI SMS THANG 09/2026", "FT2", -11_000),
        pay(f"CT tu {number} toi {money.account_number}", "FT3", 5_000_000),
        pay("TRA LAI TIEN AN CHO CON", "FT4"),
    ]
    await statements.take(statements.printed("agribank", moved))
    rows = await money.owner.fetch(
        "SELECT memo, state, reasons FROM bank_transactions WHERE school_id = $1 ORDER BY bank_reference",
        money.world.school_id,
    )
    assert [(row["state"], row["reasons"][0]) for row in rows[:3]] == [
        ("ignored", "interest"), ("ignored", "bank_fee"), ("ignored", "own_transfer"),
    ]  # fmt: skip
    assert rows[3]["state"] == "unmatched"
    assert await money.balance("bank") == sum(m.amount for m in moved)
    await money.prove()


async def test_the_days_are_kept_apart(money: Money, statements: Statements) -> None:
    """Made late on the 1st, booked on the 2nd, heard of today."""
    late = pay("NGUYEN A chuyen tien", made_on=dt.date(2026, 9, 1), at=dt.time(23, 41, 5))
    await statements.take(statements.printed("mb", [late]))
    row = await money.owner.fetchrow(
        "SELECT l.posted_on, l.made_on, l.made_at, l.cells, t.booked_at, t.received_at FROM statement_lines l"
        " JOIN bank_transactions t USING (school_id, transaction_id) WHERE l.school_id = $1",
        money.world.school_id,
    )
    assert row is not None
    assert (row["posted_on"], row["made_on"], row["made_at"]) == (DAY, dt.date(2026, 9, 1), dt.time(23, 41, 5))
    assert row["booked_at"] == dt.datetime(2026, 9, 1, 23, 41, 5, tzinfo=VIETNAM)
    assert row["received_at"] == money.house.clock.now() or row["received_at"] > row["booked_at"]
    assert "NGUYEN A chuyen tien" in row["cells"]


async def test_a_statement_of_a_foreign_account_is_refused_by_name(money: Money, statements: Statements) -> None:
    number = await money.owner.fetchval(
        "SELECT account_number FROM bank_accounts WHERE school_id = $1 LIMIT 1", money.world.other_school_id
    )
    for foreign in filter(None, ("0099000123456", number)):
        refused = await statements.upload(
            printed("agribank", "csv", [pay("x")], 0).data.replace(ACCOUNT.encode(), foreign.encode())
        )
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/statement-not-ours"
        assert foreign in refused.json()["sentences"]["vi"]
    assert await money.count("statement_files") == 0


async def test_of_two_accounts_in_one_sheet_only_ours_is_read_and_the_other_is_named(
    money: Money, statements: Statements
) -> None:
    rows = vietcombank(
        [(money.account_number, 0, [pay("a")]), ("0099000123456", 0, [pay("b", "FT9"), pay("c", "FT10")])]
    )
    data, name = CONTAINERS["xls"]("VCBACCOUNTDETAIL", rows)
    shown = await statements.uploaded(data, name)
    assert [(one["account_number"], one["ours"]) for one in shown["accounts"]] == [
        (money.account_number, True), ("0099000123456", False),
    ]  # fmt: skip
    assert [(bad["code"], bad["value"]) for bad in shown["bad_rows"]] == [("another_account", "0099000123456 (2)")]
    assert (await statements.apply(shown))["lines_new"] == 1


async def test_a_file_without_an_account_needs_to_be_told_whose_it_is(money: Money, statements: Statements) -> None:
    rows = [["Ngày", "Nội dung", "Ghi nợ", "Ghi có"], ["02/09/2026", "x chuyen tien", "", "350.000"]]
    refused = await statements.upload(csv_bytes(rows))
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["?bank_account_id"]
    shown = await statements.uploaded(csv_bytes(rows), account=money.world.bank_account_id)
    assert shown["lines_new"] == 1
    assert (await statements.upload(csv_bytes(rows), account=999_999_999)).status_code == 422


async def test_rows_that_are_not_certain_are_named_with_cell_and_value(money: Money, statements: Statements) -> None:
    rows = [
        ["Số tài khoản:", money.account_number],
        ["Ngày", "Nội dung", "Ghi nợ", "Ghi có", "Số chứng từ"],
        ["02/09/2026", "=HYPERLINK(1)", "", "350.000", "FT1"],
        ["09/13/2026", "a", "", "350.000", "FT2"],
        ["02/09/2026", "b", "", "1.000,000", "FT3"],
        ["02/09/2026", "c", "1.000", "2.000", "FT4"],
        ["02/09/2026", "d", "", "1.23E+15", "FT5"],
        ["02/09/2026", "e", "", "350.000", "1.23E+15"],
    ]
    shown = await statements.uploaded(csv_bytes(rows))
    assert [(bad["row"], bad["cell"], bad["value"], bad["code"]) for bad in shown["bad_rows"]] == [
        (4, "A4", "09/13/2026", "date_impossible"),
        (5, "D5", "1.000,000", "amount_ambiguous"),
        (6, None, "02/09/2026 · c · 1.000 · 2.000 · FT4", "amount_both_sides"),
        (7, "D7", "1.23E+15", "amount_lost_digits"),
        (8, "E8", "1.23E+15", "reference_lost_digits"),
    ]
    assert (shown["lines_new"], shown["rows_unreadable"]) == (2, 4)
    answer = await money.get(f"/statements/{shown['statement_id']}/errors")
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text and "A4 Ngày không có trong lịch" in text
    assert quote("saoke-loi.csv") in answer.headers["content-disposition"]


async def test_columns_that_were_not_understood_are_said_once_for_all_files(
    money: Money, statements: Statements
) -> None:
    rows = [["Lúc", "Vì", "Bao nhiêu", "Mã"], ["02/09/2026", "NGUYEN A", "350.000", "FT1"]]
    account = money.world.bank_account_id
    shown = await statements.uploaded(csv_bytes(rows), account=account)
    assert (shown["lines_read"], [head["sheet"] for head in shown["heads"]]) == (0, ["saoke"])
    nothing = await money.post(f"/statements/{shown['statement_id']}/apply", {})
    assert nothing.json()["type"] == "/problems/statement-nothing-to-apply"
    order = {"bank_account_id": account, "sheet": "saoke", "row": 1, "roles": ["date", "date", "none", "none"]}
    wrong = await money.post(f"/statements/{shown['statement_id']}/columns", order)
    assert wrong.status_code == 422
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/roles/1", "/roles", "/roles"]
    order["roles"] = ["date", "memo", "credit", "reference"]
    said = await money.post(f"/statements/{shown['statement_id']}/columns", order)
    assert said.status_code == 200, said.text
    assert (said.json()["lines_new"], said.json()["accounts"][0]["columns"][2]) == (
        1,
        {"title": "Bao nhiêu", "role": "credit"},
    )
    rows.append(["03/09/2026", "LE B", "350.000", "FT2"])
    assert (await statements.take(csv_bytes(rows), account=account))["lines_new"] == 2


async def test_nonsense_bombs_and_giants_are_refused_with_a_name(money: Money, statements: Statements) -> None:
    import io
    import zipfile

    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<row/>" * 8_000_000)
    giant = b"a,b\n" * (10 * 2**20 // 4 + 10)
    for data, name, status, problem in (
        (bomb.getvalue(), "bomb.xlsx", 422, "statement-too-big"),
        (giant, "giant.csv", 422, "statement-too-big"),
        (b"%PDF-1.7", "saoke.pdf", 422, "statement-not-a-table"),
        (b"PK\x03\x04 broken", "saoke.xlsx", 422, "statement-damaged"),
    ):
        answer = await statements.upload(data, name)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}"), name

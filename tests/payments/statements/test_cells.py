"""Amounts, days and headings as banks print them: what is certain is read, what is not is refused by name."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.statements.amounts import Sum, read_sum
from payments.statements.columns import role_of
from payments.statements.dates import Day, read_day, split_day
from payments.statements.own import own_kind
from payments.statements.read import read_statement
from payments.statements.shapes import Line
from tests.payments.statements.printing import csv_bytes, xls, xlsx
from tests.people.sheets import Sheet


@pytest.mark.parametrize(
    ("cell", "dong"),
    [
        ("1.000.000", 1_000_000), ("1,000,000", 1_000_000), ("1,000,000.00", 1_000_000), ("1.000.000,00", 1_000_000),
        ("1.000.000 VND", 1_000_000), ("1.000.000 đ", 1_000_000), ("VND 1,000,000", 1_000_000), ("+ 350,000", 350_000),
        ("(150,000)", -150_000), ("-150000", -150_000), ("−150.000", -150_000), ("150,000-", -150_000), ("- 150,000", -150_000),
        (350_000.0, 350_000), (-350_000.0, -350_000), ("350000.0", 350_000), ("1 000 000", 1_000_000), ("1\u00a0000\u00a0000", 1_000_000),
        ("350.000", 350_000), ("1,234", 1_234), ("350", 350), ("0", 0), (349_999.9999999999, 350_000), ("'350000", 350_000),
    ],
)  # fmt: skip
def test_amounts_that_are_certain(cell: str | float, dong: int) -> None:
    read = read_sum(cell)
    assert isinstance(read, Sum) and read.dong == dong


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.000,000", "amount_ambiguous"), ("1,000.000", "amount_ambiguous"), ("0.350", "amount_ambiguous"),
        ("1.00.000", "amount_ambiguous"), ("1.000.00", "amount_ambiguous"), ("00350000", "amount_ambiguous"),
        ("1,0000", "amount_ambiguous"), ("350,5", "amount_fraction"), ("350.000,50", "amount_fraction"), (0.5, "amount_fraction"),
        ("1.23E+15", "amount_lost_digits"), ("3,5E+05", "amount_lost_digits"), ("ba trăm nghìn", "amount_unreadable"),
        ("350.000 USD", "amount_unreadable"), (True, "amount_unreadable"), (dt.date(2026, 9, 2), "amount_unreadable"),
        (1.2e15, "amount_too_big"), (float("nan"), "amount_unreadable"), ("9999999999999", "amount_too_big"),
    ],
)  # fmt: skip
def test_amounts_that_are_not(cell: object, code: str) -> None:
    assert read_sum(cell) == code  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", [None, "", " ", "-", "–", "…"])
def test_no_amount_is_nothing(cell: object) -> None:
    assert read_sum(cell) is None  # type: ignore[arg-type]


@given(st.integers(0, 10**12), st.sampled_from([",", ".", " ", ""]), st.sampled_from(["", ".00", ",00", " VND", " đ"]))
def test_every_way_of_grouping_comes_back(number: int, group: str, tail: str) -> None:
    text = f"{number:,}".replace(",", group) + tail
    read = read_sum(text)
    if tail in (".00", ",00") and group == tail[0] and number >= 1_000:
        assert read == "amount_ambiguous"
    else:
        assert isinstance(read, Sum) and read.dong == number


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)), st.times().map(lambda at: at.replace(microsecond=0)))
def test_days_are_day_first_in_every_way_of_writing(day: dt.date, at: dt.time) -> None:
    for text in (
        f"{day:%d/%m/%Y}",
        f"{day:%d-%m-%Y}",
        f"{day:%d.%m.%Y}",
        day.isoformat(),
        f"{day.day}/{day.month}/{day.year}",
    ):
        assert read_day(text) == Day(day)
        assert read_day(f"{text} {at:%H:%M:%S}") == Day(day, at)
        assert split_day(f"{text}        5078.12345") == (text, "5078.12345")
    serial = (day - dt.date(1899, 12, 30)).days
    assert read_day(float(serial)) == read_day(str(serial)) == Day(day)
    assert read_day(float(serial - 1462), 1462) == Day(day)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("09/13/2026", "date_impossible"), ("31/02/2026", "date_impossible"), ("02/09/26", "date_short_year"),
        ("hôm qua", "date_unreadable"), ("1999-01-01", "date_impossible"), (12.0, "date_unreadable"), (True, "date_unreadable"),
    ],
)  # fmt: skip
def test_days_that_are_not_certain(cell: object, code: str) -> None:
    assert read_day(cell) == code  # type: ignore[arg-type]


def test_sides_are_whole_words_with_their_marks() -> None:
    assert (role_of("Nợ"), role_of("Có"), role_of("Nợ/ Debit"), role_of("PS có")) == (
        "debit",
        "credit",
        "debit",
        "credit",
    )
    assert role_of("STT/No.") == "number"
    assert role_of("Nội dung có dấu") == "memo"
    assert role_of("Có hay không có phí dịch vụ kèm theo") != "credit"


def test_a_column_that_excel_has_swapped_gives_itself_away() -> None:
    """2 September became 9 February, 13 September stayed text."""
    rows = [
        ["Số tài khoản:", "0011000123456"], ["Ngày", "Nội dung", "Ghi nợ", "Ghi có"],
        [dt.date(2026, 2, 9), "a", None, 350_000], ["13/09/2026", "b", None, 350_000],
    ]  # fmt: skip
    for data, name in ((xlsx(Sheet("s", rows)), "s.xlsx"), (xls(Sheet("s", rows)), "s.xls")):
        (section,) = read_statement(data, name).sections
        assert [line.memo for line in section.lines] == ["b"]
        assert [(bad.cell, bad.code) for bad in section.bad] == [("A3", "date_maybe_swapped")]


def test_a_day_outside_the_period_that_fits_when_turned_is_not_believed() -> None:
    rows = [
        ["Số tài khoản:", "0011000123456"], ["Từ ngày 01/09/2026 đến ngày 12/09/2026"], ["Ngày", "Nội dung", "Ghi nợ", "Ghi có"],
        [dt.date(2026, 2, 9), "a", None, 350_000], [dt.date(2026, 9, 9), "b", None, 350_000],
    ]  # fmt: skip
    (section,) = read_statement(xlsx(Sheet("s", rows)), "s.xlsx").sections
    assert [line.memo for line in section.lines] == ["b"]
    assert [(bad.cell, bad.code) for bad in section.bad] == [("A4", "date_maybe_swapped")]


def test_one_column_of_amounts_needs_a_sign_a_side_or_a_balance() -> None:
    head = ["Số tài khoản:", "0011000123456"]
    unsigned = [head, ["Ngày", "Nội dung", "Số tiền"], ["02/09/2026", "a", "350.000"], ["03/09/2026", "b", "1.000"]]
    (section,) = read_statement(csv_bytes(unsigned), "s.csv").sections
    assert (section.lines, [bad.code for bad in section.bad]) == ((), ["direction_unknown", "direction_unknown"])
    sided = [
        head,
        ["Ngày", "Nội dung", "Số tiền", "Nợ/Có"],
        ["02/09/2026", "a", "350.000", "C"],
        ["03/09/2026", "b", "1.000", "Nợ"],
    ]
    (section,) = read_statement(csv_bytes(sided), "s.csv").sections
    assert [(line.direction, line.amount) for line in section.lines] == [("in", 350_000), ("out", 1_000)]
    proved = [
        head, ["Số dư đầu kỳ", "0"], ["Ngày", "Nội dung", "Số tiền", "Số dư"], ["02/09/2026", "a", "350.000", "350.000"],
        ["03/09/2026", "b", "1.000", "349.000"], ["04/09/2026", "c", "1.000", "777.000"],
    ]  # fmt: skip
    (section,) = read_statement(csv_bytes(proved), "s.csv").sections
    assert [(line.direction, line.amount) for line in section.lines] == [("in", 350_000), ("out", 1_000)]
    assert [bad.code for bad in section.bad] == ["direction_unknown"]


def test_a_sum_against_its_column_is_taken_only_when_the_balance_says_so() -> None:
    rows = [
        ["Số tài khoản:", "0011000123456"], ["Số dư đầu kỳ", "1.000"], ["Ngày", "Nội dung", "Ghi nợ", "Ghi có", "Số dư"],
        ["02/09/2026", "a", "", "350.000", "351.000"], ["02/09/2026", "huy a", "", "-350.000", "1.000"],
        ["03/09/2026", "b", "", "-5.000", "9.000"],
    ]  # fmt: skip
    (section,) = read_statement(csv_bytes(rows), "s.csv").sections
    assert [(line.direction, line.amount, line.reversal) for line in section.lines] == [
        ("in", 350_000, False),
        ("out", 350_000, True),
    ]
    assert [(bad.row, bad.code) for bad in section.bad] == [(6, "amount_sign")]


def _line(memo: str, direction: str = "in", **changes: object) -> Line:
    return Line("s", 1, (), direction, 1, memo, dt.date(2026, 9, 2), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (_line("TRA LAI TIEN GUI THANG 9"), "interest"), (_line("LAI NHAP VON"), "interest"), (_line("INTEREST PAYMENT"), "interest"),
        (_line("Tra lai so du tren tai khoan T9"), "interest"), (_line("TRA LAI TIEN AN CHO CON"), None), (_line("tra lai tien"), None),
        (_line("TRA LAI TIEN GUI HP2600017"), None), (_line("NGUYEN THI LAI"), None), (_line("lai tien gui", payer_name="NGUYEN A"), None),
        (_line("PHI SMS THANG 09/2026", "out"), "bank_fee"), (_line("Thu phi quan ly tai khoan", "out"), "bank_fee"),
        (_line("phi hoc them", "out"), None), (_line("Phi chuyen tien", "in"), None), (_line("x", "out", part="fee"), "bank_fee"),
        (_line("x", "out", part="tax"), "bank_tax"), (_line("x", payer_account="0011000777777"), "own_transfer"),
        (_line("CT tu 0011000777777 toi 1"), "own_transfer"), (_line("0011000777777"), None), (_line("x", "out", reversal=True), "reversal"),
    ],
)  # fmt: skip
def test_what_is_nobodys_payment(line: Line, kind: str | None) -> None:
    assert own_kind(line, "HP", ["0011000777777"]) == (kind if "HP26" not in line.memo else None)

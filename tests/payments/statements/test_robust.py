"""Whatever is uploaded is a statement or a refusal with a name; nothing crashes the reader."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.spreadsheets.refusals import FileRefused
from payments.statements.read import read_statement
from payments.statements.shapes import Statement
from payments.statements.totals import control
from tests.payments.statements.printing import ACCOUNT, CONTAINERS, TABLES, Moved, camt053, csv_bytes, mt940, printed

SOME = [
    Moved(dt.date(2026, 9, 2), 350_000, "HP2600017 tien an", "FT1"),
    Moved(dt.date(2026, 9, 3), -1_000, "Rut", "FT2"),
]
FILES = [
    *(printed(layout, container, SOME, 5).data for layout in TABLES for container in CONTAINERS if container != "xls"),
    mt940(SOME, 5),
    camt053(SOME, 5),
]


def read(data: bytes) -> Statement | None:
    try:
        statement = read_statement(data, "saoke")
    except FileRefused:
        return None
    for section in statement.sections:
        control(section)
        assert all(0 < line.amount <= 10**12 and "\0" not in line.memo for line in section.lines)
    return statement


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_crash(data: bytes) -> None:
    read(data)
    read(b":20:X\n:25:1\n:28C:1\n:60F:" + data)
    read(b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">' + data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_damaged_statements_never_crash(file: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(file) - 1))
    cut = data.draw(st.integers(0, 40))
    read(file[:at] + data.draw(st.binary(max_size=20)) + file[at + cut :])


def test_a_message_whose_first_tag_is_gone_holds_no_statement() -> None:
    assert read(b"\0" + mt940(SOME, 5)) is None or not read(b"\0" + mt940(SOME, 5)).sections  # type: ignore[union-attr]


_CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "Ngày",
            "Nội dung",
            "Ghi nợ",
            "Ghi có",
            "Số dư",
            "Tổng",
            "Số dư đầu kỳ",
            "02/09/2026",
            "350.000",
            "-1",
            "1.23E+15",
            "=",
        ]
    ),
    st.text(max_size=12),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.lists(_CELLS, max_size=7), max_size=12))
def test_arbitrary_tables_never_crash(rows: list[list[str]]) -> None:
    clean = [[cell.replace("\0", "").encode("utf-8", "ignore").decode() for cell in row] for row in rows]
    read(csv_bytes([["Ngày", "Nội dung", "Ghi nợ", "Ghi có", "Số dư"], *clean], "utf-8-sig"))


def test_every_row_is_a_line_or_has_its_reason() -> None:
    """Nothing between the heading and the totals is dropped in silence."""
    rows = [
        ["Số tài khoản:", ACCOUNT], ["Ngày", "Nội dung", "Ghi nợ", "Ghi có"], ["02/09/2026", "a", "", "1.000"],
        ["", "goes on here", "", ""], ["x", "y", "z", "w"], ["", "", "5.000", ""], ["02/09/2026", "no sum", "", ""],
        ["Tổng", "", "0", "1.000"], ["Người lập biểu", "", "", ""],
    ]  # fmt: skip
    statement = read(csv_bytes(rows))
    assert statement is not None
    (section,) = statement.sections
    assert [line.memo for line in section.lines] == ["a goes on here"]
    assert [(bad.row, bad.code) for bad in section.bad] == [
        (5, "date_unreadable"), (6, "date_missing"), (7, "amount_missing"),
    ]  # fmt: skip

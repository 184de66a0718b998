"""Statements of the six banks in the containers that they come in: what was printed is what is read, in order and to the đồng."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.statements.read import read_statement
from payments.statements.shapes import Line, Section
from payments.statements.totals import control, in_order
from tests.payments.statements.printing import ACCOUNT, CONTAINERS, TABLES, Moved, camt053, mt940, printed, vietcombank

SEPTEMBER = dt.date(2026, 9, 1)
OPENING = 12_345_678
# The export with a single amount column and the one without references tell less than the others.
WITHOUT_REFERENCE = {"bidv", "mb"}
WITHOUT_MADE_ON = {"bidv", "vietcombank", "vietcombank_simple", "agribank"}


def day(number: int) -> dt.date:
    return SEPTEMBER + dt.timedelta(days=number - 1)


SOME = [
    Moved(day(1), 350_000, "MBVCB.3278907687.HP2600017.CT tu 0011000999999 NGUYEN VAN A toi 0011000123456", "FT26244000000001"),
    Moved(day(2), 1_250_000, "NGUYEN THI B chuyen tien", "FT26245000000002", made_on=day(1), at=dt.time(23, 41, 5)),
    Moved(day(2), -500_000, "Rut tien mat", "FT26245000000003", made_on=day(2)),
    Moved(day(9), 350_000, "HP2600025 tien an ban tru", "FT26252000000004"),
    Moved(day(12), 350_000, "HP2600025 tien an ban tru", "FT26255000000005"),
    Moved(day(25), 987_654_321, "Kinh phi hoat dong quy IV", "FT26268000000006"),
]  # fmt: skip


def one_section(data: bytes, name: str) -> Section:
    statement = read_statement(data, name)
    assert len(statement.sections) == 1, statement
    return statement.sections[0]


def signed(line: Line) -> int:
    return line.amount if line.direction == "in" else -line.amount


def facts(lines: Sequence[Line], layout: str) -> list[tuple[object, ...]]:
    return [
        (
            line.posted_on,
            signed(line),
            line.memo,
            None if layout in WITHOUT_REFERENCE else line.reference,
            None if layout in WITHOUT_MADE_ON else line.made_on,
        )
        for line in lines
    ]


def known(movements: Sequence[Moved], layout: str) -> list[tuple[object, ...]]:
    return [
        (
            m.on,
            m.amount,
            " ".join(m.memo.split()),
            None if layout in WITHOUT_REFERENCE else m.reference or None,
            None if layout in WITHOUT_MADE_ON else m.made,
        )
        for m in movements
    ]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("layout", TABLES)
def test_every_bank_in_every_container(layout: str, container: str) -> None:
    file = printed(layout, container, SOME, OPENING)
    section = one_section(file.data, file.name)
    assert section.layout == layout
    assert section.account_number == ACCOUNT
    assert section.bad == ()
    assert facts(in_order(section), layout) == known(SOME, layout)
    totals = control(section)
    assert totals.agrees, totals
    if layout != "vietcombank_simple":
        assert (totals.opening, totals.closing) == (OPENING, OPENING + sum(m.amount for m in SOME))
        assert (totals.difference, totals.breaks_count, totals.balances) == (0, 0, len(SOME))


def test_the_vector_of_mt940() -> None:
    text = (
        ":20:STARTUMS\n:25:0011000123456\n:28C:00001/001\n:60F:C260901VND1000000,00\n"
        ":61:2609020902C350000,00NTRFHP2600017//FT26245123456789\n"
        ":86:MBVCB.3278907687.HP2600017.CT tu 0011000999999\n:62F:C260902VND1350000,00\n"
    )
    section = one_section(text.encode(), "mt940.txt")
    (line,) = section.lines
    assert (line.direction, line.amount, line.reference) == ("in", 350_000, "FT26245123456789")
    assert (line.posted_on, line.value_on, line.memo) == (
        day(2),
        day(2),
        "MBVCB.3278907687.HP2600017.CT tu 0011000999999",
    )
    assert (section.account_number, section.opening, section.closing) == ("0011000123456", 1_000_000, 1_350_000)
    assert control(section).agrees


def test_messages_of_corporate_banking_tell_the_same() -> None:
    for data in (mt940(SOME, OPENING), camt053(SOME, OPENING)):
        section = one_section(data, "file")
        assert section.bad == ()
        assert [(line.posted_on, signed(line), line.memo, line.reference, line.value_on) for line in section.lines] == [
            (m.on, m.amount, m.memo, m.reference, m.made) for m in SOME
        ]
        assert control(section).agrees and control(section).difference == 0


def test_two_messages_in_one_file_are_two_accounts() -> None:
    statement = read_statement(mt940(SOME[:2], 5) + b"\r\n" + mt940(SOME[2:4], 900_000, "0011000777777"), "two.sta")
    assert [(s.account_number, len(s.lines), control(s).agrees) for s in statement.sections] == [
        (ACCOUNT, 2, True),
        ("0011000777777", 2, True),
    ]


def test_a_batch_of_camt_is_as_many_movements_as_it_has_parts() -> None:
    together = [Moved(day(3), 350_000, f"HP26000{n} tien an", f"R{n}") for n in range(10, 15)]
    section = one_section(camt053(together, OPENING, batch=True), "camt.xml")
    assert [(line.amount, line.memo, line.reference) for line in section.lines] == [
        (350_000, m.memo, m.reference) for m in together
    ]
    assert control(section).agrees


def test_a_batch_whose_parts_do_not_add_up_is_taken_whole_and_said() -> None:
    data = camt053([Moved(day(3), 350_000, "a", "R1"), Moved(day(3), 350_000, "b", "R2")], OPENING, batch=True)
    section = one_section(data.replace(b'<TxAmt><Amt Ccy="VND">350000', b'<TxAmt><Amt Ccy="VND">340000', 1), "camt.xml")
    assert [line.amount for line in section.lines] == [700_000]
    assert [wrong.code for wrong in section.bad] == ["batch_differs"]
    assert control(section).agrees


def test_entries_that_are_not_booked_yet_are_left_out_by_name() -> None:
    data = camt053(SOME, OPENING).replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>", 1)
    section = one_section(data, "camt.xml")
    assert len(section.lines) == len(SOME) - 1
    assert [wrong.code for wrong in section.bad] == ["not_booked"]
    assert control(section).difference == SOME[0].amount


def test_camt_resolves_no_entities() -> None:
    from backend.spreadsheets.refusals import FileRefused

    bomb = camt053(SOME, OPENING).replace(
        b"<Document", b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document', 1
    )
    with pytest.raises(FileRefused):
        read_statement(bomb, "camt.xml")


def test_several_accounts_in_one_sheet_each_with_its_own_lines() -> None:
    other = "0011000777777"
    rows = vietcombank([(ACCOUNT, OPENING, SOME[:3]), (other, 7_000_000, SOME[3:])], page=2)
    file, name = CONTAINERS["xlsx"]("VCBACCOUNTDETAIL", rows)
    sections = read_statement(file, name).sections
    assert [(s.account_number, [signed(line) for line in s.lines]) for s in sections] == [
        (ACCOUNT, [m.amount for m in SOME[:3]]),
        (other, [m.amount for m in SOME[3:]]),
    ]
    assert all(control(s).agrees and control(s).difference == 0 for s in sections)
    assert [s.opening for s in sections] == [OPENING, 7_000_000]


def test_fee_and_vat_of_techcombank_are_movements_of_their_own() -> None:
    paid = [
        Moved(day(3), -1_000_000, "Chuyen tien luong", "FT1", fee=3_000, tax=300),
        Moved(day(4), 350_000, "HP2600017", "FT2"),
    ]
    section = one_section(*_file("techcombank", paid))
    assert [(line.part, signed(line)) for line in in_order(section)] == [
        ("", -1_000_000), ("fee", -3_000), ("tax", -300), ("", 350_000),
    ]  # fmt: skip
    assert control(section).agrees and control(section).breaks_count == 0


def test_a_row_that_is_lost_shows_in_the_control_totals() -> None:
    rows = TABLES["agribank"][0](SOME, OPENING)
    del rows[8]
    data, name = CONTAINERS["xlsx"]("SoPhu", rows)
    totals = control(one_section(data, name))
    assert not totals.agrees
    assert totals.difference == SOME[2].amount
    assert totals.breaks_count == 1
    assert totals.printed_debits_difference == 500_000


def _file(layout: str, movements: Sequence[Moved], container: str = "xlsx") -> tuple[bytes, str]:
    file = printed(layout, container, movements, OPENING)
    return file.data, file.name


def test_a_total_without_a_name_may_be_more_than_one_line_may_move() -> None:
    most = [Moved(day(n), 999_999_999_999, f"Cap kinh phi dot {n}", f"FT{n}") for n in (1, 2, 3)]
    section = one_section(*_file("mb", most))
    assert section.bad == ()
    totals = control(section)
    assert (totals.agrees, totals.printed_credits_difference) == (True, 0)
    beyond = [Moved(day(1), 1_000_000_000_001, "Nhieu qua", "FT1"), Moved(day(2), 350_000, "HP2600017", "FT2")]
    assert [wrong.code for wrong in one_section(*_file("mb", beyond)).bad] == ["amount_too_big"]


_MEMOS = st.text(
    st.sampled_from("ABCDEGHIKLMNOPQRSTUVXY abcdeghi 0123456789.-/:_;|#!+&()"), min_size=1, max_size=90
).map(lambda text: " ".join(f"A{text}Z".split()))
_AMOUNTS = st.one_of(
    st.integers(1, 999_999_999_999),
    st.sampled_from([1_000, 350_000, 1_000_000, 100_000_000]),
    st.integers(1, 2_000),
)


@st.composite
def movements(draw: st.DrawFn) -> list[Moved]:
    days = sorted(draw(st.lists(st.integers(1, 29), min_size=1, max_size=9)))
    made = []
    for index, number in enumerate(days):
        amount = draw(_AMOUNTS) * draw(st.sampled_from((1, 1, 1, -1)))
        made.append(
            Moved(
                day(number + 1),
                amount,
                draw(_MEMOS),
                f"FT26{index:03d}{draw(st.integers(0, 10**9 - 1)):09d}",
                at=draw(st.times().map(lambda at: at.replace(microsecond=0))),
                made_on=day(number + draw(st.sampled_from((0, 1)))),
            )
        )
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(movements(), st.sampled_from(sorted(TABLES)), st.sampled_from(["xlsx", "html", "csv", "semicolons", "tabs"]))
def test_what_was_printed_is_what_is_read(moved: list[Moved], layout: str, container: str) -> None:
    opening = 10**13 // 10 - 1
    file = printed(layout, container, moved, opening)
    section = one_section(file.data, file.name)
    assert section.bad == ()
    assert facts(in_order(section), layout) == known(moved, layout)
    assert control(section).agrees


@settings(max_examples=25, deadline=None)
@given(movements())
def test_messages_say_what_was_printed(moved: list[Moved]) -> None:
    for data in (mt940(moved, 5), camt053(moved, 5)):
        section = one_section(data, "file")
        assert [(line.posted_on, signed(line), line.reference) for line in section.lines] == [
            (m.on, m.amount, m.reference) for m in moved
        ]
    assert [line.memo for line in section.lines] == [m.memo for m in moved]

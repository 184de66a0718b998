"""Single cells: dates, phones, names, numbers, classes and words, each by a table of what stands in real lists."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.people.roster.class_names import class_in_sheet_name, class_in_title, class_key, read_class
from backend.people.roster.dates import DateReading, from_parts, read_date, settle
from backend.people.roster.names import in_name_case, read_guardian_name, read_name
from backend.people.roster.numbers import LostDigits, digits_text
from backend.people.roster.personal_ids import ministry_habit, read_ministry_id, read_personal_id
from backend.people.roster.phone_cells import read_phones
from backend.people.roster.small_values import has_left, read_sex, relation_of
from backend.spreadsheets.cells import text_of
from backend.spreadsheets.legacy import from_tcvn3, from_vni, spot
from backend.spreadsheets.syllables import is_syllable
from tests.people.sheets import TODAY, tcvn3

BORN = dt.date(2013, 4, 25)

DATES: list[tuple[Any, dt.date]] = [
    ("25/04/2013", BORN), ("25/4/2013", BORN), ("25-04-2013", BORN), ("25.04.2013", BORN), ("25 04 2013", BORN), ("25/04/13", BORN),
    ("'25/04/2013", BORN), ("25/04/2013.", BORN), (" 25 / 04 / 2013 ", BORN), ("25\\04\\2013", BORN), ("2013-04-25", BORN),
    ("2013/4/25", BORN), ("2013-04-25 00:00:00", BORN), ("2013-04-25T00:00:00", BORN), ("25/04/2013 00:00", BORN),
    ("25/04/2013 12:00:00 AM", BORN), (dt.date(2013, 4, 25), BORN), (dt.datetime(2013, 4, 25, 7, 30), BORN), (41389.0, BORN),
    ("41389", BORN), (41389.5, BORN), (25042013.0, BORN), ("25042013", BORN), ("20130425", BORN), (5042013.0, dt.date(2013, 4, 5)),
    ("ngày 25 tháng 4 năm 2013", BORN), ("25 tháng 4 năm 2013", BORN), ("25-Apr-13", BORN), ("25-thg 4-13", BORN), ("25-Thg4-2013", BORN),
    ("Apr 25, 2013", BORN), ("5/4/2013", dt.date(2013, 4, 5)), ('="25/04/2013"', BORN), ("25\u00a0/04/2013", BORN), ("29/02/2012", dt.date(2012, 2, 29)),
]  # fmt: skip
BAD_DATES = [
    ("31/02/2013", "date_impossible"), ("29/02/2013", "date_impossible"), ("32/01/2013", "date_impossible"), ("13/13/2013", "date_impossible"),
    ("00/04/2013", "date_impossible"), ("2013-25-04", "date_impossible"), ("25/04/2213", "date_impossible"), (2013.0, "date_year_only"),
    ("2013", "date_year_only"), ("04/2013", "date_incomplete"), ("25/04", "date_incomplete"), ("??/??/2013", "date_incomplete"),
    ("/ /2013", "date_incomplete"), ("25/04/213", "date_unreadable"), ("O5/04/2013", "date_unreadable"), ("chưa rõ", "date_unreadable"),
    (True, "date_unreadable"), (dt.time(10, 0), "date_unreadable"), ("250413", "date_unreadable"), ("25//04/2013", "date_unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "born_on"), DATES, ids=str)
def test_a_birth_date_is_read_in_every_habit_of_writing(cell: Any, born_on: dt.date) -> None:
    reading = read_date(cell, TODAY)
    assert reading is not None
    assert (reading.value, reading.problem) == (born_on, None)


@pytest.mark.parametrize(("cell", "problem"), BAD_DATES, ids=str)
def test_a_birth_date_that_cannot_be_is_named(cell: Any, problem: str) -> None:
    reading = read_date(cell, TODAY)
    assert reading is not None
    assert (reading.value, reading.problem) == (None, problem)


@pytest.mark.parametrize("cell", [None, "", "-", "—", "...", " ", "0"])
def test_strokes_for_empty_are_no_date(cell: Any) -> None:
    assert read_date(cell, TODAY) is None


def test_three_columns_make_a_date() -> None:
    assert from_parts(25.0, "04", "2013", TODAY) == DateReading(BORN, "certain", 2013)
    reading = from_parts(None, None, 2013.0, TODAY)
    assert reading is not None
    assert (reading.year, reading.problem) == (2013, "date_year_only")
    impossible = from_parts("31", "2", "2013", TODAY)
    assert impossible is not None
    assert impossible.problem == "date_impossible"


def _settled(cells: list[Any]) -> list[DateReading]:
    readings = [reading for cell in cells if (reading := read_date(cell, TODAY)) is not None]
    settle([readings])
    return readings


def test_a_column_in_american_order_is_read_as_one() -> None:
    read = _settled(["04/25/2013", "03/04/2013", "12/31/2012", "07/15/2013"])
    assert [r.value for r in read] == [BORN, dt.date(2013, 3, 4), dt.date(2012, 12, 31), dt.date(2013, 7, 15)]


def test_a_single_american_date_among_ours_is_reported_and_nothing_else() -> None:
    read = _settled(["25/04/2013"] * 30 + ["03/04/2013", "04/25/2013"])
    assert [r.problem for r in read] == [None] * 31 + ["date_order"]
    assert read[30].value == dt.date(2013, 4, 3)


def test_a_column_that_mixes_both_orders_reports_every_doubtful_date() -> None:
    read = _settled(["25/04/2013", "04/25/2013", "03/04/2013", "05/05/2013"])
    assert [r.problem for r in read] == [None, "date_order", "date_ambiguous", None]


def test_dates_that_an_american_excel_swapped_are_swapped_back() -> None:
    """Everything with a day up to 12 became a date with day and month exchanged; everything else stayed text."""
    swapped = [dt.date(2013, day, month) for day, month in [(1, 5), (2, 7), (11, 3), (12, 9), (4, 8), (6, 2)]]
    read = _settled([*swapped, *[f"{day}/06/2013" for day in range(13, 30)]])
    assert [r.value for r in read[:6]] == [
        dt.date(2013, month, day) for day, month in [(1, 5), (2, 7), (11, 3), (12, 9), (4, 8), (6, 2)]
    ]


def test_a_few_cells_that_might_be_swapped_are_reported() -> None:
    read = _settled([dt.date(2013, 5, 1), dt.date(2013, 4, 4), "13/06/2013", "25/06/2013"])
    assert [r.problem for r in read] == ["date_ambiguous", None, None, None]


def test_real_dates_beside_texts_are_kept_when_any_day_is_above_twelve() -> None:
    read = _settled([dt.date(2013, 5, 1), dt.date(2013, 4, 20), "13/06/2013", "25/06/2013"])
    assert [r.problem for r in read] == [None] * 4


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2025, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%y"]),
)
def test_any_date_comes_back_from_any_usual_form(day: dt.date, form: str) -> None:
    reading = read_date(day.strftime(form), TODAY)
    assert reading is not None
    assert reading.value == day


NAMES = [
    ("Nguyễn Văn An", "Nguyễn Văn An"), ("NGUYỄN THỊ Ý-NHI", "Nguyễn Thị Ý-Nhi"), ("nguyễn văn an", "Nguyễn Văn An"), ("K'HO BRƠI", "K'ho Brơi"),
    ("  Nguyễn   Văn\u00a0An ", "Nguyễn Văn An"), (unicodedata.normalize("NFD", "Nguyễn Thị Hường"), "Nguyễn Thị Hường"),
    ("Ðặng Văn Ðức", "Đặng Văn Đức"), ("Nguyễn Văn An *", "Nguyễn Văn An"), ("1. Nguyễn Văn An", "Nguyễn Văn An"), ("'Nguyễn Văn An", "Nguyễn Văn An"),
    ("Hồ Thị Kăn-Thơ", "Hồ Thị Kăn-Thơ"), ("Y Moan Êban", "Y Moan Êban"), ("H'Hen Niê", "H'Hen Niê"), ("Nguyễn McDonald", "Nguyễn McDonald"),
    ("TRẦN Văn An", "TRẦN Văn An"), ("Nguyễn Văn An\u200b", "Nguyễn Văn An"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "name"), NAMES)
def test_a_name_is_cleaned_and_never_rewritten(written: str, name: str) -> None:
    assert read_name(written).name == name


@pytest.mark.parametrize(
    "written",
    [
        "=HYPERLINK(A1)",
        "Nguyễn Văn 4n",
        "@SUM(A1)",
        "+84912345678",
        12.0,
        "Nguyễn\ufffdn An",
        "a" * 100,
        "<b>An</b>",
        "-",
        None,
    ],
)
def test_what_is_no_name_is_refused(written: Any) -> None:
    assert read_name(written).name is None


def test_a_remark_behind_a_name_is_left_out_and_told() -> None:
    reading = read_name("Nguyễn Văn An (lớp trưởng)")
    assert (reading.name, reading.note) == ("Nguyễn Văn An", "name_note")


@pytest.mark.parametrize("written", ["Nguyễn Văn A (đã mất)", "đã mất", "Mất năm 2020", "Nguyễn Văn A - đã mất"])
def test_a_deceased_parent_becomes_no_contact(written: str) -> None:
    reading = read_guardian_name(written)
    assert (reading.name, reading.problem) == (None, "guardian_deceased")


@pytest.mark.parametrize("written", ["Nguyễn Thị Mát", "Trần Văn Mật", "Lê Thị Chết"])
def test_names_that_resemble_such_words_stay_names(written: str) -> None:
    assert read_guardian_name(written).name == written


@given(st.text(alphabet="AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXYÀẢÃÁẠỄỘỰ'- ", min_size=1, max_size=30))
def test_name_case_keeps_every_letter(text: str) -> None:
    assert in_name_case(text).casefold() == text.casefold()


PHONES: list[tuple[Any, list[tuple[str, str | None]], str | None]] = [
    ("0912345678", [("+84912345678", None)], None),
    (912345678.0, [("+84912345678", None)], None),
    (84912345678.0, [("+84912345678", None)], None),
    ("9.12345678E8", [("+84912345678", None)], None),
    ("9,12345678E+08", [("+84912345678", None)], None),
    ("912345678.0", [("+84912345678", None)], None),
    ("912,345,678", [("+84912345678", None)], None),
    ("0912345678 / 0987654321", [("+84912345678", None), ("+84987654321", None)], None),
    ("0912345678-0987654321", [("+84912345678", None), ("+84987654321", None)], None),
    ("0912.345.678, 0987.654.321", [("+84912345678", None), ("+84987654321", None)], None),
    ("0912 345 678 0987 654 321", [("+84912345678", None), ("+84987654321", None)], None),
    ("0912345678\n0987654321", [("+84912345678", None), ("+84987654321", None)], None),
    ("0912345678 (mẹ)", [("+84912345678", "mother")], None),
    ("Mẹ: 0912345678; Bố: 0987654321", [("+84912345678", "mother"), ("+84987654321", "father")], None),
    ("0912345678 (bố) 0987654321 (mẹ)", [("+84912345678", "father"), ("+84987654321", "mother")], None),
    ("B:0912345678 M:0987654321", [("+84912345678", "father"), ("+84987654321", "mother")], None),
    ("Bà nội 0912345678", [("+84912345678", "guardian")], None),
    ("0912345678 (Zalo)", [("+84912345678", None)], None),
    ("0912345678 / 0912345678", [("+84912345678", None)], None),
    ("0912345678/9", [("+84912345678", None)], "phone_unreadable"),
    ("0912345678 hoặc 09876", [("+84912345678", None)], "phone_unreadable"),
    ("9.12E+08", [], "phone_lost_digits"),
    ("0912 34", [], "phone_unreadable"),
    ("0912***678", [], "phone_unreadable"),
    ("O912345678", [], "phone_words"),
    ("hỏi cô chủ nhiệm", [], "phone_words"),
    ("-", [], None),
    ("x", [], None),
    (None, [], None),
]


@pytest.mark.parametrize(("cell", "phones", "problem"), PHONES, ids=[repr(p[0]) for p in PHONES])
def test_a_phone_cell_is_cut_only_where_every_part_is_a_number(
    cell: Any, phones: list[tuple[str, str | None]], problem: str | None
) -> None:
    read = read_phones(cell)
    assert [(p.e164, p.holder) for p in read.phones] == phones
    assert read.problem == problem


def test_words_beside_a_number_that_nobody_understands_are_told() -> None:
    assert read_phones("0912345678 Hoa").note == "phone_note"


@given(st.text(max_size=60))
def test_any_text_in_a_phone_cell_gives_numbers_or_a_reason(text: str) -> None:
    read = read_phones(text)
    assert all(p.e164.startswith("+") for p in read.phones)
    if sum(character.isdigit() for character in text_of(text)) >= 9 and not read.phones:
        assert read.problem is not None


PERSONAL: list[tuple[Any, int | None, Any, str | None, str | None, str | None]] = [
    # cell, birth year, sex → value, problem, note
    ("024213000123", 2013, "male", "024213000123", None, None),
    ("024 213 000 123", 2013, "male", "024213000123", None, None),
    ("'024213000123", 2013, "male", "024213000123", None, None),
    (24213000123.0, 2013, "male", "024213000123", None, None),
    ("24213000123", 2013, "male", "024213000123", None, None),
    ("2.4213000123E+10", 2013, "male", "024213000123", None, None),
    (1213000123.0, 2013, "male", "001213000123", None, None),
    ("24213000123", 2014, "male", None, "personal_id_zero", None),
    ("24213000123", 2013, "female", None, "personal_id_zero", None),
    ("24213000123", None, "male", None, "personal_id_zero", None),
    ("24213000123", 2013, None, None, "personal_id_zero", None),
    ("2.4213E+10", 2013, "male", None, "personal_id_lost_digits", None),
    ("003210000001", 2010, "male", None, "personal_id_province", None),
    ("123456789", 2010, "male", None, "personal_id_length", None),
    ("0242130001234", 2013, "male", None, "personal_id_length", None),
    ("02421300012A", 2013, "male", None, "personal_id_length", None),
    ("024213000123", 2014, "male", "024213000123", None, "personal_id_mismatch"),
    ("024213000123", 2013, "female", "024213000123", None, "personal_id_mismatch"),
    ("034314000456", 2014, "female", "034314000456", None, None),
    ("038085000123", 1985, "male", "038085000123", None, None),
    ("-", 2013, "male", None, None, None),
]


@pytest.mark.parametrize(("cell", "year", "sex", "value", "problem", "note"), PERSONAL)
def test_a_personal_number_is_checked_and_its_zero_restored_only_with_proof(
    cell: Any, year: int | None, sex: Any, value: str | None, problem: str | None, note: str | None
) -> None:
    reading = read_personal_id(cell, year, sex)
    assert (reading.value, reading.problem, reading.note) == (value, problem, note)


def test_a_ministry_code_gets_its_zero_back_from_its_column() -> None:
    habit = ministry_habit(["0112345678", "0112345679", 112345680.0])
    assert read_ministry_id(112345680.0, habit).value == "0112345680"
    assert read_ministry_id(112345680.0, Counter()).problem == "moedu_id_unreadable"
    assert read_ministry_id("3112345678", habit).value == "3112345678"
    assert read_ministry_id("31123", habit).problem == "moedu_id_unreadable"


def test_scientific_notation_is_written_out_only_when_complete() -> None:
    assert digits_text("3.10123456789E+11") == "310123456789"
    with pytest.raises(LostDigits):
        digits_text("3.1E+9")


CLASSES = [
    ("6A1", "6A1"), ("Lớp 6A1", "6A1"), ("6 A1", "6A1"), ("6a1", "6A1"), ("6A 1", "6A1"), ("LỚP: 6A1", "6A1"), ("6/1", "6/1"), ("Lớp 6/1", "6/1"),
    ("6.1", "6.1"), (6.1, "6.1"), ("6-1", "6-1"), (6.0, "6"), ("12A10", "12A10"), ("10 Toán", "10 Toán"), ("10CLC1", "10CLC1"), ("6Đ", "6Đ"),
    ("6A1 (35)", "6A1"), ("Lá 1", "Lá 1"), ("LÁ 1", "Lá 1"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "name"), CLASSES)
def test_class_names_have_one_spelling(cell: Any, name: str) -> None:
    assert read_class(cell) == (name, None)


@pytest.mark.parametrize("cell", ["13A1", "0A1", "61", "?", "=6&A1", 0.0])
def test_what_is_no_class_is_refused(cell: Any) -> None:
    assert read_class(cell) == (None, "class_unreadable")


def test_a_class_that_became_a_date_is_told() -> None:
    assert read_class(dt.date(2026, 1, 6)) == (None, "class_became_date")
    assert read_class("6-Jan") == (None, "class_became_date")


TITLES = [
    ("DANH SÁCH HỌC SINH LỚP 6A1 NĂM HỌC 2026-2027", "6A1"), ("Lớp: 6/1", "6/1"), ("LỚP 6 NĂM HỌC 2026", "6"), ("Lớp 10 Toán", "10 Toán"),
    ("Lớp 6A1   GVCN: Nguyễn Văn A", "6A1"), ("DANH SÁCH LỚP LÁ 1", "Lá 1"), ("lớp 6A1, 6A2", None), ("DANH SÁCH KHỐI LỚP 6", None),
    ("Lớp 6 Hoa Sen", None), ("Năm học 2026-2027", None), ("Lớp 6Đ1", "6Đ1"), ("LỚP 6A 35 học sinh", "6A"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "name"), TITLES)
def test_a_title_names_its_class_or_none(title: str, name: str | None) -> None:
    assert class_in_title(title) == name


@pytest.mark.parametrize(("sheet", "name"), [("6A1", "6A1"), ("Lớp 6A1", "6A1"), ("DS lop 6A1", "6A1"), ("6A1 (35HS)", "6A1"), ("6-1", "6-1"), ("1", None), ("Sheet1", None), ("Tổng hợp", None), ("Lop 6", "6")])  # fmt: skip
def test_a_sheet_name_names_a_class_or_not(sheet: str, name: str | None) -> None:
    assert class_in_sheet_name(sheet) == name


def test_spellings_of_one_class_share_a_key() -> None:
    assert class_key("6A1") == class_key("6.A1") == class_key("6A01")
    assert class_key("6/1") == class_key("6.1") != class_key("6/11")


@pytest.mark.parametrize(("text", "sex"), [("Nam", "male"), ("NU", "female"), ("nữ ", "female"), ("M", "male"), ("f", "female"), ("Gái", "female"), ("1", "code"), ("x", "code")])  # fmt: skip
def test_sex_has_many_spellings(text: str, sex: str) -> None:
    assert read_sex(text) == (sex, None)


@pytest.mark.parametrize(("text", "left"), [("Đang học", False), ("Chuyển đến", False), ("Chuyển đi", True), ("Bỏ học", True), ("Thôi học từ 10/2026", True), ("Lưu ban", False), ("Bảo lưu", True), ("", False), ("khuyết tật", None)])  # fmt: skip
def test_status_tells_who_attends(text: str, left: bool | None) -> None:
    assert has_left(text) is left


@pytest.mark.parametrize(("text", "relation"), [("mẹ", "mother"), ("Bố", "father"), ("ba", "father"), ("bà", "guardian"), ("Bà nội", "guardian"), ("ba noi", "guardian"), ("Má", "mother"), ("cha mẹ", "parent"), ("SĐT PH", "parent"), ("Hoa", None), ("Giám hộ", "guardian")])  # fmt: skip
def test_labels_tell_whom_they_mean(text: str, relation: str | None) -> None:
    assert relation_of(text) == relation


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "Trần Thị Hồng", "Trương Quỳnh", "Lê Tú", "Họ và tên"])
def test_old_letters_are_known_and_turned_into_unicode(name: str) -> None:
    assert from_tcvn3(tcvn3(name)) == name
    assert spot(tcvn3(name)) == "tcvn3"
    # "Lê Tú" could be TCVN3 for something else: alone it proves nothing, and the column decides.
    assert spot(name) in ("unicode", None)


def test_vni_is_turned_into_unicode() -> None:
    assert from_vni("Nguyeãn Vaên Ñöùc") == "Nguyễn Văn Đức"
    assert from_vni("TRAÀN THÒ HOÀNG ÑAØO") == "TRẦN THỊ HỒNG ĐÀO"
    assert spot("Traàn Thò") == "vni"


@pytest.mark.parametrize("word", ["Nguyễn", "Quỳnh", "giếng", "gì", "khuya", "nghiêng", "Ý", "uống", "thuở"])
def test_vietnamese_syllables_are_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["NguyÔn", "Müller", "thç", "Vaên", "bấtt", "học̀"])
def test_other_words_are_not_taken_for_syllables(word: str) -> None:
    assert not is_syllable(word)

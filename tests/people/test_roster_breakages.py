"""Files that once broke the reader, found by a judge who wrote schools' files without knowing it. One small sheet each."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
import xlwt

from tests.people.sheets import Sheet, codes, csv_bytes, lines, read, read_rows, xlsx

D = dt.date


def _rewritten(data: bytes, part: str, old: str, new: str) -> bytes:
    """An xlsx with one of its XML parts changed, as other makers write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(name, content)
    return out.getvalue()


def test_cells_without_references_take_the_next_place_and_empty_ones_count() -> None:
    data = xlsx(Sheet("DS", [["Họ tên", "x", "Lớp"], ["Lê A", "y", "6A1"]]))
    for reference in ("A1", "B1", "C1", "A2", "C2"):
        data = _rewritten(data, "xl/worksheets/sheet1.xml", f' r="{reference}"', "")
    data = _rewritten(data, "xl/worksheets/sheet1.xml", '<c r="B2" t="inlineStr"><is><t>y</t></is></c>', "<c/>")
    assert lines(read(data)) == ["Lê A | 6A1 | - | - | - | - | -"]


def test_a_formula_that_found_nothing_is_reported_and_not_taken_for_an_empty_cell() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("DS")
    for column, text in enumerate(["Họ tên", "Lớp", "Số CCCD", "SĐT mẹ"]):
        sheet.write(0, column, text)
    sheet.write(1, 0, "Lê A")
    sheet.write(1, 1, "6A1")
    sheet.row(1).set_cell_error(2, 0x2A)
    sheet.row(1).set_cell_error(3, 0x17)
    stream = io.BytesIO()
    book.save(stream)
    understood = read(stream.getvalue(), "ds.xls")
    assert [(b.column, b.value) for b in understood.bad_rows] == [("Số CCCD", "#N/A"), ("SĐT mẹ", "#REF!")]
    in_csv = read_rows(["Họ tên", "Lớp", "Họ tên cha"], ["Lê A", "6A1", "#N/A"])
    assert codes(in_csv) == [(2, "guardian_unreadable")]


@pytest.mark.parametrize("words", ["không có", "Không", "ko có", "chưa có", "x"])
def test_words_for_no_phone_are_no_error(words: str) -> None:
    understood = read_rows(["Họ tên", "Lớp", "SĐT mẹ"], ["Lê A", "6A1", words])
    assert (lines(understood), codes(understood)) == (["Lê A | 6A1 | - | - | - | - | -"], [])


def test_a_school_year_in_a_header_changes_nothing_and_the_newer_class_counts() -> None:
    understood = read_rows(["STT", "Họ tên", "Lớp 2025-2026", "Lớp 2026-2027"], [1, "Lê Văn A", "5B", "6A1"])
    assert lines(understood) == ["Lê Văn A | 6A1 | - | - | - | - | -"]


def test_the_pupils_given_name_may_stand_under_a_heading_for_whole_names() -> None:
    understood = read_rows(["Họ và tên đệm", "Tên học sinh", "Lớp"], ["Lê Thị", "An", "6A"], ["H'Hen", "Niê", "6A"])
    assert [p.full_name for p in understood.pupils] == ["Lê Thị An", "H'Hen Niê"]


def test_lists_side_by_side_take_their_class_from_the_title_above_each() -> None:
    understood = read_rows(
        ["TRƯỜNG THCS SỐ 1"],
        ["LỚP 6A", None, None, "LỚP 6B"],
        ["STT", "Họ tên", None, "STT", "Họ tên"],
        [1, "Lê A", None, 1, "Lê B"],
    )
    assert [(p.full_name, p.class_name) for p in understood.pupils] == [("Lê A", "6A"), ("Lê B", "6B")]


def test_the_head_of_a_second_page_is_no_pupil() -> None:
    understood = read_rows(
        ["LỚP 6A"], ["STT", "Họ tên", "SĐT mẹ"], [1, "Lê Văn A", "0912345678"],
        ["UBND XÃ A"], ["TRƯỜNG THCS B"], ["Năm học 2026 - 2027"], ["LỚP 6B"], ["STT", "Họ tên", "SĐT mẹ"],
        [1, "Lê Văn B", None],
    )  # fmt: skip
    assert [(p.full_name, p.class_name) for p in understood.pupils] == [("Lê Văn A", "6A"), ("Lê Văn B", "6B")]
    assert understood.bad_rows == []


def test_columns_numbered_in_square_brackets_are_no_pupil() -> None:
    assert codes(read_rows(["TT", "Họ tên", "Lớp"], ["[1]", "[2]", "[3]"], [1, "Lê A", "6A"])) == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Bà Ninh Thùy Duyên", "Ninh Thùy Duyên"),
        ("ông Âu Quốc Tùng", "Âu Quốc Tùng"),
        ("Ông Đinh Hiếu", "Đinh Hiếu"),
        ("Ông Ích Khiêm", "Ông Ích Khiêm"),
    ],
)
def test_the_word_of_address_is_no_part_of_a_name(written: str, name: str) -> None:
    understood = read_rows(["Họ tên", "Lớp", "Họ tên cha"], ["Lê Văn A", "6A1", written])
    assert [g.name for g in understood.pupils[0].guardians] == [name]


def test_a_father_of_the_family_ong_keeps_his_name() -> None:
    understood = read_rows(["Họ tên", "Lớp", "Họ tên cha"], ["Ông Thị Mai", "6A1", "Ông Cao Thắng"])
    assert [g.name for g in understood.pupils[0].guardians] == ["Ông Cao Thắng"]


def test_the_header_of_the_birth_dates_may_say_that_the_month_comes_first() -> None:
    understood = read_rows(
        ["Họ tên", "Lớp", "DOB (mm/dd/yyyy)"], ["Lê A", "6A", "3/4/2014"], ["Lê B", "6A", "25/4/2014"]
    )
    assert [p.born_on for p in understood.pupils] == [D(2014, 3, 4), None]
    assert codes(understood) == [(3, "date_order")]


def test_numbers_in_each_others_columns_are_told_by_their_digits() -> None:
    header = ["Họ tên", "Lớp", "Số định danh cá nhân", "Mã CSDL ngành"]
    rows = [[f"Lê Văn {n}", "6A", f"341234567{i}", f"03421400045{i}"] for i, n in enumerate("ABCD")]
    pupil = read_rows(header, *rows).pupils[0]
    assert (pupil.personal_id, pupil.moedu_id) == ("034214000450", "3412345670")


def test_a_grade_and_the_name_of_a_class_in_two_columns_are_one_class() -> None:
    understood = read_rows(["Họ tên", "Khối", "Lớp"], ["Lê A", "Khối 6", "Lớp A1"], ["Lê B", "11", "Anh 2"])
    assert [p.class_name for p in understood.pupils] == ["6A1", "11 Anh 2"]


def test_english_headings_are_read() -> None:
    understood = read(
        csv_bytes(
            [
                ["No.", "Student's full name", "D.O.B", "Gender (M/F)", "Homeroom class", "National ID", "Dad's phone"],
                [1, "Lê Văn A", "05/09/2014", "M", "6A", "034214000450", "0912345678"],
            ]
        )
    )
    assert lines(understood) == ["Lê Văn A | 6A | 2014-09-05 | male | 034214000450 | - | F:-:+84912345678"]

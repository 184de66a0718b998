"""Forms, programs and teachers with habits of their own: what a second judge's invented makers wrote, one small sheet each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people.sheets import Sheet, codes, csv_bytes, lines, read, read_rows, xlsx

HEAD = ["STT", "Họ và tên", "Ngày sinh", "Lớp"]
PUPIL: list[Any] = [1, "Lê A Tủa", "03/05/2015", "6A1"]
BOTH = "F:Lê Văn An:+84912345678, M:Hà Thị Bình:+84987654321"


def _family(header: str, cell: str) -> tuple[str, list[tuple[int, str]]]:
    understood = read_rows([*HEAD, header], [*PUPIL, cell], [2, "Vừ Thị Mỷ", "04/05/2015", "6A1", cell])
    assert len(understood.pupils) == 2
    return lines(understood)[0].rpartition(" | ")[2], codes(understood)


def test_the_numbered_questions_of_a_form_are_headers() -> None:
    understood = read_rows(
        ["Dấu thời gian", "1. Họ và tên con", "2. Con học lớp", "3. Ngày tháng năm sinh của con", "4. Giới tính của con", "5. SĐT bố"],
        ["9/1/2026 8:00:00", "LÊ A TỦA", "6a1", "03/05/2015", "Nam", "0912 345 678"],
    )  # fmt: skip
    assert lines(understood) == ["Lê A Tủa | 6A1 | 2015-05-03 | male | - | - | F:-:+84912345678"]


@pytest.mark.parametrize("title", ["DANH SÁCH LỚP 10 TOÁN", "DANH SÁCH HỌC SINH LỚP 10 CHUYÊN ANH"])
def test_a_title_in_capitals_names_the_class_as_people_write_it(title: str) -> None:
    understood = read_rows([title], ["STT", "Họ và tên"], [1, "Lê A Tủa"])
    assert understood.pupils[0].class_name in ("10 Toán", "10 Chuyên Anh")


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Cha/mẹ - SĐT", "Bố Lê Văn An: 0912345678\nMẹ Hà Thị Bình: 0987654321"),
        ("SĐT phụ huynh", "Bố Lê Văn An 0912345678; Mẹ Hà Thị Bình 0987654321"),
        ("Họ tên bố mẹ và số điện thoại", "Bố Lê Văn An: 0912345678, Mẹ Hà Thị Bình: 0987654321"),
        ("Cha mẹ (họ tên, nghề nghiệp, SĐT)", "- Bố: Lê Văn An, công nhân, 0912345678\n- Mẹ: Hà Thị Bình, giáo viên, 0987654321"),
        ("Phụ huynh", "Lê Văn An (Bố) - 0912345678 / Hà Thị Bình (Mẹ) - 0987654321"),
        ("Điện thoại", "bố Lê Văn An 0912.345.678 - mẹ Hà Thị Bình 0987.654.321"),
    ],
)  # fmt: skip
def test_both_parents_in_one_cell_keep_their_names_whatever_its_header(header: str, cell: str) -> None:
    assert _family(header, cell) == (BOTH, [])


def test_a_word_for_a_parent_is_never_taken_for_a_name() -> None:
    assert _family("Liên hệ gia đình", "Bố: 0912345678; Mẹ: 0987654321") == ("F:-:+84912345678, M:-:+84987654321", [])
    assert _family("Họ tên cha, mẹ", "Mẹ: Hà Thị Bình, Nội trợ") == ("M:Hà Thị Bình:-", [])
    assert _family("Phụ huynh", "Mẹ Hà Thị Bình") == ("M:Hà Thị Bình:-", [])


def test_a_family_called_like_an_occupation_or_a_parent_keeps_its_name() -> None:
    assert _family("Họ tên cha, mẹ", "Nông Văn Cừ, Má Thị Dợ")[0] == "F:Nông Văn Cừ:-, M:Má Thị Dợ:-"
    assert _family("Phụ huynh", "Má A Páo")[0] == "G:Má A Páo:-"


def test_a_name_that_stands_among_numbers_is_not_lost_in_silence() -> None:
    plain = [
        [n, f"Lê {name} Tủa", "03/05/2015", "6A1", f"091234567{n}"] for n, name in enumerate(("A", "Ba", "Na", "Ca"))
    ]
    understood = read_rows(
        [*HEAD, "SĐT mẹ"], *plain, [5, "Vừ Thị Mỷ", "04/05/2015", "6A1", "mẹ Hà Thị Bình 0987654321"]
    )
    assert (6, "phone_note") in codes(understood)
    assert lines(understood)[-1].endswith("M:-:+84987654321")


def test_a_second_parent_in_the_row_below_belongs_to_the_child_above() -> None:
    understood = read_rows(
        [*HEAD, "Họ tên PH", "Quan hệ", "SĐT"],
        [*PUPIL, "Lê Văn An", "Bố", 912345678],
        [None, None, None, None, "Hà Thị Bình", "Mẹ", "0987654321"],
        [2, "Vừ Thị Mỷ", "04/05/2015", "6A1", "Vừ A Sử", "Bố", None],
        [None, None, None, None, "Nguyễn Thị Lan"],
    )
    assert [line.rpartition(" | ")[2] for line in lines(understood)] == [BOTH, "F:Vừ A Sử:-"]
    assert [row for row, _ in codes(understood)] == [5]


def test_a_pupil_written_once_for_each_parent_is_one_pupil() -> None:
    header = [*HEAD, "Mã HS", "Họ tên phụ huynh", "Quan hệ", "SĐT"]
    father, mother = ["Lê Văn An", "Bố", "0912345678"], ["Hà Thị Bình", "Mẹ", "0987654321"]
    understood = read_rows(header, [*PUPIL, "HS01", *father], [2, *PUPIL[1:], "HS01", *mother])
    assert ([line.rpartition(" | ")[2] for line in lines(understood)], codes(understood)) == ([BOTH], [])
    # Two fathers are two pupils or a mistake, and somebody must look.
    doubtful = read_rows(header, [*PUPIL, "HS01", *father], [2, *PUPIL[1:], "HS01", "Hà Văn Bình", "Bố", None])
    assert len(doubtful.pupils) == 1
    assert (3, "same_pupil_twice") in codes(doubtful)


@pytest.mark.parametrize(
    ("remark", "left"),
    [("Hay nghỉ học", False), ("Nghỉ học nhiều", False), ("nghỉ học 3 buổi", False), ("Nghỉ học có phép", False), ("Nghỉ học", True),
     ("Đã nghỉ học", True), ("Nghỉ học từ ngày 10/10/2026", True), ("Chuyển đi 10/2026", True)],
)  # fmt: skip
def test_days_missed_are_no_leaving(remark: str, left: bool) -> None:
    understood = read_rows([*HEAD, "Ghi chú"], [*PUPIL, remark])
    assert (len(understood.pupils), codes(understood)) == ((0, [(2, "left_school")]) if left else (1, []))


def test_columns_of_averages_are_no_telephones() -> None:
    rows = [["STT", "Mã học sinh", "Họ và tên", "ĐĐGgk", "ĐĐGck", "ĐTBmhk"], [1, "HS01", "Lê A Tủa", 8.0, 7.0, 7.8]]
    understood = read(xlsx(Sheet("8B", rows)))
    assert (lines(understood), codes(understood)) == (["Lê A Tủa | 8B | - | - | - | - | -"], [])


def test_a_title_over_some_column_is_no_group_of_columns() -> None:
    understood = read_rows(
        [None, "SỞ GD&ĐT HẢI PHÒNG"],
        ["STT", "Mã số BHXH", "Họ và tên", "Lớp", "SĐT bố"],
        [1, "2462613237", "Lê A Tủa", "6A1", "0912345678"],
    )
    assert (lines(understood), codes(understood)) == (["Lê A Tủa | 6A1 | - | - | - | - | F:-:+84912345678"], [])
    assert understood.sheets[0].unmapped == ["Mã số BHXH"]


def test_the_capitals_that_tcvn3_lacks_are_given_back_to_names() -> None:
    rows = [["STT", "Họ và tên", "Lớp"], ["1", "Nguyễn Trần Như ý", "9A2"], ["2", "Đỗ Thị ánh-ý", "9A2"]]
    understood = read(csv_bytes(rows, "tcvn3"), "ds.csv")
    assert [pupil.full_name for pupil in understood.pupils] == ["Nguyễn Trần Như Ý", "Đỗ Thị Ánh-Ý"]

"""Whole small files in the layouts of other makers. Each test shows the sheet as it looks and the pupils that stand in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from backend.spreadsheets.refusals import FileRefused
from tests.people.sheets import (
    Sheet,
    codes,
    csv_bytes,
    excel_xml,
    html_bytes,
    lines,
    read,
    read_rows,
    tcvn3,
    xls,
    xlsx,
)

D = dt.date
PLAIN: list[list[Any]] = [
    [
        "STT",
        "Họ tên",
        "Ngày sinh",
        "Giới tính",
        "Lớp",
        "Mã định danh Bộ GD&ĐT",
        "Số định danh cá nhân",
        "Họ tên cha",
        "SĐT cha",
    ],
    [1, "Đặng Thị Quỳnh Như", "05/09/2014", "Nữ", "6/1", "3412345678", "034314000456", "Đặng Văn Ước", "0912345678"],
    [2, "Nguyễn Hữu Đức", "15/09/2014", "Nam", "6/1", "3412345679", "034214000456", None, None],
]
PLAIN_LINES = [
    "Đặng Thị Quỳnh Như | 6/1 | 2014-09-05 | female | 034314000456 | 3412345678 | F:Đặng Văn Ước:+84912345678",
    "Nguyễn Hữu Đức | 6/1 | 2014-09-15 | male | 034214000456 | 3412345679 | -",
]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-16-be-bom", "cp1258"]
)
def test_a_csv_is_read_in_every_encoding_and_with_every_separator(encoding: str, separator: str) -> None:
    understood = read(csv_bytes(PLAIN, encoding, separator), "ds.csv")
    assert lines(understood) == PLAIN_LINES
    assert understood.bad_rows == []


@pytest.mark.parametrize("name", ["ds.xlsx", "ds.xls", "ds.csv", "ds"])
def test_the_bytes_decide_what_a_file_is_and_never_its_name(name: str) -> None:
    for data in (
        xlsx(Sheet("DS", PLAIN)),
        xls(Sheet("DS", PLAIN)),
        csv_bytes(PLAIN),
        html_bytes(PLAIN),
        excel_xml("DS", PLAIN),
    ):
        assert lines(read(data, name)) == PLAIN_LINES


def test_a_separator_line_for_excel_is_no_data() -> None:
    understood = read(b"sep=;\r\n" + csv_bytes(PLAIN, "utf-8", ";"), "ds.csv")
    assert lines(understood) == PLAIN_LINES
    assert understood.pupils[0].row == 3


def test_cells_forced_to_text_and_broken_over_lines_are_read() -> None:
    data = 'STT,"Họ và\ntên",Ngày sinh,Lớp,SĐT mẹ\n1,"Lê Thị\nBé",="05/09/2014",6A,="0912345678"\n'.encode()
    assert lines(read(data, "ds.csv")) == ["Lê Thị Bé | 6A | 2014-09-05 | - | - | - | M:-:+84912345678"]


def test_grouped_headers_number_row_split_name_and_signatures() -> None:
    understood = read_rows(
        ["SỞ GD&ĐT HẢI PHÒNG"], ["TRƯỜNG THCS A"], ["DANH SÁCH HỌC SINH LỚP 6A1"], ["Năm học 2026-2027"], [],
        ["STT", "Mã định danh Bộ GD&ĐT", "Họ và tên", None, "Ngày sinh", "Nữ", "Cha", None, "Mẹ", None, "SĐT liên hệ"],
        [None, None, None, None, None, None, "Họ tên", "SĐT", "Họ tên", "SĐT", None],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)", "(11)"],
        [1, "3101234567", "NGUYỄN VĂN", "AN", D(2015, 3, 4), None, "Nguyễn Văn Ba", "0912345678", "Trần Thị Hoa", 912345679, "0912345678"],
        [2, "3101234568", "Trần Thị", "Bình", "05/12/2015", "x", "Trần Văn C", "0912345677/0987654321", None, None, "0977123456 (mẹ)"],
        [3, "3101234569", "Lê", "Cường", "31/02/2015", None, None, None, "Lê Thị D", "abc", None],
        ["Tổng số: 3 học sinh, nữ 1"], [None, None, None, None, None, "Hải Phòng, ngày 5 tháng 9 năm 2026"],
        [None, None, "NGƯỜI LẬP", None, None, "HIỆU TRƯỞNG"], [None, None, "Nguyễn Thị X", None, None, "Phạm Văn Y"],
        merges=["A3:K3", "A6:A7", "B6:B7", "C6:D7", "G6:H6", "I6:J6"],
    )  # fmt: skip
    assert lines(understood) == [
        "Nguyễn Văn An | 6A1 | 2015-03-04 | male | - | 3101234567 | F:Nguyễn Văn Ba:+84912345678, M:Trần Thị Hoa:+84912345679",
        "Trần Thị Bình | 6A1 | 2015-12-05 | female | - | 3101234568 | F:Trần Văn C:+84912345677, F:Trần Văn C:+84987654321, M:-:+84977123456",
        "Lê Cường | 6A1 | - | male | - | 3101234569 | M:Lê Thị D:-",
    ]
    assert codes(understood) == [(11, "date_impossible"), (11, "phone_words")]
    assert understood.school_year == "2026-2027"
    assert (understood.bad_rows[0].column, understood.bad_rows[0].cell, understood.bad_rows[0].value) == (
        "Ngày sinh",
        "E11",
        "31/02/2015",
    )


def test_the_sector_export_keeps_pupil_columns_apart_from_those_of_parents() -> None:
    understood = read_rows(
        ["STT", "Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Giới tính", "Dân tộc", "Trạng thái", "SĐT liên hệ", "Nơi sinh chi tiết",
         "Số CMND", "Ngày cấp", "Nơi cấp", "Tên cha", "Nghề nghiệp cha", "Năm sinh cha", "Tên mẹ", "Nghề nghiệp mẹ", "Năm sinh mẹ",
         "Lớp học", "Khối học", "Số định danh cá nhân"],
        [1, "2401234567", "Nguyễn Văn An", "04/03/2014", "Nam", "Kinh", "Đang học", "0912345678", "Xã A", None, None, None,
         "Nguyễn Văn B", "Nông dân", "1985", "Trần Thị C", None, 1987, "7A1", 7, 24214000123],
        [2, "2401234568", "Lê Thị Mai", "14/03/2014", "Nữ", "Tày", "Chuyển đi", "0912345679", "Xã A", None, None, None,
         "Lê Văn B", None, None, "Trần Thị D", None, None, "7A1", 7, "024314000124"],
        [3, "2401234569", "Lê Thị Lan", "14/03/2014", "Nữ", "Tày", "Đang học", "0912345679", "Xã A", None, None, None,
         None, None, None, "Trần Thị D", None, None, "7A1", 7, "024314000125"],
    )  # fmt: skip
    assert lines(understood) == [
        "Nguyễn Văn An | 7A1 | 2014-03-04 | male | 024214000123 | 2401234567 | F:Nguyễn Văn B:-, M:Trần Thị C:-, G:-:+84912345678",
        # Only one adult is named, so the contact's number can only be hers.
        "Lê Thị Lan | 7A1 | 2014-03-14 | female | 024314000125 | 2401234569 | M:Trần Thị D:+84912345679",
    ]
    assert codes(understood) == [(3, "left_school")]


def test_a_list_without_numbers_or_class_column_made_by_a_teacher() -> None:
    understood = read_rows(
        ["Lớp 7B - GVCN: Cô Hoa"],
        ["HỌ VÀ TÊN", "NS", "DT", "SĐT PH", "Ghi chú"],
        ["nguyễn văn an", "1/2/2014", "Kinh", "0912345678"],
        ["TRẦN THỊ Ý-NHI", "13/02/2014", "Mông", "0912345679 (mẹ)", "lớp trưởng"],
        ["Lê Văn Bảy", "5/6/2014", "Kinh", "0912345677", "Chuyển đi 10/2026"],
        [],
        ["Cô Hoa"],
    )
    assert lines(understood) == [
        "Nguyễn Văn An | 7B | 2014-02-01 | - | - | - | G:-:+84912345678",
        "Trần Thị Ý-Nhi | 7B | 2014-02-13 | - | - | - | M:-:+84912345679",
    ]
    assert codes(understood) == [(5, "left_school"), (7, "perhaps_not_a_pupil")]


def test_dt_is_a_telephone_or_a_people_by_what_stands_below() -> None:
    understood = read_rows(
        ["STT", "Họ tên", "Lớp", "DT"], [1, "Lê Văn A", "6A", "0912345678"], [2, "Lê Văn B", "6A", "0912345679"]
    )
    assert [len(p.guardians) for p in understood.pupils] == [1, 1]


def test_every_class_sheet_is_read_and_the_others_are_told() -> None:
    understood = read(
        xlsx(
            Sheet("Tổng hợp", [["Lớp", "Sĩ số", "GVCN"], ["6A", 1, "Lê Thị X"]]),
            Sheet("6-1", [["DANH SÁCH LỚP 6/1"], ["STT", "Họ tên", "Ngày sinh"], [1, "Lê A Tủa", "01/05/2015"]]),
            Sheet("6-2", [["STT", "Họ tên", "Ngày sinh"], [1, "Lê B Sinh", "02/05/2015"]]),
            Sheet(
                "GV",
                [
                    ["STT", "Họ và tên", "Chức vụ", "Điện thoại", "Chủ nhiệm"],
                    [1, "Lê Thị X", "Giáo viên", "0912345678", "6/1"],
                ],
            ),
            Sheet(
                "BĐD CMHS",
                [["STT", "Họ và tên", "Con em", "Lớp", "Điện thoại"], [1, "Lê Văn Z", "Lê A Tủa", "6/1", "0912345670"]],
            ),
            Sheet("cũ", [["STT", "Họ tên", "Lớp"], [1, "Lê Văn Cũ", "6/1"]], hidden=True),
        )
    )
    assert [(p.full_name, p.class_name) for p in understood.pupils] == [("Lê A Tủa", "6/1"), ("Lê B Sinh", "6-2")]
    assert [(s.name, s.kind) for s in understood.sheets] == [
        ("Tổng hợp", "skipped"), ("6-1", "pupils"), ("6-2", "pupils"), ("GV", "staff"), ("BĐD CMHS", "skipped"), ("cũ", "skipped"),
    ]  # fmt: skip
    assert [(b.sheet, b.code) for b in understood.bad_rows] == [
        ("Tổng hợp", "sheet_without_list"),
        ("BĐD CMHS", "sheet_without_list"),
        ("cũ", "sheet_hidden"),
    ]
    assert (understood.staff[0].full_name, understood.staff[0].phone_e164, understood.staff[0].homeroom) == (
        "Lê Thị X",
        "+84912345678",
        "6/1",
    )


def test_classes_stacked_in_one_sheet_with_repeated_headers() -> None:
    header = ["STT", "Họ tên", "Ngày sinh"]
    understood = read_rows(
        ["LỚP 6A"], header, [1, "Lê A Tủa", "01/05/2015"], header, [2, "Lê A Sáng", "11/05/2015"], ["Tổng số: 2"],
        ["LỚP 6B"], header, ["(1)", "(2)", "(3)"], [1, "Lê B Sinh", "02/05/2015"], [None, "HIỆU TRƯỞNG"], [None, "Nguyễn Văn Y"],
        ["Lớp: 6C"], [1, "Lê C Pao", "03/05/2015"],
    )  # fmt: skip
    assert [(p.full_name, p.class_name) for p in understood.pupils] == [
        ("Lê A Tủa", "6A"),
        ("Lê A Sáng", "6A"),
        ("Lê B Sinh", "6B"),
        ("Lê C Pao", "6C"),
    ]
    assert understood.bad_rows == []


def test_another_table_below_with_other_columns_is_read_by_its_own_header() -> None:
    understood = read_rows(
        ["LỚP 6A"], ["STT", "Họ tên", "Ngày sinh"], [1, "Lê A Tủa", "01/05/2015"], [],
        ["LỚP 6B"], ["TT", "Ngày sinh", "Họ và tên", "SĐT mẹ"], [1, "02/05/2015", "Lê B Sinh", "0912345678"],
    )  # fmt: skip
    assert lines(understood) == [
        "Lê A Tủa | 6A | 2015-05-01 | - | - | - | -",
        "Lê B Sinh | 6B | 2015-05-02 | - | - | - | M:-:+84912345678",
    ]


def test_two_halves_of_a_list_printed_side_by_side() -> None:
    understood = read_rows(
        ["DANH SÁCH LỚP 6A"], ["STT", "Họ và tên", "Ngày sinh", None, "STT", "Họ và tên", "Ngày sinh"],
        [1, "Lê A Tủa", "1/1/2015", None, 3, "Lê C Pao", "3/1/2015"], [2, "Lê B Sinh", "2/1/2015"],
    )  # fmt: skip
    assert sorted(p.full_name for p in understood.pupils) == ["Lê A Tủa", "Lê B Sinh", "Lê C Pao"]
    assert {p.class_name for p in understood.pupils} == {"6A"}


def test_classes_in_merged_cells_reach_over_their_pupils() -> None:
    rows = [
        ["STT", "Lớp", "Họ tên"],
        [1, "6A", "Lê A Tủa"],
        [2, None, "Lê B Sinh"],
        [3, "6B", "Lê C Pao"],
        [4, None, "Lê D Của"],
        [5, None, "Lê E Giàng"],
    ]
    for understood in (
        read(xlsx(Sheet("DS", rows, ["B2:B3", "B4:B6"]))),
        read(xls(Sheet("DS", rows, ["B2:B3", "B4:B6"])), "ds.xls"),
        # A CSV has lost the merges; the gaps tell of them.
        read(csv_bytes(rows), "ds.csv"),
    ):
        assert [p.class_name for p in understood.pupils] == ["6A", "6A", "6B", "6B", "6B"]


def test_one_gap_in_a_class_column_is_not_filled_by_guessing() -> None:
    understood = read_rows(
        ["STT", "Họ tên", "Lớp"],
        [1, "Lê A Tủa", "6A"],
        [2, "Lê B Sinh", None],
        [3, "Lê C Pao", "6A"],
        [4, "Lê D Của", "6A"],
    )
    assert [p.full_name for p in understood.pupils] == ["Lê A Tủa", "Lê C Pao", "Lê D Của"]
    assert codes(understood) == [(3, "class_missing")]


def test_siblings_share_merged_cells_of_their_parents() -> None:
    understood = read_rows(
        ["STT", "Họ tên", "Lớp", "Họ tên mẹ", "SĐT mẹ"], [1, "Lê A Tủa", "6A", "Mùa Thị E", "0912345678"], [2, "Lê A Sáng", "6A"], [3, "Lê B Sinh", "6A"],
        merges=["D2:D3", "E2:E3"],
    )  # fmt: skip
    assert [len(p.guardians) for p in understood.pupils] == [1, 1, 0]
    assert understood.pupils[1].guardians == understood.pupils[0].guardians


def test_a_pupil_over_several_rows_has_a_guardian_in_each() -> None:
    understood = read_rows(
        ["STT", "Họ và tên", "Lớp", "Họ tên phụ huynh", "Quan hệ", "SĐT"],
        [1, "Lê A Tủa", "6A", "Lê Văn D", "Bố", "0912345678"], [None, None, None, "Mùa Thị E", "Mẹ", "0912345679"],
        [2, "Lê B Sinh", "6A", "Lê G", "Ông nội", "0912345670"],
        merges=["A2:A3", "B2:B3", "C2:C3"],
    )  # fmt: skip
    assert lines(understood) == [
        "Lê A Tủa | 6A | - | - | - | - | F:Lê Văn D:+84912345678, M:Mùa Thị E:+84912345679",
        "Lê B Sinh | 6A | - | - | - | - | G:Lê G:+84912345670",
    ]


def test_plain_phone_columns_belong_to_the_adult_they_stand_beside() -> None:
    understood = read_rows(
        ["STT", "Họ và tên", "Lớp", "Họ tên cha", "Năm sinh", "SĐT", "Họ tên mẹ", "Năm sinh", "SĐT"],
        [1, "Lê A Tủa", "6A", "Lê Văn D", 1980, "0912345678", "Mùa Thị E", 1982, "0912345679"],
    )
    assert lines(understood) == ["Lê A Tủa | 6A | - | - | - | - | F:Lê Văn D:+84912345678, M:Mùa Thị E:+84912345679"]


def test_one_phone_column_after_both_parents_is_nobodys_in_particular() -> None:
    understood = read_rows(
        ["STT", "Họ và tên", "Lớp", "Họ tên cha", "Họ tên mẹ", "SĐT"],
        [1, "Lê A Tủa", "6A", "Lê Văn D", "Mùa Thị E", "0912345678"],
    )
    assert lines(understood) == ["Lê A Tủa | 6A | - | - | - | - | F:Lê Văn D:-, M:Mùa Thị E:-, G:-:+84912345678"]


def test_both_parents_in_one_cell_and_their_phones_in_another() -> None:
    understood = read_rows(
        ["STT", "Họ và tên", "Lớp", "Họ tên cha, mẹ", "Điện thoại cha/mẹ"],
        [1, "Lê A Tủa", "6A", "Lê Văn D\nMùa Thị E", "0912345678 (bố)\n0912345679 (mẹ)"],
        [2, "Lê B Sinh", "6A", "Mẹ: Giàng Thị Mỷ", "0912345670"],
        [3, "Lê C Pao", "6A", "Lê Văn G - nông dân", "0912345671"],
    )
    assert lines(understood) == [
        "Lê A Tủa | 6A | - | - | - | - | F:Lê Văn D:+84912345678, M:Mùa Thị E:+84912345679",
        "Lê B Sinh | 6A | - | - | - | - | M:Giàng Thị Mỷ:+84912345670",
        "Lê C Pao | 6A | - | - | - | - | G:Lê Văn G:+84912345671",
    ]


def test_birth_dates_in_columns_of_boys_and_girls_tell_the_sex() -> None:
    understood = read_rows(
        ["STT", "Họ và tên", "Năm sinh", None, "Họ tên bố"], [None, None, "Nam", "Nữ", None],
        [1, "Lê A Tủa", "1/1/2015", None, "Lê D"], [2, "Lê B Sinh", None, 2015, "Lê E"],
        sheet="6A", merges=["C1:D1", "A1:A2", "B1:B2"],
    )  # fmt: skip
    assert lines(understood) == [
        "Lê A Tủa | 6A | 2015-01-01 | male | - | - | F:Lê D:-",
        "Lê B Sinh | 6A | - | female | - | - | F:Lê E:-",
    ]
    assert codes(understood) == [(4, "date_year_only")]


def test_day_month_and_year_under_one_header_are_not_taken_for_boys() -> None:
    """Without marks "Năm" (year) and "Nam" (male) are one word."""
    understood = read_rows(
        ["STT", "Họ và tên", "Ngày sinh", None, None], [None, None, "Ngày", "Tháng", "Năm"], [1, "Lê A Tủa", 1, 2, 2015],
        sheet="6A", merges=["C1:E1", "A1:A2", "B1:B2"],
    )  # fmt: skip
    assert lines(understood) == ["Lê A Tủa | 6A | 2015-02-01 | - | - | - | -"]


def test_sex_codes_are_learned_from_names_and_reported_where_nothing_tells() -> None:
    header = ["STT", "Họ và tên", "Giới tính"]
    learned = read_rows(
        header,
        [1, "Lê Văn A", 1],
        [2, "Lê Thị B", 0],
        [3, "Lê Thị C", 0],
        [4, "Trần Văn D", 1],
        [5, "Lê Thu E", 0],
        sheet="6A",
    )
    assert [p.sex for p in learned.pupils] == ["male", "female", "female", "male", "female"]
    unknown = read_rows(header, [1, "Lê Minh", 1], [2, "Lê Thu", 0], sheet="6A")
    assert [p.sex for p in unknown.pupils] == [None, None]
    assert codes(unknown) == [(2, "sex_code_unknown"), (3, "sex_code_unknown")]


def test_a_class_that_excel_turned_into_a_date_is_read_back_by_its_grade_or_told() -> None:
    understood = read_rows(
        ["STT", "Họ và tên", "Lớp", "Khối"], [1, "Lê A Tủa", D(2026, 1, 6), 6], [2, "Lê B Sinh", D(2026, 2, 6), None]
    )
    assert lines(understood) == ["Lê A Tủa | 6/1 | - | - | - | - | -"]
    assert codes(understood) == [(3, "class_became_date")]


def test_class_6_10_that_became_the_number_6_1_is_told() -> None:
    rows = [[n, f"Lê Văn {chr(64 + n)}", value] for n, value in enumerate([6.1, 6.2, 6.9, 6.1], start=1)]
    understood = read(xls(Sheet("DS", [["STT", "Họ và tên", "Lớp"], *rows])), "a.xls")
    assert [p.class_name for p in understood.pupils] == ["6.2", "6.9"]
    assert codes(understood) == [(2, "class_became_number"), (5, "class_became_number")]


def test_grade_and_letter_in_columns_of_their_own_are_one_class() -> None:
    assert [p.class_name for p in read_rows(["STT", "Họ và tên", "Khối", "Lớp"], [1, "Lê A Tủa", 6, "A1"]).pupils] == [
        "6A1"
    ]


OLD = [
    ["Trường THCS Nguyễn Du"], ["Danh sách lớp 6A"], ["TT", "Họ và tên", "Ngày sinh", "Giới tính", "Họ tên mẹ"],
    [1, "Nguyễn Thị Hằng", "05/06/2015", "Nữ", "Lê Tú"], [2, "Lê Hà", "15/06/2015", "Nam", "Trần Thị Hồng"], [3, "Tú Anh", "25/06/2015", "Nữ", None],
]  # fmt: skip


def test_tcvn3_in_a_workbook_and_in_a_csv_is_converted() -> None:
    in_old_letters = [[tcvn3(value) if isinstance(value, str) else value for value in cells] for cells in OLD]
    expected = lines(read(xlsx(Sheet("DS", OLD))))
    assert expected[0].startswith("Nguyễn Thị Hằng | 6A | 2015-06-05 | female")
    assert lines(read(xlsx(Sheet("DS", in_old_letters)))) == expected
    assert lines(read(csv_bytes(OLD, "tcvn3"), "ds.csv")) == expected


def test_vni_is_converted() -> None:
    understood = read_rows(
        ["Danh saùch lôùp 6A"], ["TT", "Hoï vaø teân", "Ngaøy sinh", "Giôùi tính"],
        [1, "Nguyeãn Vaên Hoaø", "05/06/2015", "Nam"], [2, "Traàn Thò Hoàng Ñaøo", "15/06/2015", "Nöõ"], [3, "Leâ Anh", "16/06/2015", "Nöõ"],
    )  # fmt: skip
    assert [p.full_name for p in understood.pupils] == ["Nguyễn Văn Hoà", "Trần Thị Hồng Đào", "Lê Anh"]
    assert [p.sex for p in understood.pupils] == ["male", "female", "female"]


def _misread(text: str) -> str:
    """UTF-8 opened as Windows-1252: bytes that the page leaves undefined show as control characters."""
    return "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


def test_utf8_that_was_read_as_western_is_put_right() -> None:
    broken = [[_misread(value) if isinstance(value, str) else value for value in cells] for cells in PLAIN]
    assert lines(read(csv_bytes(broken), "ds.csv")) == PLAIN_LINES


def test_letters_that_nobody_can_read_are_reported_for_the_sheet() -> None:
    broken = [
        [value.encode().decode("cp1252", "replace") if isinstance(value, str) else value for value in cells]
        for cells in PLAIN
    ]
    assert codes(read(xlsx(Sheet("DS", broken)))) == [(1, "sheet_encoding")]


def test_two_sheets_about_the_same_pupils_are_joined() -> None:
    understood = read(
        xlsx(
            Sheet(
                "Học sinh",
                [
                    ["STT", "Họ tên", "Lớp", "Ngày sinh"],
                    [1, "Lê A Tủa", "6A", "01/05/2015"],
                    [2, "Lê B Sinh", "6A", "02/05/2015"],
                ],
            ),
            Sheet(
                "Phụ huynh",
                [["STT", "Họ tên HS", "Lớp", "Họ tên mẹ", "SĐT mẹ"], [1, "Lê A Tủa", "6A", "Mùa Thị E", "0912345678"]],
            ),
        )
    )
    assert lines(understood) == [
        "Lê A Tủa | 6A | 2015-05-01 | - | - | - | M:Mùa Thị E:+84912345678",
        "Lê B Sinh | 6A | 2015-05-02 | - | - | - | -",
    ]


def test_repeated_rows_namesakes_and_shared_numbers() -> None:
    understood = read_rows(
        ["STT", "Họ tên", "Lớp", "Ngày sinh", "Mã định danh Bộ GD&ĐT", "SĐT mẹ"],
        [1, "Lê A Tủa", "6A", "01/05/2015", "1112345671", "0912345678"],
        [2, "Lê A Tủa", "6A", "01/05/2015", "1112345671", "0912345678"],  # the same again
        [3, "Lê B Sinh", "6A", "02/05/2015", None, "0912345671"],
        [4, "Lê B Sinh", "6A", "02/05/2015", None, "0912345672"],  # the same pupil, or a namesake: nobody can tell
        [5, "Lê B Sinh", "6A", "03/05/2015", None, None],  # certainly another pupil
        [6, "Lê C Pao", "6A", "04/05/2015", "1112345679", None],
        [7, "Lê D Của", "6A", "05/05/2015", "1112345679", None],  # one code, two pupils
        [8, "Lê E Giàng", "6A", "06/05/2015", "1112345678", None],
        [9, "Lê E Giàng", "6B", "06/05/2015", "1112345678", None],  # one pupil, two classes
    )
    assert [(p.row, p.moedu_id) for p in understood.pupils] == [
        (2, "1112345671"),
        (4, None),
        (6, None),
        (7, None),
        (8, None),
    ]
    assert codes(understood) == [
        (3, "repeated_row"), (4, "same_pupil_first"), (5, "same_pupil_twice"), (7, "moedu_id_twice"), (8, "moedu_id_twice"),
        (9, "two_classes"), (10, "two_classes"),
    ]  # fmt: skip


def test_ages_that_do_not_fit_the_grade_are_reported() -> None:
    rows = [[n, f"Lê Văn {chr(64 + n)}", "6A", f"0{n}/05/2015"] for n in range(1, 9)]
    understood = read_rows(
        ["STT", "Họ tên", "Lớp", "Ngày sinh"],
        *rows,
        [9, "Lê Thị Y", "6A", "03/05/1915"],
        [10, "Lê Thị Z", "6A", "03/05/2031"],
    )
    assert [p.born_on for p in understood.pupils[-2:]] == [None, None]
    assert codes(understood) == [(10, "date_implausible"), (11, "date_implausible")]


def test_junk_above_the_header_may_be_long() -> None:
    junk: list[list[Any]] = [[f"Dòng {n}"] for n in range(30)]
    assert [p.row for p in read_rows(*junk, ["STT", "Họ tên", "Lớp"], [1, "Lê A Tủa", "6A"]).pupils] == [32]


def test_formulas_in_names_are_reported_and_never_kept() -> None:
    understood = read(
        csv_bytes(
            [
                ["STT", "Họ tên", "Lớp", "Họ tên mẹ"],
                [1, "=cmd|'/C calc'!A0", "6A", None],
                [2, "Lê A Tủa", "6A", "@SUM(1+1)"],
            ]
        ),
        "a.csv",
    )
    assert lines(understood) == ["Lê A Tủa | 6A | - | - | - | - | -"]
    assert codes(understood) == [(2, "name_unreadable"), (3, "guardian_unreadable")]


def test_rows_without_a_name_are_reported_and_numbered_empty_rows_are_not() -> None:
    understood = read_rows(
        ["STT", "Họ tên", "Lớp", "SĐT mẹ"],
        [1, "Lê A Tủa", "6A", None],
        [2, None, "6A", "0912345678"],
        [3, None, None, None],
        [4, None, "6A", None],
    )
    assert codes(understood) == [(3, "name_missing")]


def test_a_hint_in_brackets_and_a_second_language_do_not_hide_a_header() -> None:
    understood = read_rows(
        ["STT", "Họ và tên\n(viết in hoa)", "Ngày sinh\n(dd/mm/yyyy)", "Giới tính (Nam/Nữ)", "Lớp / Class"],
        [1, "LÊ A TỦA", "01/05/2015", "Nam", "6A"],
    )
    assert lines(understood) == ["Lê A Tủa | 6A | 2015-05-01 | male | - | - | -"]


def test_columns_nobody_needs_are_left_out_and_told() -> None:
    report = read_rows(["STT", "Họ tên", "Lớp", "Dân tộc", "Size áo"], [1, "Lê A Tủa", "6A", "Mông", "M"]).sheets[0]
    assert report.unmapped == ["Size áo"]
    assert report.columns == {"STT": "row_no", "Họ tên": "full_name", "Lớp": "class"}


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"%PDF-1.7 x", "not_a_table"), (b"PK\x03\x04 broken", "damaged"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
     (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked"), (bytes(range(128, 256)) * 30, "encoding"), (b"x" * (21 * 2**20), "too_big")],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_with_a_reason(data: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as problem:
        read(data, "a.xlsx")
    assert problem.value.code == code


def test_a_file_without_a_list_of_pupils_says_so() -> None:
    understood = read_rows(["Kế hoạch tuần"], ["Thứ hai", "Chào cờ"])
    assert understood.pupils == []
    assert codes(understood) == [(1, "sheet_without_list")]

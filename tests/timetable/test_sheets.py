"""What timetable files say, whatever their layout: read to the lesson, and every doubt named by its cell."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.core.ids import new_id
from backend.spreadsheets.cells import Grid
from backend.spreadsheets.workbook import read_grids
from backend.timetable.looking import first_day
from backend.timetable.sheets.names import Member, Names
from backend.timetable.sheets.plan import KnownClass, SheetPlan, make_plan
from backend.timetable.sheets.words import read_lesson, write_lesson
from schemas.timetable import Content, LessonIn
from tests.people.sheets import tcvn3
from tests.timetable.sheets import AFTERNOON, DAYS, MORNING, block, whole_school, xlsx

SUBJECTS = {
    "TOAN": "Toán", "VAN": "Ngữ văn", "NN1": "Ngoại ngữ 1", "KHTN": "Khoa học tự nhiên", "GDTC": "Giáo dục thể chất", "TH": "Tin học",
    "MT": "Mĩ thuật", "LSDL": "Lịch sử và Địa lí", "CN": "Công nghệ", "HDTN": "Hoạt động trải nghiệm, hướng nghiệp", "SH": "Sinh học",
    "KTPL": "Giáo dục kinh tế và pháp luật", "GDCD": "Giáo dục công dân",
}  # fmt: skip
CUC, DUNG, LAN, LAN2, TOAN = (
    Member(new_id(), name) for name in ("Đỗ Thị Cúc", "Vũ Văn Dũng", "Nguyễn Thị Lan", "Trần Ngọc Lan", "Lý Văn Toán")
)
A1, A2 = KnownClass(new_id(), "6A1", ["morning"]), KnownClass(new_id(), "6A2", ["morning"])
NAMES = Names(
    SUBJECTS,
    [CUC, DUNG, LAN, LAN2, TOAN],
    {
        (A1.class_id, ""): frozenset({CUC.staff_id}),
        (A2.class_id, ""): frozenset({DUNG.staff_id}),
        (A1.class_id, "NN1"): frozenset({LAN.staff_id}),
    },
)


def understood(data: bytes, name: str = "tkb.xlsx", classes: tuple[KnownClass, ...] = (A1, A2)) -> SheetPlan:
    return make_plan(read_grids(data, name), classes, NAMES)


def of(plan: SheetPlan, known: KnownClass, weekday: int, session: str = "morning") -> list[str]:
    lessons = [one for one in plan.weeks.get(known.class_id, []) if (one.weekday, one.session) == (weekday, session)]
    assert [one.period for one in sorted(lessons, key=lambda one: one.period)] == sorted(
        {one.period for one in lessons}
    )
    return [one.subject_code or one.title or "" for one in sorted(lessons, key=lambda one: one.period)]


def find(plan: SheetPlan, known: KnownClass, weekday: int, period: int, session: str = "morning") -> LessonIn:
    return next(
        one
        for one in plan.weeks[known.class_id]
        if (one.weekday, one.session, one.period) == (weekday, session, period)
    )


def test_a_whole_school_in_blocks_with_merged_days() -> None:
    plan = understood(whole_school())
    assert first_day(read_grids(whole_school(), "tkb.xlsx")) == date(2026, 10, 19)
    for weekday in range(1, 7):
        assert of(plan, A1, weekday) == ["Chào cờ", "TOAN", "VAN", "NN1", "Sinh hoạt lớp"]
        assert of(plan, A2, weekday) == ["Chào cờ", "VAN", "TOAN", "GDTC", "TH"]
    assert of(plan, A1, 2, "afternoon") == ["GDTC", "MT"] and of(plan, A2, 2, "afternoon") == ["KHTN"]
    assert find(plan, A1, 1, 2).staff_id == CUC.staff_id and find(plan, A2, 3, 3).staff_id == DUNG.staff_id
    assert find(plan, A1, 1, 4).staff_id == TOAN.staff_id
    assert find(plan, A1, 5, 5).staff_id == CUC.staff_id, "GVCN is the class's homeroom teacher"
    assert (find(plan, A2, 1, 4).room, find(plan, A2, 1, 5).room) == ("Sân trường", "P.201")
    assert find(plan, A2, 1, 2).teacher == "Lan"
    assert {(one.code, one.severity) for one in plan.faults} == {("teacher_several", "note")}
    assert {one.cell for one in plan.faults} == {"D6", "D11", "D16", "D21", "D26", "D31"}
    assert plan.missing == []


def test_sessions_on_sheets_of_their_own_and_in_a_column() -> None:
    head = ["Thứ", "Tiết", "6A1", "6A2"]
    apart = understood(
        xlsx(
            {
                "TKB Sáng": [head, *block(DAYS, MORNING, periods=5)],
                "TKB chiều": [head, *block(DAYS[1:2], AFTERNOON, periods=2)],
                "Phân công": [["Họ tên", "Số tiết"], ["Cúc", 19]],
            }
        )
    )
    one_sheet = [["Thứ", "Buổi", "Tiết", "6A1", "6A2"]]
    for number, day in enumerate(DAYS):
        for period, of_slot in enumerate(MORNING, 1):
            one_sheet.append([day if period == 1 else None, "Sáng" if period == 1 else None, period, *of_slot])  # type: ignore[list-item]
        for period, of_slot in enumerate(AFTERNOON if number == 1 else [], 1):
            one_sheet.append([None, "Chiều" if period == 1 else None, period, *of_slot])  # type: ignore[list-item]
    together = understood(xlsx({"Sheet1": one_sheet}))
    whole = understood(whole_school())
    for plan in (apart, together):
        assert {known: {_plain(one) for one in week} for known, week in plan.weeks.items()} == {
            known: {_plain(one) for one in week} for known, week in whole.weeks.items()
        }
        assert plan.sessions == {A1.class_id: {"morning", "afternoon"}, A2.class_id: {"morning", "afternoon"}}


def _plain(lesson: LessonIn) -> tuple[object, ...]:
    return lesson.weekday, lesson.session, lesson.period, lesson.subject_code, lesson.title, lesson.staff_id


def test_numbers_that_begin_again_or_go_on_past_five_are_the_afternoon() -> None:
    head = ["Thứ", "Tiết", "6A1"]
    again = [["2", 1, "Toán"], [None, 2, "Văn"], [None, 1, "Tin"], ["3", 1, "MT"]]
    on = [["Thứ Hai", n, what] for n, what in enumerate(["Toán", "Văn", "Tin", "MT", "GDTC", "KHTN", "CN"], 1)]
    plan = understood(xlsx({"a": [head, *again]}))
    assert (of(plan, A1, 1), of(plan, A1, 1, "afternoon"), of(plan, A1, 2)) == (["TOAN", "VAN"], ["TH"], ["MT"])
    plan = understood(xlsx({"a": [head, *on]}))
    assert of(plan, A1, 1, "afternoon") == ["KHTN", "CN"] and find(plan, A1, 1, 1, "afternoon").subject_code == "KHTN"
    counted_on = [["BUỔI CHIỀU"], head, ["Thứ Hai", 6, "Toán"], [None, 7, "Văn"]]
    plan = understood(xlsx({"a": counted_on}))
    assert of(plan, A1, 1, "afternoon") == ["TOAN", "VAN"] and find(plan, A1, 1, 1, "afternoon").subject_code == "TOAN"
    only_afternoons = KnownClass(A1.class_id, "6A1", ["afternoon"])
    plan = understood(xlsx({"a": [head, ["Thứ 2", 1, "Toán"]]}), classes=(only_afternoons,))
    assert of(plan, A1, 1, "afternoon") == ["TOAN"]


def test_subject_and_teacher_in_columns_of_their_own() -> None:
    rows = [
        ["Thứ", "Tiết", "6A1", None, "6A2", None],
        [None, None, "Môn", "GV", "Môn", "GV"],
        ["Thứ 2", 1, "Toán", "Cúc", "Ngữ văn", "Trần Ngọc Lan"],
        [None, 2, "Tin", None, None, None],
    ]
    plan = understood(xlsx({"TKB": rows}, merges={"TKB": ["C1:D1", "E1:F1", "A3:A4"]}))
    assert find(plan, A1, 1, 1).staff_id == CUC.staff_id and find(plan, A2, 1, 1).staff_id == LAN2.staff_id
    assert of(plan, A1, 1) == ["TOAN", "TH"] and plan.faults == []


def test_one_class_a_sheet_with_the_days_across() -> None:
    rows = [
        ["THỜI KHÓA BIỂU LỚP 6A1"],
        ["Buổi", "Tiết", "Thứ 2", "Thứ 3", "Thứ 4", "Thứ 5", "Thứ 6"],
        ["Sáng", 1, "Chào cờ", "Toán", "Văn", "Toán", "Tin"],
        [None, 2, "Toán", "Văn", "MT", "GDTC", "SHL"],
        ["Chiều", 1, None, "GDTC", None, None, None],
    ]
    other = [["Tiết", "Thứ 2", "Thứ 3", "Thứ 4"], [1, "Toán", "Văn", "Tin"]]
    plan = understood(xlsx({"Sheet1": rows, "6A2": other}))
    assert of(plan, A1, 1) == ["Chào cờ", "TOAN"] and of(plan, A1, 2, "afternoon") == ["GDTC"]
    assert of(plan, A1, 5) == ["TH", "Sinh hoạt lớp"] and of(plan, A2, 3) == ["TH"]


def test_classes_down_and_days_with_periods_across() -> None:
    rows = [
        ["Lớp", "Thứ Hai", None, "Thứ Ba", None, "Thứ Tư", None],
        [None, 1, 2, 1, 2, 1, 2],
        ["6A1", "Toán", "Văn", "Tin", "MT", "GDTC", "KHTN"],
        ["6A2", "Văn", "Toán", None, "Tin", None, None],
    ]
    plan = understood(xlsx({"aSc": rows}, merges={"aSc": ["B1:C1", "D1:E1", "F1:G1"]}))
    assert of(plan, A1, 1) == ["TOAN", "VAN"] and of(plan, A1, 3) == ["GDTC", "KHTN"]
    assert of(plan, A2, 2) == ["TH"] and find(plan, A2, 2, 2).subject_code == "TH"


def test_every_fault_is_named_by_its_cell() -> None:
    rows = [
        ["Thứ", "Tiết", "6A1", "9Z", "Ghi chú"],
        ["Thứ 2", 1, "Toán - Thầy Minh", "Toán", ""],
        [None, 2, "#N/A", "", ""],
        [None, 3, "Múa rối", "", ""],
        [None, 4, 12.5, "", ""],
        [None, 5, "x" * 81, "", ""],
        ["Thứ 2", 1, "Văn", "", ""],
    ]
    plan = understood(xlsx({"TKB": rows}))
    assert {(one.cell, one.code, one.severity) for one in plan.faults} == {
        ("D1", "class_unknown", "row"),
        ("E1", "column_unknown", "note"),
        ("C2", "teacher_unknown", "note"),
        ("C3", "cell_error", "cell"),
        ("C4", "subject_unknown", "note"),
        ("C5", "cell_unreadable", "cell"),
        ("C6", "cell_long", "cell"),
    }
    assert of(plan, A1, 1) == ["TOAN", "Múa rối"] and find(plan, A1, 1, 1).teacher == "Thầy Minh"
    assert of(plan, A1, 1, "afternoon") == ["VAN"], "the numbers begin again"
    nothing = understood(xlsx({"Danh sách": [["Họ tên", "Lớp"], ["An", "6A1"]]}))
    assert [one.code for one in nothing.faults] == ["sheet_without_timetable"] and not nothing.weeks


@pytest.mark.parametrize("written", ["6A1", "6a1", "Lớp 6A1", "6 A1", "6.A1", "6A1 (Cô Cúc)", "LỚP 6A1\n(Cô Cúc)"])
def test_a_class_is_found_however_it_is_written(written: str) -> None:
    plan = understood(xlsx({"TKB": [["Thứ", "Tiết", written], ["Thứ 2", 1, "Toán"]]}))
    assert of(plan, A1, 1) == ["TOAN"] and plan.missing == ["6A2"]


def test_a_preschool_class_without_its_marks_is_found() -> None:
    leaf = KnownClass(new_id(), "Lá 1", ["morning"])
    plan = understood(xlsx({"TKB": [["Thứ", "Tiết", "LOP LA 1"], ["Thứ 2", 1, "Kể chuyện"]]}), classes=(leaf,))
    assert [one.title for one in plan.weeks[leaf.class_id]] == ["Kể chuyện"]


@pytest.mark.parametrize(
    ("text", "what", "teacher", "room"),
    [
        ("Toán", "TOAN", None, None),
        ("Toán - Cô Cúc", "TOAN", CUC.staff_id, None),
        ("Toán-Cúc", "TOAN", CUC.staff_id, None),
        ("TOÁN (Đỗ Thị Cúc)", "TOAN", CUC.staff_id, None),
        ("Toán Cúc", "TOAN", CUC.staff_id, None),
        ("Toán thầy Dũng", "TOAN", DUNG.staff_id, None),
        ("Toán - Đ.T.Cúc - P201", "TOAN", CUC.staff_id, "P201"),
        ("Toán - ĐT Cúc", "TOAN", CUC.staff_id, None),
        ("Toán - N.T.Lan", "TOAN", LAN.staff_id, None),
        ("T.Anh - Lan", "NN1", LAN.staff_id, None),
        ("AV-Ngọc Lan", "NN1", LAN2.staff_id, None),
        ("Sử - Địa", "LSDL", None, None),
        ("HĐTN-HN - Cúc", "HDTN", CUC.staff_id, None),
        ("GDKT-PL", "KTPL", None, None),
        ("sinh", "SH", None, None),
        ("SH", "Sinh hoạt lớp", None, None),
        ("SHDC", "Sinh hoạt dưới cờ", None, None),
        ("Tin - Phòng máy", "TH", None, "Phòng máy"),
        ("Toan co Cuc", "TOAN", CUC.staff_id, None),
        ("Bơi lội – Thầy Minh", "Bơi lội", "Thầy Minh", None),
        ("Toán - Cúc, Dũng", "TOAN", "Cúc, Dũng", None),
        ("Nghỉ", None, None, None),
    ],
)
def test_a_cell_is_read(text: str, what: str | None, teacher: UUID | str | None, room: str | None) -> None:
    content = read_lesson(text, NAMES, A1.class_id).content
    if what is None:
        assert content is None
        return
    assert content is not None
    assert (content.subject_code or content.title, content.staff_id or content.teacher, content.room) == (
        what,
        teacher,
        room,
    )


@pytest.mark.parametrize("code", SUBJECTS)
def test_what_is_written_is_read_again(code: str) -> None:
    for member in (None, CUC, LAN2):
        for room in (None, "P.201"):
            content = Content(subject_code=code, staff_id=member.staff_id if member else None, room=room)
            assert read_lesson(write_lesson(content, NAMES), NAMES, A1.class_id).content == content


def test_old_letters_csv_and_web_pages_are_read_as_well() -> None:
    rows = [["Thứ", "Tiết", "6A1"], ["Thứ 2", 1, "Ngữ văn - Cô Cúc"], [None, 2, "Tin học - Thầy Dũng"], [None, 3, "Sinh hoạt lớp"]]  # fmt: skip
    old = [[tcvn3(str(cell)) if cell else None for cell in row] for row in rows]
    csv = "\n".join(";".join(str(cell or "") for cell in row) for row in rows).encode()
    page = (
        "<html><body><table><tr><td colspan=3>THỜI KHÓA BIỂU</td></tr><tr><td>Thứ</td><td>Tiết</td><td>6A1</td></tr>"
        "<tr><td rowspan=3>Thứ 2</td><td>1</td><td>Ngữ văn - Cô Cúc</td></tr><tr><td>2</td><td>Tin học - Thầy Dũng</td></tr>"
        "<tr><td>3</td><td>Sinh hoạt lớp</td></tr></table></body></html>"
    ).encode()
    for data in (xlsx({"TKB": old}), csv, page):
        plan = understood(data, "tkb.xls")
        assert of(plan, A1, 1) == ["VAN", "TH", "Sinh hoạt lớp"], data[:40]
        assert (find(plan, A1, 1, 1).staff_id, find(plan, A1, 1, 2).staff_id) == (CUC.staff_id, DUNG.staff_id)
        assert plan.faults == []


_texts = some.one_of(
    some.none(),
    some.sampled_from(["Toán", "Toán - Cúc", "Văn (Lan)", "Chào cờ", "#N/A", "Nghỉ", "6A1", "Thứ 3", "BUỔI CHIỀU", "Tiết", "2", "-", "Sáng"]),
    some.text(max_size=6),
    some.integers(0, 12),
    some.floats(0, 3, allow_nan=False),
)  # fmt: skip


@given(
    rows=some.lists(some.lists(_texts, max_size=5), max_size=8),
    merges=some.lists(
        some.tuples(some.integers(1, 8), some.integers(0, 4), some.integers(0, 3), some.integers(0, 2)), max_size=3
    ),
)
def test_no_sheet_is_too_odd(
    rows: list[list[str | int | float | None]], merges: list[tuple[int, int, int, int]]
) -> None:
    """Whatever stands in it, what is read fits the tables, and no cell becomes two lessons of one class and slot."""
    grid = Grid(
        "TKB", [(n, list(row)) for n, row in enumerate(rows, 1)], [(t, c, t + h, c + w) for t, c, h, w in merges]
    )
    plan = make_plan([grid], (A1, A2), NAMES)
    for week in plan.weeks.values():
        slots = [(one.weekday, one.session, one.period) for one in week]
        assert len(slots) == len(set(slots))
        for one in week:
            assert 1 <= one.weekday <= 7 and 1 <= one.period <= 10 and (one.subject_code is None) != (one.title is None)
            assert 0 < len(one.subject_code or one.title or "") <= 80 and not (one.staff_id and one.teacher)


@given(cells=some.lists(some.sampled_from(["Toán", "Văn - Cô Cúc", "Múa rối", "#N/A", "Toán - Mận", "x" * 90, "Nghỉ", ""]), min_size=5, max_size=5))  # fmt: skip
def test_no_cell_is_lost(cells: list[str]) -> None:
    """Every cell under a class is a lesson, an empty slot, or a fault that names it."""
    rows: list[list[Any]] = [
        ["Thứ", "Tiết", "6A1"],
        *([("Thứ 2" if n == 1 else None), n, text] for n, text in enumerate(cells, 1)),
    ]
    plan = make_plan([Grid("TKB", list(enumerate(rows, 1)))], (A1,), NAMES)
    periods = {one.period for one in plan.weeks.get(A1.class_id, [])}
    faults = {one.cell for one in plan.faults}
    for n, text in enumerate(cells, 1):
        assert text in ("", "Nghỉ") or n in periods or f"C{n + 1}" in faults, text

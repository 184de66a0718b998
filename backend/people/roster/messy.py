"""Writes an invented school the way real schools keep their lists: titles, merged headers, page footers, dates and phones in every
habit, and a few plain mistakes. Knows for every row what a careful reader must find there, so that readers can be held to it."""

from __future__ import annotations

from backend.people.roster.invented import InventedSchool
from backend.people.roster.messy_rows import (
    Column,
    Entry,
    Expected,
    Mess,
    MessyFile,
    MessySheet,
    Put,
    Writer,
    written_phone,
)
from backend.spreadsheets.cells import Cell
from schemas.roster import RosterPupil, RosterStaff

__all__ = ["Expected", "Mess", "MessyFile", "to_xlsx", "write_school"]


def _stt(writer: Writer, entry: Entry) -> Cell:
    return float(writer.number)


def _of(relation: str, what: str) -> Put:
    return lambda writer, entry: getattr(writer, f"{what}_of")(entry, relation)


def _always(value: Cell) -> Put:
    return lambda writer, entry: value


_ID_COLUMNS = [
    Column("", "Mã định danh Bộ GD&ĐT", Writer.ministry_id),
    Column("", "Số định danh cá nhân", Writer.personal_id),
]
GROUPED = [
    Column("", "STT", _stt), Column("", "Họ và tên học sinh *", Writer.full_name), Column("", "Ngày sinh", Writer.birth),
    Column("", "Giới tính", Writer.sex), Column("", "Lớp", Writer.class_name), *_ID_COLUMNS, Column("", "Trạng thái", Writer.status),
    Column("Cha", "Họ và tên", _of("father", "name")), Column("Cha", "Số điện thoại", _of("father", "phone")),
    Column("Mẹ", "Họ và tên", _of("mother", "name")), Column("Mẹ", "Số điện thoại", _of("mother", "phone")),
    Column("Người giám hộ", "Họ và tên", _of("guardian", "name")), Column("Người giám hộ", "Số điện thoại", _of("guardian", "phone")),
]  # fmt: skip
PLAIN = [
    Column("", "TT", _stt), Column("", "Mã HS", lambda writer, entry: entry.pupil.school_code), Column("", "Họ tên HS", Writer.full_name),
    Column("", "Nữ", Writer.female), Column("", "Ngày, tháng, năm sinh", Writer.birth), Column("", "Dân tộc", _always("Kinh")),
    Column("", "Lớp học", Writer.class_name), *_ID_COLUMNS,
    Column("", "Họ tên cha", _of("father", "name")), Column("", "Nghề nghiệp cha", _always("Công nhân")),
    Column("", "Số ĐT cha", _of("father", "phone")),
    Column("", "Họ tên mẹ", _of("mother", "name")), Column("", "Số điện thoại mẹ", _of("mother", "phone")),
    Column("", "Người đỡ đầu", _of("guardian", "name")), Column("", "Điện thoại người đỡ đầu", _of("guardian", "phone")),
]  # fmt: skip
SPLIT = [
    Column("", "STT", _stt), Column("Họ và tên", "Họ đệm", Writer.head), Column("Họ và tên", "Tên", Writer.given),
    Column("Ngày sinh", "Ngày", lambda writer, entry: writer.part_of_birth(entry, "day")),
    Column("Ngày sinh", "Tháng", lambda writer, entry: writer.part_of_birth(entry, "month")),
    Column("Ngày sinh", "Năm", lambda writer, entry: writer.part_of_birth(entry, "year")),
    Column("", "Phái", Writer.sex), *_ID_COLUMNS,
    Column("", "Bố", _of("father", "name")), Column("", "ĐT bố", _of("father", "phone")),
    Column("", "Mẹ", _of("mother", "name")), Column("", "ĐT mẹ", _of("mother", "phone")),
    Column("", "Người giám hộ", _of("guardian", "name")), Column("", "SĐT người giám hộ", _of("guardian", "phone")),
]  # fmt: skip


def _girls(pupils: list[RosterPupil]) -> int:
    return sum(pupil.sex == "female" for pupil in pupils)


def _of_grade(school: InventedSchool, grade: str) -> list[RosterPupil]:
    return [pupil for pupil in school.pupils if pupil.class_name.startswith(grade)]


def write_school(school: InventedSchool, seed: int = 1, mess: Mess | None = None) -> MessyFile:
    """One workbook as an office keeps it: a sheet a grade, each by another hand; classes stacked or in sheets; staff; a summary."""
    writer = Writer(school, mess or Mess(), seed)
    grades = sorted({name[0] for name in school.classes})
    sheets = [_cover(school)]
    for position, grade in enumerate(grades):
        pupils = _of_grade(school, grade)
        if position % 4 == 2:
            sheets += [_class_sheet(writer, name, pupils) for name in school.classes if name[0] == grade]
        elif position % 4 == 3:
            sheets.append(_stacked_sheet(writer, grade, pupils))
        else:
            sheets.append(_grade_sheet(writer, grade, pupils, GROUPED if position % 4 == 0 else PLAIN))
    sheets.append(_staff_sheet(writer))
    sheets.append(_summary(school))
    return MessyFile(sheets, writer.expected)


def _cover(school: InventedSchool) -> MessySheet:
    sheet = MessySheet("Hướng dẫn")
    sheet.add("HƯỚNG DẪN NHẬP LIỆU")
    sheet.add("1. Không thay đổi tiêu đề cột.")
    sheet.add(f"2. Danh sách dùng cho năm học {school.school_year}.")
    return sheet


def _grade_sheet(writer: Writer, grade: str, pupils: list[RosterPupil], columns: list[Column]) -> MessySheet:
    sheet = MessySheet(f"Khối {grade}")
    writer.titles(sheet, f"DANH SÁCH HỌC SINH KHỐI {grade}", len(columns))
    writer.header(sheet, columns, numbered=columns is GROUPED)
    writer.rows(sheet, columns, pupils)
    writer.footer(sheet, len(pupils), _girls(pupils))
    return sheet


def _class_sheet(writer: Writer, name: str, pupils: list[RosterPupil]) -> MessySheet:
    """One sheet a class; the class stands in the sheet's name and in the title, nowhere else."""
    own = [pupil for pupil in pupils if pupil.class_name == name]
    sheet = MessySheet(name)
    writer.titles(sheet, f"DANH SÁCH HỌC SINH LỚP {name}", len(SPLIT))
    writer.header(sheet, SPLIT, numbered=False)
    writer.rows(sheet, SPLIT, own)
    writer.footer(sheet, len(own), _girls(own))
    return sheet


def _stacked_sheet(writer: Writer, grade: str, pupils: list[RosterPupil]) -> MessySheet:
    """Classes below each other as they were printed, each page with its own title and header."""
    columns = [column for column in PLAIN if column.label != "Lớp học"]
    sheet = MessySheet(f"Khối {grade}")
    for name in sorted({pupil.class_name for pupil in pupils}, key=lambda n: (len(n), n)):
        own = [pupil for pupil in pupils if pupil.class_name == name]
        writer.titles(sheet, f"DANH SÁCH HỌC SINH LỚP {name}", len(columns))
        writer.header(sheet, columns, numbered=False)
        writer.rows(sheet, columns, own)
        writer.footer(sheet, len(own), _girls(own))
        sheet.add()
    return sheet


def _staff_sheet(writer: Writer) -> MessySheet:
    sheet = MessySheet("CBGV")
    writer.titles(sheet, "DANH SÁCH CÁN BỘ, GIÁO VIÊN, NHÂN VIÊN", 8)
    sheet.add("STT", "Họ và tên", "Chức vụ", "Chủ nhiệm lớp", "Môn dạy", "Phân công giảng dạy", "Điện thoại", "Email")
    for number, person in enumerate(writer.school.staff, start=1):
        sheet.add(float(number), *_staff_cells(writer, person))
    sheet.add()
    sheet.add(None, None, None, None, None, "HIỆU TRƯỞNG")
    return sheet


def _staff_cells(writer: Writer, person: RosterStaff) -> list[Cell]:
    assert person.phone_e164 is not None
    taught = "; ".join(f"{teaching.subject}: {', '.join(teaching.classes)}" for teaching in person.teaching)
    phone = written_phone(person.phone_e164, writer.chance.choice(("plain", "number", "dotted")))
    return [
        person.full_name,
        person.position,
        person.homeroom,
        ", ".join(person.subjects) or None,
        taught or None,
        phone,
        person.email,
    ]


def _summary(school: InventedSchool) -> MessySheet:
    sheet = MessySheet("Tổng hợp")
    sheet.add("BẢNG TỔNG HỢP SĨ SỐ")
    sheet.add("Lớp", "Sĩ số", "Nữ")
    for name in school.classes:
        pupils = [pupil for pupil in school.pupils if pupil.class_name == name]
        sheet.add(name, float(len(pupils)), float(_girls(pupils)))
    sheet.add("Tổng cộng", float(len(school.pupils)), float(_girls(school.pupils)))
    return sheet


def to_xlsx(file: MessyFile) -> bytes:
    """openpyxl is loaded here only: writing is for demos and tests, and it is slow to import."""
    import io

    import openpyxl
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for source in file.sheets:
        sheet = book.create_sheet(source.name)
        if source.hidden:
            sheet.sheet_state = "hidden"
        for cells in source.rows:
            sheet.append(cells)
        for top, left, bottom, right in source.merges:
            sheet.merge_cells(f"{get_column_letter(left + 1)}{top}:{get_column_letter(right + 1)}{bottom}")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()

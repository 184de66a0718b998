"""Every reason for which a cell, a row or a sheet is not taken, with its two sentences. The one list; codes are stable."""

from __future__ import annotations

from schemas.roster import BadCell, Severity

# code: (severity, Vietnamese, English). Severities are explained in schemas/roster.py.
REASONS: dict[str, tuple[Severity, str, str]] = {
    # names
    "name_missing": ("row", "Dòng có dữ liệu nhưng thiếu họ tên.", "The row has data but no name."),
    "name_unreadable": ("row", "Họ tên có ký tự không dùng trong tên người.", "The name holds characters no name has."),
    "name_split": ("row", "Cột tên không khớp với cột họ và tên.", "The given-name column contradicts the full name."),
    "name_single": ("note", "Họ tên chỉ có một chữ, xin xem lại.", "The name is a single word; please check."),
    "name_note": ("note", "Đã bỏ phần ghi chú sau họ tên.", "A remark after the name was left out."),
    "name_too_long": ("row", "Họ tên dài quá 80 ký tự.", "The name is longer than 80 characters."),
    "encoding_unclear": (
        "row",
        "Không rõ bảng mã chữ (TCVN3/VNI hay Unicode).",
        "The letters' encoding is unclear (TCVN3/VNI or Unicode).",
    ),
    "perhaps_not_a_pupil": (
        "row",
        "Dòng chỉ có tên, không rõ có phải học sinh.",
        "The row holds only a name; it may not be a pupil.",
    ),
    # class
    "class_missing": ("row", "Không biết học sinh học lớp nào.", "The pupil's class is not given."),
    "class_unreadable": ("row", "Tên lớp không đọc được.", "The class name cannot be read."),
    "class_became_date": (
        "row",
        "Excel đã đổi tên lớp thành ngày tháng (ví dụ 6/1).",
        "Excel turned the class name into a date (such as 6/1).",
    ),
    "class_became_number": (
        "row",
        "Không phân biệt được lớp dạng 6.1 và 6.10 vì Excel lưu thành số.",
        "6.1 and 6.10 cannot be told apart: Excel stored a number.",
    ),
    "class_differs": (
        "note",
        "Lớp ở cột khác với lớp của trang; đã lấy theo cột.",
        "The class differs from the sheet's; the column was taken.",
    ),
    # birth date
    "date_unreadable": ("cell", "Ngày sinh không đọc được.", "The birth date cannot be read."),
    "date_impossible": ("cell", "Ngày sinh không có trong lịch.", "This date does not exist."),
    "date_year_only": ("cell", "Chỉ có năm sinh, chưa có ngày tháng.", "Only the year of birth is given."),
    "date_incomplete": ("cell", "Ngày sinh thiếu ngày, tháng hoặc năm.", "The birth date lacks a day, month or year."),
    "date_ambiguous": (
        "cell",
        "Không rõ ngày và tháng có bị Excel đảo hay không.",
        "Day and month may have been swapped by Excel.",
    ),
    "date_order": (
        "cell",
        "Ngày tháng viết theo thứ tự khác với cả cột.",
        "Day and month stand in another order than in the rest of the column.",
    ),
    "date_implausible": (
        "cell",
        "Tuổi không hợp với học sinh của lớp này.",
        "The age does not fit a pupil of this class.",
    ),
    # sex
    "sex_unreadable": ("cell", "Giới tính không đọc được.", "The sex cannot be read."),
    "sex_code_unknown": (
        "cell",
        "Không rõ mã giới tính (1/0) nghĩa là nam hay nữ.",
        "It is unclear what the sex code (1/0) means.",
    ),
    # identity numbers
    "personal_id_length": ("cell", "Số định danh phải có đúng 12 chữ số.", "A personal number has exactly 12 digits."),
    "personal_id_province": (
        "cell",
        "Ba số đầu không phải mã tỉnh đã từng dùng.",
        "The first three digits are no province code.",
    ),
    "personal_id_lost_digits": ("cell", "Excel đã làm mất chữ số (dạng 2,4E+10).", "Excel lost digits (2.4E+10)."),
    "personal_id_zero": (
        "cell",
        "Thiếu số 0 ở đầu mà không đối chiếu được năm sinh và giới tính.",
        "The leading zero is lost and birth year and sex cannot confirm it.",
    ),
    "personal_id_mismatch": (
        "note",
        "Số định danh không khớp năm sinh hoặc giới tính.",
        "The personal number disagrees with birth year or sex.",
    ),
    "personal_id_two": (
        "cell",
        "Hai cột ghi hai số định danh khác nhau.",
        "Two columns give two different personal numbers.",
    ),
    "personal_id_twice": ("cell", "Số định danh này có ở hai học sinh.", "Two pupils carry this personal number."),
    "moedu_id_unreadable": (
        "cell",
        "Mã định danh Bộ GD&ĐT không đúng dạng.",
        "The ministry's code has an unknown form.",
    ),
    "moedu_id_lost_digits": (
        "cell",
        "Excel đã làm mất chữ số của mã định danh.",
        "Excel lost digits of the ministry's code.",
    ),
    "moedu_id_twice": ("cell", "Mã định danh Bộ GD&ĐT này có ở hai học sinh.", "Two pupils carry this ministry code."),
    "school_code_twice": ("cell", "Mã học sinh này có ở hai học sinh.", "Two pupils carry this school code."),
    # families
    "phone_unreadable": ("cell", "Số điện thoại không đúng.", "This is not a telephone number."),
    "phone_lost_digits": (
        "cell",
        "Excel đã làm mất chữ số của số điện thoại.",
        "Excel lost digits of the telephone number.",
    ),
    "phone_words": ("cell", "Ô điện thoại có chữ, không có số.", "The phone cell holds words and no number."),
    "phone_note": (
        "note",
        "Đã lấy số điện thoại, phần chữ đi kèm không hiểu được.",
        "The number was taken; the words beside it were not understood.",
    ),
    "guardian_unreadable": (
        "cell",
        "Tên phụ huynh có ký tự không dùng trong tên người.",
        "The guardian's name holds characters no name has.",
    ),
    "guardian_deceased": (
        "cell",
        "Ghi chú cho biết người này đã mất; không tạo liên hệ.",
        "The note says this person has died; no contact was made.",
    ),
    "guardian_note": (
        "note",
        "Đã bỏ phần ghi chú sau tên phụ huynh.",
        "A remark after the guardian's name was left out.",
    ),
    "relation_unreadable": (
        "note",
        "Quan hệ với học sinh không rõ; ghi là người giám hộ.",
        "The relation is unclear; taken as guardian.",
    ),
    "encoding_unclear_cell": ("cell", "Không rõ bảng mã chữ của ô này.", "The encoding of this cell is unclear."),
    # status and repetition
    "left_school": (
        "row",
        "Học sinh không còn học (theo cột trạng thái hoặc ghi chú).",
        "The pupil no longer attends (by status or note).",
    ),
    "status_unknown": (
        "note",
        "Trạng thái không rõ; coi như đang học.",
        "The status is not known; taken as attending.",
    ),
    "repeated_row": ("row", "Dòng này lặp lại một dòng khác.", "This row repeats another one."),
    "same_pupil_twice": (
        "row",
        "Trùng họ tên và ngày sinh trong cùng lớp với dòng khác.",
        "Same name and birth date as another row of the class.",
    ),
    "same_pupil_first": (
        "note",
        "Có dòng khác trùng họ tên và ngày sinh trong lớp; đã lấy dòng này.",
        "Another row of the class has the same name and birth date; this row was taken.",
    ),
    "same_name_and_birth": (
        "note",
        "Trùng họ tên và ngày sinh với một học sinh khác; xin xem lại.",
        "Same name and birth date as another pupil; please check.",
    ),
    "same_name": (
        "note",
        "Trùng họ tên trong lớp, không có ngày sinh để phân biệt.",
        "Same name in the class and no birth date to tell them apart.",
    ),
    "two_classes": ("row", "Học sinh này có ở hai lớp.", "This pupil stands in two classes."),
    "sheets_disagree": ("cell", "Hai trang ghi khác nhau về học sinh này.", "Two sheets disagree about this pupil."),
    # staff
    "staff_name": ("row", "Tên cán bộ, giáo viên không đọc được.", "The staff member's name cannot be read."),
    "staff_class": ("cell", "Lớp của giáo viên không đọc được.", "The teacher's class cannot be read."),
    # against the roll
    "numbers_disagree": (
        "row",
        "Các mã số của học sinh này thuộc về hai học sinh khác nhau trong trường.",
        "The numbers of this pupil belong to two different pupils of the school.",
    ),
    "number_of_another": (
        "row",
        "Mã số này đang thuộc về một học sinh khác tên, khác ngày sinh.",
        "This number belongs to a pupil with another name and birth date.",
    ),
    "birth_differs": (
        "row",
        "Trong lớp đã có học sinh cùng tên nhưng khác ngày sinh; xin xác nhận là một hay hai em.",
        "The class has a pupil of this name with another birth date; please say whether they are one or two.",
    ),
    "staff_without_phone": (
        "row",
        "Cán bộ, giáo viên chưa có số điện thoại nên chưa được thêm.",
        "A member of staff without a telephone was not added.",
    ),
    "staff_class_unknown": ("cell", "Không có lớp này trong năm học.", "There is no such class in the school year."),
    "staff_subject_unknown": ("cell", "Không rõ đây là môn học nào.", "This subject is not known."),
    # sheets
    "sheet_without_list": ("note", "Trang này không có danh sách học sinh.", "This sheet holds no list of pupils."),
    "sheet_hidden": ("note", "Trang bị ẩn, không đọc.", "The sheet is hidden and was not read."),
    "sheet_of_leavers": ("note", "Trang là danh sách học sinh đã rời trường.", "The sheet lists pupils who left."),
    "sheet_encoding": (
        "row",
        "Không đọc được bảng mã chữ của trang này; hãy lưu lại bằng Unicode.",
        "The sheet's letters cannot be read; please save it as Unicode.",
    ),
}


def bad(
    code: str, *, sheet: str, row: int, column: str | None = None, value: object = "", cell: str | None = None
) -> BadCell:
    severity, vi, en = REASONS[code]
    return BadCell(
        sheet=sheet, row=row, column=column, value=str(value), code=code, severity=severity, vi=vi, en=en, cell=cell
    )

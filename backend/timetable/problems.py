"""What can be wrong with a timetable, said once for all doors of the room."""

from __future__ import annotations

from backend.core.problems import problem

PAST = problem(
    "timetable-past",
    422,
    vi="Thời khóa biểu đã áp dụng thì không sửa lùi ngày. Xin chọn từ ngày {first} trở đi.",
    en="A timetable that was in force is not rewritten. Please choose a day from {first} on.",
)
OUTSIDE = problem(
    "timetable-outside-year",
    422,
    vi="Ngày áp dụng phải nằm trong năm học {school_year}.",
    en="The first day must lie in the school year {school_year}.",
)
CLASHES = problem(
    "timetable-clash",
    409,
    vi="Có giáo viên được xếp hai lớp cùng một tiết. Sửa lại, hoặc đánh dấu giữ nguyên nếu đúng là dạy ghép.",
    en="A teacher stands in two classes in one period. Change it, or say that it is meant (classes taught together).",
)
IN_FORCE = problem(
    "timetable-in-force",
    409,
    vi="Thời khóa biểu này đã bắt đầu áp dụng nên không rút lại được.",
    en="This timetable is in force already and cannot be withdrawn.",
)
DAY_GONE = problem("timetable-day-gone", 422, vi="Ngày này đã qua.", en="This day has gone by.")
NO_LESSON = (
    "Lớp không có tiết nào ở đây vào ngày này.",
    "The class has no lesson there on this day.",
)
SLOT_TAKEN = ("Lớp đã có tiết ở đây vào ngày này.", "The class has a lesson there on this day.")
NO_SUBJECT = ("Không có môn học này.", "There is no such subject.")
NO_STAFF = ("Không có nhân viên này trong trường.", "There is no such member of staff.")
ONE_OF = ("Ghi môn học hoặc tên tiết, một trong hai.", "Give a subject or a title, one of the two.")
ONE_TEACHER = (
    "Ghi giáo viên của trường hoặc tên bằng chữ, một trong hai.",
    "Give a member of staff or a name, not both.",
)
SLOT_TWICE = ("Tiết này được ghi hai lần.", "This period is listed twice.")
TIMES = ("Giờ vào phải trước giờ ra, các tiết không chồng nhau.", "A period starts before it ends, and none overlap.")
NOTHING_TO_CANCEL = ("Ngày này lớp không có tiết nào.", "The class has no lesson on this day.")

"""Homework of the demo's class for its next day and the week after, as its homeroom teacher writes it on a phone."""

from __future__ import annotations

from datetime import date, timedelta

from backend.core.ids import new_id
from backend.demo.visitor import Visitor

_SUNDAY = 7
# Subject, days after the next day of school, what is to be done, what is to be brought.
_LINES = (
    ("TOAN", 0, "Bài 1, 2, 4 trang 45 sách giáo khoa; học thuộc quy tắc cộng hai số nguyên", ""),
    ("VAN", 0, "Soạn bài “Thánh Gióng”: trả lời câu hỏi 1–3 phần Suy ngẫm và phản hồi", ""),
    ("NN1", 1, "Unit 4: học từ mới, làm Workbook trang 28 bài A, B", ""),
    (None, 0, "Mặc đồng phục, đi giày để tập văn nghệ cuối giờ", "Màu vẽ, giấy A3, kéo đầu tròn"),
)


async def some_homework(teacher: Visitor, base: str, class_id: str, today: date) -> None:
    lines = []
    for subject, later, body, bring in _LINES:
        line = {"homework_id": str(new_id()), "class_id": class_id, "body": body, "bring": bring}
        if subject is not None:
            line["subject_code"] = subject
        lines.append({**line, "due_on": str(_day_after(today, 1 + later))})
    await teacher.post(f"{base}/homework", {"lines": lines}, expect=201)


def _day_after(today: date, days: int) -> date:
    """A day later for each, Sundays left out."""
    day = today
    for _ in range(days):
        day += timedelta(days=2 if (day + timedelta(days=1)).isoweekday() == _SUNDAY else 1)
    return day
